"""Joining a Backoffice in words: what went wrong, what it means, what to do."""

from appliance.i18n import _


def pairing_failure(word: str, detail: str) -> str:
    """The sentence for a machine word of service.pairing.PairingResult."""
    known = {
        "no_server": _("V síti se Backoffice s tímto kódem neozývá. Napište jeho adresu."),
        "several_servers": _("V síti je víc Backoffice. Vyberte ten svůj ze seznamu."),
        "address": _("To není adresa Backoffice. Napište ji třeba jako pokladny.local:8443."),
        "unreachable": _("Backoffice na této adrese neodpovídá. Zkontrolujte síť a adresu."),
        "server_error": _("Backoffice teď neodpovídá správně. Zkuste to za chvíli znovu."),
        "unreadable": _("Na této adrese není Backoffice. Zkontrolujte ji."),
        "tls": _("Bezpečné spojení se nepodařilo. Zkontrolujte adresu a hodiny pokladny."),
        "wrong_key": _("Server má jiný klíč, než říká kód. Nic se neodeslalo. Zkontrolujte kód a síť."),
        "key_needed": _("Tady je potřeba celý kód, všech 16 znaků. Nic se neodeslalo."),
        "code_invalid": _("Kód neplatí: je špatně, použitý nebo starší než 10 minut. Vytvořte v Backoffice nový."),
        "prefix_taken": _("Jiná pokladna účtu má stejnou předponu účtenek. Technik změní till.prefix."),
        "id_pokl_taken": _("Jiná pokladna účtu má stejné označení pro EET. Technik změní eet.id_pokl."),
        "till_of_other_account": _("Data této pokladny patří jinému účtu. Spárujte ji s ním, nebo zavolejte technika."),
        "not_fresh": _("Kód nahrazuje jinou pokladnu, ale tohle zařízení už má vlastní data. Vezměte nové."),
        "rate_limited": _("Příliš mnoho špatných kódů. Počkejte čtvrt hodiny."),
        "not_kept": _("Spárování se nepodařilo uložit. Zavolejte technika."),
        "code_length": _("Kód má 16 znaků. Opište ho celý, pomlčky nevadí."),
        "code_characters": _("V kódu je znak, který v něm být nemůže. Porovnejte ho s Backoffice."),
        "no_answer": _("Služba pokladna-sync neodpovídá. Zkuste to znovu, pak zavolejte technika."),
    }
    return known.get(word) or _("Backoffice spárování odmítl: {detail}").format(detail=detail or word)


def asks_for_address(word: str) -> bool:
    """Whether another address may help."""
    return word in {"no_server", "address", "unreachable", "unreadable", "tls"}


def paired_sentence(account: str) -> str:
    return _("Pokladna je spárovaná s účtem {account}.").format(account=account)
