"""The till's own settings, item sync off and on again (S14), the label of a restricted till (S17, S18)."""

import json
from dataclasses import replace

import pytest

from appliance.domain.catalogue import Item, ItemInvalid
from appliance.domain.journal import FieldStamp, ItemEdited, SettingsChanged, read_body
from appliance.domain.money import Money
from appliance.domain.pricelist import ApplyWhen, TillSettings
from appliance.domain.stamps import Stamp
from appliance.domain.vat import VatClass
from appliance.service import catalogue, item_import
from appliance.service.errors import Refused
from appliance.service.settings import item_sync_is_on, save_settings, switch_item_sync, till_settings
from appliance.service.sharing import SHARED_AT_ONCE, share_some
from appliance.store.pull import load_pull
from tests.shops import ROLL, SOAP, TestShop, count, open_for_sale, rows, sell

RESTRICTED = TillSettings(label="pokl1", restricted=True)
NEW = Item("item-new", "Žemle", Money(450), VatClass.REDUCED)


def bodies(till: TestShop, kind: str) -> list[object]:
    found = rows(till.shop, "SELECT body FROM journal WHERE kind = ? ORDER BY row", kind)
    return [read_body(kind, 1, str(body)) for (body,) in found]


def edits(till: TestShop) -> list[ItemEdited]:
    return [body for body in bodies(till, "item_edited") if isinstance(body, ItemEdited)]


def changed(changes: tuple[FieldStamp, ...]) -> dict[str, object]:
    return {change.field: json.loads(change.value) for change in changes}


def test_only_what_changed_is_journalled_under_a_rising_stamp(till: TestShop) -> None:
    save_settings(till.shop, RESTRICTED)
    till.clock.back(days=9)
    save_settings(till.shop, replace(RESTRICTED, apply_when=ApplyWhen.AUTOMATIC, warehouse_id="wh"))
    save_settings(till.shop, till_settings(till.shop))
    first, second = bodies(till, "settings_changed")
    assert isinstance(first, SettingsChanged)
    assert isinstance(second, SettingsChanged)
    assert changed(first.changes) == {"label": "pokl1", "restricted": True}
    assert changed(second.changes) == {"apply_when": "automatic", "warehouse_id": "wh"}
    assert Stamp.parse(second.changes[0].stamp) > Stamp.parse(first.changes[0].stamp)
    assert (till_settings(till.shop).scope, till_settings(till.shop).apply_when) == ("pokl1", ApplyWhen.AUTOMATIC)
    assert count(till.shop, "own_edit") == 2


@pytest.mark.parametrize(
    ("wanted", "rule"),
    [
        (TillSettings(label="two words"), "label"),
        (TillSettings(restricted=True), "label_missing"),
        (TillSettings(branch="x\n"), "branch"),
    ],
)
def test_settings_that_cannot_be_are_refused(till: TestShop, wanted: TillSettings, rule: str) -> None:
    with pytest.raises(Refused, match=rule):
        save_settings(till.shop, wanted)
    assert till_settings(till.shop) == TillSettings()


def test_s14_off_means_that_edits_stay_here_and_on_again_shares_each_field_once_with_its_own_stamp(
    till: TestShop,
) -> None:
    switch_item_sync(till.shop, on=False)
    switch_item_sync(till.shop, on=False)
    assert not item_sync_is_on(till.shop)
    catalogue.save_item(till.shop, replace(ROLL, price=Money(300)))
    till.clock.forward(minutes=1)
    catalogue.save_item(till.shop, replace(ROLL, price=Money(310), name="Rohlík"))
    till.clock.forward(minutes=1)
    catalogue.save_item(till.shop, replace(ROLL, price=Money(320), name="Rohlík"))
    catalogue.delete_item(till.shop, SOAP.item_id)
    assert [edit.shared for edit in edits(till)] == [False] * 4
    assert share_some(till.shop) == 0
    switch_item_sync(till.shop, on=True)
    assert load_pull(till.shop.tables).wanted
    assert share_some(till.shop) == 2
    assert share_some(till.shop) == 0
    *kept, roll, soap = edits(till)
    assert (roll.shared, soap.shared) == (True, True)
    assert changed(roll.changes) == {"price": 320, "name": "Rohlík"}
    assert changed(soap.changes) == {"deleted": True}
    stamps = {change.field: change.stamp for change in roll.changes}
    assert stamps == {"price": kept[2].changes[0].stamp, "name": kept[1].changes[1].stamp}
    switch_item_sync(till.shop, on=True)
    assert len(edits(till)) == 6
    catalogue.save_item(till.shop, NEW)
    assert edits(till)[-1].shared
    assert [body.item_sync for body in bodies(till, "settings_changed")] == [False, True]  # type: ignore[attr-defined]


