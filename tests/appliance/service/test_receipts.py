import pytest

from appliance.domain.codec import to_json
from appliance.domain.delivery import FiscalState
from appliance.domain.journal import ReceiptReprinted, read_body
from appliance.domain.money import ZERO, Money, crowns
from appliance.domain.receipt import Original, ReceiptKind, RefundRefused
from appliance.domain.sale import Payment, PaymentMethod, Tender
from appliance.service import checkout, receipts, shift
from appliance.service.errors import NotFound, ShiftNotOpen
from appliance.store import fiscal, journal
from tests.shops import ROLL, SOAP, TestShop, card, cart_of, cash, count, kinds, rows, sell


def test_a_refund_is_a_document_of_its_own_that_mirrors_the_original(selling: TestShop) -> None:
    sale = sell(selling.shop, ROLL, SOAP)
    selling.wakes.names.clear()
    refund = receipts.refund(selling.shop, sale.doc_id, reason="vadné zboží")
    assert (refund.number, refund.kind, refund.reason) == ("P1A-000002", ReceiptKind.REFUND, "vadné zboží")
    assert refund.original == Original(sale.doc_id, sale.number)
    assert (refund.paid, refund.payments) == (Money(-5300), (Payment(PaymentMethod.CASH, Money(-5300)),))
    assert receipts.load(selling.shop, refund.doc_id) == refund
    assert refund.fiscal is not None
    assert (refund.fiscal.data["celk_trzba"], refund.fiscal.data["porad_cis"]) == ("-53.00", "P1A-000002")
    assert rows(selling.shop, "SELECT number, kick FROM print_job ORDER BY n") == [("P1A-000001", 1), ("P1A-000002", 1)]
    assert rows(selling.shop, "SELECT number FROM fiscal_record ORDER BY number") == [("P1A-000001",), ("P1A-000002",)]
    assert selling.wakes.names == ["print", "sync"]


def test_a_receipt_is_refunded_once(selling: TestShop) -> None:
    sale = sell(selling.shop)
    receipts.refund(selling.shop, sale.doc_id, reason="vráceno")
    before = count(selling.shop, "journal")
    with pytest.raises(RefundRefused, match="already_refunded"):
        receipts.refund(selling.shop, sale.doc_id, reason="vráceno")
    assert count(selling.shop, "journal") == before
    assert sell(selling.shop).number == "P1A-000003"


def test_a_refund_is_not_refunded(selling: TestShop) -> None:
    refund = receipts.refund(selling.shop, sell(selling.shop).doc_id, reason="vráceno")
    with pytest.raises(RefundRefused, match="is_refund"):
        receipts.refund(selling.shop, refund.doc_id, reason="vráceno")
    assert kinds(selling.shop).count("receipt_issued") == 2


@pytest.mark.parametrize("reason", ["", "   "])
def test_a_refund_needs_a_reason(selling: TestShop, reason: str) -> None:
    sale = sell(selling.shop)
    with pytest.raises(RefundRefused, match="reason_missing"):
        receipts.refund(selling.shop, sale.doc_id, reason=reason)
    assert sell(selling.shop).number == "P1A-000002"


def test_a_refund_needs_an_open_till_and_a_receipt(selling: TestShop) -> None:
    sale = sell(selling.shop)
    with pytest.raises(NotFound):
        receipts.refund(selling.shop, "nobody", reason="vráceno")
    shift.close_shift(selling.shop, counted=ZERO)
    with pytest.raises(ShiftNotOpen):
        receipts.refund(selling.shop, sale.doc_id, reason="vráceno")
    shift.open_shift(selling.shop, ZERO)
    refund = receipts.refund(selling.shop, sale.doc_id, reason="vráceno")
    assert refund.shift_id != sale.shift_id


def test_a_refund_of_a_transfer_is_not_reported_and_leaves_the_drawer_shut(selling: TestShop) -> None:
    sale = checkout.pay(selling.shop, cart_of(SOAP), [Tender(PaymentMethod.TRANSFER, Money(4990))])
    refund = receipts.refund(selling.shop, sale.doc_id, reason="vráceno")
    assert (refund.paid, refund.fiscal) == (Money(-4990), None)
    assert count(selling.shop, "fiscal_record") == 0
    assert rows(selling.shop, "SELECT kick FROM print_job") == [(0,), (0,)]
    assert shift.x_report(selling.shop).cash_expected == crowns(1000)


