"""Who works at the till, as the pages of the price list brought it."""

from appliance.domain.pricelist import User
from appliance.store.tables import Tables


def users(tables: Tables) -> tuple[User, ...]:
    u = tables.till_user
    query = u.select(u.user_id, u.name, u.pin).where(u.deleted == 0).order_by(u.name, u.user_id)
    return tuple(User(*found) for found in query.tuples())


def load_user(tables: Tables, user_id: str) -> User | None:
    u = tables.till_user
    found = u.select(u.user_id, u.name, u.pin).where((u.user_id == user_id) & (u.deleted == 0)).tuples().first()
    return User(*found) if found else None
