import gzip
import json

import pytest

from appliance.wire import REQUEST_BYTES_MAX, ShiftProof
from backoffice.pairing import revoke
from tests.backoffice.house import Shop
from tests.journals import TillJournal, till_status, upload_of


@pytest.mark.parametrize("packed", [True, False])
def test_a_batch_is_acked_packed_or_plain(shop: Shop, packed: bool) -> None:
    journal = TillJournal()
    journal.day(sales=3)
    answer = shop.upload(journal, shop.pair(journal), packed=packed)
    assert answer.status_code == 200
    assert answer.json() == {
        "acked": {"epoch": journal.epoch, "seq": len(journal.rows)},
        "changes_waiting": 0,
        "stock_waiting": 0,
    }


def test_a_gap_is_a_conflict_that_names_the_wanted_row(shop: Shop) -> None:
    journal = TillJournal()
    journal.day(sales=2)
    answer = shop.upload(journal, shop.pair(journal), journal.rows[2:])
    assert (answer.status_code, answer.json()) == (409, {"code": "gap", "detail": "", "seq": 1})
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_fork_is_a_conflict_that_names_the_first_differing_row(shop: Shop) -> None:
    journal = TillJournal()
    journal.day(sales=2)
    token = shop.till_with(journal)
    journal.rows = journal.rows[:3]
    journal.sell()
    answer = shop.upload(journal, token)
    assert (answer.status_code, answer.json()["code"], answer.json()["seq"]) == (409, "fork", 4)


def test_only_a_token_of_ours_that_is_not_valid_says_that_pairing_was_revoked(shop: Shop) -> None:
    journal = TillJournal()
    token = shop.pair(journal)
    assert shop.upload(journal, "something-else").json()["code"] == "bad_request"
    unknown = shop.upload(journal, token[:-1] + ("a" if token[-1] != "a" else "b"))
    assert (unknown.status_code, unknown.json()["code"]) == (401, "pairing_revoked")
    revoke(shop.site.tables, shop.account_id, journal.till_id, now=shop.site.now())
    revoked = shop.upload(journal, token)
    assert (revoked.status_code, revoked.json()["code"]) == (401, "pairing_revoked")


def test_a_token_opens_only_its_own_till(shop: Shop) -> None:
    first, second = TillJournal(), TillJournal(seed=2, prefix="P2")
    token = shop.pair(first)
    shop.pair(second)
    answer = shop.upload(second, token)
    assert (answer.status_code, answer.json()["code"]) == (403, "bad_request")


def test_a_body_too_large_before_unpacking_is_refused(shop: Shop) -> None:
    journal = TillJournal()
    headers = {"Authorization": f"Bearer {shop.pair(journal)}"}
    answer = shop.browser.post(
        f"/api/v1/tills/{journal.till_id}/journal", content=b"x" * (REQUEST_BYTES_MAX + 1), headers=headers
    )
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_a_body_without_a_declared_length_is_counted_while_it_comes(shop: Shop) -> None:
    journal = TillJournal()
    headers = {"Authorization": f"Bearer {shop.pair(journal)}"}
    answer = shop.browser.post(
        f"/api/v1/tills/{journal.till_id}/journal",
        content=(b"x" * 1024 * 1024 for _ in range(5)),
        headers=headers,
    )
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_a_small_body_that_unpacks_to_a_large_one_is_refused(shop: Shop) -> None:
    journal = TillJournal()
    headers = {"Authorization": f"Bearer {shop.pair(journal)}", "Content-Encoding": "gzip"}
    bomb = gzip.compress(b" " * (REQUEST_BYTES_MAX + 1))
    answer = shop.browser.post(f"/api/v1/tills/{journal.till_id}/journal", content=bomb, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


@pytest.mark.parametrize("content", [b"", b"{", b'{"epoch":"zz"}', b"\x1f\x8b\x08 broken"])
def test_nonsense_is_a_bad_request(shop: Shop, content: bytes) -> None:
    journal = TillJournal()
    headers = {"Authorization": f"Bearer {shop.pair(journal)}"}
    if content.startswith(b"\x1f"):
        headers["Content-Encoding"] = "gzip"
    answer = shop.browser.post(f"/api/v1/tills/{journal.till_id}/journal", content=content, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")


def test_a_nul_character_is_refused_before_it_reaches_the_database(shop: Shop) -> None:
    journal = TillJournal()
    token = shop.pair(journal)
    body = upload_of(journal.rows, epoch=journal.epoch).model_dump()
    body["rows"][0]["body"] = "\0"
    answer = shop.browser.post(
        f"/api/v1/tills/{journal.till_id}/journal",
        content=json.dumps(body),
        headers={"Authorization": f"Bearer {token}"},
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")


def test_the_proof_of_a_closed_shift_goes_back_to_the_till(shop: Shop) -> None:
    journal = TillJournal()
    closing = journal.day(sales=4)
    token = shop.pair(journal)
    address = f"/api/v1/tills/{journal.till_id}/shifts/{journal.shift_id}"
    headers = {"Authorization": f"Bearer {token}"}
    assert shop.browser.get(address, headers=headers).status_code == 404
    shop.upload(journal, token)
    assert ShiftProof.model_validate(shop.browser.get(address, headers=headers).json()) == ShiftProof(
        shift_id=journal.shift_id,
        complete=True,
        receipts_held=5,
        receipts_expected=5,
        sum_held_haler=closing.totals.total.haler,
        sum_expected_haler=closing.totals.total.haler,
    )


def test_the_status_of_an_empty_batch_is_kept(shop: Shop) -> None:
    journal = TillJournal()
    token = shop.pair(journal)
    assert shop.upload(journal, token, [], status=till_status(unsent=7, printer="není papír")).status_code == 200
    assert "není papír" in shop.browser.get("/tills").text


@pytest.mark.parametrize(
    ("field", "value"),
    [("v", str(2**31)), ("seq", str(2**70)), ("seq", "-1"), ("seq", "0"), ("body", r'"\ud800"'), ("v", "[" * 300)],
)
def test_what_fits_no_database_is_refused_with_words_and_not_with_a_fault(shop: Shop, field: str, value: str) -> None:
    journal = TillJournal()
    token = shop.pair(journal)
    parts = {"seq": "1", "v": "1", "body": '"{}"'} | {field: value}
    shape = '{{"seq":{seq},"v":{v},"body":{body},"doc_id":"{id}","kind":"k","at":"t","prev_hash":"{h}","hash":"{h}"}}'
    row = shape.format(**parts, id=journal.till_id, h="0" * 64)
    content = f'{{"epoch":"{journal.epoch}","rows":[{row}],"status":{till_status().model_dump_json()}}}'
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    answer = shop.browser.post(f"/api/v1/tills/{journal.till_id}/journal", content=content, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")


@pytest.mark.parametrize("wrong", [{"version": "x" * 101}, {"printer": "x" * 101}, {"unsent": 2**60}])
def test_what_a_till_says_of_itself_is_bounded(shop: Shop, wrong: dict[str, object]) -> None:
    """Every page about tills reads it."""
    journal = TillJournal()
    status = till_status().model_copy(update=wrong)
    answer = shop.upload(journal, shop.pair(journal), status=status)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")
    assert f"status.{next(iter(wrong))}" in answer.json()["detail"]
