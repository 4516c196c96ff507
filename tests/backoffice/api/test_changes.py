from typing import Any

import pytest

from appliance.domain.journal import FieldStamp, ItemEdited, Kind
from appliance.domain.money import Quantity
from appliance.domain.pricelist import RowKind
from appliance.domain.stock import MoveKind, StockMove, StockMoved
from appliance.wire import Changes, Position, PullState, StockPage, UploadReply
from backoffice.pairing import revoke
from backoffice.pricelist.writing import edit_row
from backoffice.stock import move_stock
from tests.backoffice.house import Shop
from tests.journals import TillJournal, upload_of


def put(shop: Shop, row_id: str, **fields: Any) -> None:
    edit_row(shop.site.tables, shop.account_id, RowKind.ITEM, row_id, fields, user="", now=shop.site.now())


def receive(shop: Shop, item_id: str) -> None:
    moved = StockMoved(MoveKind.GOODS_RECEIPT, "", (StockMove("w1", item_id, Quantity(1000)),))
    move_stock(shop.site.tables, shop.account_id, moved, user="", now=shop.site.now())


def get(shop: Shop, journal: TillJournal, token: str, what: str) -> Any:
    return shop.browser.get(f"/api/v1/tills/{journal.till_id}/{what}", headers={"Authorization": f"Bearer {token}"})


def test_s15_a_till_pulls_the_changes_of_the_price_list(shop: Shop) -> None:
    journal = TillJournal()
    stamp = f"1:0:{journal.till_id}"
    journal.append(Kind.ITEM_EDITED, ItemEdited("i1", "Jana", (FieldStamp("name", '"Čaj"', stamp),)))
    token = shop.till_with(journal)
    for n in range(3):
        put(shop, f"i{n}", price=n)
    answer = get(shop, journal, token, f"changes?since=0&limit=2&count=1&epochs={'f' * 16},{journal.epoch}")
    assert answer.headers["content-type"] == "application/json"
    page = Changes.model_validate_json(answer.content)
    assert [(row.id, row.fields) for row in page.rows] == [("i0", {"price": 0}), ("i1", {"name": "Čaj", "price": 1})]
    assert (page.more, page.left, page.as_of) == (True, 1, Position(epoch=journal.epoch, seq=2))
    rest = Changes.model_validate_json(get(shop, journal, token, f"changes?since={page.version}").content)
    assert ([row.id for row in rest.rows], rest.more, rest.left, rest.as_of) == (["i2"], False, None, None)


def test_a_till_asks_for_the_scope_it_shows(shop: Shop) -> None:
    journal = TillJournal()
    token = shop.till_with(journal)
    put(shop, "i1", **{"label:bar": True})
    put(shop, "i2", price=1)
    page = Changes.model_validate_json(get(shop, journal, token, "changes?since=0&label=bar").content)
    assert [row.id for row in page.rows] == ["i1"]


def test_a_till_pulls_the_levels_of_its_warehouse(shop: Shop) -> None:
    journal = TillJournal()
    token = shop.till_with(journal)
    receive(shop, "i1")
    page = StockPage.model_validate_json(
        get(shop, journal, token, f"stock?warehouse=w1&since=0&epochs={journal.epoch}").content
    )
    assert [(level.item_id, level.quantity) for level in page.levels] == [("i1", 1000)]
    assert page.as_of == Position(epoch=journal.epoch, seq=1)


@pytest.mark.parametrize("what", ["changes?since=1", "stock?warehouse=w1&since=1"])
def test_a_cursor_from_before_a_restored_backup_is_a_conflict(shop: Shop, what: str) -> None:
    journal = TillJournal()
    answer = get(shop, journal, shop.till_with(journal), what)
    assert (answer.status_code, answer.json()["code"]) == (409, "cursor_ahead")


@pytest.mark.parametrize(
    "what",
    [
        "changes",
        "changes?since=-1",
        f"changes?since={2**70}",
        "changes?since=0&limit=501",
        "changes?since=0&limit=0",
        "changes?since=0&label=dv%C4%9B%20slova",
        "changes?since=0&label=%00",
        f"changes?since=0&label={'x' * 33}",
        "changes?since=0&epochs=zz",
        "changes?since=0&epochs=" + ",".join(["f" * 16] * 9),
        "stock?since=0",
        "stock?since=0&warehouse=",
        "stock?since=0&warehouse=a%00b",
        f"stock?since=0&warehouse={'x' * 65}",
    ],
)
def test_a_question_that_makes_no_sense_is_a_bad_request(shop: Shop, what: str) -> None:
    journal = TillJournal()
    answer = get(shop, journal, shop.till_with(journal), what)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")


@pytest.mark.parametrize("what", ["changes?since=0", "stock?warehouse=w1&since=0"])
def test_only_a_paired_till_pulls_and_only_for_itself(shop: Shop, what: str) -> None:
    first, second = TillJournal(), TillJournal(seed=2, prefix="P2")
    token = shop.till_with(first)
    shop.till_with(second)
    assert shop.browser.get(f"/api/v1/tills/{first.till_id}/{what}").status_code == 401
    assert get(shop, second, token, what).status_code == 403
    revoke(shop.site.tables, shop.account_id, first.till_id, now=shop.site.now())
    assert get(shop, first, token, what).json()["code"] == "pairing_revoked"


def test_the_answer_to_an_upload_says_how_much_waits(shop: Shop) -> None:
    journal = TillJournal()
    token = shop.till_with(journal)
    put(shop, "i1", price=1)
    receive(shop, "i1")
    upload = upload_of([], epoch=journal.epoch)
    for pull, waiting in (
        (PullState(since=0, warehouse_id="w1"), (1, 1)),
        (PullState(since=1), (0, 0)),
        (None, (0, 0)),
    ):
        answer = shop.browser.post(
            f"/api/v1/tills/{journal.till_id}/journal",
            content=upload.model_copy(update={"pull": pull}).model_dump_json(),
            headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        )
        reply = UploadReply.model_validate_json(answer.content)
        assert (reply.changes_waiting, reply.stock_waiting) == waiting


@pytest.mark.parametrize(("accepted", "encoding"), [("gzip, deflate", "gzip"), ("identity", None)])
def test_a_large_page_is_packed_for_those_who_can_read_it(shop: Shop, accepted: str, encoding: str | None) -> None:
    journal = TillJournal()
    token = shop.till_with(journal)
    for n in range(40):
        put(shop, f"i{n}", name=f"Čaj {n}", category_id="x" * 64)
    address = f"/api/v1/tills/{journal.till_id}/changes?since=0"
    headers = {"Authorization": f"Bearer {token}", "Accept-Encoding": accepted}
    answer = shop.browser.get(address, headers=headers)
    assert answer.headers.get("content-encoding") == encoding
    assert len(Changes.model_validate_json(answer.content).rows) == 40
