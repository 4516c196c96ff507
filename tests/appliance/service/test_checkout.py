import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from appliance.domain.cart import Cart, CartError, Discount, discount_bill
from appliance.domain.codec import to_json
from appliance.domain.fiscal import Mode, Regime, Reporting
from appliance.domain.journal import LineVoided, read_body
from appliance.domain.money import ONE, ZERO, Money, Quantity, crowns
from appliance.domain.receipt import ClockState, Receipt
from appliance.domain.sale import Payment, PaymentMethod, PaymentRefused, Tender
from appliance.domain.vat import VatRow
from appliance.service import checkout, receipts, shift
from appliance.service.audit import verify_journal
from appliance.service.errors import ShiftNotOpen, StoreFailed
from appliance.store import queues
from tests.shops import (
    APPLES,
    NON_PAYER,
    OPENING,
    OTHER,
    PRAGUE,
    ROLL,
    SOAP,
    TestShop,
    card,
    cart_of,
    cash,
    count,
    kinds,
    make_shop,
    open_for_sale,
    rows,
    sell,
)

CASH, CARD, TRANSFER = PaymentMethod.CASH, PaymentMethod.CARD, PaymentMethod.TRANSFER
TABLES_OF_A_SALE = ("journal", "receipt", "receipt_line", "payment", "fiscal_record", "print_job")


def test_a_sale_is_one_receipt_with_everything_that_follows_from_it(selling: TestShop) -> None:
    receipt = checkout.pay(selling.shop, cart_of(ROLL, SOAP), [cash(crowns(100))])
    assert receipt.number == "P1A-000001"
    assert (receipt.total, receipt.paid, receipt.change) == (Money(5280), Money(5300), Money(4700))
    assert receipt.vat == (VatRow(21, Money(4124), Money(866)), VatRow(12, Money(259), Money(31)))
    assert (receipt.issued_at, receipt.user, receipt.till) == ("2027-02-01T08:00:00+01:00", "Jana", "Pokladna 1")
    assert receipts.load(selling.shop, receipt.doc_id) == receipt
    (body,) = rows(selling.shop, "SELECT body FROM journal WHERE doc_id = ?", receipt.doc_id)[0]
    assert body == to_json(receipt)
    assert rows(selling.shop, "SELECT item_id, quantity, total FROM receipt_line") == [
        (ROLL.item_id, 1000, 290), (SOAP.item_id, 1000, 4990),
    ]  # fmt: skip
    assert rows(selling.shop, "SELECT method, amount FROM payment") == [("cash", 5300)]
    assert rows(selling.shop, "SELECT number, state FROM fiscal_record") == [(receipt.number, "waiting")]
    assert rows(selling.shop, "SELECT kind, number, kick, is_copy, state, boot FROM print_job") == [
        ("receipt", receipt.number, 1, 0, "waiting", "boot-1")
    ]
    assert selling.wakes.names == ["print", "sync"]


def state(till: TestShop) -> dict[str, list[tuple[object, ...]]]:
    return {table: rows(till.shop, f"SELECT * FROM {table}") for table in (*TABLES_OF_A_SALE, "till", "note", "shift")}


@pytest.mark.parametrize(
    ("moment", "table"),
    [
        *(("BEFORE INSERT", table) for table in TABLES_OF_A_SALE),
        *(("AFTER INSERT", table) for table in TABLES_OF_A_SALE),
        ("BEFORE UPDATE", "till"),
        ("AFTER UPDATE", "till"),
        ("BEFORE DELETE", "note"),
        ("AFTER DELETE", "note"),
    ],
)
@pytest.mark.parametrize("how", ["ABORT", "ROLLBACK"])
def test_a_sale_that_fails_at_any_statement_did_not_happen(
    selling: TestShop, moment: str, table: str, how: str
) -> None:
    cart = cart_of(ROLL, SOAP)
    checkout.keep_cart(selling.shop, cart)
    before = state(selling)
    rows(selling.shop, f"CREATE TRIGGER fault {moment} ON {table} BEGIN SELECT RAISE({how}, 'the disk is ill'); END")
    with pytest.raises(StoreFailed, match="the disk is ill"):
        checkout.pay(selling.shop, cart, [cash(crowns(100))])
    assert state(selling) == before
    assert selling.wakes.names == []
    assert checkout.kept_cart(selling.shop) == cart
    rows(selling.shop, "DROP TRIGGER fault")
    assert checkout.pay(selling.shop, cart, [cash(crowns(100))]).number == "P1A-000001"
    assert verify_journal(selling.shop).broken_at == ""


