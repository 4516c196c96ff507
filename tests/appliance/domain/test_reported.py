import re
from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.domain.clock import iso
from appliance.domain.fiscal import Dialect, FrozenSale, Mode, Regime, Reporting, Taxpayer
from appliance.domain.money import ZERO, Money, Quantity, money_sum
from appliance.domain.receipt import Receipt, ReceiptLine, Seller, issue_receipt, refund_receipt
from appliance.domain.reported import (
    REPORTED_METHODS,
    V3_BASE_AND_TAX,
    Reported,
    eet_amount,
    freeze_sale,
    refund_is_reported,
    reported_part,
)
from appliance.domain.sale import Payment, PaymentMethod, Settlement
from appliance.domain.vat import CZECH_VAT_RATES, VatClass
from tests.appliance.domain.strategies import issue, receipts
from tests.shops import NON_PAYER, OPENING, PRAGUE, TAXPAYER, VAT_PAYER

CASH, CARD, VOUCHER, MEAL_TICKET, TRANSFER = PaymentMethod
REPORTED, NOT, SOLD_VOUCHER = Reporting
OFFICIAL_AMOUNT = re.compile(r"(?:(?:0|-?[1-9]\d{0,7})\.\d\d|-0\.(?:0[1-9]|[1-9]\d))")
LIVE = Regime(datetime(2027, 1, 1, tzinfo=PRAGUE), Mode.LIVE)
V3_LIVE = replace(LIVE, dialect=Dialect.V3)
BOTH = replace(TAXPAYER, dic_popl="CZ00000019", id_provoz="273")
PRINCIPAL = "CZ12345678"
AMOUNTS = ("celk_trzba", "urceno_cerp_zuct", "cerp_zuct")
V3_VAT = ("zakl_nepodl_dph", "zakl_dan1", "dan1", "zakl_dan2", "dan2", "zakl_dan3", "dan3")


def line(haler: int, reporting: Reporting = REPORTED, percent: int | None = 21) -> ReceiptLine:
    return ReceiptLine(
        item_id=None, name="zboží", ean="", unit="ks", unit_price=Money(haler), quantity=Quantity(1000),
        line_discount=ZERO, bill_discount_share=ZERO, total=Money(haler), vat_class=VatClass.STANDARD,
        vat_percent=percent, reporting=reporting,
    )  # fmt: skip


def receipt(
    lines: list[ReceiptLine], parts: list[tuple[PaymentMethod, int]], *, seller: Seller = VAT_PAYER, principal: str = ""
) -> Receipt:
    """A sale of these lines; what is paid more or less than they cost is cash rounding."""
    payments = tuple(Payment(method, Money(haler)) for method, haler in parts)
    rounding = money_sum(payment.amount for payment in payments) - money_sum(each.total for each in lines)
    settlement = Settlement(payments, rounding, tendered=ZERO, change=ZERO)
    lines = lines if seller is VAT_PAYER else [replace(each, vat_percent=None) for each in lines]
    return issue_receipt(issue("P1A-000001", "doc-1"), seller, tuple(lines), settlement, principal=principal)


def refunded(sale: Receipt) -> Receipt:
    return refund_receipt(issue("P1A-000002", "doc-2"), sale, reason="vráceno", already_refunded=False)


def frozen(sale: Receipt, regime: Regime | None = LIVE, taxpayer: Taxpayer = BOTH) -> FrozenSale | None:
    return freeze_sale(sale, regime=regime, taxpayer=taxpayer)


def data(sale: Receipt, regime: Regime = LIVE, taxpayer: Taxpayer = BOTH) -> dict[str, str]:
    record = frozen(sale, regime, taxpayer)
    return record.data if record else {}


def amounts(sale: Receipt) -> tuple[str, ...]:
    """celk_trzba, urceno_cerp_zuct, cerp_zuct; '' for one that is not there."""
    found = data(sale)
    return tuple(found.get(name, "") for name in AMOUNTS)


def negated(text: str) -> str:
    return "" if not text else text.removeprefix("-") if text.startswith("-") or text == "0.00" else f"-{text}"


