"""A device takes a dead till's place, and a till is restored, with the real Backoffice and power cuts."""

import shutil
from functools import partial
from pathlib import Path

import pytest

from appliance.domain.money import crowns
from appliance.service import fiscal, incoming, receipts, replacement, shift
from appliance.service.audit import verify_journal
from appliance.service.errors import Refused
from appliance.service.incoming import FROM_BACKOFFICE, Source
from appliance.service.shift import last_closing
from appliance.service.shop import Shop
from appliance.store import journal
from appliance.store.pull import load_pull
from appliance.sync.takeover import TakeoverWorker
from tests.appliance.sync.takeovers import NEW_EPOCH, World, a_life, backup_of, new_device, restored
from tests.powercuts import cut_before
from tests.shops import make_shop, open_for_sale, rows, sell


def test_a_fresh_device_goes_on_with_the_till_its_shift_and_what_waits_for_a_code(world: World) -> None:
    waiting = a_life(world)
    device = new_device(world)
    token = world.replace(device)
    assert receipts.recent(device.shop, limit=9) == ()
    sold = sell(device.shop)  # at once, in the open shift
    assert sold.number == "P1B-000001"
    world.download(device, token)
    assert {each.doc_id for each in fiscal.queue(device.shop)} == {*waiting, sold.doc_id}
    assert {each.number for each in receipts.recent(device.shop, limit=9)} == {
        "P1A-000001", "P1A-000003", "P1A-000004", "P1B-000001",
    }  # fmt: skip
    verdict = verify_journal(device.shop)
    assert verdict.broken_at == ""
    assert verdict.partial == (journal.the_till(world.dead.shop.tables).epoch,)
    assert world.complete(device, token) == (True, 3, 3)
    assert shift.open_shift(device.shop, crowns(0)).number == 3


def test_a_till_is_replaced_again_and_again_within_one_shift(world: World) -> None:
    a_life(world)
    for node, letter in enumerate("bcd", start=5):
        device = new_device(world, letter, node=node)
        token = world.replace(device, epoch=letter * 16)
        world.download(device, token)
        if letter == "c":
            sell(device.shop)
        world.office.till(device, token).until_quiet()
        assert verify_journal(device.shop).broken_at == ""
    assert world.complete(device, token) == (True, 3, 3)


def test_a_replacement_that_dies_before_it_has_the_rows_of_the_shift_hands_them_on(world: World) -> None:
    a_life(world)
    short_lived = new_device(world, "short-lived")
    world.office.till(short_lived, world.replace(short_lived)).until_quiet()
    device = new_device(world, node=6)
    token = world.replace(device, epoch="c" * 16)
    world.download(device, token)
    assert verify_journal(device.shop).broken_at == ""
    assert world.complete(device, token) == (True, 2, 2)


def test_the_old_token_is_of_no_use_any_more(world: World) -> None:
    a_life(world)
    world.replace(new_device(world))
    old = world.office.till(world.dead, world.token)
    sell(world.dead.shop)
    old.work()
    assert old.fault == "pairing_revoked"


def test_a_device_that_has_sold_is_refused_and_stays_what_it_is(world: World) -> None:
    a_life(world)
    device = new_device(world)
    open_for_sale(device.shop)
    sell(device.shop)
    assert not replacement.is_fresh(device.shop)
    before = journal.the_till(device.shop.tables)
    given = replacement.Forerunner("x" * 36, "P1", "1", replacement.Head("", 0, ""), (), "B", None)
    with pytest.raises(Refused, match="not_fresh"):
        replacement.begin(device.shop, given, new_epoch=lambda: NEW_EPOCH)
    assert journal.the_till(device.shop.tables) == before


