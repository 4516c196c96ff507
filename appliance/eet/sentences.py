"""What a person is told about an outcome, in Czech. The only Czech sentences of this room."""

from collections.abc import Mapping

from appliance.eet.errors import (
    CertificateExpired,
    CertificateNotYetValid,
    CertificateProblem,
    ForeignCertificate,
    NotAKeyStore,
    TestCertificate,
    UnusableKey,
    WrongPassword,
)
from appliance.eet.outcome import ConfirmedOutcome, Outcome, Reason, VerifiedOnly

CONFIRMED = "Tržba je zaevidována."
VERIFIED_ONLY = "Zpráva je v pořádku (ověřovací režim), tržba se neeviduje."

REASONS: Mapping[Reason, str] = {
    Reason.TIMEOUT: "Server EET neodpověděl včas, pokladna to zkusí znovu.",
    Reason.BROKEN: "Spojení se serverem EET se přerušilo, pokladna to zkusí znovu.",
    Reason.CONNECT: "Server EET je nedostupný, pokladna to zkusí znovu.",
    Reason.HTTP_STATUS: "Server EET hlásí poruchu, pokladna to zkusí znovu.",
    Reason.UNREADABLE: "Odpovědi serveru EET nelze rozumět, pokladna to zkusí znovu.",
    Reason.BADLY_SIGNED: "Odpověď serveru EET nemá platný podpis, pokladna to zkusí znovu.",
    Reason.SERVER_BUSY: "Server EET teď nemůže zprávu zpracovat, pokladna to zkusí znovu.",
    Reason.CODE_8: "Server EET zprávu nezpracoval (chyba 8), pokladna to zkusí znovu.",
    Reason.CODE_4: "Server EET odmítl podpis pokladny (chyba 4): zkontrolujte certifikát, čas a adresu serveru.",
    Reason.DNS: "Adresu serveru EET se nedaří najít: zkontrolujte připojení k internetu.",
    Reason.TLS: "Zabezpečené spojení se serverem EET se nedaří navázat: zkontrolujte čas a certifikáty.",
    Reason.UNKNOWN_SIGNER: "Odpověď podepsal někdo, komu pokladna nedůvěřuje: doplňte důvěryhodný certifikát.",
    Reason.TEST_ANSWER: "Ostrá pokladna dostala odpověď zkušebního serveru: zkontrolujte adresu serveru EET.",
    Reason.LIVE_ANSWER: "Zkušební pokladna dostala ostrou odpověď: zkontrolujte adresu serveru EET.",
    Reason.CODE_2: "Server EET odmítl kódování zprávy (chyba 2).",
    Reason.CODE_3: "Server EET odmítl obsah zprávy (chyba 3).",
    Reason.CODE_6: "EIČ má chybnou strukturu (chyba 6): opravte nastavení.",
    Reason.CODE_7: "Zpráva je pro server EET příliš velká (chyba 7).",
    Reason.CODE_8_TOO_LONG: "Server EET zprávu ani po 24 hodinách nezpracoval (chyba 8).",
    Reason.CODE_OTHER: "Server EET zprávu odmítl.",
    Reason.NOT_RECORDED: "Server EET zprávu jen ověřil, ale pokladna je v ostrém režimu.",
    Reason.SOAP_FAULT: "Server EET zprávu nepřijal (SOAP).",
}

CERTIFICATE_PROBLEMS: Mapping[type[CertificateProblem], str] = {
    NotAKeyStore: "Soubor není úložiště certifikátu (.p12), nebo je poškozený.",
    WrongPassword: "Heslo k certifikátu nesouhlasí.",
    UnusableKey: "V souboru chybí klíč, certifikát, nebo k sobě nepatří.",
    CertificateExpired: "Platnost certifikátu skončila.",
    CertificateNotYetValid: "Certifikát ještě neplatí: zkontrolujte datum a čas pokladny.",
    ForeignCertificate: "Certifikát patří jinému poplatníkovi.",
    TestCertificate: "Zkušební certifikát nelze použít v ostrém režimu.",
}


def sentence(outcome: Outcome) -> str:
    """One sentence for the status and the log of alarms."""
    if isinstance(outcome, ConfirmedOutcome):
        return CONFIRMED
    if isinstance(outcome, VerifiedOnly):
        return VERIFIED_ONLY
    return REASONS[outcome.reason]


def certificate_sentence(problem: CertificateProblem) -> str:
    """One sentence for whoever imports a certificate."""
    return CERTIFICATE_PROBLEMS[type(problem)]