NOTHING = ("", "", "")
# what is sold (haléře, reporting) × how it is paid → celk_trzba, urceno_cerp_zuct, cerp_zuct
CASES = {
    "all reported, paid by reported methods": [
        ([(5300, REPORTED)], [(CASH, 5300)], ("53.00", "", "")),
        ([(5280, REPORTED)], [(CARD, 5280)], ("52.80", "", "")),
        ([(5280, REPORTED)], [(CASH, 5300)], ("53.00", "", "")),
        ([(5249, REPORTED)], [(CASH, 5200)], ("52.00", "", "")),
        ([(5000, REPORTED)], [(MEAL_TICKET, 5000)], ("50.00", "", "")),
        ([(5000, REPORTED)], [(VOUCHER, 5000)], ("50.00", "", "50.00")),
        ([(5280, REPORTED)], [(VOUCHER, 5000), (CASH, 300)], ("53.00", "", "50.00")),
    ],
    "paid wholly or partly by a method that is not reported": [
        ([(5280, REPORTED)], [(TRANSFER, 5280)], NOTHING),
        ([(5280, REPORTED)], [(TRANSFER, 5000), (CASH, 300)], ("3.00", "", "")),
        ([(5280, REPORTED)], [(TRANSFER, 5280), (CASH, 0)], NOTHING),
        ([(5000, REPORTED)], [(TRANSFER, 3000), (VOUCHER, 2000)], ("20.00", "", "20.00")),
    ],
    "nothing or next to nothing": [
        ([(0, REPORTED)], [(CASH, 0)], NOTHING),
        ([(0, REPORTED)], [], NOTHING),
        ([(40, REPORTED)], [(CASH, 0)], NOTHING),
        ([(60, REPORTED)], [(CASH, 100)], ("1.00", "", "")),
    ],
    "only lines that are not reported": [
        ([(5280, NOT)], [(CASH, 5300)], NOTHING),
        ([(5280, NOT)], [(CARD, 5280)], NOTHING),
        ([(5280, NOT), (0, REPORTED)], [(CASH, 5300)], NOTHING),
    ],
    "reported and not reported lines, paid by reported methods": [
        ([(5000, REPORTED), (3000, NOT)], [(CARD, 8000)], ("50.00", "", "")),
        ([(3000, NOT), (5000, REPORTED)], [(CASH, 2000), (CARD, 6000)], ("50.00", "", "")),
        ([(5000, REPORTED), (3040, NOT)], [(CASH, 8000)], ("49.60", "", "")),
        ([(5000, REPORTED), (3060, NOT)], [(CASH, 8100)], ("50.40", "", "")),
        ([(30, REPORTED), (10_010, NOT)], [(CASH, 10_000)], NOTHING),
        ([(5000, REPORTED), (3000, NOT)], [(VOUCHER, 6000), (CARD, 2000)], ("50.00", "", "50.00")),
    ],
    "reported and not reported lines × reported and not reported methods": [
        ([(5000, REPORTED), (3000, NOT)], [(TRANSFER, 3000), (CARD, 5000)], ("50.00", "", "")),
        ([(5000, REPORTED), (3000, NOT)], [(TRANSFER, 1000), (CARD, 7000)], ("50.00", "", "")),
        ([(5000, REPORTED), (3000, NOT)], [(TRANSFER, 6000), (CARD, 2000)], ("20.00", "", "")),
        ([(5000, REPORTED), (3000, NOT)], [(TRANSFER, 8000)], NOTHING),
        ([(5010, REPORTED), (3000, NOT)], [(TRANSFER, 6000), (CASH, 2000)], ("20.00", "", "")),
    ],
    "vouchers sold": [
        ([(50_000, SOLD_VOUCHER)], [(CASH, 50_000)], ("500.00", "500.00", "")),
        ([(50_000, SOLD_VOUCHER), (5000, REPORTED)], [(CARD, 55_000)], ("550.00", "500.00", "")),
        ([(1040, SOLD_VOUCHER)], [(CASH, 1000)], ("10.00", "10.00", "")),
        ([(50_000, SOLD_VOUCHER)], [(VOUCHER, 50_000)], ("500.00", "500.00", "500.00")),
        ([(50_000, SOLD_VOUCHER)], [(TRANSFER, 50_000)], NOTHING),
        ([(6000, SOLD_VOUCHER), (3000, REPORTED)], [(TRANSFER, 3000), (CARD, 6000)], ("60.00", "40.00", "")),
        ([(50_000, SOLD_VOUCHER), (3000, NOT)], [(CARD, 53_000)], ("500.00", "500.00", "")),
    ],
}  # fmt: skip
ROWS = [(lines, parts, wanted) for rows in CASES.values() for lines, parts, wanted in rows]


