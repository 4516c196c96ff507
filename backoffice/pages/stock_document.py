"""Příjem, inventura, převodka, odpis: one form of many lines. A line comes by a scan or by a few letters of the name;
everything typed travels in the form itself until it is saved, so it works without JavaScript."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from appliance.domain.catalogue import Unit
from appliance.domain.money import THOUSANDTHS, NotAnAmount, Quantity, format_quantity, parse_quantity
from appliance.domain.pricelist import RowKind
from appliance.domain.stock import (
    NOTE_CHARS_MAX,
    MoveKind,
    StockInvalid,
    StockMoved,
    goods_receipt,
    stocktake,
    transfer,
    write_off,
)
from backoffice.accounts import Session
from backoffice.movements import MovementInvalid
from backoffice.pages.forms import Form, Typed
from backoffice.pages.render import render
from backoffice.pages.signed_in import SignedIn
from backoffice.pages.words import mark
from backoffice.pricelist.listing import find_items, row_of, rows_of
from backoffice.reports import tills_behind
from backoffice.site import CurrentSite, Site
from backoffice.stock import OtherDocument, move_stock
from backoffice.stock_listing import levels_of

router = APIRouter()

LINES_MAX = 200
HITS_MAX = 12
KNOWN_DIGITS_MAX = 15
DOCUMENTS = {
    "receive": MoveKind.GOODS_RECEIPT,
    "stocktake": MoveKind.STOCKTAKE,
    "transfer": MoveKind.TRANSFER,
    "write-off": MoveKind.WRITE_OFF,
}
NOT_FOUND = mark("Položka s tímto kódem ani názvem v ceníku není.")
TOO_MANY = mark("Na jednom dokladu je nejvýš 200 položek. Uložte ho a začněte další.")
WRONG_QUANTITY = mark("Množství je číslo větší než nula, nejvýš se třemi desetinnými místy.")
WRONG_COUNT = mark("Napočítané množství je číslo, nejvýš se třemi desetinnými místy; nic je 0.")
NO_LINES = mark("Přidejte aspoň jednu položku.")
NO_WAREHOUSE = mark("Vyberte sklad.")
SAME_WAREHOUSE = mark("Zboží se převádí mezi dvěma různými sklady.")
ALREADY = mark("Tento doklad už je zapsaný, s jinými položkami. Zapíšete-li ho znovu, bude to další doklad.")
TOO_MUCH = mark("Tolik se najednou přesunout nedá. Zkontrolujte množství.")


@dataclass(frozen=True)
class Line:
    """`quantity` as typed; `known` is the level in thousandths when the line was added, of a stocktake."""

    item_id: str
    name: str
    unit: str
    quantity: str
    known: int
    error: str = ""

    @property
    def difference(self) -> Quantity | None:
        count = _quantity(self.quantity)
        return Quantity(count.thousandths - self.known) if count else None

    @property
    def known_text(self) -> str:
        return format_quantity(Quantity(self.known))


@dataclass
class Document:
    kind: MoveKind
    warehouse: str = ""
    to_warehouse: str = ""
    note: str = ""
    lines: list[Line] = field(default_factory=list)
    find: str = ""
    hits: list[dict[str, Any]] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)
    added: str = ""
    doc_id: str = field(default_factory=lambda: str(uuid.uuid4()))


@router.get("/stock/documents/{word}")
def empty(word: str, request: Request, site: CurrentSite, session: SignedIn) -> Response:
    kind = DOCUMENTS.get(word)
    if kind is None:
        return render(request, site, "missing.html", session=session, status=404)
    warehouse = request.query_params.get("warehouse", "").replace("\0", "")
    return _page(request, site, session, word, Document(kind, warehouse=warehouse))


@router.post("/stock/documents/{word}")
def work(word: str, request: Request, site: CurrentSite, session: SignedIn, form: Form) -> Response:
    """Add a line, take one away, or save: whichever button was pressed."""
    kind = DOCUMENTS.get(word)
    if kind is None:
        return render(request, site, "missing.html", session=session, status=404)
    document = _read(site, session, kind, form)
    if form.has("remove"):
        document.lines = [line for line in document.lines if line.item_id != form.one("remove")]
    elif form.has("pick"):
        _pick(site, session, document, form.one("pick"))
    elif document.find:
        _find(site, session, document)
    elif form.one("action") == "save" and _save(site, session, document):
        return RedirectResponse("/stock?" + urlencode({"warehouse": document.warehouse, "done": word}), status_code=303)
    return _page(request, site, session, word, document)


def _page(request: Request, site: Site, session: Session, word: str, document: Document) -> Response:
    tables, account_id = site.tables, session.account_id
    warehouses = rows_of(tables, account_id, RowKind.WAREHOUSE)
    if not document.warehouse and len(warehouses) == 1:
        document.warehouse = warehouses[0]["row_id"]
    return render(
        request,
        site,
        "stock_document.html",
        session=session,
        status=400 if document.errors or any(line.error for line in document.lines) else 200,
        document=document,
        word=word,
        warehouses=warehouses,
        behind=tills_behind(tables, account_id, document.warehouse, now=site.now()) if word == "stocktake" else (),
        note_chars_max=NOTE_CHARS_MAX,
    )


def _read(site: Site, session: Session, kind: MoveKind, form: Typed) -> Document:
    """Items are read anew by their ids: of a form, only what a person may type is believed."""
    document = Document(
        kind,
        warehouse=form.one("warehouse"),
        to_warehouse=form.one("to_warehouse"),
        note=form.one("note")[:NOTE_CHARS_MAX],
        find=form.one("find"),
    )
    document.doc_id = _doc_id(form.one("doc_id")) or document.doc_id
    typed = zip(form.all("item_id"), form.all("quantity"), form.all("known"), strict=False)
    for item_id, quantity, known in list(typed)[:LINES_MAX]:
        row = row_of(site.tables, session.account_id, RowKind.ITEM, item_id)
        if row is not None:
            document.lines.append(_line(row, quantity=quantity, known=_whole(known)))
    if kind is MoveKind.STOCKTAKE and form.one("was_warehouse") != document.warehouse:
        _know(site, session, document)
    return document


def _doc_id(text: str) -> str:
    """Empty when it is none: the form carries it from its first page on, so that sent twice it is written once."""
    try:
        return str(uuid.UUID(text))
    except ValueError:
        return ""


def _know(site: Site, session: Session, document: Document) -> None:
    """The levels of another warehouse."""
    ids = [line.item_id for line in document.lines]
    levels = levels_of(site.tables, session.account_id, document.warehouse, ids)
    document.lines = [replace(line, known=levels.get(line.item_id, 0)) for line in document.lines]


def _whole(text: str) -> int:
    digits = text.removeprefix("-")
    return int(text) if digits.isascii() and digits.isdigit() and len(digits) <= KNOWN_DIGITS_MAX else 0


def _line(row: dict[str, Any], *, quantity: str, known: int) -> Line:
    return Line(row["row_id"], row["name"], row["fields"].get("unit") or Unit.PIECE.value, quantity, known)


def _find(site: Site, session: Session, document: Document) -> None:
    """One hit is added at once, several are shown to choose from."""
    hits = find_items(site.tables, session.account_id, document.find, limit=HITS_MAX)
    if len(hits) == 1:
        _pick(site, session, document, hits[0]["row_id"])
    elif hits:
        document.hits = hits
    else:
        document.errors["find"] = NOT_FOUND


def _pick(site: Site, session: Session, document: Document, item_id: str) -> None:
    """A new line, or one more of an item that is on the document already, as when it is scanned again."""
    row = row_of(site.tables, session.account_id, RowKind.ITEM, item_id)
    if row is None:
        document.errors["find"] = NOT_FOUND
        return
    document.find, document.added = "", item_id
    for at, line in enumerate(document.lines):
        if line.item_id == item_id:
            had = _quantity(line.quantity)
            more = format_quantity(Quantity(had.thousandths + THOUSANDTHS)) if had else line.quantity
            document.lines[at] = replace(line, quantity=more)
            return
    if len(document.lines) >= LINES_MAX:
        document.errors["find"] = TOO_MANY
        return
    levels = levels_of(site.tables, session.account_id, document.warehouse, [item_id])
    document.lines.append(_line(row, quantity="1", known=levels.get(item_id, 0)))


def _quantity(text: str) -> Quantity | None:
    try:
        return parse_quantity(text)
    except NotAnAmount:
        return None


def _save(site: Site, session: Session, document: Document) -> bool:
    """False when something is wrong, which then stands at its field."""
    _check(site, session, document)
    quantities = [(line, _quantity(line.quantity)) for line in document.lines]
    good = [(line, quantity) for line, quantity in quantities if quantity and _fits(document.kind, quantity)]
    if len(good) < len(quantities):
        sentence = WRONG_COUNT if document.kind is MoveKind.STOCKTAKE else WRONG_QUANTITY
        right = {line.item_id for line, _ in good}
        document.lines = [line if line.item_id in right else replace(line, error=sentence) for line, _ in quantities]
        return False
    if document.errors:
        return False
    try:
        moved = _moved(document, good, user=session.email)
        doc_id, now = document.doc_id, site.now()
        move_stock(site.tables, session.account_id, moved, user=session.email, now=now, doc_id=doc_id)
    except OtherDocument:
        document.errors["lines"], document.doc_id = ALREADY, str(uuid.uuid4())
        return False
    except (StockInvalid, MovementInvalid):
        document.errors["lines"] = TOO_MUCH
        return False
    site.hub.publish(session.account_id)
    return True


def _fits(kind: MoveKind, quantity: Quantity) -> bool:
    return quantity.thousandths > 0 or kind is MoveKind.STOCKTAKE


def _check(site: Site, session: Session, document: Document) -> None:
    wanted = {"warehouse": document.warehouse}
    if document.kind is MoveKind.TRANSFER:
        wanted["to_warehouse"] = document.to_warehouse
    for name, warehouse in wanted.items():
        row = row_of(site.tables, session.account_id, RowKind.WAREHOUSE, warehouse)
        if row is None or row["deleted"]:
            document.errors[name] = NO_WAREHOUSE
    if not document.errors and document.kind is MoveKind.TRANSFER and document.warehouse == document.to_warehouse:
        document.errors["to_warehouse"] = SAME_WAREHOUSE
    if not document.lines:
        document.errors["find"] = NO_LINES


def _moved(document: Document, lines: Sequence[tuple[Line, Quantity]], *, user: str) -> StockMoved:
    quantities = [(line.item_id, quantity) for line, quantity in lines]
    note = document.note
    match document.kind:
        case MoveKind.GOODS_RECEIPT:
            return goods_receipt(warehouse_id=document.warehouse, quantities=quantities, user=user, note=note)
        case MoveKind.WRITE_OFF:
            return write_off(warehouse_id=document.warehouse, quantities=quantities, user=user, note=note)
        case MoveKind.TRANSFER:
            return transfer(
                from_warehouse=document.warehouse,
                to_warehouse=document.to_warehouse,
                quantities=quantities,
                user=user,
                note=note,
            )
        case _:
            found = [(line.item_id, Quantity(line.known), count) for line, count in lines]
            return stocktake(warehouse_id=document.warehouse, found=found, user=user, note=note)
