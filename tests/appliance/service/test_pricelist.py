"""Pages of the price list come down: the till's rows are replaced, its own edits kept, the rest leaves the list."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from appliance.domain.catalogue import Item
from appliance.domain.money import Money
from appliance.domain.pricelist import ApplyWhen, TillSettings, item_fields, vat_rate_fields
from appliance.domain.stamps import Stamp
from appliance.domain.vat import VatClass, VatRate
from appliance.service import catalogue, pricelist
from appliance.service.pricelist import Counts, Sweep
from appliance.service.settings import switch_item_sync, till_settings
from appliance.store import journal
from appliance.store.pull import load_pull
from appliance.wire import ChangedRow, Changes
from tests.shops import TestShop, count, make_shop, open_for_sale, rows, sell

MILK = Item("item-milk", "Mléko", Money(2590), VatClass.REDUCED, eans=("111",), labels=("pokl1",))
BREAD = Item("item-bread", "Chléb", Money(4890), VatClass.REDUCED, labels=("pokl1", "pokl2"))
BEFORE = "1000:0:backoffice"


@pytest.fixture
def till(tmp_path: Path) -> Iterator[TestShop]:
    made = make_shop(tmp_path)
    yield made
    made.store.close()


def row_of(item: Item, **fields: Any) -> ChangedRow:
    return ChangedRow(kind="item", id=item.item_id, stamp=BEFORE, fields={**item_fields(item), **fields})


def gone(item: Item) -> ChangedRow:
    return ChangedRow(kind="item", id=item.item_id, gone=True)


def take(till: TestShop, *pulled: ChangedRow, as_of: tuple[str, int] | None = None) -> Counts:
    """One page at the next version, with all of a pull's end."""
    pull = load_pull(till.shop.tables)
    page = Changes(rows=pulled, version=pull.since + max(1, len(pulled)), more=False)
    prepared = pricelist.prepare_page(till.shop, page, asked=pull.asked, as_of=as_of)
    assert prepared is not None
    assert pricelist.write_page(till.shop, prepared)
    removed = finish(till, place=prepared.place) if pull.snapshot else 0
    while pricelist.forget_contained(till.shop, place=prepared.place):
        pass
    pricelist.finish_pull(till.shop)
    return prepared.counts + Counts(removed=removed)


def finish(till: TestShop, *, place: int) -> int:
    removed, sweep = 0, Sweep()
    while True:
        again, hidden = pricelist.sweep_some(till.shop, sweep, place=place)
        removed += hidden
        if again is None:
            return removed
        sweep = again


def visible(till: TestShop) -> dict[str, Item]:
    return {item.item_id: item for item in catalogue.items_in(till.shop, None, limit=1000)}


def now_at(till: TestShop) -> tuple[str, int]:
    """The head of the journal, as a page says that it contains all of it."""
    head = journal.the_till(till.shop.tables)
    return head.epoch, head.head_seq


def test_s15_changes_new_items_and_deletions_of_the_backoffice_reach_the_till(till: TestShop) -> None:
    assert take(till, row_of(MILK), row_of(BREAD)) == Counts(new=2)
    assert visible(till) == {"item-milk": MILK, "item-bread": BREAD}
    dearer = replace(MILK, name="Mléko čerstvé", price=Money(2790), category_id="cat-1", eans=("222",))
    assert take(till, row_of(dearer), row_of(BREAD, deleted=True)) == Counts(changed=1, removed=1)
    assert visible(till) == {"item-milk": dearer}
    assert catalogue.find_by_code(till.shop, "111") == ()
    assert [item.item_id for item in catalogue.find_by_code(till.shop, "222")] == ["item-milk"]
    assert catalogue.search_items(till.shop, "cerstve", limit=9) == (dearer,)


def test_every_other_kind_of_row_is_taken_over_and_deleted(till: TestShop) -> None:
    till_id = journal.the_till(till.shop.tables).till_id
    rate = VatRate(VatClass.REDUCED, 13, date(2027, 1, 1))
    kinds = [
        ChangedRow(kind="category", id="cat", stamp=BEFORE, fields={"name": "Pečivo", "colour": "#112233"}),
        ChangedRow(kind="warehouse", id="wh", stamp=BEFORE, fields={"name": "Sklad", "branch": "Brno"}),
        ChangedRow(kind="user", id="u", stamp=BEFORE, fields={"name": "Eva"}),
        ChangedRow(kind="vat_rate", id="rate", stamp=BEFORE, fields=vat_rate_fields(rate)),
        ChangedRow(kind="till", id=till_id, stamp=BEFORE, fields={"label": "pokl1", "apply_when": "automatic"}),
        ChangedRow(kind="till", id="another", stamp=BEFORE, fields={"label": "pokl2"}),
    ]
    assert take(till, *kinds) == Counts()
    assert [category.name for category in catalogue.categories(till.shop)] == ["Pečivo"]
    assert rows(till.shop, "SELECT name, branch FROM warehouse") == [("Sklad", "Brno")]
    assert rows(till.shop, "SELECT name, pin FROM till_user") == [("Eva", "")]
    assert till_settings(till.shop) == TillSettings(label="pokl1", apply_when=ApplyWhen.AUTOMATIC)
    take(till, *(row.model_copy(update={"fields": {**row.fields, "deleted": True}}) for row in kinds[:4]))
    assert catalogue.categories(till.shop) == ()
    tables = ("warehouse", "till_user", "vat_rate")
    assert [rows(till.shop, f"SELECT deleted FROM {table}") for table in tables] == [[(1,)]] * 3