@pytest.mark.parametrize(("lines", "parts", "wanted"), ROWS)
def test_what_is_reported_by_line_and_method_of_payment(
    lines: list[tuple[int, Reporting]], parts: list[tuple[PaymentMethod, int]], wanted: tuple[str, ...]
) -> None:
    sale = receipt([line(haler, reporting) for haler, reporting in lines], parts)
    assert amounts(sale) == wanted


@pytest.mark.parametrize(("lines", "parts", "wanted"), ROWS)
def test_a_refund_reports_exactly_what_its_sale_reported_with_the_other_sign(
    lines: list[tuple[int, Reporting]], parts: list[tuple[PaymentMethod, int]], wanted: tuple[str, ...]
) -> None:
    sale = receipt([line(haler, reporting) for haler, reporting in lines], parts)
    assert amounts(refunded(sale)) == tuple(negated(text) for text in wanted)


def test_every_method_of_payment_says_whether_it_is_reported() -> None:
    assert set(REPORTED_METHODS) == set(PaymentMethod)


@pytest.mark.parametrize("mode", [None, Mode.OFF])
def test_nothing_is_reported_before_the_first_regime_and_when_it_is_off(mode: Mode | None) -> None:
    sale = receipt([line(5300)], [(CASH, 5300)])
    assert frozen(sale, replace(LIVE, mode=mode) if mode else None) is None


def test_the_record_holds_the_attributes_of_v4_as_they_are_sent() -> None:
    assert frozen(receipt([line(5280)], [(CASH, 5300)])) == FrozenSale(
        Dialect.V4,
        Mode.LIVE,
        {
            "eic_popl": "CZ00000019",
            "id_jednotky": "141",
            "id_pokl": "1",
            "porad_cis": "P1A-000001",
            "dat_trzby": "2027-02-01T08:00:00+01:00",
            "celk_trzba": "53.00",
        },
    )


MIXED = [line(12_100), line(5600, percent=12), line(5500, percent=10), line(2700, percent=0), line(3000, NOT)]


def test_the_record_holds_the_attributes_of_v3_with_tax_by_rate_of_the_reported_lines() -> None:
    assert frozen(receipt(MIXED, [(CARD, 28_900)]), V3_LIVE) == FrozenSale(
        Dialect.V3,
        Mode.LIVE,
        {
            "dic_popl": "CZ00000019",
            "id_provoz": "273",
            "id_pokl": "1",
            "porad_cis": "P1A-000001",
            "dat_trzby": "2027-02-01T08:00:00+01:00",
            "celk_trzba": "259.00",
            "zakl_dan1": "100.00",
            "dan1": "21.00",
            "zakl_dan2": "50.00",
            "dan2": "6.00",
            "zakl_dan3": "50.00",
            "dan3": "5.00",
            "zakl_nepodl_dph": "27.00",
            "rezim": "0",
        },
    )


def vat(sale: Receipt) -> dict[str, str]:
    found = data(sale, V3_LIVE)
    return {name: found[name] for name in V3_VAT if name in found}


