"""What the Backoffice has not acked yet, by kind."""

from peewee import fn

from appliance.store import journal
from appliance.store.tables import Tables


def unsent_kinds(tables: Tables, *, limit: int) -> list[tuple[str, int, str]]:
    """(kind, how many, when the oldest was made) of the oldest unsent rows, at most `limit` of them."""
    j = tables.journal
    oldest = (
        j.select(j.kind, j.at, j.row)
        .where(j.row > journal.the_till(tables).acked_row)
        .order_by(j.row)
        .limit(limit)
        .alias("oldest")
    )
    # of a bare column beside min() SQLite takes the value from the row that has the minimum
    query = (
        tables.journal.select(oldest.c.kind, fn.COUNT(oldest.c.row), oldest.c.at, fn.MIN(oldest.c.row))
        .from_(oldest)
        .group_by(oldest.c.kind)
    )
    return [(str(kind), int(count), str(at)) for kind, count, at, _row in query.tuples()]
