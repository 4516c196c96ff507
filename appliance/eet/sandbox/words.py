"""What the sandbox says with its codes, in words of its own: Czech in plain ASCII, as the protocol wants it."""

from collections.abc import Mapping

from appliance.domain.fiscal import Dialect

_NUMBER = {Dialect.V3: "DIC", Dialect.V4: "EIC"}

_ERRORS: Mapping[int, str] = {
    0: "Overeni probehlo, zprava je v poradku a nebyla zaevidovana",
    2: "Zprava neni v kodovani UTF-8",
    3: "Zprava neodpovida schematu",
    4: "Podpis zpravy nebo jeho certifikat neplati",
    5: "BKP nepatri k PKP teto trzby",
    6: "{number} poplatnika nemuze existovat",
    7: "Zprava prekrocila dovolenou velikost",
    8: "Zpravu se nepodarilo zpracovat",
}
_WARNINGS: Mapping[int, str] = {
    1: "{number} ve zprave je jine nez v certifikatu",
    2: "{number} poverujiciho nemuze existovat",
    3: "PKP neodpovida udajum trzby a certifikatu",
    4: "Cas trzby je v budoucnosti",
    5: "Cas trzby je prilis davno",
    6: "Cislo jednotky nevypada jako pridelene",
    7: "Poverujici a poplatnik maji totez {number}",
}


def error_text(code: int, *, dialect: Dialect) -> str:
    """The text of a Chyba."""
    other = "Server prave nestiha, zkuste to pozdeji" if code < 0 else f"Chyba cislo {code}"
    return _ERRORS.get(code, other).format(number=_NUMBER[dialect])


def warning_text(code: int, *, dialect: Dialect) -> str:
    """The text of a Varovani."""
    return _WARNINGS[code].format(number=_NUMBER[dialect])
