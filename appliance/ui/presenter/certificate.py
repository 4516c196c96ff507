"""The EET certificate in words: how it is, what became of a file, what the renewal does."""

from dataclasses import dataclass
from typing import Any

from appliance.domain.clock import parse_iso
from appliance.domain.expiry import ExpiryLevel
from appliance.i18n import _, plural
from appliance.ui.presenter.lamp import GOOD, WAITS, WRONG
from appliance.ui.presenter.words import day_and_time

PRESSING = frozenset({ExpiryLevel.EXPIRED, ExpiryLevel.NOT_YET_VALID, ExpiryLevel.URGENT})
ENDING = frozenset({ExpiryLevel.NOTICE, ExpiryLevel.WARNING, ExpiryLevel.URGENT})


def day_text(iso_text: str) -> str:
    """`15. 3. 2027`; '' for ''."""
    if not iso_text:
        return ""
    at = parse_iso(iso_text)
    return f"{at.day}. {at.month}. {at.year}"


def days_text(days: int) -> str:
    return f"{days} {plural(days, _('den'), _('dny'), _('dní'))}"


def environment_text(environment: str) -> str:
    known = {"production": _("ostrý"), "playground": _("zkušební"), "unknown": _("neznámého vydavatele")}
    return known.get(environment, environment)


def certificate_text(state: Any) -> str:
    """Whose it is, for which environment, until when (service.certificates.CertificateState, by attribute)."""
    if not state.valid_to:
        return _("žádný")
    left = _("zbývá {days}").format(days=days_text(state.days_left)) if state.days_left >= 0 else _("prošlý")
    return _("{eic}, {environment}, platí do {day} ({left})").format(
        eic=state.eic, environment=environment_text(state.environment), day=day_text(state.valid_to), left=left
    )


def certificate_trouble(state: Any) -> str:
    """What is wrong with it or soon will be, with what to do; '' when nothing is."""
    if state.problem:
        return _problem(state)
    match state.level:
        case ExpiryLevel.NONE:
            return _("Certifikát pro EET chybí. Nahrajte ho.") if state.needed else ""
        case ExpiryLevel.EXPIRED:
            return _("Platnost certifikátu skončila {day}. Vyžádejte si nový a nahrajte ho.").format(
                day=day_text(state.valid_to)
            )
        case ExpiryLevel.NOT_YET_VALID:
            return _("Certifikát platí až od {day}. Není špatně nastavený čas?").format(day=day_text(state.valid_from))
    if state.level not in ENDING:
        return ""
    ends = _("Certifikát platí už jen {days}.").format(days=days_text(state.days_left))
    return f"{ends} {renewal_hope(state.renewal)}"


def certificate_words(state: Any) -> str:
    """The same in two or three words, for the status bar; '' when nothing presses."""
    if state.problem:
        return _("certifikát nevyhovuje")
    words = {
        ExpiryLevel.EXPIRED: _("certifikát vypršel"),
        ExpiryLevel.NOT_YET_VALID: _("certifikát ještě neplatí"),
    }
    if state.level in ENDING:
        return _("certifikát: {days}").format(days=days_text(state.days_left))
    return words.get(state.level, "")


def _problem(state: Any) -> str:
    known = {
        "unreadable": _("Klíč v pokladně nejde přečíst. Nahrajte certifikát znovu."),
        "foreign_certificate": _("Certifikát patří poplatníkovi {eic}, pokladna eviduje za jiného.").format(
            eic=state.eic
        ),
        "test_certificate": _("Zkušební certifikát nejde použít v ostrém provozu."),
        "production_certificate": _("Ostrý certifikát nejde použít ve zkušebním prostředí."),
    }
    return known.get(state.problem, state.problem)


def later_text(word: str) -> str:
    """A certificate that is good now, but not for a regime to come; '' for ''."""
    known = {
        "": "",
        "test_certificate": _("Pro nastavený ostrý provoz bude třeba jiný certifikát."),
        "production_certificate": _("Pro nastavené zkušební prostředí je třeba jiný certifikát."),
        "foreign_certificate": _("Pro jiný nastavený režim je třeba certifikát jiného poplatníka."),
    }
    return known.get(word, word)


# ---- renewal


def renewal_text(renewal: Any) -> str:
    """What the renewal does now (service.certificates.RenewalState, by attribute); '' when nothing."""
    if trouble := renewal_trouble(renewal):
        return trouble
    known = {
        "starting": _("Začíná obnova certifikátu."),
        "requested": _("O nový certifikát je požádáno."),
        "claimed": _("Nový certifikát je převzatý."),
        "swapped": _("Nový certifikát se začal používat."),
        "done": _("Certifikát je obnovený."),
    }
    return known.get(renewal.phase, "")


