"""What the simulator does to be fast changes no statement."""

from pathlib import Path
from typing import Any

import pytest
from peewee import Select, fn

from appliance.service.shop import Shop
from appliance.store import branches, journal, pull, sales
from tests.shops import make_shop
from tests.sim.quick import each_statement_worded_once


@pytest.fixture
def till(tmp_path: Path) -> Any:
    shop = make_shop(tmp_path)
    yield shop
    shop.store.close()


def answers(till: Shop, said: list[str], *, epoch: str) -> list[Any]:
    """Of reads with conditions, joins, aliases, functions and subqueries; what SQLite was told is added to `said`."""
    tables = till.store.tables
    j, o = tables.journal, tables.own_edit
    other = j.alias("other")
    counted = o.select(o.row_id, fn.COUNT(o.place).alias("n")).group_by(o.row_id).alias("counted")
    queries: tuple[Any, ...] = (
        journal._select(tables).where((j.epoch != epoch) & (j.seq >= 1)).order_by(j.seq.desc()).limit(3),
        j.select(j.kind).where(j.epoch.in_([epoch, "b"])),
        j.select(j.kind).where(j.epoch.in_([epoch, "b", "c"])),
        j.select(j.kind).where(j.epoch.in_([])),
        j.select(j.kind).where((j.kind == None) | (j.kind == epoch)),  # noqa: E711 - peewee's own IS NULL
        o.select(o.place, j.kind.alias("k")).join(j, on=(j.row == o.place)).where(o.row_id.in_(["a", "b"])),
        j.select(other.row).join(other, on=(other.doc_id == j.doc_id)),
        j.select(j.row).where(journal.IN_A_SHIFT),
        j.select(j.row).where(j.row.in_(o.select(o.place).where(o.hide == 1))).distinct(),
        j.select(j.row, counted.c.n).join(counted, on=(counted.c.row_id == j.doc_id)),
    )
    queries += (
        tables.used_series.insert(series=epoch, epoch=epoch),
        tables.used_series.insert(series=epoch, epoch="b").on_conflict_ignore(),
        tables.till.update(head_seq=tables.till.head_seq + 1, epoch=epoch).where(tables.till.id == 1),
        tables.till.update(head_seq=tables.till.head_seq - 1).where(
            (tables.till.epoch == epoch) | (tables.till.id == 1)
        ),
        tables.used_series.delete().where((tables.used_series.series == epoch) & (tables.used_series.epoch != "c")),
    )
    said += [query.sql()[0] for query in queries]
    given: list[Any] = [list(q.tuples()) if isinstance(q, Select) else q.execute() for q in queries]
    given += [pull.load_pull(tables), branches.lost_rows(tables), sales.shifts_without_proof(tables)]
    return given


def test_answers_are_the_same(till: Shop) -> None:
    as_ever = answers(till, [], epoch="e")
    assert as_ever[0], "rows were read"
    with each_statement_worded_once():
        assert answers(till, [], epoch="e") == as_ever
        assert answers(till, [], epoch="e") == as_ever, "the second time by the words of the first"


def test_another_shape_is_another_statement(till: Shop) -> None:
    given: list[str] = []
    as_ever: list[str] = []
    answers(till, as_ever, epoch="e")
    till.store._db.query_hooks.append(lambda event: given.append(event.sql))
    try:
        with each_statement_worded_once():
            for epoch in ("e", "f"):
                given.clear()
                answers(till, [], epoch=epoch)
                assert given[: len(as_ever)] == as_ever
    finally:
        till.store._db.query_hooks.clear()
