import pytest

from appliance.domain.delivery import UPLOAD_DELAY_MS_MAX, UPLOAD_DELAY_MS_MIN, eet_delay_ms, upload_delay_ms

SCHEDULE_MS = (5000, 15_000, 60_000, 300_000, 900_000)


@pytest.mark.parametrize(
    ("attempt", "random", "delay_ms"),
    [
        (1, 0, 1000),
        (1, 999_000, 1998),
        (3, 500_000, 4000),
        (9, 500_000, 256_000),
        (10, 500_000, 450_000),
        (500, 0, 1000),
    ],
)
def test_an_upload_backs_off_up_to_a_quarter_of_an_hour(attempt: int, random: int, delay_ms: int) -> None:
    assert upload_delay_ms(attempt, random=random) == delay_ms


@pytest.mark.parametrize("attempt", [1, 2, 10, 20, 21, 1000])
@pytest.mark.parametrize("random", [0, 300_000, 999_999])
def test_an_upload_never_waits_longer_or_shorter_than_its_bounds(attempt: int, random: int) -> None:
    assert UPLOAD_DELAY_MS_MIN <= upload_delay_ms(attempt, random=random) <= UPLOAD_DELAY_MS_MAX


@pytest.mark.parametrize(("attempt", "delay_ms"), [(1, 5000), (2, 15_000), (3, 60_000), (4, 300_000)])
def test_eet_is_tried_again_after_the_waits_of_the_schedule(attempt: int, delay_ms: int) -> None:
    assert eet_delay_ms(attempt, SCHEDULE_MS, random=900_000) == delay_ms


@pytest.mark.parametrize(
    ("attempt", "random", "delay_ms"),
    [(5, 500_000, 900_000), (5, 0, 720_000), (99, 0, 720_000), (99, 999_999, 1_079_999)],
)
def test_the_last_wait_repeats_with_a_fifth_of_jitter(attempt: int, random: int, delay_ms: int) -> None:
    assert eet_delay_ms(attempt, SCHEDULE_MS, random=random) == delay_ms


@pytest.mark.parametrize("random", [0, 999_999])
def test_a_schedule_may_be_as_short_as_a_millisecond(random: int) -> None:
    assert eet_delay_ms(1, (1, 2), random=random) == 1
    assert eet_delay_ms(2, (1, 2), random=random) == 2


@pytest.mark.parametrize("random", [-1, 1_000_000])
def test_a_random_number_out_of_range_is_a_mistake_of_the_program(random: int) -> None:
    with pytest.raises(AssertionError):
        upload_delay_ms(1, random=random)
    with pytest.raises(AssertionError):
        eet_delay_ms(1, SCHEDULE_MS, random=random)
