"""Papers as a printer shows them (golden files), and what must hold for any document."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.domain.cart import Cart, Discount, add_item, discount_bill
from appliance.domain.catalogue import Item
from appliance.domain.clock import iso
from appliance.domain.delivery import FiscalState
from appliance.domain.fiscal import Dialect, Mode
from appliance.domain.money import Money, Quantity, format_amount
from appliance.domain.receipt import Receipt
from appliance.domain.sale import CASH_LIMIT, PaymentMethod, Tender
from appliance.domain.stock import MoveKind
from appliance.domain.vat import VatClass, VatStatus
from appliance.printing.layout import (
    FiscalView,
    Paper,
    closing_document,
    interrupted_slip,
    stock_document,
    x_document,
)
from drivers.ports import Cut, Element, Rule, Text
from drivers.profile import PrinterProfile
from tests.appliance.printing import documents
from tests.appliance.printing.documents import AT, PAYER, POK, document, paper_of
from tests.drivers.sample import encoded, papers

GOLDEN = Path(__file__).parent / "golden"
WIDTHS = (48, 32)
CONFIRMED = FiscalView(Mode.LIVE, FiscalState.CONFIRMED, POK)
LATER = FiscalView(Mode.LIVE, FiscalState.WAITING, "")


V3_LATER = FiscalView(
    Mode.LIVE, FiscalState.WAITING, "", Dialect.V3, documents.PKP, documents.BKP, documents.V3_DATA
)  # fmt: skip
V3_CONFIRMED = replace(V3_LATER, state=FiscalState.CONFIRMED, code=documents.FIK)


SALES = {
    "sale": CONFIRMED,
    "sale-code-later": LATER,
    "sale-playground-copy": replace(CONFIRMED, mode=Mode.PLAYGROUND),
    "sale-playground-code-later": replace(LATER, mode=Mode.PLAYGROUND),
    "sale-verification": FiscalView(Mode.VERIFICATION, FiscalState.VERIFIED_ONLY, ""),
    "sale-v3": V3_CONFIRMED,
    "sale-v3-code-later": V3_LATER,
}
"""One sale, told in different ways at EET."""


def made(name: str, paper: Paper) -> list[Element]:
    if name in SALES:
        view = SALES[name]
        return document(documents.sale(view.mode), view, paper, is_copy=name.endswith("-copy"))
    match name:
        case "sale-for-another":
            return document(documents.sale_for_another(), CONFIRMED, paper)
        case "refund":
            return document(documents.refund(), CONFIRMED, paper)
        case "non-payer":
            return document(documents.non_payer_sale(), None, paper)
        case "large":
            return document(documents.large_sale(), CONFIRMED, paper)
        case "x":
            totals = documents.closing().totals
            return x_document(totals, paper, shop=PAYER.name, number=7, user="Jana Nováková", at=iso(AT))
        case "closing":
            return closing_document(documents.closing(), paper, shop=PAYER.name, closed_at=iso(AT.replace(hour=22)))
        case "goods-receipt" | "write-off" | "transfer" | "stocktake":
            slip = documents.stock_slip(MoveKind(name.replace("-", "_")))
            return stock_document(slip, paper, shop=PAYER.name, at=iso(AT))
    return interrupted_slip()


NAMES = (
    *SALES, "sale-for-another", "refund", "non-payer", "large", "x", "closing", "interrupted", "goods-receipt",
    "write-off", "transfer", "stocktake",
)  # fmt: skip


@pytest.mark.parametrize("width_chars", WIDTHS)
@pytest.mark.parametrize("name", NAMES)
def test_a_paper_reads_as_its_golden_file(name: str, width_chars: int) -> None:
    elements = tuple(made(name, paper_of(width_chars)))
    (paper,) = papers(encoded(elements, PrinterProfile(width_chars=width_chars)), width_chars=width_chars)
    assert paper.text == (GOLDEN / f"{name}-{width_chars}.txt").read_text("utf-8")


def test_no_golden_file_is_left_over() -> None:
    assert {path.stem for path in GOLDEN.iterdir()} == {f"{name}-{width}" for name in NAMES for width in WIDTHS}


# ---- what holds for every document

TEXT = st.text(st.characters(codec="cp852", exclude_categories=("Cc", "Cf")), min_size=1, max_size=70)
PRICE = st.integers(0, 26_000_00).map(Money)
LINE = st.tuples(TEXT, PRICE, st.integers(1, 9_999).map(Quantity), st.sampled_from(VatClass))
WIDTH = st.sampled_from([32, 42, 48])
STATUS = st.sampled_from(VatStatus)


@st.composite
def receipts(draw: st.DrawFn) -> Receipt:
    cart = Cart()
    for n, (name, price, quantity, vat_class) in enumerate(draw(st.lists(LINE, min_size=1, max_size=5))):
        cart = add_item(cart, Item(f"item-{n}", name, price, vat_class), quantity=quantity)
    cart = discount_bill(cart, Discount(basis_points=draw(st.integers(0, 10_000))))
    seller = replace(PAYER, name=draw(TEXT), vat_status=draw(STATUS), address=(draw(TEXT),), footer=(draw(TEXT),))
    part = Money(draw(st.integers(max(0, cart.total.haler - CASH_LIMIT.haler + 100), cart.total.haler)))
    rest = cart.total - part
    tenders = (Tender(PaymentMethod.CARD, part), Tender(PaymentMethod.CASH, Money(rest.haler // 100 * 100 + 5000)))
    receipt = documents.receipt_of(cart, tenders, seller=seller)
    return replace(receipt, till=draw(TEXT), user=draw(TEXT))


def lines_of(elements: Sequence[Element], paper: Paper) -> list[tuple[str, int]]:
    """Each line as the printer shows it, and how many characters fit."""
    return [
        (paper.measure(element.text), paper.width_chars // (2 if element.size == "double" else 1))
        for element in elements
        if isinstance(element, Text)
    ]


@given(
    receipt=receipts(),
    width_chars=WIDTH,
    view=st.sampled_from([None, CONFIRMED, LATER, V3_CONFIRMED, V3_LATER]),
    is_copy=st.booleans(),
)
def test_no_line_is_wider_than_the_paper(
    receipt: Receipt, width_chars: int, view: FiscalView | None, is_copy: bool
) -> None:
    paper = paper_of(width_chars)
    for text, fits in lines_of(document(receipt, view, paper, is_copy=is_copy), paper):
        assert len(text) <= fits, text


@given(receipt=receipts(), width_chars=WIDTH)
def test_every_amount_of_a_receipt_ends_at_the_right_edge(receipt: Receipt, width_chars: int) -> None:
    paper = paper_of(width_chars)
    lines = lines_of(document(receipt, None, paper), paper)
    at_the_edge = [text for text, fits in lines if len(text) == fits]
    amounts = [receipt.paid, *(payment.amount for payment in receipt.payments if payment.method != "cash")]
    amounts += [line.total + line.line_discount + line.bill_discount_share for line in receipt.lines]
    amounts += [row.gross for row in receipt.vat]
    for amount in amounts:
        shown = paper.measure(format_amount(amount))
        assert any(text.endswith(" " + shown) or text == shown for text in at_the_edge), (shown, at_the_edge)


@given(receipt=receipts(), width_chars=WIDTH)
def test_nothing_is_cut_from_a_name(receipt: Receipt, width_chars: int) -> None:
    paper = paper_of(width_chars)
    printed = "".join(text for text, _ in lines_of(document(receipt, None, paper), paper)).replace(" ", "")
    for name in (receipt.seller.name, receipt.till, receipt.user, *(line.name for line in receipt.lines)):
        assert paper.measure(name).replace(" ", "") in printed
    assert receipt.number in printed


def test_the_largest_sums_fit_on_the_narrowest_paper() -> None:
    paper = paper_of(32)
    largest = Money(9_999_999_999)
    totals = replace(documents.closing().totals, total=largest, cash_expected=-largest)
    totals = replace(totals, vat=tuple(replace(row, base=largest, tax=largest) for row in totals.vat))
    closed = replace(documents.closing(), totals=totals, counted=largest, over_short=-largest)
    elements = closing_document(closed, paper, shop="Obchod", closed_at=iso(AT))
    assert all(len(text) <= fits for text, fits in lines_of(elements, paper))
    assert largest > CASH_LIMIT


def test_an_invented_code_never_stands_on_paper() -> None:
    for state in FiscalState:
        view = FiscalView(Mode.LIVE, state, POK if state == FiscalState.CONFIRMED else "")
        text = "\n".join(text for text, _ in lines_of(document(documents.sale(), view, paper_of(48)), paper_of(48)))
        assert ("POK" in text) == (state == FiscalState.CONFIRMED)
        assert ("FIK" in text, "BKP" in text, "PKP" in text) == (False, False, False)


@pytest.mark.parametrize(
    ("state", "code", "bkp", "pkp", "words"),
    [
        (FiscalState.WAITING, "", "", "", set()),
        (FiscalState.WAITING, "", documents.BKP, documents.PKP, {"BKP", "PKP"}),
        (FiscalState.PARKED, "", documents.BKP, documents.PKP, {"BKP", "PKP"}),
        (FiscalState.WAITING, documents.FIK, documents.BKP, documents.PKP, {"BKP", "PKP"}),
        (FiscalState.CONFIRMED, documents.FIK, documents.BKP, documents.PKP, {"FIK", "BKP"}),
        (FiscalState.CONFIRMED, documents.FIK, "", "", {"FIK"}),
    ],
)
@pytest.mark.parametrize("width_chars", WIDTHS)
def test_a_receipt_of_eet_1_carries_the_codes_that_are_there_and_no_other(
    state: FiscalState, code: str, bkp: str, pkp: str, words: set[str], width_chars: int
) -> None:
    view = FiscalView(Mode.LIVE, state, code, Dialect.V3, pkp, bkp, documents.V3_DATA)
    paper = paper_of(width_chars)
    lines = [text for text, _ in lines_of(document(documents.sale(), view, paper), paper)]
    assert {line.partition(":")[0] for line in lines} & {"FIK", "BKP", "PKP", "POK"} == words
    printed = "".join(lines).replace(" ", "")
    for word, text in (("FIK", documents.FIK), ("BKP", documents.BKP), ("PKP", documents.PKP)):
        assert (f"{word}:{text}" in printed) == (word in words)
    assert ("Evidencetržbybudeodeslánadodatečně" in printed) == ("FIK" not in words)
    assert "Běžnýrežim" in printed


@pytest.mark.parametrize("mode", [Mode.LIVE, Mode.PLAYGROUND, Mode.VERIFICATION])
@pytest.mark.parametrize("view", [CONFIRMED, V3_LATER])
def test_only_a_receipt_of_the_playground_says_test_at_its_top_and_in_its_block(mode: Mode, view: FiscalView) -> None:
    paper = paper_of(48)
    elements = document(documents.sale(mode), replace(view, mode=mode), paper)
    marks = [n for n, each in enumerate(elements) if isinstance(each, Text) and each.text == "TEST"]
    assert [each.size for n in marks if isinstance(each := elements[n], Text)] == ["double"] * len(marks)
    assert (marks[:1], len(marks)) == (([0], 2) if mode == Mode.PLAYGROUND else ([], 0))
    text = "\n".join(text for text, _ in lines_of(elements, paper))
    assert ("není evidována" in text) == (mode != Mode.LIVE)


@pytest.mark.parametrize("name", NAMES)
def test_every_document_ends_with_a_cut(name: str) -> None:
    elements = made(name, paper_of(48))
    assert isinstance(elements[-1], Cut)
    assert sum(isinstance(element, Cut) for element in elements) == 1
    assert name == "interrupted" or any(isinstance(element, Rule) for element in elements)
