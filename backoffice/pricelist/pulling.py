"""What a till is sent of the price list, in the order of versions (sync.md, section 5).

A till without a label sees every item, one with a label those that carry it; of rows of the kind `till` only its own.
An item that lost the label stands at the version of that loss, once, as `gone`. Bodies are kept as they are sent, so a
page is put together and not encoded.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from peewee import SQL

from appliance.domain.pricelist import RowKind
from appliance.wire import CHANGES_WAITING_MAX, Position
from backoffice.contained import CursorAhead, contained
from backoffice.projected import Place
from backoffice.tables import Tables

LABEL = "label"
PAGE_CHARS_MAX = 1_000_000  # a till reads a reply of 4 MiB; one row is far below the rest
OTHERS = SQL("kind <> 'item'")  # in the very words of the index `pricelist_others`


@dataclass(frozen=True, slots=True)
class _Sent:
    """One row of a page; `text` is JSON."""

    version: int
    text: str


def changes_page(
    tables: Tables, place: Place, *, since: int, limit: int, label: str, epochs: Sequence[str], count: bool
) -> str:
    """`wire.Changes` as JSON. Raises CursorAhead."""
    with tables.snapshot():
        newest = newest_version(tables, place.account_id)
        if since > newest:
            raise CursorAhead
        sent = _read(tables, place, since=since, label=label, limit=limit + 1)
        fitting = _fitting(sent[:limit])
        more = len(sent) > fitting
        version = sent[fitting - 1].version if more else newest
        left = _count(_queries(tables, place, since=version, label=label)) if count else None
        as_of = contained(tables, place, epochs)
    return page_text("rows", [row.text for row in sent[:fitting]], version=version, more=more, as_of=as_of, left=left)


def page_text(
    name: str, rows: Sequence[str], *, version: int, more: bool, as_of: Position | None, left: int | None = None
) -> str:
    """A page of rows that are JSON already."""
    rest: dict[str, Any] = {"version": version, "more": more, "as_of": as_of.model_dump() if as_of else None}
    if left is not None:
        rest["left"] = left
    return f'{{"{name}":[{",".join(rows)}],{json.dumps(rest)[1:]}'


def newest_version(tables: Tables, account_id: int) -> int:
    account = tables.account
    row = tables.first(account.select(account.c.pricelist_version).where(account.c.account_id == account_id))
    return int(row["pricelist_version"]) if row else 0


def changes_waiting(tables: Tables, place: Place, *, since: int, label: str) -> int:
    """How many rows the till has not pulled and has not made itself, at most CHANGES_WAITING_MAX.

    What left its scope counts whoever took the label away: that it is to be hidden a till learns only from here.
    """
    newest = newest_version(tables, place.account_id)
    if since >= newest:
        return int(since > newest)  # of a restored database: the till finds out when it pulls
    row = tables.pricelist_row
    news = (row.c.changed_by != place.till_id) | (row.c.foreign_version > since)
    first, *labelled = _queries(tables, place, since=since, label=label)
    left = news | (tables.pricelist_member.c.left_version > 0)
    queries = [first.where(news), *(query.where(left) for query in labelled)]
    return min(CHANGES_WAITING_MAX, _count([query.limit(CHANGES_WAITING_MAX) for query in queries]))


def _count(queries: Sequence[Any]) -> int:
    return sum(query.columns(SQL("1")).order_by().count() for query in queries)


def _read(tables: Tables, place: Place, *, since: int, label: str, limit: int) -> list[_Sent]:
    queries = _queries(tables, place, since=since, label=label)
    sent = [_sent(row) for query in queries for row in query.limit(limit).tuples()]
    return sorted(sent, key=lambda row: row.version)[:limit] if len(queries) > 1 else sent


def _fitting(sent: Sequence[_Sent]) -> int:
    """How many of the first rows a page can hold."""
    chars = 0
    for n, row in enumerate(sent):
        chars += len(row.text)
        if chars > PAGE_CHARS_MAX and n > 0:
            return n
    return len(sent)


def _sent(read: tuple[int, int, str, str, str, str]) -> _Sent:
    version, left, kind, row_id, stamp, body = read
    row = f'{{"kind":"{kind}","id":{json.dumps(row_id)}'
    return _Sent(version, f'{row},"gone":true}}' if left else f'{row},"stamp":{json.dumps(stamp)},"fields":{body}}}')


def _queries(tables: Tables, place: Place, *, since: int, label: str) -> list[Any]:
    """Each in the order of versions by an index. A till that begins anew is told of nothing that is not there."""
    row = tables.pricelist_row
    here = (row.c.account_id == place.account_id) & (row.c.version > since)
    here &= (row.c.kind != RowKind.TILL.value) | (row.c.row_id == place.till_id)
    if since == 0:
        here &= row.c.deleted == 0
    rows = row.select(row.c.version, SQL("0"), row.c.kind, row.c.row_id, row.c.stamp, row.c.body).order_by(
        row.c.version
    )
    if not label:
        return [rows.where(here)]
    return [rows.where(here & OTHERS), _labelled(tables, place, since=since, label=label)]


def _labelled(tables: Tables, place: Place, *, since: int, label: str) -> Any:
    row, member = tables.pricelist_row, tables.pricelist_member
    here = (member.c.account_id == place.account_id) & (member.c.register == LABEL) & (member.c.member == label)
    here &= member.c.version > since
    if since == 0:
        here &= (member.c.left_version == 0) & (row.c.deleted == 0)
    return (
        member.select(member.c.version, member.c.left_version, row.c.kind, member.c.row_id, row.c.stamp, row.c.body)
        .join(row, on=((row.c.account_id == member.c.account_id) & (row.c.row_id == member.c.row_id)))
        .where(here)
        .order_by(member.c.version)
    )
