import pytest

from appliance.domain.delivery import UPLOAD_DELAY_S_MAX, UPLOAD_DELAY_S_MIN, eet_delay_s, upload_delay_s

SCHEDULE_S = (5, 15, 60, 300, 900)


@pytest.mark.parametrize(
    ("attempt", "random", "delay_s"),
    [(1, 0.0, 1), (1, 0.999, 1.998), (3, 0.5, 4), (9, 0.5, 256), (10, 0.5, 450), (500, 0.0, 1)],
)
def test_an_upload_backs_off_up_to_a_quarter_of_an_hour(attempt: int, random: float, delay_s: float) -> None:
    assert upload_delay_s(attempt, random=random) == pytest.approx(delay_s)


@pytest.mark.parametrize("attempt", [1, 2, 10, 20, 21, 1000])
@pytest.mark.parametrize("random", [0.0, 0.3, 0.999999])
def test_an_upload_never_waits_longer_or_shorter_than_its_bounds(attempt: int, random: float) -> None:
    assert UPLOAD_DELAY_S_MIN <= upload_delay_s(attempt, random=random) <= UPLOAD_DELAY_S_MAX


@pytest.mark.parametrize(("attempt", "delay_s"), [(1, 5), (2, 15), (3, 60), (4, 300)])
def test_eet_is_tried_again_after_the_waits_of_the_schedule(attempt: int, delay_s: int) -> None:
    assert eet_delay_s(attempt, SCHEDULE_S, random=0.9) == delay_s


@pytest.mark.parametrize(
    ("attempt", "random", "delay_s"), [(5, 0.5, 900), (5, 0.0, 720), (99, 0.0, 720), (99, 0.75, 990)]
)
def test_the_last_wait_repeats_with_a_fifth_of_jitter(attempt: int, random: float, delay_s: float) -> None:
    assert eet_delay_s(attempt, SCHEDULE_S, random=random) == pytest.approx(delay_s)