@pytest.mark.parametrize(
    ("lines", "parts", "wanted"),
    [
        # rounding is outside base and tax
        ([line(12_080)], [(CASH, 12_100)], {"zakl_dan1": "99.83", "dan1": "20.97"}),
        # 15 % of before 2024 is the first reduced rate too
        ([line(11_500, percent=15)], [(CARD, 11_500)], {"zakl_dan2": "100.00", "dan2": "15.00"}),
        # half of it by transfer: half of each rate
        ([line(12_100), line(11_200, percent=12)], [(TRANSFER, 11_650), (CARD, 11_650)],
         {"zakl_dan1": "50.00", "dan1": "10.50", "zakl_dan2": "50.00", "dan2": "6.00"}),
        # the haléř that is left goes to the largest remainder
        ([line(100), line(100, percent=12), line(100, percent=0)], [(TRANSFER, 200), (CARD, 100)],
         {"zakl_dan1": "0.28", "dan1": "0.06", "zakl_dan2": "0.29", "dan2": "0.04", "zakl_nepodl_dph": "0.33"}),
        # a voucher without a rate is no supply yet, one with a rate is
        ([line(50_000, SOLD_VOUCHER, 0), line(12_100)], [(CARD, 62_100)], {"zakl_dan1": "100.00", "dan1": "21.00"}),
        ([line(12_100, SOLD_VOUCHER)], [(CARD, 12_100)], {"zakl_dan1": "100.00", "dan1": "21.00"}),
        # what was given away has no row, a tax of nothing has its base
        ([line(0, percent=12), line(2)], [(CARD, 2)], {"zakl_dan1": "0.02", "dan1": "0.00"}),
    ],
)  # fmt: skip
def test_v3_tells_base_and_tax_of_the_reported_part(
    lines: list[ReceiptLine], parts: list[tuple[PaymentMethod, int]], wanted: dict[str, str]
) -> None:
    sale = receipt(lines, parts)
    assert vat(sale) == wanted
    assert vat(refunded(sale)) == {name: negated(text) for name, text in wanted.items()}


def test_v3_tells_no_tax_of_who_does_not_pay_it_and_v4_of_nobody() -> None:
    assert vat(receipt(MIXED, [(CARD, 28_900)], seller=NON_PAYER)) == {}
    assert not data(receipt(MIXED, [(CARD, 28_900)])).keys() & set(V3_VAT)


def test_every_rate_there_was_has_its_attributes_in_v3() -> None:
    assert {rate.percent for rate in CZECH_VAT_RATES} <= set(V3_BASE_AND_TAX)


SALE = receipt([line(5300)], [(CASH, 5300)])
FOR_ANOTHER = replace(SALE, principal=PRINCIPAL)


@pytest.mark.parametrize(
    ("sale", "regime", "taxpayer", "wanted"),
    [
        (SALE, LIVE, BOTH, {}),
        (FOR_ANOTHER, LIVE, BOTH, {"eic_poverujiciho": PRINCIPAL}),
        (FOR_ANOTHER, V3_LIVE, BOTH, {"dic_poverujiciho": PRINCIPAL}),
        (replace(SALE, principal=BOTH.eic), LIVE, BOTH, {}),
        (replace(SALE, principal=BOTH.dic_popl), V3_LIVE, BOTH, {}),
        (SALE, LIVE, replace(BOTH, for_several=True), {"povereni_vice_popl": "true"}),
        (SALE, V3_LIVE, replace(BOTH, for_several=True), {}),
        (FOR_ANOTHER, LIVE, replace(BOTH, for_several=True), {"eic_poverujiciho": PRINCIPAL}),
        (refunded(FOR_ANOTHER), LIVE, BOTH, {"eic_poverujiciho": PRINCIPAL}),
    ],
)
def test_a_sale_for_another_taxpayer_names_it_but_never_the_taxpayer_itself(
    sale: Receipt, regime: Regime, taxpayer: Taxpayer, wanted: dict[str, str]
) -> None:
    names = ("eic_poverujiciho", "dic_poverujiciho", "povereni_vice_popl")
    found = data(sale, regime, taxpayer)
    assert {name: found[name] for name in names if name in found} == wanted


PLAYED = FrozenSale(Dialect.V4, Mode.PLAYGROUND, {})
CHECKED = FrozenSale(Dialect.V4, Mode.VERIFICATION, {})
TOLD = FrozenSale(Dialect.V3, Mode.LIVE, {})


