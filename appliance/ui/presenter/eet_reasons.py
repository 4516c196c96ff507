"""Why a sale has no code yet: every machine word of it as a sentence, with what to do. Words: eet/outcome.py."""

from appliance.i18n import _

# Trouble of the line or the server: the sale goes out again by itself.
PASSING = frozenset(
    {
        "timeout", "broken", "http_status", "unreadable", "badly_signed", "server_busy", "server_fault", "code_8",
        "connect", "dns",
    }
)  # fmt: skip
# Other taxpayer's data may mend it, if no attempt can have been recorded.
CORRECTABLE = frozenset({"code_3", "code_6", "code_8_too_long", "code_other", "message_invalid"})


def reason_text(word: str) -> str:
    """What happened; '' for no reason, the word itself when nobody knows it."""
    known = {
        "": "",
        "timeout": _("Finanční správa neodpověděla včas."),
        "broken": _("Spojení se přerušilo dřív, než přišla odpověď."),
        "http_status": _("Server finanční správy hlásí poruchu."),
        "unreadable": _("Odpověď serveru se nedá přečíst."),
        "badly_signed": _("Podpis odpovědi nesouhlasí, kód z ní neplatí."),
        "server_busy": _("Server finanční správy teď tržby nepřijímá (dočasná porucha)."),
        "server_fault": _("Server finanční správy má vnitřní poruchu."),
        "code_8": _("Server tržbu zatím nezpracoval (kód 8)."),
        "connect": _("Server finanční správy je nedostupný."),
        "dns": _("Adresu serveru finanční správy nejde najít."),
        "tls": _("Spojení se serverem není důvěryhodné."),
        "code_4": _("Finanční správa neuznala podpis pokladny (kód 4)."),
        "unknown_signer": _("Odpověď podepsal někdo, koho pokladna nezná."),
        "test_answer": _("Na ostré adrese odpovídá zkušební server."),
        "live_answer": _("Na zkušební adrese odpovídá ostrý server."),
        "code_2": _("Finanční správa nepřečetla zprávu (kód 2)."),
        "code_3": _("Zpráva neprošla kontrolou finanční správy (kód 3)."),
        "code_6": _("Číslo poplatníka má chybnou podobu (kód 6)."),
        "code_7": _("Zpráva je pro finanční správu příliš velká (kód 7)."),
        "code_8_too_long": _("Server tržbu nezpracoval ani za 24 hodin (kód 8)."),
        "code_other": _("Finanční správa tržbu odmítla."),
        "not_recorded": _("Server zprávu jen ověřil a tržbu neevidoval (kód 0)."),
        "soap_fault": _("Server zprávu odmítl jako chybnou."),
        "message_invalid": _("Z údajů tržby nejde sestavit zpráva."),
        "no_certificate": _("V pokladně není certifikát pro EET."),
    }
    return known.get(word, word)


def advice(word: str, *, number: str = "", correctable: bool = False) -> str:
    """What to do about a sale that failed so, or about the channel when there is no `number`."""
    if word in PASSING:
        line = _("Zkontrolujte internet.") if word in {"connect", "dns", "timeout"} else ""
        return " ".join(filter(None, (line, _("Odešle se sama znovu.") if number else "")))
    if word in CORRECTABLE and number:
        if not correctable:
            return _("Zkuste ji odeslat znovu, potom zavolejte technika.")
        again = _("Zkuste ji odeslat znovu.") if word == "code_8_too_long" else ""
        return f"{again} {_('Opraví technik: pokladna eet correct {number}').format(number=number)}".strip()
    known = {
        "": "",
        "tls": _("Zkontrolujte datum a čas pokladny, potom zavolejte technika."),
        "code_4": _("Zkontrolujte certifikát a čas pokladny, potom zavolejte technika."),
        "unknown_signer": _("Nastaví technik: pokladna eet trust show"),
        "test_answer": _("Nastaví technik: eet.live_url"),
        "live_answer": _("Nastaví technik: eet.playground_url"),
        "not_recorded": _("Nastaví technik adresu serveru. Potom ji odešlete znovu."),
        "no_certificate": _("Nahrajte ho tlačítkem Nahrát certifikát."),
    }
    return known.get(word, _("Zavolejte technika."))


def reason_sentence(word: str, *, number: str = "", correctable: bool = False) -> str:
    """Both in a row."""
    return f"{reason_text(word)} {advice(word, number=number, correctable=correctable)}".strip()


def fault_text(fault: str) -> str:
    """A fault of the channel in two or three words, for the status bar."""
    known = {
        "no_certificate": _("chybí certifikát"),
        "channel:connect": _("nedostupná"),
        "channel:dns": _("server nenalezen"),
        "channel:tls": _("nedůvěryhodné spojení"),
        "channel:code_4": _("podpis neuznán"),
        "channel:unknown_signer": _("neznámý podpis odpovědi"),
        "channel:test_answer": _("odpovídá zkušební server"),
        "channel:live_answer": _("odpovídá ostrý server"),
    }
    return known.get(fault, _("porucha {fault}").format(fault=fault)) if fault else ""
