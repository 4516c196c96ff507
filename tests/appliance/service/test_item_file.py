import pytest

from appliance.domain.catalogue import Item, Unit
from appliance.domain.fiscal import Reporting
from appliance.domain.money import Money
from appliance.domain.vat import VatClass
from appliance.service.item_file import BadRow, FileUnreadable, ItemFile, read_item_file
from tests.shops import counted_ids


def read(content: str | bytes) -> ItemFile:
    return read_item_file(content.encode() if isinstance(content, str) else content, new_id=counted_ids())


def test_a_full_row_is_an_item() -> None:
    file = read(
        "ean,name,price,vat,category,labels,plu,unit,evidence,za_poplatnika\n"
        '111 222,Čaj,"49,90",12 %,Nápoje,a|b| |a,7,kg,Ne,cz 12345678\n'
    )
    (item,) = file.items
    assert item == Item(
        item.item_id, "Čaj", Money(4990), VatClass.REDUCED, "Nápoje", "7", Unit.KILOGRAM, ("111", "222"), ("a", "b"),
        Reporting.NOT_REPORTED, "CZ12345678",
    )  # fmt: skip
    assert file.categories == ["Nápoje"]
    assert file.silent_on == {item.item_id: frozenset()}


def test_a_short_row_says_little() -> None:
    file = read("name\nČaj\n")
    (item,) = file.items
    assert item == Item(item.item_id, "Čaj", None, VatClass.STANDARD)
    assert file.silent_on == {item.item_id: frozenset({"vat_class", "unit", "reporting", "principal"})}


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_the_delimiter_the_line_ends_and_the_mark_are_found_out(delimiter: str, newline: str, mark: bytes) -> None:
    table = [["EAN", " Name ", "price"], ["111", '"Čaj, ""zelený""; sáček"', "12.50"], ["222", "Káva", "9"]]
    text = "".join(delimiter.join(row) + newline for row in table)
    items = read(mark + text.encode()).items
    assert [(item.name, item.eans, item.price) for item in items] == [
        ('Čaj, "zelený"; sáček', ("111",), Money(1250)),
        ("Káva", ("222",), Money(900)),
    ]


def test_the_code_page_of_czech_windows_is_read() -> None:
    (item,) = read("name;price\nŽluťoučký kůň úpěl ďábelské ódy;1\n".encode("cp1250")).items
    assert item.name == "Žluťoučký kůň úpěl ďábelské ódy"


def test_a_windows_letter_read_as_latin_1_on_its_way_is_mended() -> None:
    assert [item.name for item in read("name\nsu\x9aené \x8a\x9d\n").items] == ["sušené Šť"]


def test_spaces_in_a_name_are_single() -> None:
    assert [item.name for item in read("name\n  Čaj \u00a0  zelený \n").items] == ["Čaj zelený"]


@pytest.mark.parametrize(
    ("word", "reporting"),
    [
        ("", Reporting.REPORTED), ("ano", Reporting.REPORTED), ("NE", Reporting.NOT_REPORTED),
        ("Poukaz", Reporting.VOUCHER), ("not_reported", Reporting.NOT_REPORTED),
    ],
)  # fmt: skip
def test_a_row_says_whether_the_item_is_reported(word: str, reporting: Reporting) -> None:
    assert [item.reporting for item in read(f"name,evidence\nČaj,{word}\n").items] == [reporting]


@pytest.mark.parametrize(
    ("row", "rule", "value"),
    [("Čaj,možná,", "bad_evidence", "možná"), ("Čaj,ano,12345678", "principal_not_a_number", "12345678")],
)
def test_a_row_that_says_it_wrongly_is_refused(row: str, rule: str, value: str) -> None:
    assert read(f"name,evidence,za_poplatnika\n{row}\n").bad == [BadRow(2, rule, value)]


BAD = """ean,name,price,vat,category,unit
111,Dobrý,1,21,,
222,,1,21,,
333,Cena,jedna,21,,
444,Cena,-1,21,,
555,Daň,1,15,,
abc,Kód,1,21,,
666,Jednotka,1,21,,bedna

777,"Dva
řádky",1,21,,
888,Moc,1,21,,,,navíc
999,Kategorie,1,21,"a\tb",
"""


def test_each_bad_row_is_told_with_its_line_and_the_good_ones_are_kept() -> None:
    file = read(BAD + "000,Poslední,2,21,Konec,ks,,\n")
    assert [(row.line, row.rule) for row in file.bad] == [
        (3, "name_empty"),
        (4, "bad_price"),
        (5, "price_negative"),
        (6, "bad_vat"),
        (7, "eans_not_digits"),
        (8, "bad_unit"),
        (12, "too_many_columns"),
        (13, "bad_category"),
    ]
    assert file.bad[1] == BadRow(4, "bad_price", "jedna")
    assert [item.name for item in file.items] == ["Dobrý", "Dva řádky", "Poslední"]
    assert file.categories == ["Konec"]


@pytest.mark.parametrize(
    ("name", "rule"),
    [("x" * 121, "name_too_long"), ("Čaj\x07", "name_unprintable"), ("Čaj\x81", "name_unprintable")],
)
def test_a_name_no_paper_can_show_is_refused(name: str, rule: str) -> None:
    assert [(row.line, row.rule) for row in read(f"name\n{name}\n").bad] == [(2, rule)]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "`name` is missing"),
        (b"ean,price\n1,2\n", "`name` is missing"),
        (b"name,colour\n1,2\n", "unknown column 'colour'"),
        ("name\nČaj\n".encode("utf-16"), "not a text file"),
        (b"name\n\x81\x83\xff\n", "neither UTF-8 nor Windows-1250"),
        (b"name\n" + b"x" * 200_000 + b"\n", "line 2"),
    ],
)
def test_a_file_that_is_no_price_list_is_refused_as_a_whole(content: bytes, why: str) -> None:
    with pytest.raises(FileUnreadable, match=why):
        read(content)


def test_a_file_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("appliance.service.item_file.BYTES_MAX", 100)
    with pytest.raises(FileUnreadable, match="too many"):
        read(b"name\n" + b"x\n" * 100)
