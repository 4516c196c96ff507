from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from appliance.domain.clock import parse_iso
from appliance.domain.delivery import FiscalState
from appliance.domain.money import ZERO, Money
from appliance.domain.receipt import ReceiptKind
from appliance.domain.sale import PaymentMethod
from appliance.domain.shift import MethodTotal, ShiftTotals
from appliance.ui.presenter.reports import closing_words, just_issued, receipt_row, totals_rows

COUNTED, SHORT, PAID = Money(112000), Money(-300), Money(12300)
TOTALS = ShiftTotals(
    count=3,
    refund_count=0,
    total=Money(12300),
    refund_total=ZERO,
    rounding=ZERO,
    discounts=ZERO,
    by_method=(MethodTotal(PaymentMethod.CASH, Money(12300)),),
    vat=(),
    opening_float=Money(100000),
    cash_moved=ZERO,
    cash_expected=Money(112300),
    first_number="P1A-000001",
    last_number="P1A-000003",
)


@dataclass(frozen=True)
class Closed:
    number: int = 4
    totals: ShiftTotals = TOTALS
    counted: Money = COUNTED
    over_short: Money = SHORT


@dataclass(frozen=True)
class Closing:
    closed: Closed = Closed()
    closed_at: str = "2027-01-04T20:00:00+01:00"
    complete: bool | None = None
    receipts_held: int = 0
    receipts_expected: int = 3


@dataclass(frozen=True)
class Row:
    doc_id: str = "d"
    number: str = "P1A-000001"
    issued_at: str = "2027-01-04T08:30:00+01:00"
    kind: ReceiptKind = ReceiptKind.SALE
    paid: Money = PAID
    methods: tuple[PaymentMethod, ...] = (PaymentMethod.CASH, PaymentMethod.CARD)
    refunded: bool = False
    fiscal: FiscalState | None = FiscalState.CONFIRMED


def plain(rows: tuple[tuple[str, str], ...]) -> dict[str, str]:
    return {label: value.replace("\u00a0", " ") for label, value in rows}


def test_the_x_report_begins_with_count_and_turnover_and_ends_with_the_drawer() -> None:
    rows = plain(totals_rows(TOTALS))
    assert list(rows) == ["Doklady", "Tržba", "Hotově", "Počáteční hotovost", "Hotovost v zásuvce"]
    assert rows["Hotovost v zásuvce"] == "1 123,00 Kč"


def test_what_did_not_happen_has_no_row_and_what_did_has() -> None:
    rows = plain(
        totals_rows(
            replace(TOTALS, refund_count=2, refund_total=Money(-5000), discounts=Money(100), cash_moved=Money(-1))
        )
    )
    assert rows["Storna (2)"] == "-50,00 Kč"
    assert rows["Slevy"] == "1,00 Kč"
    assert rows["Vklady a výběry"] == "-0,01 Kč"


@pytest.mark.parametrize(("over_short", "label"), [(Money(-300), "Manko"), (Money(300), "Přebytek"), (ZERO, "Rozdíl")])
def test_a_closing_names_shortage_and_surplus(over_short: Money, label: str) -> None:
    words = closing_words(Closing(replace(Closed(), over_short=over_short)))
    assert (words.over_short_label, words.count) == (label, "3")


@pytest.mark.parametrize(
    ("complete", "held", "proof", "tone"),
    [
        (None, 0, "Čeká na potvrzení z Backoffice", "quiet"),
        (True, 3, "kompletní 3/3", "good"),
        (False, 2, "neúplná, Backoffice má 2/3", "danger"),
    ],
)
def test_a_closing_tells_whether_the_backoffice_has_it_all(
    complete: bool | None, held: int, proof: str, tone: str
) -> None:
    words = closing_words(replace(Closing(), complete=complete, receipts_held=held))
    assert (words.proof, words.proof_tone) == (proof, tone)


@pytest.mark.parametrize(
    ("row", "state", "tone"),
    [
        (Row(), "EET potvrzeno", "good"),
        (Row(fiscal=FiscalState.WAITING), "EET čeká", "warning"),
        (Row(fiscal=FiscalState.PARKED), "EET odmítnuto", "danger"),
        (Row(fiscal=None), "", "quiet"),
        (Row(refunded=True), "stornováno", "warning"),
        (Row(kind=ReceiptKind.REFUND), "storno", "danger"),
    ],
)
def test_a_receipt_in_the_list_has_one_telling_state(row: Row, state: str, tone: str) -> None:
    view = receipt_row(row)
    assert (view.state, view.tone, view.methods) == (state, tone, "Hotově, Kartou")


@pytest.mark.parametrize(
    ("kind", "seconds", "said"),
    [
        (ReceiptKind.SALE, 0, True),
        (ReceiptKind.SALE, 299, True),
        (ReceiptKind.SALE, 300, False),
        (ReceiptKind.SALE, -1, False),
        (ReceiptKind.REFUND, 10, False),
    ],
)
def test_a_till_that_starts_names_a_sale_of_the_last_minutes(kind: ReceiptKind, seconds: int, said: bool) -> None:
    row = Row(kind=kind)
    words = just_issued(row, parse_iso(row.issued_at) + timedelta(seconds=seconds))
    assert (words is not None) == said
    assert words is None or row.number in words
