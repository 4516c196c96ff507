import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509 import verification

from backoffice.trust import (
    CA_LIFETIME,
    LEAF_LIFETIME,
    RENEW_BEFORE,
    Names,
    ensure_trust,
    machine_names,
    prepare_next_key,
    stored_key_mark,
    use_next_key,
)

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
NAMES = machine_names(host_name="pokladna-test", addresses=["192.168.1.20"])


def leaf_of(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificates(path.read_bytes())[0]


def test_the_machines_names_are_its_local_name_its_host_name_and_its_addresses() -> None:
    assert NAMES.dns == ("pokladna-test.local", "pokladna-test", "localhost")
    assert [str(address) for address in NAMES.addresses] == ["127.0.0.1", "::1", "192.168.1.20"]


@pytest.mark.parametrize("name", ["pokladna-test.local", "localhost", "192.168.1.20"])
def test_a_browser_that_trusts_the_ca_trusts_the_leaf_for_its_names(tmp_path: Path, name: str) -> None:
    trust = ensure_trust(tmp_path, NAMES, now=NOW)
    store = verification.Store([x509.load_pem_x509_certificate(trust.ca_pem)])
    is_address = name[0].isdigit()
    subject = x509.IPAddress(ip_address(name)) if is_address else x509.DNSName(name)
    verifier = verification.PolicyBuilder().store(store).time(NOW).build_server_verifier(subject)
    chain = verifier.verify(leaf_of(trust.certificate_file), [])
    assert len(chain) == 2


def test_the_server_can_load_its_chain_and_key(tmp_path: Path) -> None:
    trust = ensure_trust(tmp_path, NAMES, now=NOW)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(trust.certificate_file, trust.key_file)
    assert trust.certificate_file.read_bytes().count(b"BEGIN CERTIFICATE") == 2


def test_keys_are_readable_by_the_server_only(tmp_path: Path) -> None:
    ensure_trust(tmp_path, NAMES, now=NOW)
    modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "tls").glob("*.key")}
    assert modes == {"ca.key": 0o600, "leaf.key": 0o600}


def test_a_leaf_that_still_serves_is_kept_over_a_restart(tmp_path: Path) -> None:
    first = ensure_trust(tmp_path, NAMES, now=NOW).certificate_file.read_bytes()
    assert ensure_trust(tmp_path, NAMES, now=NOW + timedelta(days=300)).certificate_file.read_bytes() == first


@pytest.mark.parametrize(
    ("names", "later"),
    [
        (NAMES, LEAF_LIFETIME - RENEW_BEFORE + timedelta(hours=1)),
        (machine_names(host_name="pokladna-test", addresses=["10.0.0.7"]), timedelta()),
        (machine_names(host_name="jina"), timedelta()),
    ],
)
def test_a_leaf_that_ends_soon_or_has_other_names_is_renewed_with_the_same_key(
    tmp_path: Path, names: Names, later: timedelta
) -> None:
    first = ensure_trust(tmp_path, NAMES, now=NOW)
    before = leaf_of(first.certificate_file)
    second = ensure_trust(tmp_path, names, now=NOW + later)
    after = leaf_of(second.certificate_file)
    assert after.serial_number != before.serial_number
    assert after.public_key() == before.public_key()
    assert second.key_mark == first.key_mark
    assert second.ca_pem == first.ca_pem


def test_the_ca_may_not_vouch_for_names_of_the_wide_world(tmp_path: Path) -> None:
    ensure_trust(tmp_path, NAMES, now=NOW)
    later = machine_names(host_name="pokladna-test", public_name="obchod.example.org", addresses=["203.0.113.5"])
    trust = ensure_trust(tmp_path, later, now=NOW)
    assert trust.left_out == ("obchod.example.org", "203.0.113.5")
    assert "obchod.example.org" not in trust.names.dns


def test_a_lost_ca_key_means_a_new_ca_and_a_new_leaf(tmp_path: Path) -> None:
    first = ensure_trust(tmp_path, NAMES, now=NOW)
    old_ca = first.ca_pem
    (tmp_path / "tls" / "ca.key").unlink()
    second = ensure_trust(tmp_path, NAMES, now=NOW)
    assert second.ca_pem != old_ca
    leaf_of(second.certificate_file).verify_directly_issued_by(x509.load_pem_x509_certificate(second.ca_pem))


def test_the_mark_of_the_key_is_known_before_the_server_has_run(tmp_path: Path) -> None:
    mark = stored_key_mark(tmp_path)
    assert len(mark) == 8
    assert ensure_trust(tmp_path, NAMES, now=NOW).key_mark == mark


def test_a_prepared_key_is_announced_and_then_takes_the_place_of_the_first(tmp_path: Path) -> None:
    before = ensure_trust(tmp_path, NAMES, now=NOW)
    assert before.next_key == ""
    assert not use_next_key(tmp_path)
    mark = prepare_next_key(tmp_path)
    assert prepare_next_key(tmp_path) == mark
    announcing = ensure_trust(tmp_path, NAMES, now=NOW)
    assert (announcing.key_mark, announcing.next_key[:8], len(announcing.next_key)) == (before.key_mark, mark, 52)
    assert use_next_key(tmp_path)
    after = ensure_trust(tmp_path, NAMES, now=NOW)
    assert (after.key_mark, after.next_key) == (mark, "")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(after.certificate_file, after.key_file)
    assert not use_next_key(tmp_path)


def test_a_ca_that_has_ended_is_followed_by_a_new_one(tmp_path: Path) -> None:
    """As one made at a first start whose clock stood in 1970: no browser would ever take it."""
    old = ensure_trust(tmp_path, NAMES, now=datetime(1970, 1, 2, tzinfo=UTC)).ca_pem
    trust = ensure_trust(tmp_path, NAMES, now=NOW)
    assert trust.ca_pem != old
    made = x509.load_pem_x509_certificate(trust.ca_pem)
    leaf_of(trust.certificate_file).verify_directly_issued_by(made)
    assert made.not_valid_before_utc < NOW < made.not_valid_after_utc - CA_LIFETIME / 2
    assert ensure_trust(tmp_path, NAMES, now=datetime(1970, 1, 2, tzinfo=UTC)).ca_pem == trust.ca_pem
