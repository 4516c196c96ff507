"""What the simulator does to be fast changes no statement."""

from pathlib import Path
from typing import Any

from appliance.store import branches, journal, pull, sales
from tests.shops import make_shop
from tests.sim.quick import columns_written_at_once


def statements(folder: Path) -> list[tuple[Any, ...]]:
    """Of one start, and of reads with conditions, joins, aliases and updates."""
    till = make_shop(folder)
    said: list[tuple[Any, ...]] = []
    tables = till.store.tables
    j, o = tables.journal, tables.own_edit
    other = j.alias("other")
    queries = (
        journal._select(tables).where((j.epoch == "e") & (j.seq > 1)).order_by(j.seq.desc()).limit(3),
        o.select(o.place, j.kind.alias("k")).join(j, on=(j.row == o.place)).where(o.row_id.in_(["a", "b"])),
        j.select(other.row).join(other, on=(other.doc_id == j.doc_id)).where(journal.IN_A_SHIFT),
        j.select(j.row).where(j.row.in_(o.select(o.place).where(o.hide == 1))).distinct(),
        tables.till.update(head_seq=tables.till.head_seq + 1).where(tables.till.id == 1),
        tables.used_series.insert(series="P1B", epoch="b").on_conflict_ignore(),
        o.delete().where((o.place <= 3) | (o.hide == 0)),
    )
    said += [query.sql() for query in queries]
    said.append((pull.load_pull(tables), branches.lost_rows(tables), sales.shifts_without_proof(tables)))
    till.store.close()
    return said


def test_statements_are_the_same(tmp_path: Path) -> None:
    as_ever = statements(tmp_path / "1")
    with columns_written_at_once():
        assert statements(tmp_path / "2") == as_ever
