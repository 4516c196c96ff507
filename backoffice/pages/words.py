"""The product's words for machine words. `mark` only tells the extractor that a text is to be translated."""

from appliance.domain.delivery import FiscalState, Lateness
from appliance.domain.expiry import ExpiryLevel
from appliance.domain.fiscal import Mode
from appliance.domain.receipt import ClockState, ReceiptKind
from appliance.domain.sale import PaymentMethod
from backoffice.projected import NOT_REPORTED


def mark(text: str) -> str:
    return text


METHODS = {
    PaymentMethod.CASH.value: mark("Hotově"),
    PaymentMethod.CARD.value: mark("Kartou"),
    PaymentMethod.VOUCHER.value: mark("Poukaz"),
    PaymentMethod.MEAL_TICKET.value: mark("Stravenka"),
    PaymentMethod.TRANSFER.value: mark("Převodem"),
}
KINDS = {
    ReceiptKind.SALE.value: mark("Prodej"),
    ReceiptKind.REFUND.value: mark("Storno"),
}
FISCAL = {
    FiscalState.CONFIRMED.value: mark("Potvrzeno"),
    FiscalState.WAITING.value: mark("Odesílá se"),
    FiscalState.VERIFIED_ONLY.value: mark("Jen ověřeno"),
    NOT_REPORTED: mark("Neeviduje se"),
}
# What is not for real; the live mode needs no word.
MODES = {
    Mode.VERIFICATION.value: mark("ověřovací režim"),
    Mode.PLAYGROUND.value: mark("zkušební"),
}
# What a till's status says of its devices and its certificate; a newer till may send words that are not here, which are
# shown as they are.
DEVICES = {
    "ok": mark("v pořádku"),
    "unknown": mark("nezjištěno"),
    "none": mark("není"),
    "offline": mark("neodpovídá"),
    "paper_out": mark("není papír"),
    "cover_open": mark("otevřený kryt"),
    "stalled": mark("zasekla se"),
    "broken": mark("porucha"),
    ExpiryLevel.EXPIRED.value: mark("vypršel"),
    ExpiryLevel.NOT_YET_VALID.value: mark("ještě neplatí"),
    "unreadable": mark("nejde přečíst"),
    "foreign_certificate": mark("jiného poplatníka"),
    "test_certificate": mark("jen zkušební"),
    "production_certificate": mark("jen ostrý"),
    Lateness.LATE.value: mark("24 h"),
    Lateness.URGENT.value: mark("40 h"),
    Lateness.OVERDUE.value: mark("48 h"),
    ClockState.VERIFIED.value: mark("ověřené"),
    ClockState.UNVERIFIED.value: mark("neověřené"),
}
PROBLEMS = {
    "flagged": mark("Označené řádky deníku: {value}"),
    "never_seen": mark("Ještě se neozvala"),
    "silent": mark("Neozývá se {value}"),
    "eet_parked": mark("EET odmítlo: {value}"),
    "eet_waiting": mark("Na EET čeká: {value}"),
    "eet_late": mark("Na EET čeká přes {value} ze 48 h"),
    "eet_certificate": mark("Certifikát EET: {value}"),
    "eet_certificate_ends": mark("Certifikát EET končí za dnů: {value}"),
    "printer": mark("Tiskárna: {value}"),
    "clock": mark("Hodiny: {value}"),
}
REFUSED = {
    "email": mark("To není e-mailová adresa."),
    "password_short": mark("Heslo musí mít aspoň 10 znaků."),
    "password_long": mark("Heslo smí mít nejvýš 200 znaků."),
    "taken": mark("Účet s tímto e-mailem už existuje."),
}