def test_a_sale_is_taxed_at_the_rate_that_was_pulled(tmp_path: Path) -> None:
    till = make_shop(tmp_path)
    rate = VatRate(VatClass.REDUCED, 13, date(2027, 1, 1))
    take(till, ChangedRow(kind="vat_rate", id="rate", stamp=BEFORE, fields=vat_rate_fields(rate)))
    open_for_sale(till.shop)
    receipt = sell(till.shop, MILK)
    assert [line.vat_percent for line in receipt.lines] == [13]
    take(till, ChangedRow(kind="vat_rate", id="rate", stamp=BEFORE, fields=vat_rate_fields(rate) | {"deleted": True}))
    assert [line.vat_percent for line in sell(till.shop, MILK).lines] == [12]
    till.store.close()


@pytest.mark.parametrize(
    "row",
    [
        ChangedRow(kind="voucher", id="v", stamp=BEFORE, fields={"name": "x"}),
        row_of(MILK, price="cheap"),
        row_of(MILK, vat_class="luxury"),
        row_of(MILK).model_copy(update={"stamp": "whenever"}),
        ChangedRow(
            kind="till", id="00000000-0000-4000-8000-000000000001", stamp=BEFORE, fields={"apply_when": "never"}
        ),
    ],
)
def test_a_row_of_a_newer_server_is_passed_over_and_blocks_nothing(till: TestShop, row: ChangedRow) -> None:
    take(till, row_of(MILK))
    assert take(till, row, row_of(BREAD)) == Counts(new=1, skipped=1)
    assert visible(till) == {"item-milk": MILK, "item-bread": BREAD}


def test_a_field_of_a_newer_server_is_passed_over_and_the_row_is_taken(till: TestShop) -> None:
    assert take(till, row_of(MILK, weight=1000, **{"allergen:gluten": True})) == Counts(new=1)
    assert visible(till) == {"item-milk": MILK}


def test_a_row_that_cannot_be_read_is_not_hidden_by_a_snapshot(till: TestShop) -> None:
    take(till, row_of(MILK), row_of(BREAD))
    pricelist.begin_snapshot(till.shop, label="")
    assert take(till, row_of(MILK, price="cheap")) == Counts(skipped=1, removed=1)
    assert visible(till) == {"item-milk": MILK}


# ---- own edits


def test_s16_an_edit_that_the_page_does_not_contain_stays_on_top_of_it(till: TestShop) -> None:
    take(till, row_of(MILK))
    contained = now_at(till)
    catalogue.save_item(till.shop, replace(MILK, price=Money(9900)))
    counts = take(till, row_of(replace(MILK, name="Mléko 1 l")), as_of=contained)
    assert counts == Counts(changed=1)
    assert visible(till)["item-milk"] == replace(MILK, name="Mléko 1 l", price=Money(9900))
    assert count(till.shop, "own_edit") == 1
    take(till, row_of(replace(MILK, price=Money(1))), as_of=now_at(till))  # the Backoffice had a later edit
    assert visible(till)["item-milk"] == replace(MILK, price=Money(1))
    assert count(till.shop, "own_edit") == 0


def test_the_stamp_of_a_row_is_never_below_one_of_its_fields(till: TestShop) -> None:
    take(till, row_of(MILK))
    catalogue.save_item(till.shop, replace(MILK, price=Money(9900)))
    (own,) = rows(till.shop, "SELECT stamp FROM item")[0]
    take(till, row_of(MILK))
    assert rows(till.shop, "SELECT stamp FROM item") == [(own,)]
    ahead = "9999999999999:7:backoffice"
    take(till, row_of(MILK).model_copy(update={"stamp": ahead}))
    catalogue.save_item(till.shop, replace(MILK, price=Money(100)))
    (later,) = rows(till.shop, "SELECT stamp FROM item")[0]
    assert Stamp.parse(str(later)) > Stamp.parse(ahead)