def test_the_second_update_of_the_till_failing_takes_the_number_back_too(selling: TestShop) -> None:
    before = state(selling)
    rows(
        selling.shop,
        "CREATE TRIGGER fault AFTER UPDATE OF head_seq ON till BEGIN SELECT RAISE(ABORT, 'the disk is ill'); END",
    )
    with pytest.raises(StoreFailed):
        checkout.pay(selling.shop, cart_of(ROLL), [cash(crowns(3))])
    assert state(selling) == before


def test_nothing_is_sold_before_the_till_is_opened(till: TestShop) -> None:
    before = state(till)
    with pytest.raises(ShiftNotOpen):
        checkout.pay(till.shop, cart_of(ROLL), [cash(crowns(3))])
    assert state(till) == before
    assert till.wakes.names == []


@pytest.mark.parametrize(
    ("cart", "tenders", "rule"),
    [
        (Cart(), [], "cart_empty"),
        (cart_of(SOAP), [cash(crowns(49))], "not_enough"),
        (cart_of(SOAP), [card(crowns(50))], "more_than_due"),
    ],
)
def test_a_payment_that_does_not_pay_takes_no_number(
    selling: TestShop, cart: Cart, tenders: list[Tender], rule: str
) -> None:
    with pytest.raises(PaymentRefused, match=rule):
        checkout.pay(selling.shop, cart, tenders)
    assert sell(selling.shop).number == "P1A-000001"


def test_numbers_follow_each_other_and_the_shop_may_be_opened_again(selling: TestShop, tmp_path: Path) -> None:
    assert [sell(selling.shop).number for _ in range(2)] == ["P1A-000001", "P1A-000002"]
    again = make_shop(tmp_path, node=1)
    assert sell(again.shop).number == "P1A-000003"
    again.store.close()


def test_a_non_payer_has_no_vat_on_the_receipt(tmp_path: Path) -> None:
    till = make_shop(tmp_path, seller=NON_PAYER)
    open_for_sale(till.shop)
    receipt = sell(till.shop, ROLL, SOAP)
    assert receipt.vat == ()
    assert [line.vat_percent for line in receipt.lines] == [None, None]
    till.store.close()


class TickingClock:
    """Midnight passes between any two looks at it."""

    def __init__(self) -> None:
        self.looks = 0

    def __call__(self) -> datetime:
        self.looks += 1
        return datetime(2023, 12, 31, 23, 59, 59, tzinfo=PRAGUE) if self.looks == 1 else OPENING


def test_the_rate_is_that_of_the_day_on_the_receipt_even_at_midnight(selling: TestShop) -> None:
    shop = replace(selling.shop, now=TickingClock(), regimes=())
    receipt = checkout.pay(shop, cart_of(ROLL), [cash(crowns(3))])
    assert receipt.issued_at.startswith("2023-12-31")
    assert receipt.lines[0].vat_percent == 15


def test_an_unsynchronised_clock_is_on_the_receipt(tmp_path: Path) -> None:
    till = make_shop(tmp_path, clock_state=ClockState.UNVERIFIED)
    open_for_sale(till.shop)
    assert sell(till.shop).clock == ClockState.UNVERIFIED
    till.store.close()


def test_a_regime_that_begins_during_the_day_counts_from_its_second(tmp_path: Path) -> None:
    till = make_shop(tmp_path, regimes=(Regime(OPENING.replace(hour=9), Mode.LIVE),))
    open_for_sale(till.shop)
    till.clock.at = OPENING.replace(hour=8, minute=59, second=59)
    assert sell(till.shop).fiscal is None
    till.clock.forward(seconds=1)
    fiscal = sell(till.shop).fiscal
    assert fiscal is not None
    assert (fiscal.mode, fiscal.data["dat_trzby"]) == (Mode.LIVE, "2027-02-01T09:00:00+01:00")
    assert count(till.shop, "fiscal_record") == 1
    till.store.close()


def test_a_transfer_is_not_reported_and_leaves_the_drawer_shut(selling: TestShop) -> None:
    receipt = checkout.pay(selling.shop, cart_of(SOAP), [Tender(TRANSFER, Money(4990))])
    assert receipt.fiscal is None
    assert count(selling.shop, "fiscal_record") == 0
    assert rows(selling.shop, "SELECT kick FROM print_job") == [(0,)]


FREE = discount_bill(cart_of(ROLL, SOAP), Discount(basis_points=10_000))
PENNY = discount_bill(cart_of(SOAP), Discount(amount=Money(4960)))


