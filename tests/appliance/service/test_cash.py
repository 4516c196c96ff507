import pytest

from appliance.domain.journal import CashMoved, DrawerOpened, read_body
from appliance.domain.money import ZERO, Money, crowns
from appliance.service import cash, shift
from appliance.service.errors import Refused, ShiftNotOpen, StoreFailed
from tests.shops import TestShop, count, kinds, rows


@pytest.mark.parametrize("amount", [crowns(500), crowns(-200)])
def test_cash_in_and_out_is_journalled_and_counted(selling: TestShop, amount: Money) -> None:
    cash.move_cash(selling.shop, amount, "odvod do banky")
    current = shift.current_shift(selling.shop)
    assert current is not None
    (body, where) = rows(selling.shop, "SELECT body, shift_id FROM journal WHERE kind = 'cash_moved'")[0]
    assert read_body("cash_moved", 1, str(body)) == CashMoved(current.shift_id, "Jana", amount, "odvod do banky")
    assert where == current.shift_id
    assert shift.x_report(selling.shop).cash_expected == crowns(1000) + amount
    assert rows(selling.shop, "SELECT kind, kick FROM print_job") == [("drawer", 1)]
    assert selling.wakes.names == ["print", "sync"]


def test_cash_moves_only_in_an_open_till(till: TestShop) -> None:
    with pytest.raises(ShiftNotOpen):
        cash.move_cash(till.shop, crowns(1), "drobné")
    assert (count(till.shop, "cash_move"), kinds(till.shop), till.wakes.names) == (0, ["epoch_opened"], [])


def test_nothing_in_or_out_is_no_cash_move(selling: TestShop) -> None:
    with pytest.raises(Refused) as refused:
        cash.move_cash(selling.shop, ZERO, "drobné")
    assert refused.value.rule == "amount_zero"
    assert count(selling.shop, "cash_move") == 0
    assert "drawer" not in [kind for (kind,) in rows(selling.shop, "SELECT kind FROM print_job")]


def test_a_cash_move_that_fails_did_not_happen(selling: TestShop) -> None:
    rows(selling.shop, "CREATE TRIGGER fault BEFORE INSERT ON print_job BEGIN SELECT RAISE(ABORT, 'ill'); END")
    with pytest.raises(StoreFailed):
        cash.move_cash(selling.shop, crowns(1), "drobné")
    assert count(selling.shop, "cash_move") == 0
    assert "cash_moved" not in kinds(selling.shop)


def test_a_drawer_opened_by_hand_is_journalled_even_when_the_till_is_closed(till: TestShop) -> None:
    cash.open_drawer(till.shop, "rozměnění")
    (body,) = rows(till.shop, "SELECT body FROM journal WHERE kind = 'drawer_opened'")[0]
    assert read_body("drawer_opened", 1, str(body)) == DrawerOpened("", "Jana", "rozměnění")
    shift.open_shift(till.shop, crowns(1))
    cash.open_drawer(till.shop, "rozměnění")
    assert rows(till.shop, "SELECT kind, kick, state FROM print_job") == [("drawer", 1, "waiting")] * 2
    shifts = [where for (where,) in rows(till.shop, "SELECT shift_id FROM journal WHERE kind = 'drawer_opened'")]
    current = shift.current_shift(till.shop)
    assert current is not None
    assert shifts == ["", current.shift_id]
