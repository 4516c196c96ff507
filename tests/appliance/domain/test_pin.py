import pytest

from appliance.domain.pin import SALT_BYTES, hash_pin, is_pin, pin_matches
from appliance.domain.pricelist import RowKind, check_field

SALT = bytes(range(SALT_BYTES))


def test_a_pin_matches_what_is_kept_of_it_and_no_other_does() -> None:
    kept = hash_pin("4711", SALT)
    assert pin_matches("4711", kept)
    assert not pin_matches("4712", kept)
    assert "4711" not in kept


def test_the_same_pin_of_two_people_is_kept_differently() -> None:
    assert hash_pin("4711", SALT) != hash_pin("4711", SALT[::-1])


def test_what_is_kept_fits_the_register_of_a_user() -> None:
    check_field(RowKind.USER, "pin", hash_pin("12345678", SALT))


@pytest.mark.parametrize("kept", ["", "4711", "scrypt13$%%%$x", "later$AAAA$AAAA", "scrypt13$AAAA"])
def test_what_cannot_be_read_matches_nothing(kept: str) -> None:
    assert not pin_matches("4711", kept)


@pytest.mark.parametrize(
    ("typed", "good"),
    [("1234", True), ("12345678", True), ("123", False), ("123456789", False), ("12a4", False), ("１２３４", False)],
)
def test_a_pin_has_four_to_eight_digits(typed: str, *, good: bool) -> None:
    assert is_pin(typed) is good
    if not good:
        assert not pin_matches(typed, hash_pin("1234", SALT))
