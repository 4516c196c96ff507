import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import pytest

from appliance.domain.catalogue import Item, ItemInvalid, Unit
from appliance.domain.fiscal import Reporting
from appliance.domain.journal import CategoryEdited, ItemEdited, read_body
from appliance.domain.money import Money
from appliance.domain.stamps import Stamp
from appliance.domain.vat import VatClass
from appliance.service import catalogue, item_import
from appliance.service.errors import NotFound, Refused, StoreFailed
from appliance.service.item_file import read_item_file
from appliance.store.db import Store
from tests.shared import shared
from tests.shops import APPLES, ITEMS, OTHER, ROLL, SOAP, TAXPAYER, TestShop, count, kinds, make_shop, rows, sell

NEW = Item(
    "item-new", "Žemle", Money(450), VatClass.REDUCED, plu="7", unit=Unit.PIECE, eans=("111", "222"), labels=("pokl1",)
)


def edits(till: TestShop, kind: str = "item_edited") -> list[ItemEdited]:
    found = rows(till.shop, "SELECT body FROM journal WHERE kind = ? ORDER BY row", kind)
    return [read_body(kind, 1, str(body)) for (body,) in found]


def changed(edit: ItemEdited) -> dict[str, object]:
    return {change.field: json.loads(change.value) for change in edit.changes}


def stamps(edit: ItemEdited) -> dict[str, Stamp]:
    return {change.field: Stamp.parse(change.stamp) for change in edit.changes}


def test_a_new_item_is_journalled_with_every_field(till: TestShop) -> None:
    catalogue.save_item(till.shop, NEW)
    (edit,) = edits(till)
    assert (edit.item_id, edit.user, edit.shared) == ("item-new", "Jana", True)
    assert changed(edit) == {
        "name": "Žemle", "price": 450, "vat_class": "reduced", "category_id": None, "plu": "7", "unit": "ks",
        "ean:111": True, "ean:222": True, "label:pokl1": True,
    }  # fmt: skip
    assert catalogue.load_item(till.shop, "item-new") == NEW
    assert till.wakes.names == ["sync"]


def test_only_the_fields_that_changed_are_journalled(till: TestShop) -> None:
    catalogue.save_item(till.shop, NEW)
    after = replace(NEW, price=None, eans=("222", "333"), labels=())
    catalogue.save_item(till.shop, after)
    assert changed(edits(till)[1]) == {"price": None, "ean:333": True, "ean:111": False, "label:pokl1": False}
    assert catalogue.load_item(till.shop, "item-new") == after


FOR_ANOTHER = replace(NEW, reporting=Reporting.VOUCHER, principal="CZ12345678")


def test_how_an_item_is_reported_is_journalled_where_it_is_not_as_usual(till: TestShop) -> None:
    catalogue.save_item(till.shop, FOR_ANOTHER)
    assert catalogue.load_item(till.shop, "item-new") == FOR_ANOTHER
    catalogue.save_item(till.shop, replace(FOR_ANOTHER, reporting=Reporting.NOT_REPORTED))
    catalogue.save_item(till.shop, NEW)
    assert catalogue.load_item(till.shop, "item-new") == NEW
    first, second, third = edits(till)
    reported = {name: changed(first)[name] for name in ("reporting", "principal")}
    assert reported == {"reporting": "voucher", "principal": "CZ12345678"}
    assert changed(second) == {"reporting": "not_reported"}
    assert changed(third) == {"reporting": "reported", "principal": ""}


@pytest.mark.parametrize("own", [TAXPAYER.eic, "CZ87654321"])
def test_an_item_is_not_sold_for_the_shop_itself_under_either_number(till: TestShop, own: str) -> None:
    shop = replace(till.shop, taxpayer=replace(TAXPAYER, dic_popl="CZ87654321"))
    with pytest.raises(ItemInvalid, match="principal: own"):
        catalogue.save_item(shop, replace(NEW, principal=own))
    list(item_import.import_items(shop, [replace(NEW, principal=own)], []))
    assert [item.principal for item in catalogue.search_items(shop, NEW.name, limit=9)] == [""]


