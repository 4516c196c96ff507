"""Names and sentences: payment methods, VAT classes, and what every error means for the sale."""

from collections.abc import Callable
from datetime import datetime

from appliance.domain.clock import parse_iso
from appliance.domain.fiscal import Reporting
from appliance.domain.money import NotAnAmount
from appliance.domain.sale import PaymentMethod
from appliance.domain.vat import VatClass
from appliance.i18n import _

TITLES: dict[str, Callable[[], str]] = {
    "sale": lambda: _("Prodej"),
    "pay": lambda: _("Placení"),
    "till": lambda: _("Pokladna"),
    "receipts": lambda: _("Účtenky"),
    "pricelist": lambda: _("Ceník"),
    "item_edit": lambda: _("Položka"),
    "stock": lambda: _("Sklad"),
    "status": lambda: _("Stav pokladny"),
    "sync": lambda: _("Synchronizace"),
    "eet": lambda: _("EET"),
    "settings": lambda: _("Nastavení"),
    "data": lambda: _("Data a synchronizace"),
    "users": lambda: _("Obsluha"),
}


def method_name(method: PaymentMethod) -> str:
    return {
        PaymentMethod.CASH: _("Hotově"),
        PaymentMethod.CARD: _("Kartou"),
        PaymentMethod.TRANSFER: _("Převodem"),
        PaymentMethod.VOUCHER: _("Poukaz"),
        PaymentMethod.MEAL_TICKET: _("Stravenka"),
    }[method]


def vat_class_name(vat_class: VatClass) -> str:
    return {
        VatClass.STANDARD: _("Základní"),
        VatClass.REDUCED: _("Snížená"),
        VatClass.ZERO: _("Bez daně"),
    }[vat_class]


def reporting_name(reporting: Reporting) -> str:
    return {
        Reporting.REPORTED: _("eviduje se"),
        Reporting.NOT_REPORTED: _("neeviduje se"),
        Reporting.VOUCHER: _("poukaz"),
    }[reporting]


def time_text(at: datetime) -> str:
    return at.strftime("%H:%M")


def day_and_time(iso_text: str) -> str:
    """`2026-11-24T14:05:00+01:00` as `24. 11. 2026 14:05`."""
    at = parse_iso(iso_text)
    return f"{at.day}. {at.month}. {at.year} {time_text(at)}"


def _rules() -> dict[str, str]:
    """Machine words of refused changes → what happened and what to do."""
    return {
        "price_missing": _("Položka nemá cenu. Zadejte ji."),
        "price_negative": _("Cena nemůže být záporná."),
        "quantity_out_of_range": _("Takové množství nejde prodat. Zadejte jiné."),
        "amount_too_large": _("Částka je příliš velká. Zadejte menší množství nebo cenu."),
        "too_many_lines": _("Účet je plný (300 řádků). Zaplaťte ho a pokračujte na dalším."),
        "other_taxpayer": _(
            "Položka se prodává za jiného poplatníka. Nejdřív zaplaťte rozpracovaný účet, nebo z něj odeberte řádky."
        ),
        "no_such_line": _("Řádek už na účtu není."),
        "discount_out_of_range": _("Sleva může být 0 až 100 %."),
        "total_negative": _("Záporný účet nejde zaplatit. Odeberte slevu nebo řádek."),
        "too_many_tenders": _("Nejvýše 10 plateb na jednom účtu. Jednu vraťte."),
        "tender_negative": _("Zaplacená částka nemůže být záporná."),
        "more_than_due": _("Kartou, poukazem a převodem nejde zaplatit víc, než zbývá."),
        "not_enough": _("Zaplaceno je méně, než je k úhradě. Doplaťte zbytek."),
        "cash_limit": _("Hotově lze přijmout nejvýše 270 000 Kč. Zbytek zaplaťte jinak."),
        "empty_cart": _("Účet je prázdný. Přidejte položku."),
        "cart_empty": _("Účet je prázdný. Přidejte položku."),
        "is_refund": _("Storno účtenky už nejde stornovat."),
        "already_refunded": _("Účtenka už je stornovaná."),
        "reason_missing": _("Napište důvod storna."),
        "not_parked": _("Tržba už není odmítnutá, není co opakovat."),
        "clock": _("To není datum a čas. Napište den, měsíc, rok, hodinu a minutu, třeba 04 01 2027 08 30."),
        "item_gone": _("Položka už v ceníku není, mezitím ji někdo smazal nebo vyřadil. Změna se neuložila."),
        "amount_zero": _("Částka nemůže být nula. Zadejte jinou."),
        "wrong_pin": _("PIN nesouhlasí. Zkuste to znovu."),
        "pin_pause": _("PIN nesouhlasí a pokusů bylo moc. Počkejte minutu a zkuste to znovu."),
    }