@pytest.mark.parametrize(
    ("original", "mode", "is_reported"),
    [
        (None, Mode.LIVE, False), (None, Mode.PLAYGROUND, False), (None, Mode.VERIFICATION, False),
        (PLAYED, Mode.LIVE, False), (CHECKED, Mode.LIVE, False), (TOLD, Mode.LIVE, True),
        (PLAYED, Mode.PLAYGROUND, True), (CHECKED, Mode.VERIFICATION, True), (TOLD, Mode.PLAYGROUND, True),
    ],
)  # fmt: skip
def test_a_refund_is_reported_when_its_sale_was(original: FrozenSale | None, mode: Mode, is_reported: bool) -> None:
    assert refund_is_reported(original, mode=mode) is is_reported


@pytest.mark.parametrize(
    ("haler", "text"),
    [(0, "0.00"), (5, "0.05"), (-5, "-0.05"), (-100, "-1.00"), (123_456, "1234.56"), (9_999_999_999, "99999999.99")],
)
def test_an_amount_is_written_as_eet_wants_it(haler: int, text: str) -> None:
    assert eet_amount(Money(haler)) == text


@given(st.integers(-9_999_999_999, 9_999_999_999))
def test_every_amount_has_the_official_form_and_never_is_minus_zero(haler: int) -> None:
    text = eet_amount(Money(haler))
    assert OFFICIAL_AMOUNT.fullmatch(text)
    assert text != "-0.00"


@pytest.mark.parametrize("haler", [10_000_000_000, -10_000_000_000])
def test_an_amount_eet_cannot_hold_never_gets_here(haler: int) -> None:
    with pytest.raises(AssertionError):
        eet_amount(Money(haler))


def test_the_moment_is_that_of_the_receipt_with_its_summer_offset_in_summer() -> None:
    at = OPENING.replace(month=7, microsecond=999_999)
    assert data(replace(SALE, issued_at=iso(at)))["dat_trzby"] == "2027-07-01T08:00:00+02:00"


def part_of(sale: Receipt) -> Reported:
    return reported_part(sale) or Reported(ZERO, ZERO, ZERO, ())


@given(receipts())
def test_a_refund_of_anything_is_the_exact_mirror(sale: Receipt) -> None:
    there, back = part_of(sale), part_of(refunded(sale))
    assert (back.total, back.for_later, back.drawn) == (-there.total, -there.for_later, -there.drawn)
    assert [(row.percent, -row.base, -row.tax) for row in back.vat] == [
        (row.percent, row.base, row.tax) for row in there.vat
    ]


@given(receipts())
def test_what_is_reported_was_paid_by_reported_methods_for_reported_lines(sale: Receipt) -> None:
    part = part_of(sale)
    paid = money_sum(payment.amount for payment in sale.payments if REPORTED_METHODS[payment.method])
    others = money_sum(payment.amount for payment in sale.payments if not REPORTED_METHODS[payment.method])
    sold = money_sum(each.total for each in sale.lines if each.reporting != NOT)
    left_out = money_sum(each.total for each in sale.lines if each.reporting == NOT)
    assert ZERO <= part.total <= paid
    assert ZERO <= part.for_later <= part.total
    assert ZERO <= part.drawn <= part.total
    assert part.total <= max(ZERO, sold + sale.rounding)
    if part.total and left_out >= others:  # the lines that are not reported take up all that the others paid
        assert part.total == sold + sale.rounding
    if not left_out and not others:
        assert part.total == paid


@given(receipts())
def test_base_and_tax_are_those_of_the_receipt_itself_when_all_of_it_is_reported(sale: Receipt) -> None:
    assert money_sum(row.gross for row in part_of(sale).vat) <= sale.total
    whole = replace(sale, lines=tuple(replace(each, reporting=REPORTED) for each in sale.lines))
    if part_of(whole).total == sale.paid:
        assert part_of(whole).vat == (tuple(row for row in sale.vat if row.gross) if part_of(whole).total else ())


@given(receipts(), st.sampled_from([LIVE, V3_LIVE]))
def test_every_attribute_of_every_record_has_the_official_form(sale: Receipt, regime: Regime) -> None:
    for document in (sale, refunded(sale)):
        for name, text in data(document, regime).items():
            assert text
            if name in {*AMOUNTS, *V3_VAT}:
                assert OFFICIAL_AMOUNT.fullmatch(text), name
