"""The way down against a server that answers by a script: when it is pulled, what of every answer, what runs say."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from appliance.domain.catalogue import Item
from appliance.domain.money import Money
from appliance.domain.pricelist import ApplyWhen, TillSettings, item_fields
from appliance.domain.vat import VatClass
from appliance.service import catalogue, checkout, shift, sync
from appliance.service.settings import save_settings, switch_item_sync, till_settings
from appliance.store import journal
from appliance.store.pull import load_pull
from appliance.sync import download, link
from appliance.sync.link import BackofficeLink, Failed
from appliance.wire import ChangedRow, Changes, Position, StockPage
from tests.appliance.sync.till import Till, attach, make_till
from tests.fake_backoffice import HTML, Answer, FakeBackoffice, Reply, problem
from tests.shops import cart_of, crowns, rows, sell

MILK = Item("item-milk", "Mléko", Money(2590), VatClass.REDUCED)
BREAD = Item("item-bread", "Chléb", Money(4890), VatClass.REDUCED)
NOTHING = {"changed": 0, "new": 0, "removed": 0}


def row_of(item: Item, **fields: Any) -> ChangedRow:
    return ChangedRow(kind="item", id=item.item_id, stamp="1:0:backoffice", fields={**item_fields(item), **fields})


def visible(till: Till) -> list[str]:
    return [item.item_id for item in catalogue.items_in(till.shop, None, limit=1000)]


def run_now(till: Till) -> sync.SyncRun:
    run_id = sync.request_sync(till.shop)
    till.work(steps_max=1000)
    run = sync.sync_run(till.shop, run_id)
    assert run is not None
    assert run.finished
    return run


def test_s15_a_manual_sync_uploads_then_pulls_and_counts_both(tmp_path: Path, server: FakeBackoffice) -> None:
    till = make_till(tmp_path, server, receipts=2)
    server.price_list.write(row_of(MILK), row_of(BREAD))
    till.work()
    assert visible(till) == []  # by itself nothing comes
    assert load_pull(till.shop.tables).changes_waiting == 2
    sell(till.shop)
    run = run_now(till)
    assert (run.phase, run.error, json.loads(run.result)) == ("done", "", {**NOTHING, "new": 2, "sent": 1})
    assert (run.done, run.total) == (3, 3)
    assert visible(till) == ["item-bread", "item-milk"]
    assert load_pull(till.shop.tables).changes_waiting == 0
    server.price_list.write(row_of(replace(MILK, price=Money(1))), row_of(BREAD, deleted=True))
    assert json.loads(run_now(till).result) == {**NOTHING, "changed": 1, "removed": 1, "sent": 0}


def test_a_long_list_comes_in_pages_with_progress_and_rests_and_receipts_go_between_them(
    tmp_path: Path, server: FakeBackoffice
) -> None:
    till = make_till(tmp_path, server)
    till.work()
    server.price_list.rows_max = 5
    server.price_list.write(*(row_of(replace(MILK, item_id=f"i{n:02}")) for n in range(23)))
    run_id = sync.request_sync(till.shop)
    seen = set()
    for _ in range(100):
        till.uploader.step()
        sleep_s = till.downloader.step()
        assert sleep_s >= 0.005
        till.time.now += min(sleep_s, 0.1)
        run = sync.sync_run(till.shop, run_id)
        assert run is not None
        seen.add((run.phase, run.done, run.total))
    assert {("download", n, 23) for n in (5, 10, 15, 20)} < seen
    assert ("done", 23, 23) in seen
    assert [query["count"] for query in server.price_list.asked] == ["1", "0", "0", "0", "0"]


def test_a_crash_in_a_snapshot_goes_on_where_it_was(tmp_path: Path, server: FakeBackoffice) -> None:
    till = make_till(tmp_path, server)
    server.price_list.rows_max = 5
    server.price_list.write(*(row_of(replace(MILK, item_id=f"i{n:02}")) for n in range(12)))
    run_id = sync.request_sync(till.shop)
    for _ in range(4):
        till.uploader.step()
        till.time.now += till.downloader.step()
    assert 0 < len(visible(till)) < 12
    again = attach(till.test_shop, server)
    again.work(steps_max=300)
    run = sync.sync_run(till.shop, run_id)
    assert run is not None
    assert (run.finished, run.error, json.loads(run.result)["new"]) == (True, "", 12)
    assert len(visible(till)) == 12
    assert len([query for query in server.price_list.asked if query["since"] == "0"]) == 1


@pytest.mark.parametrize("when", list(ApplyWhen))
def test_changes_apply_when_the_owner_wants_it(tmp_path: Path, server: FakeBackoffice, when: ApplyWhen) -> None:
    till = make_till(tmp_path, server)
    save_settings(till.shop, TillSettings(apply_when=when))
    checkout.keep_cart(till.shop, cart_of(MILK))
    server.price_list.write(row_of(MILK))
    till.work()
    assert visible(till) == []
    checkout.keep_cart(till.shop, cart_of())
    till.work()
    assert bool(visible(till)) == (when is ApplyWhen.AUTOMATIC)
    shift.open_shift(till.shop, crowns(1000))
    till.work()
    assert bool(visible(till)) == (when is not ApplyWhen.MANUAL)
    asked = len(server.price_list.asked)
    till.work()
    assert len(server.price_list.asked) == asked


def test_s17_s20_another_label_is_another_list_and_an_item_with_both_stays(
    tmp_path: Path, server: FakeBackoffice
) -> None:
    till = make_till(tmp_path, server)
    both = replace(BREAD, labels=("pokl1", "pokl2"))
    server.price_list.write(row_of(replace(MILK, labels=("pokl1",))), row_of(both))
    save_settings(till.shop, TillSettings(label="pokl1", restricted=True))
    till.work()
    assert visible(till) == ["item-bread", "item-milk"]
    assert server.price_list.asked[-1]["label"] == "pokl1"
    del server.price_list.versions["item-milk"]  # what this server sends to the other label
    save_settings(till.shop, TillSettings(label="pokl2", restricted=True))
    till.work()
    assert server.price_list.asked[-1]["label"] == "pokl2"
    assert visible(till) == ["item-bread"]
    assert server.uploads[-1].pull is not None
    assert server.uploads[-1].pull.label == "pokl2"


def test_s14_off_nothing_is_pulled_and_a_run_still_uploads_and_says_so(tmp_path: Path, server: FakeBackoffice) -> None:
    till = make_till(tmp_path, server, receipts=1)
    switch_item_sync(till.shop, on=False)
    server.price_list.write(row_of(MILK))
    catalogue.save_item(till.shop, BREAD)
    run = run_now(till)
    result = json.loads(run.result)
    assert (run.error, result["sent"], result["item_sync_off"]) == ("", till_rows(till), 1)
    assert (server.price_list.asked, {upload.pull for upload in server.uploads}) == ([], {None})
    switch_item_sync(till.shop, on=True)
    till.work()
    assert visible(till) == ["item-bread", "item-milk"]
    assert [json.loads(row.body)["shared"] for row in server.books.rows() if row.kind == "item_edited"] == [False, True]


def till_rows(till: Till) -> int:
    return len(till.journal)


def test_an_edit_of_this_till_is_contained_and_forgotten(tmp_path: Path, server: FakeBackoffice) -> None:
    till = make_till(tmp_path, server)
    catalogue.save_item(till.shop, replace(MILK, price=Money(5)))
    till.work()
    server.price_list.write(row_of(MILK))
    run_now(till)
    assert catalogue.load_item(till.shop, "item-milk").price == Money(5)
    head = journal.the_till(till.shop.tables)
    server.price_list.as_of = Position(epoch=head.epoch, seq=head.head_seq)
    server.price_list.write(row_of(MILK))
    run_now(till)
    assert catalogue.load_item(till.shop, "item-milk").price == MILK.price
    assert server.price_list.asked[-1]["epochs"] == head.epoch


def test_an_item_that_waits_to_leave_does_so_once_its_edit_has_arrived_without_being_asked(
    tmp_path: Path, server: FakeBackoffice
) -> None:
    till = make_till(tmp_path, server)
    server.price_list.write(row_of(MILK))
    run_now(till)
    before = journal.the_till(till.shop.tables)
    catalogue.save_item(till.shop, replace(MILK, price=Money(5)))
    server.price_list.as_of = Position(epoch=before.epoch, seq=before.head_seq)
    del server.price_list.versions["item-milk"]
    save_settings(till.shop, TillSettings(label="pokl1", restricted=True))
    for _ in range(20):  # the edit is slower than the snapshot
        till.time.now += till.downloader.step()
    assert visible(till) == ["item-milk"]
    till.uploader.step()
    head = journal.the_till(till.shop.tables)
    assert head.acked_row > before.acked_row
    asked = len(server.price_list.asked)
    till.downloader.step()  # a server that does not say that it has the edit is not asked again and again
    till.work()
    assert (visible(till), len(server.price_list.asked)) == (["item-milk"], asked + 1)
    server.price_list.as_of = Position(epoch=head.epoch, seq=head.head_seq)
    again = attach(till.test_shop, server)
    again.work()
    assert visible(again) == []
    assert rows(again.shop, "SELECT * FROM own_edit WHERE row_id = 'item-milk'") == []


@pytest.mark.parametrize(
    ("reply", "word"),
    [
        (Reply(500, b"oops", "text/plain"), "server_error"),
        (Reply(200, HTML, "text/html"), "unreadable"),
        (Reply(200, b'{"rows": [], "version": 0, "more": true}'), "unreadable"),
        (Reply(200, b'{"rows": [], "version": 7, "more": true}'), "unreadable"),
        (Reply(401, HTML, "text/html"), "refused"),
        (problem(401, "pairing_revoked"), "pairing_revoked"),
        (problem(409, "cursor_ahead"), "cursor_ahead"),
    ],
)
def test_a_run_ends_with_a_word_whatever_the_answer(
    tmp_path: Path, server: FakeBackoffice, reply: Reply, word: str
) -> None:
    till = make_till(tmp_path, server, receipts=1)
    server.price_list.script.append(reply)
    run = run_now(till)
    assert (run.error, json.loads(run.result)["sent"]) == (word, 3)


def test_a_server_that_came_back_from_an_older_backup_is_pulled_anew(tmp_path: Path, server: FakeBackoffice) -> None:
    till = make_till(tmp_path, server)
    server.price_list.write(row_of(MILK), row_of(BREAD), row_of(BREAD))
    run_now(till)
    server.price_list.version = 1
    del server.price_list.versions["item-bread"]
    run = run_now(till)
    assert (run.error, json.loads(run.result)["removed"]) == ("", 1)
    assert visible(till) == ["item-milk"]


def test_a_list_without_end_is_given_up_and_asked_for_ever_more_rarely(
    tmp_path: Path, server: FakeBackoffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "PAGES_MAX", 5)
    till = make_till(tmp_path, server)
    for version in range(1, 99):
        page = Changes(rows=(row_of(replace(MILK, item_id=f"i{version}")),), version=version, more=True)
        server.price_list.script.append(Reply(200, page.model_dump_json().encode()))
    run = run_now(till)
    assert (run.error, json.loads(run.result)["new"]) == ("unreadable", 4)
    assert len(server.price_list.asked) == 5
    till.time.now += till.work()
    till.work()
    assert len(server.price_list.asked) == 10


def test_levels_without_end_are_given_up(tmp_path: Path, server: FakeBackoffice) -> None:
    till = make_till(tmp_path, server)
    save_settings(till.shop, TillSettings(warehouse_id="wh"))
    page = StockPage(levels=(), version=7, more=True)
    server.price_list.script.append(server.price_list.changes({"since": "0"}))
    server.price_list.script.append(Reply(200, page.model_dump_json().encode()))
    assert till.work() > 0
    assert [query.get("warehouse") for query in server.price_list.asked[-2:]] == [None, "wh"]
    assert load_pull(till.shop.tables).stock_since == 0


def test_failures_back_off_and_a_person_does_not_wait(tmp_path: Path, server: FakeBackoffice) -> None:
    till = make_till(tmp_path, server)
    save_settings(till.shop, TillSettings(apply_when=ApplyWhen.AUTOMATIC))
    server.price_list.write(row_of(MILK))
    server.price_list.script.append(Reply(503, b"", "text/plain", (("Retry-After", "300"),)))
    till.work()
    asked = len(server.price_list.asked)
    till.time.now += 200
    till.work()
    assert (len(server.price_list.asked), visible(till)) == (asked, [])
    assert run_now(till).error == ""
    assert visible(till) == ["item-milk"]


def test_a_run_that_cannot_upload_says_why_and_pulls_nothing(tmp_path: Path, server: FakeBackoffice) -> None:
    till = make_till(tmp_path, server, receipts=1)
    server.script.append(Answer.SERVER_ERROR)
    assert run_now(till).error == "server_error"
    assert server.price_list.asked == []


def test_levels_of_the_tills_warehouse_come_with_a_pull_and_by_themselves(
    tmp_path: Path, server: FakeBackoffice
) -> None:
    till = make_till(tmp_path, server)
    save_settings(till.shop, replace(till_settings(till.shop), warehouse_id="wh"))
    server.price_list.write_level("item-milk", 5000)
    till.work()
    assert rows(till.shop, "SELECT warehouse_id, item_id, quantity FROM stock_level") == [("wh", "item-milk", 5000)]
    server.price_list.write_level("item-milk", 4000)
    till.time.now += 70  # the next report hears that a level waits
    till.work()
    till.time.now += 30
    till.work()
    assert rows(till.shop, "SELECT quantity FROM stock_level") == [(4000,)]
    assert load_pull(till.shop.tables).stock_waiting == 0


def test_a_server_that_drips_its_answer_is_cut_off(
    tmp_path: Path, server: FakeBackoffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link, "EXCHANGE_TIMEOUT_S", 0.3)
    till = make_till(tmp_path, server)
    server.script.append(Answer.SILENT)
    till.work()
    server.silence.set()
    assert till.fault == "unreachable"
    reply = BackofficeLink(server.url, token="", ca_file=None).stock("t", warehouse_id="w", since=0, epochs=[])
    assert not isinstance(reply, Failed)
