"""The stock in words: how much there is of an item, and documents that move goods."""

from collections.abc import Sequence
from dataclasses import dataclass

from appliance.domain.money import THOUSANDTHS, NotAnAmount, Quantity, format_quantity, parse_quantity
from appliance.domain.pricelist import Warehouse
from appliance.domain.stock import DraftLine, MoveKind, StockDraft, StockInvalid
from appliance.i18n import _
from appliance.ui.presenter.bill import CROWN_DIGITS_MAX
from appliance.ui.presenter.data import warehouse_name
from appliance.ui.presenter.items import count_text
from appliance.ui.presenter.lamp import GOOD, WAITS, WRONG
from appliance.ui.presenter.words import error_sentence

DOCUMENTS = (MoveKind.GOODS_RECEIPT, MoveKind.STOCKTAKE, MoveKind.TRANSFER, MoveKind.WRITE_OFF)
MINUS = "−"
LOW = Quantity(5000)
"""So much or less is said to be little."""
TOLD_MAX = Quantity(999_000)
"""More than this needs no exact number on a tile."""


@dataclass(frozen=True)
class StockSign:
    """How an item stands in the warehouse; nothing where no stock is kept of it."""

    words: str = ""
    tone: str = "quiet"


@dataclass(frozen=True)
class StockRow:
    """A row of the list or of a document."""

    item_id: str
    title: str
    detail: str
    value: str
    state: str = ""
    tone: str = "quiet"


def level_text(level: Quantity, unit: str) -> str:
    return f"{quantity_text(level)} {unit}".rstrip()


def quantity_text(quantity: Quantity) -> str:
    return format_quantity(quantity).replace("-", MINUS)


def tile_sign(level: Quantity | None) -> StockSign:
    """`není`, `málo`, or how many whole units, as a tile has little room; and a colour."""
    if level is None:
        return StockSign()
    if level.thousandths <= 0:
        return StockSign(_("není"), WRONG)
    if level <= LOW:
        return StockSign(_("málo"), WAITS)
    return StockSign("999+" if level > TOLD_MAX else str(level.thousandths // THOUSANDTHS), GOOD)


def level_state(level: Quantity) -> StockSign:
    """In a list, beside the number."""
    if level.thousandths < 0:
        return StockSign(_("v mínusu"), WRONG)
    if not level.thousandths:
        return StockSign(_("není"), WRONG)
    return StockSign(_("málo"), WAITS) if level <= LOW else StockSign(_("skladem"), GOOD)


def list_row(item_id: str, name: str, level: Quantity, unit: str, *, detail: str = "") -> StockRow:
    state = level_state(level)
    return StockRow(item_id, name, detail, level_text(level, unit), state.words, state.tone)


def below_zero_words(name: str, left: Quantity, unit: str) -> str:
    """A sale takes more than there is: it is said, and sold."""
    missing = level_text(Quantity(-left.thousandths), unit)
    return _("{name}: ve skladu chybí {missing}. Prodat lze, zásobu zkontrolujte.").format(name=name, missing=missing)


def kind_name(kind: MoveKind) -> str:
    """Of one of DOCUMENTS."""
    return {
        MoveKind.GOODS_RECEIPT: _("Příjem"),
        MoveKind.STOCKTAKE: _("Inventura"),
        MoveKind.TRANSFER: _("Převodka"),
        MoveKind.WRITE_OFF: _("Odpis"),
    }[kind]


def draft_about(draft: StockDraft, warehouses: Sequence[Warehouse]) -> str:
    """Which warehouse, where to, and the note or reason."""
    here = warehouse_name(draft.warehouse_id, warehouses)
    if draft.to_warehouse:
        here = f"{here} → {warehouse_name(draft.to_warehouse, warehouses)}"
    return " · ".join(filter(None, (here, draft.note)))


def draft_row(draft: StockDraft, line: DraftLine, *, name: str, unit: str) -> StockRow:
    """What the line does to the level, as it was known when the line was written."""
    known, quantity = line.known.thousandths, line.quantity.thousandths
    value = level_text(line.quantity, unit)
    if draft.kind is MoveKind.STOCKTAKE:
        detail = _("ve skladu má být {known}").format(known=level_text(line.known, unit))
        difference = quantity - known
        if not difference:
            return StockRow(line.item_id, name, detail, value, _("souhlasí"), GOOD)
        state = ("+" if difference > 0 else "") + level_text(Quantity(difference), unit)
        return StockRow(line.item_id, name, detail, value, state, WAITS)
    after = Quantity(known + quantity if draft.kind is MoveKind.GOODS_RECEIPT else known - quantity)
    detail = _("ve skladu {known}, potom {after}").format(known=quantity_text(line.known), after=quantity_text(after))
    state = _("bude v mínusu") if after.thousandths < 0 else ""
    return StockRow(line.item_id, name, detail, value, state, WRONG if state else "quiet")


def begun_words(draft: StockDraft) -> str:
    return _("rozepsáno: {items}").format(items=count_text(len(draft.lines)))


def other_begun_words(draft: StockDraft) -> str:
    """Why another document cannot be begun."""
    return _("Nejdřív uložte nebo zahoďte rozepsaný doklad: {kind}, {items}.").format(
        kind=kind_name(draft.kind), items=count_text(len(draft.lines))
    )


def saved_words(kind: MoveKind, lines: int) -> str:
    return _("Uloženo: {kind}, {items}. Doklad se tiskne.").format(kind=kind_name(kind), items=count_text(lines))


def empty_words(kind: MoveKind) -> str:
    """What to do in a document without lines."""
    if kind is MoveKind.STOCKTAKE:
        return _("Načtěte kód a spočítejte kusy. Nejdřív počet: 12 × kód.")
    return _("Načtěte kód nebo hledejte položku. Víc kusů: 12 × kód.")


def quantity_typed(text: str, kind: MoveKind) -> Quantity:
    """A typed quantity; only a count may be nothing. Raises NotAnAmount, StockInvalid."""
    if len(text.strip().partition(",")[0]) > CROWN_DIGITS_MAX:
        raise NotAnAmount(text)  # a code that was scanned instead
    quantity = parse_quantity(text)
    if not quantity.thousandths and kind is not MoveKind.STOCKTAKE:
        raise StockInvalid("no_quantity")
    return quantity


def stock_error(error: Exception) -> str:
    """Why a document is refused, and what to do."""
    known = {
        "stock_no_warehouse": _("Pokladna nemá sklad. Zvolte ho v Nastavení › Data a synchronizace."),
        "stock_other_warehouse": _("Pokladna má teď jiný sklad než tento doklad. Zahoďte ho a začněte nový."),
        "stock_reason_missing": _("Napište důvod odpisu."),
        "empty": _("Doklad je prázdný. Přidejte položku."),
        "too_many": _("Doklad je plný. Uložte ho a pokračujte na dalším."),
        "too_much": _("Takové množství nejde zapsat. Zadejte menší."),
        "no_quantity": _("Množství nemůže být nula. Zadejte jiné, nebo položku odeberte."),
        "same_warehouse": _("Převést lze jen do jiného skladu."),
    }
    if isinstance(error, NotAnAmount):
        return _("To není množství. Zadejte číslo, například 12 nebo 1,5.")
    return known.get(getattr(error, "rule", "")) or error_sentence(error)