def test_an_import_that_says_nothing_of_reporting_leaves_it_as_it_is(till: TestShop) -> None:
    catalogue.save_item(till.shop, FOR_ANOTHER)
    for text, reporting, principal in (
        ("ean,name\n111,Žemle\n", Reporting.VOUCHER, "CZ12345678"),
        ("ean,name,evidence\n111,Žemle,ne\n", Reporting.NOT_REPORTED, "CZ12345678"),
        ("ean,name,za_poplatnika\n111,Žemle,CZ87654321\n", Reporting.NOT_REPORTED, "CZ87654321"),
    ):
        read = read_item_file(text.encode(), new_id=till.shop.new_id)
        list(item_import.import_items(till.shop, read.items, read.categories, silent_on=read.silent_on))
        item = catalogue.load_item(till.shop, "item-new")
        assert (item.reporting, item.principal) == (reporting, principal)


def test_saving_what_is_there_already_writes_nothing(till: TestShop) -> None:
    catalogue.save_item(till.shop, SOAP)
    assert edits(till) == []


def test_stamps_rise_even_when_the_clock_goes_back(till: TestShop) -> None:
    catalogue.save_item(till.shop, NEW)
    till.clock.back(days=400)
    catalogue.save_item(till.shop, replace(NEW, price=Money(500)))
    catalogue.save_item(till.shop, replace(NEW, price=Money(600), plu="8"))
    till.clock.forward(days=800)
    catalogue.save_item(till.shop, replace(NEW, price=Money(700), plu="8"))
    prices = [stamps(edit)["price"] for edit in edits(till)]
    assert prices == sorted(set(prices))
    assert len(prices) == 4
    assert stamps(edits(till)[1])["price"].counter == 1
    (node,) = rows(till.shop, "SELECT till_id FROM till")[0]
    assert {stamp.node for stamp in prices} == {node}
    assert rows(till.shop, "SELECT stamp FROM item WHERE item_id = 'item-new'") == [(str(prices[-1]),)]


@pytest.mark.parametrize("wrong", [replace(NEW, name=""), replace(NEW, price=Money(-1)), replace(NEW, eans=("x",))])
def test_an_item_that_breaks_a_rule_is_not_saved(till: TestShop, wrong: Item) -> None:
    with pytest.raises(ItemInvalid):
        catalogue.save_item(till.shop, wrong)
    assert edits(till) == []
    assert till.wakes.names == []


@pytest.mark.parametrize("table", ["journal", "item", "item_ean", "item_label", "own_edit"])
def test_an_edit_that_fails_anywhere_did_not_happen(till: TestShop, table: str) -> None:
    rows(till.shop, f"CREATE TRIGGER fault BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, 'ill'); END")
    with pytest.raises(StoreFailed):
        catalogue.save_item(till.shop, NEW)
    assert edits(till) == []
    assert catalogue.count_items(till.shop, None) == len(ITEMS)
    assert count(till.shop, "own_edit") == 0


def test_a_deleted_item_is_journalled_and_gone(till: TestShop) -> None:
    catalogue.delete_item(till.shop, SOAP.item_id)
    assert changed(edits(till)[0]) == {"deleted": True}
    assert catalogue.find_by_code(till.shop, SOAP.plu) == ()
    with pytest.raises(NotFound):
        catalogue.load_item(till.shop, SOAP.item_id)
    with pytest.raises(NotFound):
        catalogue.delete_item(till.shop, SOAP.item_id)


@pytest.mark.parametrize("left", [{"deleted": 1}, {"in_scope": 0}])
def test_an_item_that_has_left_the_list_meanwhile_is_not_saved(till: TestShop, left: dict[str, int]) -> None:
    """A pull has taken it away while its form was open; saved all the same, the next pull would undo it in silence."""
    with till.store.mark() as tables:
        tables.item.update(**left).where(tables.item.item_id == SOAP.item_id).execute()
    with pytest.raises(Refused, match="item_gone"):
        catalogue.save_item(till.shop, replace(SOAP, price=Money(1)))
    assert edits(till) == []
    assert count(till.shop, "own_edit") == 0


def test_a_sold_item_may_be_deleted_and_its_receipt_stays(selling: TestShop) -> None:
    receipt = sell(selling.shop, SOAP)
    catalogue.delete_item(selling.shop, SOAP.item_id)
    assert receipt.lines[0].name == SOAP.name
    assert catalogue.last_sold(selling.shop, limit=5) == ()