def _item_rules() -> dict[tuple[str, str], str]:
    return {
        ("name", "empty"): _("Napište název."),
        ("name", "too_long"): _("Název je příliš dlouhý (nejvýše 120 znaků)."),
        ("name", "unprintable"): _("Název obsahuje znak, který nejde vytisknout."),
        ("price", "negative"): _("Cena nemůže být záporná."),
        ("price", "not_amount"): _("Cena není částka, například 12,50."),
        ("plu", "not_digits"): _("PLU jsou jen číslice, nejvýše 32."),
        ("eans", "not_digits"): _("EAN jsou jen číslice, nejvýše 32."),
        ("labels", "not_a_label"): _("Štítek je jedno slovo, nejvýše 32 znaků."),
        ("principal", "not_a_number"): _("EIČ je CZ a 8 až 10 číslic."),
        ("principal", "own"): _("To je vaše vlastní EIČ. Nechte pole prázdné."),
    }


def item_rule(field: str, rule: str) -> str:
    """Why a field of an item was refused."""
    return _item_rules().get((field, rule), _("Hodnota není platná."))


def error_sentence(error: BaseException, *, doing: str = "") -> str:
    """What happened, what it means, what to do. Errors of the service room are told by their names.

    `doing` is what did not happen: "sale", "refund", "closing", "cash", or '' for anything else.
    """
    rule = getattr(error, "rule", "")
    field = getattr(error, "field", "")
    if field:
        return item_rule(field, rule)
    known = _rules().get(rule)
    if known:
        return known
    if isinstance(error, NotAnAmount):
        return _("To není částka. Zadejte číslo, například 12,50.")
    by_name = {
        "ShiftNotOpen": _shift_not_open(doing),
        "NotFound": _("To už v pokladně není. Seznam se načetl znovu."),
        "ShiftAlreadyOpen": _("Pokladna už je otevřená."),
        "StoreBusy": _("Databáze je zaneprázdněná, nic se neuložilo. Zkuste to znovu."),
        "StoreFailed": _store_failed(doing),
    }
    detail = getattr(error, "detail", "") or str(error)
    sentence = by_name.get(type(error).__name__)
    if sentence is None:
        return _("Nepodařilo se to, nic se neuložilo. Zkuste to znovu, pak volejte technika: {detail}").format(
            detail=f"{type(error).__name__} {detail}".strip()
        )
    return sentence.format(detail=detail)


def _shift_not_open(doing: str) -> str:
    return {
        "sale": _("Pokladna není otevřená. Účet zůstal, otevřete pokladnu."),
        "refund": _("Pokladna není otevřená, storno se nevystavilo. Otevřete ji a zkuste to znovu."),
        "closing": _("Pokladna už je zavřená, další uzávěrka se nevystavila."),
        "cash": _("Pokladna není otevřená, nic se nezapsalo. Otevřete ji a zkuste to znovu."),
    }.get(doing) or _("Pokladna není otevřená. Otevřete ji a zkuste to znovu.")


def _store_failed(doing: str) -> str:
    return {
        "sale": _("Uložení se nepodařilo, účet zůstal. Zavolejte technika: {detail}"),
        "refund": _("Uložení se nepodařilo, storno se nevystavilo. Peníze nevracejte, zavolejte technika: {detail}"),
        "closing": _("Uložení se nepodařilo, pokladna zůstala otevřená. Zavolejte technika: {detail}"),
        "cash": _("Uložení se nepodařilo, nic se nezapsalo. Zavolejte technika: {detail}"),
    }.get(doing) or _("Uložení se nepodařilo, nic se nezměnilo. Zavolejte technika: {detail}")
