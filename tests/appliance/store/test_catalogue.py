from dataclasses import replace

import pytest

from appliance.domain.catalogue import Category, Item
from appliance.domain.money import Money
from appliance.domain.vat import VatClass
from appliance.store import catalogue
from tests.shops import APPLES, ITEMS, OTHER, ROLL, SOAP, TestShop, open_for_sale, rows, sell

NAMES = ("Žluťoučký kůň", "Řízek", "rizoto 100 %", "Čaj_zelený", "Kuře (1/2)")


@pytest.fixture
def listed(till: TestShop) -> TestShop:
    with till.store.fact() as tables:
        more = [Item(f"cz-{n}", name, Money(100), VatClass.REDUCED, "food") for n, name in enumerate(NAMES)]
        for items in (ITEMS, more):
            catalogue.put_items(tables, items, stamps={item.item_id: "" for item in items})
    return till


def found(till: TestShop, search: str, *, category_id: str | None = None) -> list[str]:
    hits = catalogue.list_items(till.store.tables, category_id=category_id, search=search, limit=50)
    assert catalogue.count_items(till.store.tables, category_id=category_id, search=search) == len(hits)
    return [item.name for item in hits]


@pytest.mark.parametrize(
    ("search", "names"),
    [
        ("kun", ["Žluťoučký kůň"]),
        ("KŮŇ ŽLUŤ", ["Žluťoučký kůň"]),
        ("řiz", ["Řízek", "rizoto 100 %"]),
        ("riz", ["Řízek", "rizoto 100 %"]),
        ("%", ["rizoto 100 %"]),
        ("_", ["Čaj_zelený"]),
        ("nic", []),
        ("8594001", ["Rohlík tukový"]),
        ("40123455", ["Mýdlo s jelenem"]),
        ("3", ["Jablka Gála"]),
        ("100", ["rizoto 100 %"]),
        ("'; DROP TABLE item; --", []),
    ],
)
def test_a_search_finds_names_in_any_case_and_without_diacritics_and_codes(
    listed: TestShop, search: str, names: list[str]
) -> None:
    assert found(listed, search) == names


def test_a_list_is_ordered_by_the_folded_name_and_paged(listed: TestShop) -> None:
    every = found(listed, "")
    assert every[:4] == ["Čaj_zelený", "Jablka Gála", "Kuře (1/2)", "Mýdlo s jelenem"]
    tables = listed.store.tables
    pages = [catalogue.list_items(tables, category_id=None, limit=4, offset=offset) for offset in (0, 4, 8)]
    assert [item.name for page in pages for item in page] == every
    assert found(listed, "", category_id="food") == [
        "Čaj_zelený",
        "Kuře (1/2)",
        "Řízek",
        "rizoto 100 %",
        "Žluťoučký kůň",
    ]


def test_an_item_is_kept_whole_and_replaced_whole(listed: TestShop) -> None:
    tables = listed.store.tables
    assert set(catalogue.load_items(tables, [item.item_id for item in ITEMS])) == set(ITEMS)
    changed = replace(SOAP, name="Mýdlo", price=None, eans=("111",), labels=("pokl1", "pokl2"), category_id="drug")
    with listed.store.fact():
        catalogue.put_item(tables, changed, stamp="")
    assert catalogue.load_items(tables, [SOAP.item_id, "nobody", ROLL.item_id]) == (changed, ROLL)
    assert catalogue.items_by_code(tables, "40123455") == ()


def test_an_item_answers_to_each_of_its_codes_and_one_code_may_name_several(listed: TestShop) -> None:
    tables = listed.store.tables
    for code in (*SOAP.eans, SOAP.plu):
        assert catalogue.items_by_code(tables, code) == (SOAP,)
    twin = replace(APPLES, item_id="twin", name="Hrušky", eans=(SOAP.eans[1],), plu="1")
    with listed.store.fact():
        catalogue.put_item(tables, twin, stamp="")
    assert catalogue.items_by_code(tables, SOAP.eans[1]) == (twin, SOAP)
    assert catalogue.items_by_code(tables, "1") == (twin, ROLL)
    assert catalogue.items_by_code(tables, "") == ()
    assert catalogue.items_by_code(tables, "8594") == ()


def test_what_is_deleted_or_out_of_scope_is_nowhere(listed: TestShop) -> None:
    tables = listed.store.tables
    with listed.store.fact():
        catalogue.mark_deleted(tables, SOAP.item_id, stamp="")
    rows(listed.shop, "UPDATE item SET in_scope = 0 WHERE item_id = ?", ROLL.item_id)
    assert not {"Rohlík tukový", "Mýdlo s jelenem"} & set(found(listed, ""))
    assert catalogue.load_items(tables, [SOAP.item_id, ROLL.item_id]) == ()
    assert catalogue.items_by_code(tables, SOAP.eans[0]) == catalogue.items_by_code(tables, ROLL.plu) == ()
    assert catalogue.similar_items(tables, [SOAP, ROLL]) == ()


def test_similar_items_share_an_id_or_a_code_or_without_codes_the_name(listed: TestShop) -> None:
    tables = listed.store.tables
    asked = [
        replace(ROLL, eans=("111",)),
        Item("new-1", "něco jiného", None, VatClass.ZERO, eans=("000", SOAP.eans[1])),
        Item("new-2", "Jablka Gála", None, VatClass.ZERO),
        Item("new-3", "Řízek", None, VatClass.ZERO, eans=("222",)),
    ]
    assert {item.item_id for item in catalogue.similar_items(tables, asked)} == {
        ROLL.item_id, SOAP.item_id, APPLES.item_id,
    }  # fmt: skip


def test_the_last_sold_items_come_newest_first_and_once(listed: TestShop) -> None:
    tables = listed.store.tables
    assert catalogue.last_sold_ids(tables, limit=5) == []
    open_for_sale(listed.shop)
    sell(listed.shop, ROLL)
    sell(listed.shop, SOAP, APPLES)
    sell(listed.shop, ROLL)
    assert catalogue.last_sold_ids(tables, limit=5) == [ROLL.item_id, APPLES.item_id, SOAP.item_id]
    assert catalogue.last_sold_ids(tables, limit=1) == [ROLL.item_id]
    assert OTHER.item_id not in catalogue.last_sold_ids(tables, limit=5)


def test_categories_come_in_order_of_position(till: TestShop) -> None:
    made = [
        Category("c2", "Pečivo", "#111111", 2),
        Category("c1", "Nápoje", "#222222", 1),
        Category("c3", "Akce", "#3", 1),
    ]
    with till.store.fact() as tables:
        for category in made:
            catalogue.put_category(tables, category, stamp="")
        catalogue.put_category(tables, replace(made[0], name="Chléb"), stamp="")
    assert [category.name for category in catalogue.categories(till.store.tables)] == ["Akce", "Nápoje", "Chléb"]


def test_an_item_keeps_the_highest_stamp_of_its_fields_also_when_it_is_deleted(till: TestShop) -> None:
    with till.store.fact() as tables:
        catalogue.put_items(tables, [ROLL, SOAP], stamps={ROLL.item_id: "1:0:x", SOAP.item_id: "2:0:x"})
        catalogue.put_item(tables, ROLL, stamp="3:0:x")
        catalogue.mark_deleted(tables, SOAP.item_id, stamp="4:0:x")
    stamps = catalogue.stamps_of_items(till.store.tables, [ROLL.item_id, SOAP.item_id, "nothing"])
    assert stamps == {ROLL.item_id: "3:0:x", SOAP.item_id: "4:0:x"}
    assert catalogue.stamp_of_item(till.store.tables, "nothing") == ""
