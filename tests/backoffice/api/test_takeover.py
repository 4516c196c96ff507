"""The address a till's journal comes back from."""

import pytest

from tests.backoffice.house import Shop
from tests.journals import TillJournal


def test_the_rows_beyond_a_backup_come_back(shop: Shop) -> None:
    card = TillJournal(seed=3)
    card.day(sales=1)
    headers = {"Authorization": f"Bearer {shop.till_with(card)}"}
    address = f"/api/v1/tills/{card.till_id}/takeover"
    answer = shop.browser.get(f"{address}?have={card.epoch}:2", headers=headers)
    assert [row["seq"] for row in answer.json()["rows"]] == [row.seq for row in card.rows[2:]]
    assert shop.browser.get(f"{address}?have={card.epoch}:99", headers=headers).json()["rows"] == []
    waiting = shop.browser.get(f"{address}?have={card.epoch}:99&after=", headers=headers).json()
    assert {row["kind"] for row in waiting["rows"]} == {"receipt_issued"}  # without a code yet
    end = shop.browser.get(f"{address}?have={card.epoch}:99&after={waiting['next']}", headers=headers).json()
    assert (end["rows"], end["next"]) == ([], "")
    asked = f"{address}?epoch={card.epoch}&seq={len(card.rows)}&shift={card.shift_id}"
    assert len(shop.browser.get(asked, headers=headers).json()["rows"]) == len(card.rows) - 1


@pytest.mark.parametrize(
    "query",
    ["have=x", "have=" + "0" * 16, "have=&after=shift:0:1", "epoch=zz", "after=x:1:1", "seq=-1", "shift=" + "s" * 65],
)
def test_a_question_that_is_none_is_refused(shop: Shop, query: str) -> None:
    card = TillJournal(seed=3)
    headers = {"Authorization": f"Bearer {shop.till_with(card)}"}
    answer = shop.browser.get(f"/api/v1/tills/{card.till_id}/takeover?{query}", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")


def test_another_till_gets_nothing(shop: Shop) -> None:
    card, other = TillJournal(seed=3), TillJournal(seed=4, prefix="P2")
    shop.till_with(card)
    headers = {"Authorization": f"Bearer {shop.till_with(other)}"}
    assert shop.browser.get(f"/api/v1/tills/{card.till_id}/takeover?have=", headers=headers).status_code == 403
