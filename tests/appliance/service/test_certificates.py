"""What everybody may know of the certificate, read from the daemon's notes."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from appliance.domain.clock import iso
from appliance.domain.expiry import ExpiryLevel
from appliance.service.certificates import (
    CERTIFICATE_NOTE,
    IMPORT_NOTE,
    NO_CERTIFICATE,
    RENEWAL_NOTE,
    RENEWAL_REQUEST_NOTE,
    CertificateState,
    ImportResult,
    RenewalState,
    certificate_state,
    import_result,
    request_renewal,
)
from appliance.store import queues
from tests.shops import OPENING, TestShop, make_shop

AT = "2027-02-01T08:00:00+01:00"
FACTS = {
    "eic": "CZ00000019",
    "environment": "playground",
    "issuer": "EET sandbox till CA",
    "serial": "4711",
    "fingerprint": "ab" * 32,
    "valid_from": iso(OPENING - timedelta(days=336)),
    "valid_to": iso(OPENING + timedelta(days=30)),
    "problem": "",
    "warning": "test_certificate",
}


def note(till: TestShop, key: str, value: object) -> None:
    with till.shop.mark() as tables:
        queues.set_note(tables, key, value, at=AT)


def test_a_till_whose_daemon_never_ran_has_no_certificate(tmp_path: Path) -> None:
    till = make_shop(tmp_path, regimes=())
    assert certificate_state(till.shop) == NO_CERTIFICATE
    till.store.close()


def test_the_alarm_is_judged_when_somebody_looks(tmp_path: Path) -> None:
    till = make_shop(tmp_path)
    note(till, CERTIFICATE_NOTE, FACTS)
    assert certificate_state(till.shop) == CertificateState(
        needed=True,
        level=ExpiryLevel.NOTICE,
        warning="test_certificate",
        eic="CZ00000019",
        environment="playground",
        issuer="EET sandbox till CA",
        serial="4711",
        fingerprint="ab" * 32,
        valid_from=str(FACTS["valid_from"]),
        valid_to=str(FACTS["valid_to"]),
        days_left=30,
        renewal=RenewalState(),
    )
    till.clock.forward(days=28)
    late = certificate_state(till.shop)
    assert (late.level, late.days_left) == (ExpiryLevel.URGENT, 2)
    till.clock.forward(days=3)
    over = certificate_state(till.shop)
    assert (over.level, over.days_left) == (ExpiryLevel.EXPIRED, -1)
    till.store.close()


def test_a_key_that_cannot_be_read_is_a_problem_without_facts(tmp_path: Path) -> None:
    till = make_shop(tmp_path)
    note(till, CERTIFICATE_NOTE, {"problem": "unreadable"})
    assert certificate_state(till.shop) == replace(NO_CERTIFICATE, needed=True, problem="unreadable")
    till.store.close()


def test_the_renewal_is_told_without_what_only_the_daemon_needs(tmp_path: Path) -> None:
    till = make_shop(tmp_path)
    note(till, RENEWAL_NOTE, {"phase": "requested", "fault": "timeout", "next_at": AT, "req_id": "r", "known": ["x"]})
    assert certificate_state(till.shop).renewal == RenewalState("requested", "timeout", "", AT, "")
    till.store.close()


def test_whoever_waits_for_an_import_finds_his_own_result(tmp_path: Path) -> None:
    till = make_shop(tmp_path)
    assert import_result(till.shop, "one") is None
    note(till, IMPORT_NOTE, [{"request_id": "two", "eic": "CZ1"}, {"request_id": "one", "word": "wrong_password"}])
    assert import_result(till.shop, "one") == ImportResult("one", word="wrong_password")
    assert import_result(till.shop, "two") == ImportResult("two", eic="CZ1")
    assert import_result(till.shop, "three") is None
    till.store.close()


def test_a_renewal_is_asked_for_by_a_note_and_a_wake_up(tmp_path: Path) -> None:
    till = make_shop(tmp_path)
    request_id = request_renewal(till.shop)
    assert queues.note(till.shop.tables, RENEWAL_REQUEST_NOTE) == {"request_id": request_id}
    assert till.wakes.names == ["sync"]
    till.store.close()
