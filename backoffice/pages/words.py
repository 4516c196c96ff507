"""The product's words for machine words. `mark` only tells the extractor that a text is to be translated."""

from appliance.domain.delivery import FiscalState, Lateness
from appliance.domain.expiry import ExpiryLevel
from appliance.domain.fiscal import Mode, Reporting
from appliance.domain.pricelist import ApplyWhen
from appliance.domain.receipt import ClockState, ReceiptKind
from appliance.domain.sale import PaymentMethod
from appliance.domain.stock import MoveKind
from appliance.domain.vat import VatClass
from backoffice.projected import DEFERRED, FAILED, FORKED, NOT_REPORTED


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
VAT_CLASSES = {
    VatClass.STANDARD.value: mark("Základní"),
    VatClass.REDUCED.value: mark("Snížená"),
    VatClass.ZERO.value: mark("Osvobozeno / mimo DPH"),
}
REPORTING = {
    Reporting.REPORTED.value: mark("Eviduje se"),
    Reporting.NOT_REPORTED.value: mark("Neeviduje se"),
    Reporting.VOUCHER.value: mark("Poukaz k pozdějšímu čerpání"),
}
MOVES = {
    MoveKind.SALE.value: mark("Prodej"),
    MoveKind.REFUND.value: mark("Storno"),
    MoveKind.GOODS_RECEIPT.value: mark("Příjem"),
    MoveKind.STOCKTAKE.value: mark("Inventura"),
    MoveKind.TRANSFER.value: mark("Převodka"),
    MoveKind.WRITE_OFF.value: mark("Odpis"),
}
APPLY = {
    ApplyWhen.MANUAL.value: mark("jen na pokyn obsluhy"),
    ApplyWhen.SHIFT_OPEN.value: mark("také při otevření směny"),
    ApplyWhen.AUTOMATIC.value: mark("samy, jakmile není rozpracovaný účet"),
}
FIELDS = {
    "name": mark("Název"),
    "price": mark("Cena"),
    "vat_class": mark("Sazba DPH"),
    "category_id": mark("Kategorie"),
    "plu": mark("PLU"),
    "unit": mark("Jednotka"),
    "reporting": mark("Evidence tržeb"),
    "principal": mark("Pověřující poplatník"),
    "stocked": mark("Skladová položka"),
    "deleted": mark("Smazáno"),
    "ean": mark("EAN"),
    "label": mark("Štítek"),
}
# What became of a row of a till's journal that was not taken in, and why.
STATES = {
    FAILED: mark("nelze zpracovat"),
    FORKED: mark("jiná větev deníku"),
    DEFERRED: mark("čeká na novější verzi Backoffice"),
}
REASONS = {
    "hash": mark("obsah řádku neodpovídá jeho otisku"),
    "chain": mark("řádek nenavazuje na předchozí"),
    "gap": mark("řádek před ním chybí"),
    "fork": mark("na témže místě už je jiný řádek: kartu nebo zálohu používala dvě zařízení"),
    "doc_id_reused": mark("číslo dokladu už patří jinému dokladu"),
}
EPOCHS = {
    "first_start": mark("první spuštění"),
    "fork": mark("deník se rozdělil"),
    "restore": mark("obnova ze zálohy"),
    "replacement": mark("náhrada pokladny"),
    "other_board": mark("jiné zařízení"),
}
