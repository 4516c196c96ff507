from datetime import timedelta

from backoffice.pairing import CODE_LIFETIME
from backoffice.site import PAIR_TRIES_PER_ADDRESS
from tests.backoffice.house import Clock, Shop, pair_request
from tests.journals import TillJournal


def test_a_code_gives_a_till_its_token_once(shop: Shop) -> None:
    code = shop.code()
    first = shop.stranger().post("/api/v1/pair", json=pair_request(TillJournal(), code))
    assert first.status_code == 200
    assert first.json()["account"] == "majitel@obchod.cz"
    assert len(first.json()["token"]) > 43
    second = shop.stranger().post("/api/v1/pair", json=pair_request(TillJournal(seed=2, prefix="P2"), code))
    assert (second.status_code, second.json()["code"]) == (403, "code_invalid")


def test_a_code_may_be_typed_in_groups_and_small_and_with_the_mark_of_the_key(shop: Shop) -> None:
    code = shop.code()
    typed = f"{code[:4]}-{code[4:]}-abcd-efgh".lower()
    assert shop.stranger().post("/api/v1/pair", json=pair_request(TillJournal(), typed)).status_code == 200


def test_a_code_ends_after_ten_minutes(shop: Shop, clock: Clock) -> None:
    code = shop.code()
    clock.move(seconds=(CODE_LIFETIME + timedelta(seconds=1)).total_seconds())
    answer = shop.stranger().post("/api/v1/pair", json=pair_request(TillJournal(), code))
    assert answer.json()["code"] == "code_invalid"


def test_prefix_and_id_pokl_belong_to_one_till_of_an_account(shop: Shop) -> None:
    shop.pair(TillJournal())
    other = TillJournal(seed=2)
    code = shop.code()
    taken = shop.stranger().post("/api/v1/pair", json=pair_request(other, code))
    assert (taken.status_code, taken.json()["code"]) == (409, "prefix_taken")
    request = pair_request(other, code) | {"prefix": "P2"}
    assert shop.stranger().post("/api/v1/pair", json=request).json()["code"] == "id_pokl_taken"
    request |= {"id_pokl": "P2"}
    assert shop.stranger().post("/api/v1/pair", json=request).status_code == 200


def test_a_till_may_be_paired_again_and_its_old_token_ends(shop: Shop) -> None:
    journal = TillJournal()
    old = shop.pair(journal)
    new = shop.pair(journal)
    assert shop.upload(journal, old).json()["code"] == "pairing_revoked"
    assert shop.upload(journal, new).status_code == 200


def test_guessing_codes_is_stopped(shop: Shop) -> None:
    stranger = shop.stranger()
    for _ in range(PAIR_TRIES_PER_ADDRESS):
        assert stranger.post("/api/v1/pair", json=pair_request(TillJournal(), "AAAAAAAA")).status_code == 403
    answer = stranger.post("/api/v1/pair", json=pair_request(TillJournal(), shop.code()))
    assert (answer.status_code, answer.json()["code"]) == (429, "rate_limited")


def test_a_request_without_a_name_is_a_bad_request(shop: Shop) -> None:
    answer = shop.stranger().post("/api/v1/pair", json=pair_request(TillJournal(), "AAAAAAAA") | {"name": ""})
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")


def test_a_name_with_control_characters_is_a_bad_request(shop: Shop) -> None:
    answer = shop.stranger().post("/api/v1/pair", json=pair_request(TillJournal(), shop.code()) | {"name": "P\0"})
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")
