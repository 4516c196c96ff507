import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.domain.pricelist import FIELDS_MAX, FieldInvalid, RowKind
from appliance.domain.stamps import Stamp, next_stamp
from backoffice.pricelist.registers import (
    CLOCK_AHEAD_MAX,
    Edit,
    Past,
    Register,
    RowWrite,
    believed,
    body_text,
    check_write,
    highest,
    merge,
    printable,
    read_registers,
    registers_text,
)

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
NOW_MS = int(NOW.timestamp() * 1000)


def register(value: str | int | bool | None, wall_ms: int, node: str = "till-a") -> Register:
    return Register(value, Stamp(wall_ms, 0, node), "Jana", node, "2026-11-24T08:00:00+00:00")


def test_the_later_stamp_wins_and_the_overwritten_value_is_past() -> None:
    old, new = register("Chléb", 1), register("Chléb žitný", 2, "till-b")
    assert merge({"name": old}, [("name", new)]).registers == {"name": new}
    assert merge({"name": old}, [("name", new)]).past == (Past("name", old, lost=False),)


def test_an_edit_that_comes_too_late_is_past_at_once_and_counts_as_a_change_of_the_row() -> None:
    merged = merge({"name": register("Chléb žitný", 2)}, [("name", register("Chléb", 1))])
    assert (merged.registers["name"].value, merged.changed, merged.lost) == ("Chléb žitný", True, True)
    assert merged.past == (Past("name", register("Chléb", 1), lost=True),)


def test_each_field_is_decided_by_itself() -> None:
    held = {"name": register("Chléb", 5), "price": register(100, 1)}
    merged = merge(held, [("name", register("Houska", 3)), ("price", register(200, 3)), ("ean:1", register(True, 3))])
    assert {field: each.value for field, each in merged.registers.items()} == {
        "name": "Chléb",
        "price": 200,
        "ean:1": True,
    }


def test_of_two_writes_at_the_same_moment_the_node_decides() -> None:
    one, other = register(1, 7, "till-a"), register(2, 7, "till-b")
    assert merge({"price": one}, [("price", other)]).registers["price"].value == 2
    assert merge({"price": other}, [("price", one)]).registers["price"].value == 2


def test_the_same_stamp_again_changes_nothing() -> None:
    held = {"price": register(100, 1)}
    again = merge(held, [("price", register(100, 1))])
    assert (again.registers, again.changed, again.past) == (held, False, ())
    clamped = replace(register(100, 5), original="99:0:till-a")
    assert not merge({"price": clamped}, [("price", replace(clamped, stamp=Stamp(8, 0, "till-a")))]).changed


def test_a_later_write_of_the_same_value_takes_the_stamp_and_leaves_no_history() -> None:
    merged = merge({"price": register(100, 1)}, [("price", register(100, 4))])
    assert (merged.registers["price"].stamp.wall_ms, merged.past, merged.changed) == (4, (), True)


stamps = st.builds(Stamp, st.integers(0, 6), st.integers(0, 2), st.sampled_from(["a", "b", "backoffice"]))


@st.composite
def writes(draw: st.DrawFn) -> list[tuple[str, Register]]:
    """Edits by several nodes; one stamp of one field is one value."""
    keys = draw(st.lists(st.tuples(st.sampled_from(["name", "price", "label:a"]), stamps), max_size=12, unique=True))
    return [
        (field, Register(draw(st.integers(0, 3)), stamp, "u", stamp.node, "2026-11-24T08:00:00+00:00"))
        for field, stamp in keys
    ]


@given(writes(), st.randoms(use_true_random=False), st.integers(0, 3))
def test_any_order_and_any_repetition_of_edits_come_to_the_same_row(
    edits: list[tuple[str, Register]], rng: random.Random, repeats: int
) -> None:
    wanted: dict[str, Register] = {}
    for field, each in sorted(edits, key=lambda edit: edit[1].stamp):
        wanted[field] = each
    delivered = edits * (1 + repeats)
    rng.shuffle(delivered)
    one_by_one: dict[str, Register] = {}
    for edit in delivered:
        one_by_one = merge(one_by_one, [edit]).registers
    assert one_by_one == wanted
    assert merge({}, delivered).registers == wanted
    assert merge(wanted, delivered).registers == wanted


