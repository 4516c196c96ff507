from collections.abc import Sequence

import pytest

from appliance.domain.journal import UserLoggedIn, read_body
from appliance.domain.pin import hash_pin
from appliance.domain.pricelist import User
from appliance.service import shift, users
from appliance.service.errors import NotFound, Refused
from tests.shops import TestShop, kinds, rows, sell

PETR = User("user-petr", "Petr Černý", hash_pin("2580", b"0123456789abcdef"))
ANNA = User("user-anna", "Anna Bílá")


def brought(till: TestShop, people: Sequence[User]) -> None:
    """As a pulled page brings them."""
    with till.shop.mark() as tables:
        for user in people:
            tables.till_user.insert(user_id=user.user_id, name=user.name, pin=user.pin).execute()


def test_without_users_the_configured_name_stays(till: TestShop) -> None:
    assert users.users(till.shop) == ()
    assert users.user_at_work(till.shop) is None
    assert not users.nobody_has_logged_in(till.shop)
    assert users.shop_of_user(till.shop).user == till.shop.user


def test_who_works_is_chosen_by_name_and_journalled(selling: TestShop) -> None:
    brought(selling, (PETR, ANNA))
    assert users.users(selling.shop) == (ANNA, PETR)
    assert users.nobody_has_logged_in(selling.shop)
    shop = users.log_in(selling.shop, ANNA.user_id, "")
    assert shop.user == "Anna Bílá"
    assert not users.nobody_has_logged_in(shop)
    current = shift.current_shift(selling.shop)
    assert current is not None
    (body,) = rows(selling.shop, "SELECT body FROM journal WHERE kind = 'user_logged_in'")[0]
    assert read_body("user_logged_in", 1, str(body)) == UserLoggedIn(ANNA.user_id, "Anna Bílá", current.shift_id)
    assert selling.wakes.names == ["sync"]
    assert sell(shop).user == "Anna Bílá"


def test_who_worked_last_works_after_a_restart_too_until_the_backoffice_takes_the_name_away(till: TestShop) -> None:
    brought(till, (ANNA,))
    users.log_in(till.shop, ANNA.user_id, "")
    assert users.shop_of_user(till.shop).user == "Anna Bílá"
    with till.shop.mark() as tables:
        tables.till_user.update(deleted=1).execute()
    assert users.shop_of_user(till.shop).user == till.shop.user
    with pytest.raises(NotFound):
        users.log_in(till.shop, ANNA.user_id, "")


def test_a_pin_is_asked_of_whom_has_one(till: TestShop) -> None:
    brought(till, (PETR,))
    with pytest.raises(Refused) as refused:
        users.log_in(till.shop, PETR.user_id, "1111")
    assert refused.value.rule == "wrong_pin"
    assert "user_logged_in" not in kinds(till.shop)
    assert users.log_in(till.shop, PETR.user_id, "2580").user == "Petr Černý"


def try_wrong(till: TestShop, times: int) -> list[str]:
    rules = []
    for _ in range(times):
        with pytest.raises(Refused) as refused:
            users.log_in(till.shop, PETR.user_id, "1111")
        rules.append(refused.value.rule)
    return rules


def test_wrong_pins_are_bounded_and_a_pause_ends_by_itself(till: TestShop) -> None:
    brought(till, (PETR, ANNA))
    assert try_wrong(till, users.PIN_TRIES_MAX) == ["wrong_pin"] * (users.PIN_TRIES_MAX - 1) + ["pin_pause"]
    with pytest.raises(Refused) as refused:
        users.log_in(till.shop, PETR.user_id, "2580")
    assert refused.value.rule == "pin_pause", "not even the right one"
    assert users.log_in(till.shop, ANNA.user_id, "").user == "Anna Bílá", "nobody else waits"
    till.clock.forward(seconds=users.PIN_PAUSE_S)
    assert try_wrong(till, 1) == ["pin_pause"], "one try a pause from now on"
    till.clock.forward(seconds=users.PIN_PAUSE_S)
    assert users.log_in(till.shop, PETR.user_id, "2580").user == "Petr Černý"
    assert try_wrong(till, 1) == ["wrong_pin"], "counted anew"


def test_a_clock_that_went_back_locks_nobody_out(till: TestShop) -> None:
    brought(till, (PETR,))
    try_wrong(till, users.PIN_TRIES_MAX)
    till.clock.back(days=1)
    assert users.log_in(till.shop, PETR.user_id, "2580").user == "Petr Černý"


def test_tries_are_kept_of_users_there_are_only(till: TestShop) -> None:
    brought(till, (PETR, ANNA))
    try_wrong(till, 1)
    with till.shop.mark() as tables:
        tables.till_user.update(deleted=1).where(tables.till_user.user_id == PETR.user_id).execute()
    users.log_in(till.shop, ANNA.user_id, "")
    (noted,) = rows(till.shop, "SELECT value FROM note WHERE key = 'pin'")[0]
    assert PETR.user_id not in str(noted)