def test_the_list_is_searched_paged_and_asked_by_code(selling: TestShop) -> None:
    shop = selling.shop
    assert [item.name for item in catalogue.items_in(shop, None, limit=2, offset=1)] == [
        "Mýdlo s jelenem",
        "Ostatní zboží",
    ]
    assert catalogue.search_items(shop, "mydlo", limit=5) == (SOAP,)
    assert (catalogue.count_items(shop, None), catalogue.count_items(shop, None, search="ja")) == (5, 1)
    assert catalogue.find_by_code(shop, ROLL.eans[0]) == (ROLL,)
    assert catalogue.find_by_code(shop, "") == ()
    assert catalogue.find_by_code(shop, "nobody") == ()
    sell(shop, ROLL)
    sell(shop, APPLES)
    assert catalogue.last_sold(shop, limit=5) == (APPLES, ROLL)


# ---- import


def imported(till: TestShop, text: str) -> list[int]:
    file = read_item_file(text.encode(), new_id=till.shop.new_id)
    assert file.bad == []
    return list(item_import.import_items(till.shop, file.items, file.categories, silent_on=file.silent_on))


FILE = """ean,name,price,vat,category,labels,plu,unit
111,Žemle,"4,50",12,Pečivo,pokl1|pokl2,,
222,Banány,39.90,12%,Ovoce,,31,kg
,Taška,5,,,,40,
333,Něco,,0,Pečivo,,,
"""


def test_a_file_becomes_items_categories_and_journal_rows(till: TestShop) -> None:
    assert imported(till, FILE) == [4]
    assert [category.name for category in catalogue.categories(till.shop)] == ["Pečivo", "Ovoce"]
    bread, fruit = (category.category_id for category in catalogue.categories(till.shop))
    (bun,) = catalogue.find_by_code(till.shop, "111")
    (banana,) = catalogue.find_by_code(till.shop, "31")
    (something,) = catalogue.find_by_code(till.shop, "333")
    assert (bun.price, bun.vat_class, bun.category_id) == (Money(450), VatClass.REDUCED, bread)
    assert (bun.labels, bun.unit) == (("pokl1", "pokl2"), Unit.PIECE)
    assert (banana.unit, banana.category_id) == (Unit.KILOGRAM, fruit)
    assert (something.price, something.vat_class) == (None, VatClass.ZERO)
    assert kinds(till.shop)[1:] == ["category_edited"] * 2 + ["item_edited"] * 4
    (category, _) = [
        read_body("category_edited", 1, str(body))
        for (body,) in rows(till.shop, "SELECT body FROM journal WHERE kind = 'category_edited' ORDER BY row")
    ]
    assert isinstance(category, CategoryEdited)
    assert [(change.field, json.loads(change.value)) for change in category.changes] == [
        ("name", "Pečivo"), ("colour", catalogue.categories(till.shop)[0].colour), ("position", 0),
    ]  # fmt: skip
    assert till.wakes.names == ["sync"]


def test_importing_twice_adds_and_changes_nothing(till: TestShop) -> None:
    imported(till, FILE)
    before = (kinds(till.shop), rows(till.shop, "SELECT * FROM item"), rows(till.shop, "SELECT * FROM own_edit"))
    imported(till, FILE)
    assert before == (
        kinds(till.shop), rows(till.shop, "SELECT * FROM item"), rows(till.shop, "SELECT * FROM own_edit"),
    )  # fmt: skip


def test_an_item_the_file_names_again_keeps_what_the_file_is_silent_about(till: TestShop) -> None:
    full = replace(NEW, unit=Unit.KILOGRAM, category_id="c1")
    catalogue.save_item(till.shop, full)
    imported(till, "ean,name\n222,Žemle velká\n")
    assert changed(edits(till)[-1]) == {"name": "Žemle velká"}
    assert catalogue.load_item(till.shop, NEW.item_id) == replace(full, name="Žemle velká")
    imported(till, "ean,name,price,vat,unit\n222,Žemle velká,,21,\n")
    assert changed(edits(till)[-1]) == {"vat_class": "standard"}


