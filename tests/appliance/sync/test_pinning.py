"""Which keys a till accepts, and what becomes of those that are announced."""

import threading
from pathlib import Path

import pytest

from appliance.sync.link import BackofficeLink
from appliance.sync.pinning import PinnedKeys, key_hash, look_at
from appliance.wire import PairRequest
from tests.appliance.sync.tls_server import listening_tls, trust_in


def test_a_key_that_is_none_is_not_learned() -> None:
    kept: list[tuple[str, ...]] = []
    keys = PinnedKeys(["A" * 52], keep=kept.append)
    for nonsense in ("", "A" * 52, "a" * 52, "A" * 51, "0" * 52, "B" * 53):
        keys.hear(nonsense)
    assert kept == []
    for letter in "BCDEF":
        keys.hear(letter * 52)
    assert keys.keys == tuple(letter * 52 for letter in "CDEF")


def test_the_key_in_use_is_never_pushed_out_by_announced_ones(tmp_path: Path) -> None:
    trust = trust_in(tmp_path / "office")
    with listening_tls(trust) as (address, _heard):
        host, port = address.split(":")
        in_use = look_at(host, int(port), ca_file=None).key
        keys = PinnedKeys([in_use], keep=lambda _: None)
        link = BackofficeLink(f"https://{address}", token="", ca_file=None, keys=keys)
        request = PairRequest(code="ABCDEFGH", till_id="1" * 36, prefix="P1", id_pokl="1", name="x")
        asking = threading.Thread(target=link.pair, args=(request,), daemon=True)
        asking.start()
        asking.join(1)
    asking.join(10)
    for letter in "BCDEF":
        keys.hear(letter * 52)
    assert keys.keys == (in_use, "D" * 52, "E" * 52, "F" * 52)


def test_an_answer_counts_though_the_next_key_it_announces_cannot_be_kept() -> None:
    def full(_: tuple[str, ...]) -> None:
        raise OSError(28, "No space left on device")

    keys = PinnedKeys(["A" * 52], keep=full)
    keys.hear("B" * 52)
    assert keys.keys == ("A" * 52,)


def test_a_certificate_that_cannot_be_read_is_a_wrong_key() -> None:
    with pytest.raises(OSError, match="nothing was sent"):
        key_hash(b"no certificate")