def test_s14_an_import_while_off_is_shared_in_short_steps_and_none_twice_after_a_crash(till: TestShop) -> None:
    switch_item_sync(till.shop, on=False)
    many = [Item(f"i{n:03}", f"Zboží {n}", Money(n), VatClass.STANDARD) for n in range(SHARED_AT_ONCE + 7)]
    list(item_import.import_items(till.shop, many, []))
    switch_item_sync(till.shop, on=True)
    assert share_some(till.shop) == SHARED_AT_ONCE
    till.store.close()  # whoever goes on finds what is left
    assert share_some(till.shop) == 7
    assert share_some(till.shop) == 0
    shared = [edit.item_id for edit in edits(till) if edit.shared]
    assert sorted(shared) == sorted(item.item_id for item in many)


def test_s14_off_again_before_all_is_shared_keeps_the_rest_back(till: TestShop) -> None:
    switch_item_sync(till.shop, on=False)
    catalogue.save_item(till.shop, NEW)
    switch_item_sync(till.shop, on=True)
    switch_item_sync(till.shop, on=False)
    assert share_some(till.shop) == 0
    assert [edit.shared for edit in edits(till)] == [False]


def test_s18_a_new_item_on_a_restricted_till_gets_its_label_by_itself(till: TestShop) -> None:
    save_settings(till.shop, RESTRICTED)
    catalogue.save_item(till.shop, NEW)
    assert catalogue.load_item(till.shop, "item-new").labels == ("pokl1",)
    assert changed(edits(till)[0].changes)["label:pokl1"] is True
    catalogue.save_item(till.shop, NEW)  # taken off by a person: it is new no more
    assert catalogue.load_item(till.shop, "item-new").labels == ()
    catalogue.save_item(till.shop, replace(ROLL, price=Money(1)))
    assert catalogue.load_item(till.shop, ROLL.item_id).labels == ()


def test_s18_imported_items_get_the_label_too_and_known_ones_do_not(till: TestShop) -> None:
    save_settings(till.shop, RESTRICTED)
    list(item_import.import_items(till.shop, [replace(NEW, labels=("pokl2",)), replace(ROLL, price=Money(5))], []))
    assert catalogue.load_item(till.shop, "item-new").labels == ("pokl2", "pokl1")
    assert catalogue.load_item(till.shop, ROLL.item_id).labels == ()


@pytest.mark.parametrize("label", ["", "two words", "x" * 33])
def test_what_is_no_label_is_not_saved(till: TestShop, label: str) -> None:
    with pytest.raises(ItemInvalid, match="labels: not_a_label"):
        catalogue.save_item(till.shop, replace(NEW, labels=(label,)))
    with pytest.raises(ItemInvalid, match="labels: not_a_label"):
        list(item_import.import_items(till.shop, [replace(NEW, labels=(label,))], []))
    assert count(till.shop, "journal") == 1


@pytest.mark.parametrize("value", ["", "{", "17", '"never"', "null"])
def test_a_damaged_setting_counts_as_never_set_and_stops_no_sale(till: TestShop, value: str) -> None:
    with till.shop.fact() as tables:
        for name in ("apply_when", "restricted", "item_sync"):
            tables.setting.insert(name=name, value=value, stamp="").on_conflict("replace").execute()
        tables.setting.insert(name="warehouse_id", value="{", stamp="").on_conflict("replace").execute()
    assert till_settings(till.shop) == TillSettings()
    assert item_sync_is_on(till.shop)
    open_for_sale(till.shop)
    assert sell(till.shop).warehouse_id == ""
