"""A bounded script/wire: real processes, a recording proxy between them. How fast it was is judged by the script."""

import pytest

from script.lib.wire.play import drained, scenes

pytestmark = [pytest.mark.day, pytest.mark.timeout(600)]


def test_s5_to_s9_and_s13_are_seen_on_the_wire_between_real_processes() -> None:
    """Each scene ends with WireFailed when what is promised does not happen at all."""
    seen = [scene.requirement for scene in scenes(sales=3)]

    assert seen == ["S6", "S9", "S9", "S5", "S7", "S13", "S8"]


def test_a_backlog_whose_every_reply_is_lost_once_arrives_exactly_once() -> None:
    backlog = drained(receipts=700)

    assert backlog.dropped >= 2, "two batches of the journal at least"
    assert (backlog.held, backlog.held_haler) == (backlog.sold, backlog.sold_haler)
    assert backlog.sold == 700
