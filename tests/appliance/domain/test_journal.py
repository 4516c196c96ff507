import hashlib
import json
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.domain.codec import CodecError, to_json
from appliance.domain.journal import (
    BODIES,
    BODY_BYTES_MAX,
    FIRST_PREV_HASH,
    WRITTEN_VERSION,
    Deferred,
    Kind,
    Row,
    head_hex,
    make_row,
    read_body,
    row_verifies,
)
from tests.appliance.domain.samples import AT, BODIES_BY_KIND, DOC_ID, EARLIER_BODIES, EPOCH, TILL_ID

GOLDEN = Path(__file__).parent / "golden" / "journal"
KINDS = [kind.value for kind in Kind]
VERSIONS = sorted((str(kind), v) for kind, v in BODIES)


def golden(kind: str, v: int) -> dict[str, str]:
    """{"body": the text as it was stored, "hash": of the row at seq 1 of an epoch}; never changed once written."""
    found: dict[str, str] = json.loads((GOLDEN / f"{kind}.v{v}.json").read_text("utf-8"))
    return found


def row_of(kind: str, body: str, *, v: int = 1) -> Row:
    return make_row(
        FIRST_PREV_HASH, till_id=TILL_ID, epoch=EPOCH, seq=1, kind=kind, v=v, doc_id=DOC_ID, at=AT, body=body
    )


def independent_hash(row: Row) -> bytes:
    """The hash once more, from the text of the contract."""
    frame = b""
    for part in (row.till_id, row.epoch, row.seq, row.kind, row.v, row.doc_id, row.at, row.body):
        text = f"{part}".encode()
        frame += bytes([len(text) >> 24, len(text) >> 16 & 255, len(text) >> 8 & 255, len(text) & 255]) + text
    return hashlib.sha256(row.prev_hash + frame).digest()


@pytest.mark.parametrize("kind", KINDS)
def test_a_body_of_the_written_version_is_read_and_writes_the_same_bytes(kind: str) -> None:
    v = WRITTEN_VERSION[Kind(kind)]
    text = golden(kind, v)["body"]
    body = read_body(kind, v, text)
    assert type(body) is BODIES[kind, v]
    assert to_json(body) == text


@pytest.mark.parametrize(("kind", "v"), VERSIONS)
def test_a_body_of_any_version_is_read_for_ever_and_means_what_it_meant(kind: str, v: int) -> None:
    meant = EARLIER_BODIES.get((Kind(kind), v), BODIES_BY_KIND[Kind(kind)])
    assert read_body(kind, v, golden(kind, v)["body"]) == meant


def test_every_version_that_is_no_longer_written_has_its_meaning() -> None:
    assert set(EARLIER_BODIES) == {(kind, v) for kind, v in BODIES if v < WRITTEN_VERSION[Kind(kind)]}


@pytest.mark.parametrize(("kind", "v"), VERSIONS)
def test_the_hash_of_a_row_is_the_one_of_the_contract_and_stays(kind: str, v: int) -> None:
    row = row_of(kind, golden(kind, v)["body"], v=v)
    assert row.hash == independent_hash(row)
    assert row.hash.hex() == golden(kind, v)["hash"]
    assert row_verifies(row)


def test_every_kind_has_a_body_and_a_golden_file_and_no_file_is_left_over() -> None:
    assert {kind for kind, _ in BODIES} == set(KINDS) == set(BODIES_BY_KIND)
    assert {path.name for path in GOLDEN.iterdir()} == {f"{kind}.v{v}.json" for kind, v in BODIES}


@pytest.mark.parametrize(("kind", "v"), [("moon_landed", 1), (Kind.CASH_MOVED.value, 2), ("receipt_issued", 4)])
def test_an_unknown_kind_and_a_higher_version_are_deferred_not_failed(kind: str, v: int) -> None:
    assert read_body(kind, v, "{}") == Deferred(kind, v)


def test_a_known_kind_with_another_body_is_an_error() -> None:
    with pytest.raises(CodecError):
        read_body(Kind.CASH_MOVED, 1, "{}")


OTHER: dict[str, Any] = {"seq": 2, "v": 2, "prev_hash": b"\x01" * 32, "hash": b"\x00" * 32}


@pytest.mark.parametrize("field", [field.name for field in fields(Row)])
def test_a_row_with_any_part_changed_does_not_verify(field: str) -> None:
    row = row_of(Kind.DRAWER_OPENED, "{}")
    changed: Any = OTHER.get(field, f"{getattr(row, field)}x")
    assert row_verifies(row)
    assert not row_verifies(replace(row, **{field: changed}))


def test_characters_moved_from_one_part_to_the_next_change_the_hash() -> None:
    row = row_of(Kind.DRAWER_OPENED, "{}")
    assert not row_verifies(replace(row, kind="drawer_opene", doc_id="d" + row.doc_id))


PART = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@given(PART, PART, st.integers(1, 2**40), PART, st.integers(1, 9), PART, PART, st.binary(min_size=32, max_size=32))
def test_any_row_is_hashed_by_the_contract(
    till_id: str, epoch: str, seq: int, kind: str, v: int, at: str, body: str, prev_hash: bytes
) -> None:
    row = make_row(
        prev_hash, till_id=till_id, epoch=epoch, seq=seq, kind=kind, v=v, doc_id=DOC_ID, at=at, body=body
    )  # fmt: skip
    assert row.hash == independent_hash(row)


def test_a_body_is_bounded_by_its_bytes_not_its_characters() -> None:
    row_of(Kind.DRAWER_OPENED, "ř" * (BODY_BYTES_MAX // 2))
    with pytest.raises(AssertionError):
        row_of(Kind.DRAWER_OPENED, "ř" * (BODY_BYTES_MAX // 2 + 1))


def test_a_head_on_paper_is_its_first_16_hex_characters() -> None:
    assert head_hex(bytes.fromhex("0123456789abcdef" + "00" * 24)) == "0123456789abcdef"