def test_a_takeover_goes_on_after_a_crash_at_any_commit(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(incoming, "AT_ONCE", 2)
    monkeypatch.setattr("backoffice.takeover.PAGE_ROWS_MAX", 4)
    waiting = a_life(world)
    cut, crashed = 0, True
    while crashed:
        cut += 1
        device = new_device(world, f"new-{cut}")
        token = world.replace(device)
        crashed = cut_before(cut, partial(world.download, device, token))
        device.store.close()
        again = new_device(world, f"new-{cut}")
        world.download(again, token) if replacement.download_under_way(again.shop) else None
        assert {each.doc_id for each in fiscal.queue(again.shop)} == set(waiting)
        assert verify_journal(again.shop).broken_at == ""
        assert shift.x_report(again.shop).count == 2
        again.store.close()
    assert cut > 5


def test_a_crash_before_the_identity_is_written_leaves_a_fresh_device(world: World) -> None:
    a_life(world)
    device = new_device(world)
    assert cut_before(1, partial(world.replace, device))
    assert replacement.is_fresh(device.shop)
    token = world.replace(device)
    assert world.replace(device) != token  # once more: it is that till already
    assert rows(device.shop, "SELECT count(*) FROM journal") == [(1,)]


# ---- a backup


def test_a_restored_till_gets_back_what_the_backoffice_holds_beyond_its_backup(world: World) -> None:
    shop = world.dead.shop
    open_for_sale(shop)
    sell(shop)
    backup = backup_of(world)
    beyond = sell(shop)
    world.office.till(world.dead, world.token).work()
    device = restored(world, backup)
    mine = sell(device.shop)
    assert mine.number == "P1B-000001"
    assert world.worker(device, world.token).step() > 0  # what the backup holds unsent is sent first
    world.office.till(device, world.token).until_quiet()
    world.download(device, world.token)
    assert receipts.load(device.shop, beyond.doc_id) == beyond
    assert verify_journal(device.shop).broken_at == ""
    assert world.complete(device, world.token) == (True, 3, 3)


def test_a_sale_that_comes_to_the_backoffice_while_the_last_pages_are_given_is_in_the_closing(world: World) -> None:
    """The old device still lives and sends: of its rows only the sale without a code comes, not those before it."""
    shop = world.dead.shop
    open_for_sale(shop)
    sell(shop)
    device = restored(world, backup_of(world))
    world.office.till(device, world.token).until_quiet()
    world.download(device, world.token)
    sell(shop)
    late = sell(shop)
    world.office.till(world.dead, world.token).until_quiet()
    row = journal.row_at(shop.tables, *place_of_document(shop, late.doc_id))
    assert row is not None
    (taken,) = incoming.take_in(device.shop, [row.row], Source(FROM_BACKOFFICE, whole=False))
    assert (taken.new, taken.again) == (0, 1)
    assert receipts.load(device.shop, late.doc_id) == late
    assert verify_journal(device.shop).broken_at == ""
    assert world.complete(device, world.token) == (True, 2, 2)


def place_of_document(shop: Shop, doc_id: str) -> tuple[str, int]:
    ((epoch, seq),) = rows(shop, "SELECT epoch, seq FROM journal WHERE doc_id = ?", doc_id)
    return str(epoch), int(seq)


def test_a_restored_till_closes_complete_also_when_it_closes_before_it_has_everything(world: World) -> None:
    shop = world.dead.shop
    open_for_sale(shop)
    sell(shop)
    backup = backup_of(world)
    sell(shop)
    world.office.till(world.dead, world.token).work()
    device = restored(world, backup)
    sell(device.shop)
    assert world.complete(device, world.token) == (True, 2, 2)
    world.download(device, world.token)
    assert len(receipts.recent(device.shop, limit=9)) == 3


def test_a_shift_that_was_closed_after_the_backup_is_closed_and_the_next_is_open(world: World) -> None:
    shop = world.dead.shop
    open_for_sale(shop)
    sell(shop)
    backup = backup_of(world)
    closed = shift.close_shift(shop, counted=crowns(1000))
    open_for_sale(shop)
    sell(shop)
    world.office.till(world.dead, world.token).work()
    device = restored(world, backup)
    world.office.till(device, world.token).until_quiet()
    world.download(device, world.token)
    view = last_closing(device.shop)
    assert view is not None
    assert view.closed == closed
    current = shift.current_shift(device.shop)
    assert current is not None
    assert current.number == 2
    assert world.complete(device, world.token) == (True, 1, 1)


def test_a_backup_of_a_copied_card_that_went_its_own_way_reports_what_the_dead_card_cannot(world: World) -> None:
    """The six sales of the card that died have no code yet, and nobody else can report them."""
    original = world.dead
    open_for_sale(original.shop)
    copy = make_shop(Path(shutil.copytree(backup_of(world).parent / "till", world.folder / "copy")), node=7)
    for _ in range(3):
        sell(copy.shop)
    copy.store.checkpoint(truncate=True)
    dead = {sell(original.shop).doc_id for _ in range(6)}
    world.office.till(original, world.token).until_quiet()
    device = restored(world, world.folder / "copy" / "till.db")
    world.worker(device, world.token).step()
    world.office.till(device, world.token).until_quiet()
    world.download(device, world.token)
    sell(device.shop)
    assert verify_journal(device.shop).broken_at == ""
    waiting = rows(
        device.shop, "SELECT doc_id FROM fiscal_record WHERE state = 'waiting' AND boot = ?", incoming.OTHER_BOOT
    )
    assert dead <= {doc_id for (doc_id,) in waiting}
    assert world.complete(device, world.token) == (True, 10, 10)
    copy.store.close()


def test_a_restored_till_does_not_send_for_the_first_time_and_asks_about_paper(world: World) -> None:
    shop = world.dead.shop
    open_for_sale(shop)
    sell(shop)
    device = restored(world, backup_of(world))
    boots = rows(device.shop, "SELECT boot FROM fiscal_record UNION SELECT boot FROM print_job")
    assert boots == [(incoming.OTHER_BOOT,)]


@pytest.mark.parametrize("letters", ["A", "I", "", "ABCD"])
def test_a_technician_may_name_the_series_but_no_used_one(world: World, letters: str) -> None:
    open_for_sale(world.dead.shop)
    if letters:
        with pytest.raises(Refused, match="series_used"):
            restored(world, backup_of(world), letters=letters)
    else:
        assert sell(restored(world, backup_of(world), letters="F").shop).number == "P1F-000001"


def test_the_worker_waits_while_there_is_nothing_to_do_or_nobody_to_ask(world: World) -> None:
    device = new_device(world)
    asked: list[int] = []

    def nobody() -> None:
        asked.append(1)

    worker = TakeoverWorker(device.shop, link=nobody)
    assert worker.step() > 0
    assert asked == []
    world.replace(device)
    assert worker.step() > 0
    assert asked == [1]
    refused = world.worker(device, "pokladna_wrong")
    assert refused.step() > 0
    assert replacement.download_under_way(device.shop) is not None


def test_a_restored_till_pulls_the_price_list_though_nothing_is_said_to_wait(world: World) -> None:
    """What it had edited after the backup counts as its own in the Backoffice."""
    open_for_sale(world.dead.shop)
    backup = backup_of(world)
    assert not load_pull(world.dead.store.tables).wanted
    assert load_pull(restored(world, backup).store.tables).wanted
