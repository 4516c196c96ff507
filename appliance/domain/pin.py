"""The PIN of a person at the till, kept as a salted hash that is slow to guess: about 0.1 s a try on a Pi 4."""

import base64
import hashlib

PIN_DIGITS_MIN = 4
PIN_DIGITS_MAX = 8
SALT_BYTES = 16
MARK = "scrypt13"  # names the way and its cost, so that a later one can be told from it
COST = {"n": 2**13, "r": 8, "p": 1}  # 8 MiB
HASH_BYTES = 24


def is_pin(typed: str) -> bool:
    return typed.isascii() and typed.isdigit() and PIN_DIGITS_MIN <= len(typed) <= PIN_DIGITS_MAX


def hash_pin(pin: str, salt: bytes) -> str:
    """What is kept instead of a PIN; the salt is random, SALT_BYTES long, and stands in it."""
    assert is_pin(pin)
    assert len(salt) == SALT_BYTES
    return f"{MARK}${_base64(salt)}${_base64(_hashed(pin, salt))}"


def pin_matches(pin: str, kept: str) -> bool:
    """Whether this is the PIN behind what is kept; false also for what this version cannot read."""
    parts = kept.split("$")
    if len(parts) != 3 or parts[0] != MARK or not is_pin(pin):
        return False
    try:
        salt = base64.b64decode(parts[1], validate=True)
    except ValueError:
        return False
    return _base64(_hashed(pin, salt)) == parts[2]


def _hashed(pin: str, salt: bytes) -> bytes:
    return hashlib.scrypt(pin.encode(), salt=salt, dklen=HASH_BYTES, **COST)


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