def test_an_edit_made_while_a_page_is_prepared_makes_it_be_prepared_again(till: TestShop) -> None:
    take(till, row_of(MILK))
    pull = load_pull(till.shop.tables)
    page = Changes(rows=(row_of(replace(MILK, name="Mléko 1 l")),), version=9, more=False)
    first = pricelist.prepare_page(till.shop, page, asked=pull.asked, as_of=None)
    assert first is not None
    catalogue.save_item(till.shop, replace(MILK, price=Money(100)))
    assert not pricelist.write_page(till.shop, first)
    again = pricelist.prepare_page(till.shop, page, asked=pull.asked, as_of=None)
    assert again is not None
    assert pricelist.write_page(till.shop, again)
    assert visible(till)["item-milk"] == replace(MILK, name="Mléko 1 l", price=Money(100))


def test_a_page_asked_for_under_another_scope_or_before_switching_off_is_dropped(till: TestShop) -> None:
    page, asked = Changes(rows=(row_of(MILK),), version=5, more=False), load_pull(till.shop.tables).asked
    prepared = pricelist.prepare_page(till.shop, page, asked=asked, as_of=None)
    assert prepared is not None
    pricelist.begin_snapshot(till.shop, label="pokl1")
    assert not pricelist.write_page(till.shop, prepared)
    assert pricelist.prepare_page(till.shop, page, asked=asked, as_of=None) is None
    switch_item_sync(till.shop, on=False)
    asked = load_pull(till.shop.tables).asked
    assert pricelist.prepare_page(till.shop, page, asked=asked, as_of=None) is None
    assert visible(till) == {}


# ---- scope


def test_s17_what_a_snapshot_does_not_contain_leaves_the_list(till: TestShop) -> None:
    category = ChangedRow(kind="category", id="cat", stamp=BEFORE, fields={"name": "Pečivo"})
    take(till, row_of(MILK), row_of(BREAD), category)
    pricelist.begin_snapshot(till.shop, label="pokl2")
    assert take(till, row_of(BREAD)) == Counts(removed=1)
    assert visible(till) == {"item-bread": BREAD}
    assert catalogue.categories(till.shop) == ()
    pull = load_pull(till.shop.tables)
    assert (pull.label, pull.snapshot, pull.wanted) == ("pokl2", 0, False)
    pricelist.begin_snapshot(till.shop, label="")
    assert take(till, row_of(BREAD), row_of(MILK), category) == Counts(new=1)
    assert len(visible(till)) == 2
    assert len(catalogue.categories(till.shop)) == 1


def test_an_item_that_has_left_the_scope_is_hidden_and_may_come_back(till: TestShop) -> None:
    take(till, row_of(MILK))
    assert take(till, gone(MILK), gone(BREAD)) == Counts(removed=1)
    assert visible(till) == {}
    assert take(till, row_of(MILK)) == Counts(new=1)


@pytest.mark.parametrize("how", ["gone", "snapshot"])
def test_an_item_with_an_own_edit_on_its_way_is_hidden_only_when_the_edit_is_contained(
    till: TestShop, how: str
) -> None:
    take(till, row_of(MILK))
    contained = now_at(till)
    catalogue.save_item(till.shop, replace(MILK, price=Money(100)))
    if how == "snapshot":
        pricelist.begin_snapshot(till.shop, label="")
        take(till, as_of=contained)
    else:
        take(till, gone(MILK), as_of=contained)
    assert list(visible(till)) == ["item-milk"]
    take(till, as_of=now_at(till))
    assert visible(till) == {}
    assert count(till.shop, "own_edit") == 0


def test_an_item_that_is_edited_again_while_it_waits_to_leave_still_leaves(till: TestShop) -> None:
    take(till, row_of(MILK))
    catalogue.save_item(till.shop, replace(MILK, price=Money(1000)))
    take(till, gone(MILK))
    first = now_at(till)
    catalogue.save_item(till.shop, replace(MILK, price=Money(2000)))
    take(till, as_of=first)
    assert visible(till)["item-milk"].price == Money(2000), "the second edit is still on its way"
    take(till, as_of=now_at(till))
    assert visible(till) == {}


def test_an_own_edit_that_keeps_an_item_in_scope_ends_its_leaving(till: TestShop) -> None:
    take(till, row_of(MILK))
    contained = now_at(till)
    catalogue.save_item(till.shop, replace(MILK, price=Money(100)))
    take(till, gone(MILK), as_of=contained)
    back = replace(MILK, price=Money(100), labels=("pokl1",))
    take(till, row_of(back), as_of=now_at(till))
    assert visible(till) == {"item-milk": back}
