"""Who works at the till (*obsluha*): chosen from the users of the Backoffice, with a PIN where one is set."""

from dataclasses import replace
from datetime import datetime

from appliance.domain.clock import iso, parse_iso
from appliance.domain.journal import Kind, UserLoggedIn
from appliance.domain.pin import pin_matches
from appliance.domain.pricelist import User
from appliance.service.errors import NotFound, Refused
from appliance.service.shift import current_shift
from appliance.service.shop import Shop
from appliance.store import journal, queues
from appliance.store import users as store
from appliance.store.tables import Tables

USER_NOTE = "user"  # {"user_id": …}: who works here now, also after a restart
PIN_NOTE = "pin"  # {user_id: {"wrong": times in a row, "at": of the last}}, of the users there are
PIN_TRIES_MAX = 5
PIN_PAUSE_S = 60


def users(shop: Shop) -> tuple[User, ...]:
    """By name; none until the Backoffice has sent some."""
    return store.users(shop.tables)


def user_at_work(shop: Shop) -> User | None:
    """Who has logged in last and is still one of the users."""
    noted = queues.note(shop.tables, USER_NOTE)
    return store.load_user(shop.tables, noted["user_id"]) if noted else None


def nobody_has_logged_in(shop: Shop) -> bool:
    """There are users to choose from, and none of them works here yet."""
    return bool(users(shop)) and user_at_work(shop) is None


def shop_of_user(shop: Shop) -> Shop:
    """The shop as it was left: with who worked there, or with the configured name."""
    user = user_at_work(shop)
    return replace(shop, user=user.name) if user else shop


def log_in(shop: Shop, user_id: str, pin: str) -> Shop:
    """The shop with another user from now on. Raises NotFound, Refused (wrong_pin, pin_pause)."""
    user = store.load_user(shop.tables, user_id)
    if user is None:
        raise NotFound(user_id)
    now = shop.now()
    if user.pin:
        _check_pin(shop, user, pin, now)
    shift = current_shift(shop)
    body = UserLoggedIn(user.user_id, user.name, shift.shift_id if shift else "")
    with shop.fact() as tables:
        journal.append(tables, Kind.USER_LOGGED_IN, body, doc_id=shop.new_id(), at=iso(now), shift_id=body.shift_id)
        queues.set_note(tables, USER_NOTE, {"user_id": user.user_id}, at=iso(now))
        _note_tries(tables, user.user_id, 0, now)
    shop.wake("sync")
    return replace(shop, user=user.name)


def _check_pin(shop: Shop, user: User, pin: str, now: datetime) -> None:
    """After PIN_TRIES_MAX wrong ones in a row nothing is tried for PIN_PAUSE_S, then once more each PIN_PAUSE_S."""
    tries = (queues.note(shop.tables, PIN_NOTE) or {}).get(user.user_id)
    wrong = tries["wrong"] if tries else 0
    if tries and wrong >= PIN_TRIES_MAX and 0 <= (now - parse_iso(tries["at"])).total_seconds() < PIN_PAUSE_S:
        raise Refused("pin_pause")
    if pin_matches(pin, user.pin):
        return
    with shop.fact() as tables:
        _note_tries(tables, user.user_id, wrong + 1, now)
    raise Refused("wrong_pin" if wrong + 1 < PIN_TRIES_MAX else "pin_pause")


def _note_tries(tables: Tables, user_id: str, wrong: int, now: datetime) -> None:
    known = {user.user_id for user in store.users(tables)}
    noted = {key: value for key, value in (queues.note(tables, PIN_NOTE) or {}).items() if key in known}
    noted[user_id] = {"wrong": min(wrong, PIN_TRIES_MAX), "at": iso(now)}
    queues.set_note(tables, PIN_NOTE, noted, at=iso(now))
