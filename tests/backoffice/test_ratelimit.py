from backoffice.ratelimit import KEYS_MAX, RateLimit


class Time:
    def __init__(self) -> None:
        self.s = 0.0

    def __call__(self) -> float:
        return self.s


def test_tries_are_counted_per_key_and_forgotten_after_the_window() -> None:
    time = Time()
    limit = RateLimit(2, 60, time)
    limit.count("a")
    limit.count("a")
    assert not limit.allows("a")
    assert limit.allows("b")
    time.s = 60
    assert limit.allows("a")


def test_a_success_clears_the_key() -> None:
    limit = RateLimit(1, 60, Time())
    limit.count("a")
    limit.forget("a")
    assert limit.allows("a")


def test_strangers_cannot_fill_the_memory() -> None:
    limit = RateLimit(1, 60, Time())
    for key in range(KEYS_MAX + 5):
        limit.count(str(key))
    assert len(limit._tries) == KEYS_MAX
    assert limit.allows("0")
    assert not limit.allows(str(KEYS_MAX))


def test_asking_alone_takes_no_memory() -> None:
    limit = RateLimit(1, 60, Time())
    assert all(limit.allows(str(key)) for key in range(100))
    assert len(limit._tries) == 0