@pytest.mark.parametrize(
    ("cart", "tenders", "payments", "rounding"),
    [
        (FREE, [], (), 0),
        (FREE, [cash(ZERO)], (Payment(CASH, ZERO),), 0),
        (FREE, [card(ZERO)], (Payment(CARD, ZERO),), 0),
        (PENNY, [cash(ZERO)], (Payment(CASH, ZERO),), -30),
    ],
)
def test_a_bill_over_nothing_is_a_receipt_that_is_not_reported(
    selling: TestShop, cart: Cart, tenders: list[Tender], payments: tuple[Payment, ...], rounding: int
) -> None:
    receipt = checkout.pay(selling.shop, cart, tenders)
    assert (receipt.paid, receipt.payments, receipt.rounding) == (ZERO, payments, Money(rounding))
    assert receipt.fiscal is None
    totals = shift.x_report(selling.shop)
    assert (totals.count, totals.total, totals.rounding) == (1, ZERO, Money(rounding))
    assert receipts.recent(selling.shop, limit=1)[0].fiscal is None
    refund = receipts.refund(selling.shop, receipt.doc_id, reason="omyl")
    assert (refund.paid, refund.fiscal) == (ZERO, None)
    assert shift.x_report(selling.shop).rounding == ZERO


def test_the_kept_cart_comes_back_after_a_restart(selling: TestShop, tmp_path: Path) -> None:
    cart = discount_bill(cart_of(ROLL, SOAP, APPLES), Discount(amount=Money(100)))
    checkout.keep_cart(selling.shop, cart)
    again = make_shop(tmp_path)
    assert checkout.kept_cart(again.shop) == cart
    checkout.keep_cart(again.shop, Cart())
    assert checkout.kept_cart(selling.shop) == Cart()
    again.store.close()


def test_the_kept_cart_leaves_with_the_sale(selling: TestShop) -> None:
    cart = cart_of(ROLL)
    checkout.keep_cart(selling.shop, cart)
    checkout.pay(selling.shop, cart, [cash(crowns(3))])
    assert checkout.kept_cart(selling.shop) == Cart()


def test_a_kept_cart_nobody_can_read_any_more_is_an_empty_one(selling: TestShop) -> None:
    with selling.shop.mark() as tables:
        queues.set_note(tables, checkout.OPEN_CART, '{"lines": 1}', at="2027-02-01T08:00:00+01:00")
    assert checkout.kept_cart(selling.shop) == Cart()


def test_a_kept_cart_nobody_can_read_is_set_aside_and_told(selling: TestShop, caplog: pytest.LogCaptureFixture) -> None:
    text = '{"lines": 1}'
    with selling.shop.mark() as tables:
        queues.set_note(tables, checkout.OPEN_CART, text, at="2027-02-01T08:00:00+01:00")
    assert checkout.set_aside_unreadable_cart(selling.shop)
    assert queues.note(selling.shop.tables, checkout.LOST_CART) == text
    assert queues.note(selling.shop.tables, checkout.OPEN_CART) is None
    assert text in caplog.text
    assert not checkout.set_aside_unreadable_cart(selling.shop), "told once"


def test_a_kept_cart_that_can_be_read_stays_where_it_is(selling: TestShop) -> None:
    checkout.keep_cart(selling.shop, cart_of(ROLL))
    assert not checkout.set_aside_unreadable_cart(selling.shop)
    assert checkout.kept_cart(selling.shop) == cart_of(ROLL)


def test_a_voided_line_stands_in_the_journal(selling: TestShop) -> None:
    cart = cart_of(ROLL, SOAP)
    checkout.keep_cart(selling.shop, cart)
    after = checkout.void_line(selling.shop, cart, 2)
    assert [line.item_id for line in after.lines] == [ROLL.item_id]
    shift_id = sell(selling.shop, ROLL).shift_id
    (body, where) = rows(selling.shop, "SELECT body, shift_id FROM journal WHERE kind = 'line_voided'")[0]
    assert read_body("line_voided", 1, str(body)) == LineVoided(shift_id, "Jana", SOAP.name, ONE, Money(4990))
    assert where == shift_id


def test_a_voided_line_is_gone_from_the_kept_cart_too(selling: TestShop) -> None:
    cart = cart_of(ROLL, SOAP)
    after = checkout.void_line(selling.shop, cart, 1)
    assert checkout.kept_cart(selling.shop) == after
    checkout.void_line(selling.shop, after, 2)
    assert checkout.kept_cart(selling.shop) == Cart()
    assert kinds(selling.shop).count("line_voided") == 2


def test_a_line_that_is_not_there_cannot_be_voided(selling: TestShop) -> None:
    with pytest.raises(CartError, match="no_such_line"):
        checkout.void_line(selling.shop, cart_of(ROLL), 2)
    assert "line_voided" not in kinds(selling.shop)