def test_a_code_that_stands_twice_in_one_file_is_one_item_with_the_later_words(till: TestShop) -> None:
    before = catalogue.count_items(till.shop, None)
    imported(till, "ean,name,price\n555,Pivo,20\n556,Limo,15\n555,Pivo světlé,22\n")
    assert catalogue.count_items(till.shop, None) == before + 2
    (beer,) = catalogue.find_by_code(till.shop, "555")
    assert (beer.name, beer.price) == ("Pivo světlé", Money(2200))
    first, _, second = edits(till)
    assert changed(second) == {"name": "Pivo světlé", "price": 2200}
    assert stamps(second)["name"] > stamps(first)["name"]
    imported(till, "ean,name,price\n555,Pivo,20\n555,Pivo světlé,22\n")
    assert catalogue.find_by_code(till.shop, "555") == (beer,)


def test_a_code_known_already_and_twice_in_the_file_is_no_accident(till: TestShop) -> None:
    imported(till, "ean,name\n8594001021234,Rohlík 1\n8594001021234,Rohlík 2\n")
    assert catalogue.load_item(till.shop, ROLL.item_id) == replace(ROLL, name="Rohlík 2")


def test_an_import_prepared_while_somebody_else_wrote_is_prepared_anew(till: TestShop, tmp_path: Path) -> None:
    """The other till process changes the item between reading and writing: both edits stay."""
    other = make_shop(tmp_path, node=3)
    shop = till.shop
    ids: list[str] = []

    def new_id() -> str:
        if not ids:  # asked for while the first batch is being prepared
            catalogue.save_item(other.shop, replace(ROLL, price=Money(300)))
        ids.append(shop.new_id())
        return ids[-1]

    again = replace(ROLL, name="Rohlík jiný", price=None)
    assert list(item_import.import_items(replace(shop, new_id=new_id), [again], [])) == [1]
    assert catalogue.load_item(shop, ROLL.item_id) == replace(ROLL, name="Rohlík jiný", price=Money(300))
    assert [set(changed(edit)) for edit in edits(till)] == [{"price"}, {"name"}]
    other.store.close()


def test_a_long_file_goes_in_by_small_batches(till: TestShop) -> None:
    items = [replace(OTHER, item_id=f"i{n}", name=f"Zboží {n:03}", plu="", eans=(f"9{n:05}",)) for n in range(600)]
    progress = list(item_import.import_items(till.shop, items, []))
    assert progress == list(range(item_import.IMPORT_BATCH_ROWS, 601, item_import.IMPORT_BATCH_ROWS))
    assert catalogue.count_items(till.shop, None) == 600 + len(ITEMS)
    assert len(edits(till)) == 600


def test_an_import_that_fails_keeps_the_whole_batches_before(till: TestShop) -> None:
    rows(
        till.shop,
        "CREATE TRIGGER fault BEFORE INSERT ON item WHEN new.name = 'Zboží 30' BEGIN SELECT RAISE(ABORT, 'ill'); END",
    )
    items = [replace(OTHER, item_id=f"i{n}", name=f"Zboží {n}", eans=(f"9{n:05}",)) for n in range(60)]
    with pytest.raises(StoreFailed):
        list(item_import.import_items(till.shop, items, []))
    assert catalogue.count_items(till.shop, None) == item_import.IMPORT_BATCH_ROWS + len(ITEMS)
    assert len(edits(till)) == item_import.IMPORT_BATCH_ROWS


@pytest.mark.official
def test_the_600_products_are_imported_with_their_names(tmp_path: Path) -> None:
    till = make_shop(tmp_path)
    content = shared("data/products-cz.csv").read_bytes()
    file = read_item_file(content, new_id=till.shop.new_id)
    assert (len(file.items), file.bad) == (600, [])
    list(item_import.import_items(till.shop, file.items, file.categories, silent_on=file.silent_on))
    named = [(row["ean"], row["name"]) for row in csv.DictReader(io.StringIO(content.decode("utf-8")))]
    assert catalogue.count_items(till.shop, None) == len(named) == 600
    mended = {}
    for ean, name in named:
        (item,) = catalogue.find_by_code(till.shop, ean)
        if item.name != name:
            mended[name] = item.name
    assert {name: name.replace("\x9a", "š") for name in mended} == mended
    assert len(mended) == 1
    before = kinds(till.shop)
    list(item_import.import_items(till.shop, file.items, file.categories, silent_on=file.silent_on))
    assert kinds(till.shop) == before
    assert Store(tmp_path / "till.db").integrity() == "ok"
    till.store.close()
