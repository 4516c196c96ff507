"""Documents that move goods: what they may say, and drafts of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.domain.codec import from_json, to_json
from appliance.domain.money import Quantity
from appliance.domain.stock import (
    LINES_MAX,
    MOVES_MAX,
    NOTE_CHARS_MAX,
    QUANTITY_MAX,
    DraftLine,
    MoveKind,
    StockDraft,
    StockInvalid,
    StockMove,
    StockMoved,
    add_to_line,
    check_moved,
    goods_receipt,
    put_line,
    stocktake,
    transfer,
    write_off,
)

Q = Quantity
EMPTY = StockDraft(MoveKind.STOCKTAKE, "wh")
QUANTITIES = st.lists(
    st.tuples(st.uuids().map(str), st.integers(1, QUANTITY_MAX).map(Quantity)), min_size=1, max_size=9
)


def sums(moved: StockMoved) -> dict[str, int]:
    found: dict[str, int] = {}
    for move in moved.moves:
        found[move.warehouse_id] = found.get(move.warehouse_id, 0) + move.quantity.thousandths
    return found


@given(QUANTITIES)
def test_what_comes_in_adds_what_goes_out_takes_and_a_transfer_changes_no_total(
    quantities: list[tuple[str, Quantity]],
) -> None:
    total = sum(quantity.thousandths for _, quantity in quantities)
    assert sums(goods_receipt(warehouse_id="wh", quantities=quantities, user="Jana", note="")) == {"wh": total}
    assert sums(write_off(warehouse_id="wh", quantities=quantities, user="Jana", note="")) == {"wh": -total}
    moved = transfer(from_warehouse="wh", to_warehouse="b", quantities=quantities, user="Jana", note="")
    assert sums(moved) == {"wh": -total, "b": total}


def test_a_stocktake_moves_the_differences_and_keeps_what_was_counted() -> None:
    found = [("a", Q(5000), Q(7000)), ("b", Q(-2000), Q(0)), ("c", Q(1000), Q(1000))]
    taken = stocktake(warehouse_id="wh", found=found, user="Jana", note="x" * 200)
    assert [move.quantity for move in taken.moves] == [Q(2000), Q(2000), Q(0)]
    assert taken.counted == (Q(7000), Q(0), Q(1000))
    assert len(taken.note) == NOTE_CHARS_MAX


def moved(kind: MoveKind, *quantities: int, warehouse_id: str = "wh", counted: int = 0) -> StockMoved:
    moves = tuple(StockMove(warehouse_id, "a", Q(quantity)) for quantity in quantities)
    return StockMoved(kind, "Jana", moves, "", (Q(0),) * counted)


@pytest.mark.parametrize(
    ("wrong", "rule"),
    [
        (moved(MoveKind.GOODS_RECEIPT), "empty"),
        (moved(MoveKind.GOODS_RECEIPT, *[1] * (MOVES_MAX + 1)), "too_many"),
        (moved(MoveKind.GOODS_RECEIPT, 1, warehouse_id=""), "no_warehouse"),
        (moved(MoveKind.GOODS_RECEIPT, 1, 0), "no_quantity"),
        (moved(MoveKind.GOODS_RECEIPT, -1), "wrong_sign"),
        (moved(MoveKind.WRITE_OFF, 1), "wrong_sign"),
        (moved(MoveKind.TRANSFER, 1), "wrong_sign"),
        (moved(MoveKind.STOCKTAKE, 1, counted=2), "empty"),
    ],
)
def test_what_is_no_document_says_which_rule_it_breaks(wrong: StockMoved, rule: str) -> None:
    with pytest.raises(StockInvalid) as refused:
        check_moved(wrong)
    assert refused.value.rule == rule


def test_goods_stay_when_they_go_to_their_own_warehouse() -> None:
    with pytest.raises(StockInvalid, match="same_warehouse"):
        transfer(from_warehouse="wh", to_warehouse="wh", quantities=[("a", Q(1))], user="Jana", note="")


def test_an_item_stands_once_in_a_draft_the_last_touched_at_the_end() -> None:
    draft = put_line(put_line(EMPTY, "a", Q(1000), known=Q(9000)), "b", Q(2000), known=Q(0))
    draft = add_to_line(draft, "a", Q(1500), known=Q(8000))
    assert draft.lines == (DraftLine("b", Q(2000), Q(0)), DraftLine("a", Q(2500), Q(9000)))
    again = put_line(draft, "b", Q(3000), known=Q(1000))
    assert again.line("b") == again.lines[-1] == DraftLine("b", Q(3000), Q(1000))
    assert again.without("a").lines == again.lines[1:]
    assert again.without("c") == again
    assert add_to_line(EMPTY, "c", Q(1), known=Q(5)).lines == (DraftLine("c", Q(1), Q(5)),)


def test_a_draft_is_bounded() -> None:
    draft = EMPTY
    for n in range(LINES_MAX):
        draft = put_line(draft, f"item-{n}", Q(1), known=Q(0))
    with pytest.raises(StockInvalid, match="too_many"):
        put_line(draft, "one more", Q(1), known=Q(0))
    assert len(put_line(draft, "item-0", Q(2), known=Q(0)).lines) == LINES_MAX
    with pytest.raises(StockInvalid, match="too_much"):
        add_to_line(draft, "item-0", Q(QUANTITY_MAX), known=Q(0))
    quantities = [(line.item_id, line.quantity) for line in draft.lines]
    full = transfer(from_warehouse="wh", to_warehouse="b", quantities=quantities, user="Jana", note="")
    assert len(full.moves) == MOVES_MAX


@given(QUANTITIES, st.sampled_from(MoveKind), st.text(max_size=9))
def test_a_draft_survives_being_written_down(quantities: list[tuple[str, Quantity]], kind: MoveKind, note: str) -> None:
    draft = StockDraft(kind, "wh", tuple(DraftLine(i, q, Q(-1)) for i, q in quantities), "b", note)
    assert from_json(StockDraft, to_json(draft)) == draft