def test_a_line_may_be_voided_before_the_till_is_open(till: TestShop) -> None:
    assert checkout.void_line(till.shop, cart_of(ROLL), 1).lines == ()
    assert rows(till.shop, "SELECT shift_id FROM journal WHERE kind = 'line_voided'") == [("",)]


def issued(till: TestShop, receipt: Receipt) -> list[tuple[object, ...]]:
    return rows(till.shop, "SELECT method, amount FROM payment WHERE doc_id = ? ORDER BY n", receipt.doc_id)


def test_a_split_payment_keeps_each_part(selling: TestShop) -> None:
    receipt = checkout.pay(
        selling.shop,
        cart_of(OTHER_100),
        [card(crowns(40)), Tender(PaymentMethod.VOUCHER, crowns(20)), cash(crowns(50))],
    )
    assert issued(selling, receipt) == [("card", 4000), ("voucher", 2000), ("cash", 4000)]
    assert receipt.fiscal is not None
    assert (receipt.fiscal.data["celk_trzba"], receipt.fiscal.data["cerp_zuct"]) == ("100.00", "20.00")
    assert (receipt.tendered, receipt.change) == (crowns(50), crowns(10))


OTHER_100 = replace(OTHER, price=crowns(100))


def test_a_weighed_item_is_sold_by_the_gram(selling: TestShop) -> None:
    receipt = checkout.pay(selling.shop, cart_of(APPLES, quantity=Quantity(345)), [cash(crowns(20))])
    assert (receipt.lines[0].quantity, receipt.total, receipt.rounding) == (Quantity(345), Money(1377), Money(23))


def test_what_an_item_says_of_reporting_is_on_the_receipt_and_in_the_record(selling: TestShop) -> None:
    voucher = replace(SOAP, item_id="item-voucher", reporting=Reporting.VOUCHER, principal="CZ12345678")
    deposit = replace(ROLL, item_id="item-deposit", reporting=Reporting.NOT_REPORTED, principal="CZ12345678")
    cart = cart_of(voucher, deposit)
    receipt = checkout.pay(selling.shop, cart, [card(cart.total)])
    loaded = receipts.load(selling.shop, receipt.doc_id)
    assert loaded == receipt
    assert [line.reporting for line in loaded.lines] == [Reporting.VOUCHER, Reporting.NOT_REPORTED]
    assert loaded.principal == "CZ12345678"
    refund = receipts.refund(selling.shop, receipt.doc_id, reason="vráceno")
    for document, sign in ((loaded, ""), (refund, "-")):
        assert document.fiscal is not None
        said = {name: document.fiscal.data[name] for name in ("celk_trzba", "urceno_cerp_zuct", "eic_poverujiciho")}
        assert said == {
            "celk_trzba": f"{sign}49.90", "urceno_cerp_zuct": f"{sign}49.90", "eic_poverujiciho": "CZ12345678",
        }  # fmt: skip
        ((data,),) = rows(selling.shop, "SELECT data FROM fiscal_record WHERE doc_id = ?", document.doc_id)
        assert json.loads(str(data)) == document.fiscal.data
    assert rows(selling.shop, "SELECT DISTINCT kind, v FROM journal WHERE kind = 'receipt_issued'") == [
        ("receipt_issued", 3)
    ]


def test_a_bill_of_what_is_not_reported_makes_no_record(selling: TestShop) -> None:
    receipt = sell(selling.shop, replace(SOAP, reporting=Reporting.NOT_REPORTED))
    assert (receipt.fiscal, count(selling.shop, "fiscal_record")) == (None, 0)
    assert receipts.refund(selling.shop, receipt.doc_id, reason="vráceno").fiscal is None


def test_more_than_eet_can_hold_is_refused_before_anything_is_written(selling: TestShop) -> None:
    cart = cart_of(replace(SOAP, price=Money(9_999_999_960)))
    before = [count(selling.shop, table) for table in TABLES_OF_A_SALE]
    with pytest.raises(PaymentRefused, match="amount_too_large"):
        checkout.pay(selling.shop, cart, [card(Money(9_999_900_000)), cash(crowns(1000))])
    assert [count(selling.shop, table) for table in TABLES_OF_A_SALE] == before


def test_a_cart_kept_by_an_earlier_version_of_the_till_comes_back(selling: TestShop) -> None:
    checkout.keep_cart(selling.shop, cart_of(ROLL))
    text = to_json(cart_of(ROLL)).replace(',"reporting":"reported","principal":""', "")
    assert "principal" not in text
    with selling.shop.mark() as tables:
        queues.set_note(tables, checkout.OPEN_CART, text, at="")
    assert checkout.kept_cart(selling.shop) == cart_of(ROLL)