def test_a_refund_keeps_the_rate_of_the_original_supply(selling: TestShop) -> None:
    selling.clock.at = selling.clock.at.replace(year=2023)
    sale = sell(selling.shop, ROLL)
    selling.clock.at = selling.clock.at.replace(year=2027)
    refund = receipts.refund(selling.shop, sale.doc_id, reason="vráceno")
    assert [row.percent for row in refund.vat] == [15]
    assert sell(selling.shop, ROLL).vat[0].percent == 12


def test_a_reprint_is_a_copy_on_paper_and_a_row_in_the_journal(selling: TestShop) -> None:
    sale = sell(selling.shop)
    selling.wakes.names.clear()
    receipts.reprint(selling.shop, sale.doc_id)
    assert rows(selling.shop, "SELECT doc_id, kick, is_copy FROM print_job ORDER BY n")[-1] == (sale.doc_id, 0, 1)
    (body,) = rows(selling.shop, "SELECT body FROM journal WHERE kind = 'receipt_reprinted'")[0]
    expected = ReceiptReprinted(sale.doc_id, sale.number, "Jana", sale.shift_id)
    assert read_body("receipt_reprinted", 1, str(body)) == expected
    assert selling.wakes.names == ["print", "sync"]
    assert receipts.load(selling.shop, sale.doc_id) == sale


def test_a_receipt_may_be_reprinted_after_closing(selling: TestShop) -> None:
    sale = sell(selling.shop)
    shift.close_shift(selling.shop, counted=ZERO)
    receipts.reprint(selling.shop, sale.doc_id)
    assert kinds(selling.shop)[-1] == "receipt_reprinted"
    with pytest.raises(NotFound):
        receipts.reprint(selling.shop, "nobody")


def test_the_list_shows_the_newest_first_with_what_became_of_each(selling: TestShop) -> None:
    first = sell(selling.shop)
    second = checkout.pay(selling.shop, cart_of(SOAP), [card(crowns(9)), cash(crowns(50))])
    refund = receipts.refund(selling.shop, first.doc_id, reason="vráceno")
    with selling.shop.fact() as tables:
        place = journal.place_of(tables, journal.the_till(tables).epoch, 4)
        assert place is not None
        journal.ack(tables, place)
        fiscal.update_record(tables, first.doc_id, state=FiscalState.CONFIRMED.value, code="pok-1")
    listed = receipts.recent(selling.shop, limit=10)
    assert [row.doc_id for row in listed] == [refund.doc_id, second.doc_id, first.doc_id]
    assert [row.refunded for row in listed] == [False, False, True]
    assert [row.sent for row in listed] == [False, False, True]
    assert [row.kind for row in listed] == [ReceiptKind.REFUND, ReceiptKind.SALE, ReceiptKind.SALE]
    assert [row.fiscal for row in listed] == [FiscalState.WAITING, FiscalState.WAITING, FiscalState.CONFIRMED]
    assert [row.code for row in listed] == ["", "", "pok-1"]
    assert listed[1].methods == (PaymentMethod.CARD, PaymentMethod.CASH)
    assert (listed[0].paid, listed[0].number, listed[0].issued_at) == (Money(-5300), "P1A-000003", refund.issued_at)


def test_the_list_is_paged_and_searched_by_a_part_of_the_number(selling: TestShop) -> None:
    numbers = [sell(selling.shop).number for _ in range(12)]
    pages = [receipts.recent(selling.shop, limit=5, offset=offset) for offset in (0, 5, 10)]
    assert [row.number for page in pages for row in page] == numbers[::-1]
    assert [row.number for row in receipts.recent(selling.shop, limit=5, search="0011")] == ["P1A-000011"]
    assert [row.number for row in receipts.recent(selling.shop, limit=5, search="p1a 12")] == ["P1A-000012"]
    assert receipts.recent(selling.shop, limit=5, search="%") == ()
    assert receipts.recent(selling.shop, limit=5, search="P1B") == ()


def test_an_unknown_receipt_is_not_found(selling: TestShop) -> None:
    with pytest.raises(NotFound):
        receipts.load(selling.shop, "nobody")


def test_a_receipt_journalled_by_an_earlier_version_of_the_till_is_read_and_refunded(selling: TestShop) -> None:
    sale = sell(selling.shop)
    text = to_json(sale).replace(',"reporting":"reported"', "").replace(',"principal":""', "")
    assert len(text) < len(to_json(sale))
    rows(selling.shop, "UPDATE journal SET v = 1, body = ? WHERE doc_id = ?", text, sale.doc_id)
    assert receipts.load(selling.shop, sale.doc_id) == sale
    refund = receipts.refund(selling.shop, sale.doc_id, reason="vráceno")
    assert refund.fiscal is not None
    assert refund.fiscal.data["celk_trzba"] == "-53.00"