def renewal_trouble(renewal: Any) -> str:
    """Why the renewal stands still; '' when it does not."""
    if not renewal.fault:
        return _("Finanční správa obnovu zamítla.") if renewal.phase == "rejected" else ""
    again = _(", pokladna to zkusí {at}").format(at=day_and_time(renewal.next_at)) if renewal.next_at else ""
    known = {
        "no_certificate": _("Není co obnovit: certifikát chybí."),
        "expired": _("Prošlý certifikát se sám neobnoví."),
        "no_service": _("Certifikát tohoto vydavatele nejde obnovit automaticky. Vyžádejte si nový."),
        "rejected": _("Finanční správa obnovu zamítla: {detail}").format(detail=renewal.detail),
        "unauthorized": _("Finanční správa při obnově certifikát neuznala. Zavolejte technika."),
        "fetched_elsewhere": _("Nový certifikát už převzal někdo jiný, žádost se opakuje."),
        "not_kept": _("Nový klíč se nepodařilo uložit: {detail}").format(detail=renewal.detail),
    }
    if renewal.fault in known:
        return known[renewal.fault]
    if renewal.fault.startswith("new_"):
        return _("Nový certifikát nejde použít ({detail}), zůstává starý.").format(
            detail=renewal.detail or renewal.fault
        )
    if renewal.fault in {"dns", "tls", "connect", "timeout", "broken"}:
        return _("Služba obnovy je nedostupná{again}.").format(again=again)
    return _("Služba obnovy hlásí poruchu ({fault}){again}.").format(fault=renewal.fault, again=again)


def renewal_hope(renewal: Any) -> str:
    """What becomes of a certificate that will end soon."""
    return renewal_trouble(renewal) or _("Obnoví se sám, pokladna musí být zapnutá.")


# ---- a file taken over or refused


@dataclass(frozen=True)
class ImportView:
    """How it ended. `retry`: what may help — another "password", another "file", or nothing of both ("")."""

    tone: str
    sentence: str
    advice: str
    retry: str = ""


def import_view(result: Any) -> ImportView:
    """What the daemon said (service.certificates.ImportResult, by attribute)."""
    if not result.word:
        sentence = _("Certifikát poplatníka {eic} je nahraný, platí do {day}.").format(
            eic=result.eic, day=day_text(result.valid_to)
        )
        if result.warning:
            return ImportView(WAITS, sentence, later_text(result.warning))
        return ImportView(GOOD, sentence, _("Tržby, které na něj čekaly, se teď odešlou. Soubor z USB disku smažte."))
    found = _refusals().get(result.word)
    if found is None:
        return ImportView(WRONG, result.word, _("Zavolejte technika."), "file")
    sentence, what, retry = found
    fields = {"found": result.found, "expected": result.expected, "day": day_text(result.moment)}
    return ImportView(WRONG, sentence.format(**fields), what.format(**fields), retry)


def _refusals() -> dict[str, tuple[str, str, str]]:
    return {
        "wrong_password": (
            _("Heslo k certifikátu nesouhlasí."),
            _("Napište ho znovu, záleží na velikosti písmen."),
            "password",
        ),
        "not_a_key_store": (
            _("Soubor není úložiště certifikátu (.p12), nebo je poškozený."),
            _("Stáhněte certifikát z portálu MOJE daně znovu a vyberte jiný soubor."),
            "file",
        ),
        "no_rsa_key": (
            _("V souboru chybí klíč RSA nebo certifikát, nebo k sobě nepatří."),
            _("Vyberte soubor, který vydala finanční správa."),
            "file",
        ),
        "expired": (
            _("Platnost certifikátu skončila {day}."),
            _("Vyžádejte si na portálu MOJE daně nový."),
            "file",
        ),
        "not_yet_valid": (
            _("Certifikát platí až od {day}."),
            _("Není špatně nastavený čas? Zkontrolujte datum a hodiny pokladny."),
            "file",
        ),
        "foreign_certificate": (
            _("Certifikát patří poplatníkovi {found}, pokladna eviduje za {expected}."),
            _("Vyberte certifikát poplatníka {expected}, nebo ať technik opraví nastavení."),
            "file",
        ),
        "test_certificate": (
            _("Zkušební certifikát nejde použít v ostrém provozu."),
            _("Vyberte certifikát z portálu MOJE daně."),
            "file",
        ),
        "production_certificate": (
            _("Ostrý certifikát nejde použít ve zkušebním prostředí (chyba 4)."),
            _("Vyberte zkušební certifikát, nebo ať technik nastaví ostrý provoz."),
            "file",
        ),
        "not_kept": (_("Klíč se nepodařilo uložit: {found}"), _("Zavolejte technika."), ""),
    }


def hand_over_view(word: str) -> ImportView:
    """Why a file did not get to the daemon, or no word came back (service.key_files.ImportFailed, and no_answer)."""
    known = {
        "file_gone": (_("Soubor už tu není."), _("Zasuňte USB disk znovu a vyberte ho ještě jednou."), "file"),
        "file_too_large": (
            _("Soubor je na certifikát příliš velký."),
            _("Vyberte soubor .p12 od finanční správy, má jen několik kilobajtů."),
            "file",
        ),
        "file_unreadable": (_("Soubor nejde přečíst."), _("Zkuste jiný USB disk, potom zavolejte technika."), "file"),
        "no_daemon": (
            _("Služba pokladna-sync neběží, certifikát nemá kdo převzít."),
            _("Prodávat lze dál. Zavolejte technika."),
            "",
        ),
        "no_answer": (
            _("Služba pokladna-sync neodpověděla do 15 sekund."),
            _("Podívejte se za chvíli na stránku EET, jestli se certifikát změnil, a zkuste to znovu."),
            "password",
        ),
    }
    sentence, what, retry = known[word]
    return ImportView(WRONG, sentence, what, retry)
