"""Stock in words and colours: tiles, lists, documents, and what is refused."""

from dataclasses import replace

import pytest

from appliance.domain.money import NotAnAmount, Quantity
from appliance.domain.pricelist import Warehouse
from appliance.domain.stock import DraftLine, MoveKind, StockDraft, StockInvalid
from appliance.service.errors import Refused, StoreFailed
from appliance.ui.presenter.stock import (
    DOCUMENTS,
    StockSign,
    begun_words,
    below_zero_words,
    draft_about,
    draft_row,
    empty_words,
    kind_name,
    level_text,
    list_row,
    other_begun_words,
    quantity_typed,
    saved_words,
    stock_error,
    tile_sign,
)


def pieces(n: int) -> Quantity:
    return Quantity(n * 1000)


COUNT = StockDraft(MoveKind.STOCKTAKE, "w1", (DraftLine("item", pieces(8), pieces(10)),))


@pytest.mark.parametrize(
    ("thousandths", "sign"),
    [
        (None, StockSign("", "quiet")),
        (-2000, StockSign("není", "danger")),
        (0, StockSign("není", "danger")),
        (1, StockSign("málo", "warning")),
        (5000, StockSign("málo", "warning")),
        (5001, StockSign("5", "good")),
        (18_950, StockSign("18", "good")),
        (999_000, StockSign("999", "good")),
        (999_001, StockSign("999+", "good")),
    ],
)
def test_a_tile_says_by_word_and_colour_whether_there_is_any(thousandths: int | None, sign: StockSign) -> None:
    assert tile_sign(None if thousandths is None else Quantity(thousandths)) == sign


@pytest.mark.parametrize(
    ("n", "value", "state", "tone"),
    [
        (-3, "−3 ks", "v mínusu", "danger"),
        (0, "0 ks", "není", "danger"),
        (5, "5 ks", "málo", "warning"),
        (6, "6 ks", "skladem", "good"),
    ],
)
def test_a_row_of_the_list_has_the_number_and_a_word(n: int, value: str, state: str, tone: str) -> None:
    row = list_row("item", "Rohlík", pieces(n), "ks")
    assert (row.title, row.value, row.state, row.tone) == ("Rohlík", value, state, tone)


def test_what_is_missing_is_said_as_a_positive_number() -> None:
    assert below_zero_words("Rohlík", pieces(-2), "ks").startswith("Rohlík: ve skladu chybí 2 ks.")


@pytest.mark.parametrize(("counted", "state"), [(8, "−2 ks"), (13, "+3 ks"), (10, "souhlasí")])
def test_a_stocktake_shows_what_is_known_and_the_difference(counted: int, state: str) -> None:
    row = draft_row(COUNT, DraftLine("item", pieces(counted), pieces(10)), name="Rohlík", unit="ks")
    assert (row.detail, row.value, row.state) == ("ve skladu má být 10 ks", f"{counted} ks", state)


@pytest.mark.parametrize(
    ("kind", "detail", "state"),
    [
        (MoveKind.GOODS_RECEIPT, "ve skladu 2, potom 5", ""),
        (MoveKind.WRITE_OFF, "ve skladu 2, potom −1", "bude v mínusu"),
        (MoveKind.TRANSFER, "ve skladu 2, potom −1", "bude v mínusu"),
    ],
)
def test_other_documents_show_the_level_before_and_after(kind: MoveKind, detail: str, state: str) -> None:
    row = draft_row(replace(COUNT, kind=kind), DraftLine("item", pieces(3), pieces(2)), name="Rohlík", unit="ks")
    assert (row.detail, row.value, row.state) == (detail, "3 ks", state)


def test_a_document_says_where_from_where_to_and_why() -> None:
    known = (Warehouse("w1", "Hlavní", "Praha"), Warehouse("w2", "Stánek", ""))
    draft = replace(COUNT, to_warehouse="w2", note="na trh")
    assert draft_about(draft, known) == "Hlavní (Praha) → Stánek · na trh"
    assert draft_about(COUNT, known) == "Hlavní (Praha)"


def test_every_kind_of_document_has_a_name_of_its_own() -> None:
    assert len({kind_name(kind) for kind in DOCUMENTS}) == len(DOCUMENTS) == 4
    assert empty_words(MoveKind.STOCKTAKE) != empty_words(MoveKind.WRITE_OFF)


def test_a_draft_and_a_saved_document_say_how_many_items() -> None:
    assert begun_words(COUNT) == "rozepsáno: 1 položka"
    assert other_begun_words(COUNT).endswith("Inventura, 1 položka.")
    assert saved_words(MoveKind.STOCKTAKE, 3).startswith("Uloženo: Inventura, 3 položky.")


def test_a_quantity_has_decimals_and_only_a_count_may_be_nothing() -> None:
    assert quantity_typed("1,25", MoveKind.WRITE_OFF) == Quantity(1250)
    assert quantity_typed("0", MoveKind.STOCKTAKE) == Quantity(0)
    with pytest.raises(StockInvalid, match="no_quantity"):
        quantity_typed("0", MoveKind.GOODS_RECEIPT)


@pytest.mark.parametrize("text", ["", "abc", "8594001021234"])
def test_a_scanned_code_is_no_quantity(text: str) -> None:
    with pytest.raises(NotAnAmount):
        quantity_typed(text, MoveKind.STOCKTAKE)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (StockInvalid("empty"), "Doklad je prázdný."),
        (StockInvalid("too_many"), "Doklad je plný."),
        (StockInvalid("no_quantity"), "Množství nemůže být nula."),
        (Refused("stock_no_warehouse"), "Pokladna nemá sklad."),
        (Refused("stock_other_warehouse"), "Pokladna má teď jiný sklad"),
        (NotAnAmount("x"), "To není množství."),
        (StoreFailed("disk full"), "Uložení se nepodařilo"),
    ],
)
def test_what_is_refused_says_what_to_do(error: Exception, words: str) -> None:
    assert stock_error(error).startswith(words)


def test_a_level_without_a_unit_is_a_number_alone() -> None:
    assert level_text(Quantity(-1500), "") == "−1,5"
