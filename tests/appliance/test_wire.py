import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from appliance.domain.journal import BODY_BYTES_MAX, row_verifies
from appliance.store import journal
from appliance.wire import (
    BATCH_ROWS_MAX,
    SEQ_MAX,
    PairReply,
    Position,
    Problem,
    ShiftProof,
    TillStatus,
    Upload,
    UploadReply,
    WireRow,
)
from tests.shops import make_shop, open_for_sale, sell

STATUS = TillStatus(
    version="0.1.0",
    unsent=2,
    eet_waiting=1,
    eet_parked=0,
    eet_oldest_age_s=12,
    printer="ok",
    clock="verified",
    disk_free_mb=1000,
    sent_at="2027-02-01T08:00:00+01:00",
)
ROW = WireRow(
    seq=1, doc_id="d" * 36, kind="drawer_opened", v=1, at="2027-02-01T08:00:00+01:00", body="{}", prev_hash="0" * 64,
    hash="a" * 64,
)  # fmt: skip


def test_rows_travel_byte_for_byte_and_still_verify(tmp_path: Path) -> None:
    till = make_shop(tmp_path)
    open_for_sale(till.shop)
    sell(till.shop)
    known = journal.the_till(till.store.tables)
    rows = [stored.row for stored in journal.rows_after(till.store.tables, 0, limit=10)]
    sent = Upload(epoch=known.epoch, rows=tuple(WireRow.of(row) for row in rows), status=STATUS).model_dump_json()
    arrived = Upload.model_validate_json(sent)
    read = [row.row(till_id=known.till_id, epoch=arrived.epoch) for row in arrived.rows]
    assert read == rows
    assert all(row_verifies(row) for row in read)
    assert arrived.status == STATUS
    till.store.close()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("seq", 0),
        ("doc_id", "short"),
        ("kind", ""),
        ("kind", "k" * 65),
        ("v", 0),
        ("at", "x" * 41),
        ("body", "x" * (BODY_BYTES_MAX + 1)),
        ("prev_hash", "0" * 63),
        ("prev_hash", "0" * 63 + "G"),
        ("hash", "A" * 64),
        ("hash", "0" * 64 + "\n"),
    ],
)
def test_a_row_that_cannot_be_one_is_refused(field: str, value: object) -> None:
    plain: dict[str, Any] = ROW.model_dump()
    assert WireRow.model_validate(plain) == ROW
    with pytest.raises(ValidationError, match=field):
        WireRow.model_validate({**plain, field: value})


@pytest.mark.parametrize("epoch", ["", "0" * 15, "0" * 17, "G" * 16])
def test_an_epoch_is_16_hex_characters(epoch: str) -> None:
    with pytest.raises(ValidationError, match="epoch"):
        Upload(epoch=epoch, rows=(), status=STATUS)


def test_a_batch_is_bounded() -> None:
    assert len(Upload(epoch="0" * 16, rows=(ROW,) * BATCH_ROWS_MAX, status=STATUS).rows) == BATCH_ROWS_MAX
    with pytest.raises(ValidationError, match="rows"):
        Upload(epoch="0" * 16, rows=(ROW,) * (BATCH_ROWS_MAX + 1), status=STATUS)


def test_an_unknown_kind_of_row_passes_the_wire() -> None:
    assert WireRow.model_validate({**ROW.model_dump(), "kind": "moon_landed", "v": 7}).kind == "moon_landed"


def test_what_a_newer_peer_says_besides_is_ignored() -> None:
    reply = UploadReply.model_validate_json('{"acked":{"epoch":"e","seq":3,"x":1},"changes_waiting":12,"later":[]}')
    assert (reply.acked.seq, reply.changes_waiting) == (3, 12)
    assert UploadReply.model_validate_json('{"acked":{"epoch":"e","seq":3}}').changes_waiting == 0
    assert Problem.model_validate_json('{"code":"gap","seq":7,"later":1}') == Problem(code="gap", seq=7)


def test_a_proof_is_plain_json() -> None:
    proof = ShiftProof(
        shift_id="s", complete=True, receipts_held=3, receipts_expected=3, sum_held_haler=1, sum_expected_haler=1
    )
    assert ShiftProof.model_validate(json.loads(proof.model_dump_json())) == proof


def test_a_status_of_an_older_till_is_understood_and_a_newer_one_says_more() -> None:
    later = {"eet_lateness", "eet_certificate", "eet_certificate_days"}
    old = TillStatus.model_validate_json(STATUS.model_dump_json(exclude=later))
    assert (old.eet_lateness, old.eet_certificate, old.eet_certificate_days) == ("", "", None)
    new = STATUS.model_copy(update={"eet_lateness": "late", "eet_certificate": "expired", "eet_certificate_days": -2})
    assert TillStatus.model_validate_json(new.model_dump_json()) == new


@pytest.mark.parametrize("days", [100_001, -100_001, 2**70])
def test_the_days_of_a_certificate_are_bounded(days: int) -> None:
    with pytest.raises(ValidationError, match="eet_certificate_days"):
        TillStatus.model_validate({**STATUS.model_dump(), "eet_certificate_days": days})


@pytest.mark.parametrize("name", ["changes_waiting", "stock_waiting"])
def test_a_number_that_no_database_holds_is_no_reply(name: str) -> None:
    acked = {"epoch": "a" * 16, "seq": 1}
    assert UploadReply.model_validate({"acked": acked, name: SEQ_MAX}).acked.seq == 1
    with pytest.raises(ValidationError):
        UploadReply.model_validate({"acked": acked, name: 2**63})
    with pytest.raises(ValidationError):
        Position.model_validate({**acked, "seq": 2**63})


@pytest.mark.parametrize("token", ["", "two\nlines", "ž", "x" * 201])
def test_a_token_that_fits_no_header_is_no_reply(token: str) -> None:
    assert PairReply(token="pt_Az-9", account="a@b.cz").takeover is None
    with pytest.raises(ValidationError):
        PairReply(token=token, account="a@b.cz")
