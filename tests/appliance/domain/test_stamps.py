from hypothesis import given
from hypothesis import strategies as st

from appliance.domain.stamps import Stamp, next_stamp

WRITES = st.lists(st.tuples(st.integers(0, 2**41), st.sampled_from(["a", "b", "backoffice"])), min_size=1, max_size=50)


@given(WRITES)
def test_stamps_rise_strictly_whatever_the_clock_and_the_node(writes: list[tuple[int, str]]) -> None:
    last: Stamp | None = None
    for now_ms, node in writes:
        stamp = next_stamp(now_ms=now_ms, node=node, overwritten=last)
        assert last is None or stamp > last
        assert stamp.wall_ms >= now_ms
        last = stamp


def test_a_clock_that_went_back_raises_the_counter() -> None:
    assert next_stamp(now_ms=900, node="b", overwritten=Stamp(1000, 3, "a")) == Stamp(1000, 4, "b")


def test_a_clock_that_went_on_starts_the_counter_anew() -> None:
    assert next_stamp(now_ms=1001, node="b", overwritten=Stamp(1000, 3, "a")) == Stamp(1001, 0, "b")


@given(st.integers(0, 2**41), st.integers(0, 10**6), st.sampled_from(["backoffice", "0f0e", "a:b"]))
def test_a_stamp_travels_as_text(wall_ms: int, counter: int, node: str) -> None:
    stamp = Stamp(wall_ms, counter, node)
    assert Stamp.parse(str(stamp)) == stamp
