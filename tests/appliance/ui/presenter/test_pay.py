import pytest

from appliance.domain.money import Money
from appliance.domain.sale import PaymentMethod, PaymentRefused, Tender
from appliance.ui.presenter.pay import cash_rest, pay_view, pays, tender_of

CASH, CARD, VOUCHER = PaymentMethod.CASH, PaymentMethod.CARD, PaymentMethod.VOUCHER
TOTAL = Money(31240)


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("tenders", "rest"),
    [
        ((), 31200),
        ((Tender(CARD, Money(10040)),), 21200),
        ((Tender(CASH, Money(10000)),), 21200),
        ((Tender(CARD, Money(10000)), Tender(CASH, Money(5000))), 16200),
        ((Tender(CASH, Money(50000)),), -18800),
    ],
)
def test_the_rest_in_cash_is_whole_crowns(tenders: tuple[Tender, ...], rest: int) -> None:
    assert cash_rest(TOTAL, tenders) == Money(rest)


@pytest.mark.parametrize(
    ("method", "typed", "tenders", "amount"),
    [
        (CASH, None, (), 31200),
        (CASH, Money(50000), (), 50000),
        (CARD, None, (), 31240),
        (CARD, None, (Tender(CASH, Money(10000)),), 21240),
        (VOUCHER, Money(20000), (), 20000),
    ],
)
def test_a_method_key_takes_what_was_typed_or_all_that_is_left(
    method: PaymentMethod, typed: Money | None, tenders: tuple[Tender, ...], amount: int
) -> None:
    assert tender_of(method, typed, TOTAL, tenders) == Tender(method, Money(amount))


@pytest.mark.parametrize(
    ("tenders", "paid"),
    [
        ((), False),
        ((Tender(CASH, Money(31200)),), True),
        ((Tender(CASH, Money(31100)),), False),
        ((Tender(CARD, Money(31240)),), True),
        ((Tender(CARD, Money(10000)), Tender(CASH, Money(21200))), True),
    ],
)
def test_a_bill_is_paid_when_the_tenders_cover_it(tenders: tuple[Tender, ...], paid: bool) -> None:
    assert pays(TOTAL, tenders) is paid


def test_too_much_by_card_is_refused() -> None:
    with pytest.raises(PaymentRefused):
        pays(TOTAL, (Tender(CARD, Money(99999)),))


def test_what_is_typed_shows_the_change_before_it_is_paid() -> None:
    view = pay_view(TOTAL, (), Money(50000))
    assert (view.left_label, plain(view.left), view.enough) == ("Vrátit", "188,00 Kč", True)


def test_what_is_left_shrinks_with_each_part() -> None:
    view = pay_view(TOTAL, (Tender(CARD, Money(10000)), Tender(VOUCHER, Money(20000))), None)
    assert (view.left_label, plain(view.left), plain(view.tendered)) == ("Zbývá", "12,00 Kč", "300,00 Kč")
    assert [plain(chip) for chip in view.chips] == ["Kartou 100,00", "Poukaz 200,00"]
    assert view.notes[0] == ("12,00", Money(1200))


def test_the_exact_sum_is_the_first_note_and_notes_rise() -> None:
    amounts = [amount.haler for _caption, amount in pay_view(TOTAL, (), None).notes]
    assert amounts[0] == 31200
    assert amounts == sorted(set(amounts))


@pytest.mark.parametrize(("total", "words"), [(Money(31240), "hotově 312,00 Kč"), (Money(31200), "")])
def test_rounding_is_told_only_when_there_is_any(total: Money, words: str) -> None:
    assert plain(pay_view(total, (), None).rounding) == words