@given(writes())
def test_no_value_that_was_ever_written_is_forgotten(edits: list[tuple[str, Register]]) -> None:
    registers: dict[str, Register] = {}
    remembered: set[tuple[str, object]] = set()
    for edit in edits:
        merged = merge(registers, [edit])
        registers = merged.registers
        remembered |= {(past.field, past.register.value) for past in merged.past}
    remembered |= {(field, each.value) for field, each in registers.items()}
    assert remembered == {(field, each.value) for field, each in edits}


def test_a_clock_that_is_ahead_is_believed_for_five_minutes_only() -> None:
    limit_ms = NOW_MS + int(CLOCK_AHEAD_MAX.total_seconds() * 1000)
    assert believed(Stamp(limit_ms, 3, "a"), now=NOW) == Stamp(limit_ms, 3, "a")
    assert believed(Stamp(limit_ms + 1, 3, "a"), now=NOW).wall_ms == limit_ms


@given(
    st.lists(
        st.tuples(st.integers(NOW_MS + 400_000, NOW_MS + 90_000_000), st.integers(0, 5)),
        min_size=2,
        max_size=2,
        unique=True,
    )
)
def test_stamps_of_one_clock_far_ahead_keep_their_order(pair: list[tuple[int, int]]) -> None:
    early, late = (Stamp(wall_ms, counter, "a") for wall_ms, counter in sorted(pair))
    assert believed(early, now=NOW) < believed(late, now=NOW)
    assert believed(late, now=NOW) < next_stamp(now_ms=NOW_MS, node="b", overwritten=believed(late, now=NOW))


def test_a_clock_ahead_wins_over_nothing_that_is_written_after_five_minutes() -> None:
    early = believed(Stamp(NOW_MS + 86_400_000, 0, "a"), now=NOW)
    later_ms = int((NOW + timedelta(minutes=6)).timestamp() * 1000)
    assert early < Stamp(later_ms, 0, "b")


def test_registers_are_kept_and_read_again() -> None:
    held = {
        "price": replace(register(None, 4), original="99:0:till-a"),
        "name": register('Čaj "zelený"', 5),
        "label:bar": register(False, 6),
    }
    assert read_registers(registers_text(held)) == held
    assert highest(held) == Stamp(6, 0, "till-a")
    assert highest({}) is None


def test_tills_are_sent_values_without_members_that_are_out() -> None:
    held = {"stocked": register(False, 1), "label:bar": register(False, 1), "ean:12": register(True, 1)}
    assert body_text(held) == '{"ean:12":true,"stocked":false}'


def a_write(**changes: object) -> RowWrite:
    write = RowWrite(RowKind.ITEM, "i1", (Edit("price", 100),), "Jana", "", "2026-11-24T08:00:00+00:00")
    return replace(write, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "bad",
    [
        {"row_id": ""},
        {"row_id": "x" * 65},
        {"row_id": "a\0b"},
        {"row_id": "."},
        {"row_id": "a/../b"},
        {"row_id": " a"},
        {"row_id": "a "},
        {"edits": ()},
        {"edits": tuple(Edit(f"ean:{n}", value=True) for n in range(FIELDS_MAX + 1))},
        {"edits": (Edit("price", "drahé"),)},
        {"edits": (Edit("colour", "#000000"),)},
        {"edits": (Edit("name", "x" * 121),)},
    ],
)
def test_a_write_that_no_row_can_take_is_refused(bad: dict[str, object]) -> None:
    assert check_write(a_write()) == a_write()
    with pytest.raises(FieldInvalid):
        check_write(a_write(**bad))


def test_a_name_is_bounded_and_holds_only_what_a_database_keeps() -> None:
    assert printable("Jana\0\ud800") == "Jana??"
    assert len(printable("x" * 1000)) == 120
