"""Ceník: items, found and filtered; one item with its history; many at once; two that are one."""

import uuid
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from appliance.domain.pricelist import DELETED, FieldInvalid, Fields, RowKind, members
from backoffice.accounts import Session
from backoffice.pages.edits import edit
from backoffice.pages.forms import Form, Typed
from backoffice.pages.item_form import (
    TOO_MANY,
    ItemForm,
    changes_of,
    form_of_item,
    form_of_typed,
    labels_typed,
    new_item,
    registers_of,
)
from backoffice.pages.render import render
from backoffice.pages.signed_in import SignedIn
from backoffice.pages.words import mark
from backoffice.pricelist.listing import (
    PAGE_ROWS,
    ItemFilter,
    categories_of,
    history_of,
    item_page,
    labels_of,
    row_of,
    rows_of,
    twins_of_item,
    twins_of_list,
)
from backoffice.pricelist.writing import merge_items
from backoffice.site import CurrentSite, Site
from backoffice.stock_listing import item_levels

router = APIRouter()

NOTHING_TYPED = Typed({})
BULK_NOTHING = mark("Zaškrtněte nejdřív položky, kterých se to týká.")
BULK_LABEL = mark("Napište štítek: jedno slovo, nejvýš 32 znaků.")
MERGE_TOO_MANY = mark("Sloučit nejdou: tolik kódů a štítků jedna položka mít nemůže. Nic se nezměnilo.")
BULK_CATEGORY = mark("Vyberte kategorii.")


@router.get("/pricelist")
def items(request: Request, site: CurrentSite, session: SignedIn) -> Response:
    return _list(request, site, session, "pricelist.html")


@router.get("/fragments/pricelist")
def items_fragment(request: Request, site: CurrentSite, session: SignedIn) -> Response:
    return _list(request, site, session, "pricelist_live.html")


def _list(
    request: Request, site: Site, session: Session, template: str, *, error: str = "", typed: Typed = NOTHING_TYPED
) -> Response:
    wanted = ItemFilter.of_query(request.query_params)
    after = request.query_params.get("after", "").replace("\0", "")
    categories = categories_of(site.tables, session.account_id)
    return render(
        request,
        site,
        template,
        session=session,
        status=400 if error else 200,
        filter=wanted,
        after=after,
        page=item_page(site.tables, session.account_id, wanted, after=after),
        categories=categories,
        by_id={each["row_id"]: each for each in categories},
        labels=labels_of(site.tables, session.account_id),
        done="".join(c for c in request.query_params.get("done", "")[:3] if c.isdigit()),
        error=error,
        chosen=typed.all("id"),
        typed=typed,
    )


@router.post("/pricelist/bulk")
def bulk(request: Request, site: CurrentSite, session: SignedIn, form: Form) -> Response:
    """The filter stands in the address, so that the answer is the same list."""
    ids = form.all("id")[:PAGE_ROWS]
    changes, error = _bulk_changes(site, session, form)
    if not ids:
        error = BULK_NOTHING
    if error:
        return _list(request, site, session, "pricelist.html", error=error, typed=form)
    done = 0
    for row_id in ids:
        done += _edit_one(site, session, row_id, changes)
    query = [(name, value) for name, value in request.query_params.multi_items() if name != "done"]
    return RedirectResponse(f"/pricelist?{urlencode([*query, ('done', str(done))])}", status_code=303)


def _edit_one(site: Site, session: Session, row_id: str, changes: Fields) -> int:
    """1 when the item is there and can take it. A label that is not there needs no removal."""
    row = row_of(site.tables, session.account_id, RowKind.ITEM, row_id)
    if row is None:
        return 0
    needed = {name: value for name, value in changes.items() if value is not False or row["fields"].get(name)}
    try:
        edit(site, session, RowKind.ITEM, row_id, needed)
    except FieldInvalid:  # it has all the labels it can have
        return 0
    return 1


def _bulk_changes(site: Site, session: Session, form: Form) -> tuple[dict[str, Any], str]:
    """What is to be written into each row, or why nothing can be."""
    match form.one("action"):
        case "add_label" | "remove_label" as action:
            labels = labels_typed(form.one("label"))
            if labels is None:
                return {}, BULK_LABEL
            return {f"label:{label}": action == "add_label" for label in labels}, ""
        case "category":
            category = form.one("category_id")
            if category == "-":
                return {"category_id": None}, ""
            known = row_of(site.tables, session.account_id, RowKind.CATEGORY, category)
            return ({"category_id": category}, "") if known else ({}, BULK_CATEGORY)
    return {}, BULK_NOTHING


@router.get("/pricelist/new")
def new(request: Request, site: CurrentSite, session: SignedIn) -> Response:
    return _item_page(request, site, session, new_item(request.query_params))


@router.post("/pricelist/new")
def make(request: Request, site: CurrentSite, session: SignedIn, form: Form) -> Response:
    return _save(request, site, session, form, row_id="")


@router.get("/pricelist/items/{row_id:path}")
def item(row_id: str, request: Request, site: CurrentSite, session: SignedIn) -> Response:
    row = row_of(site.tables, session.account_id, RowKind.ITEM, row_id.replace("\0", ""))
    if row is None:
        return render(request, site, "missing.html", session=session, status=404)
    return _item_page(request, site, session, form_of_item(row["row_id"], row["fields"]), row=row)


@router.get("/fragments/pricelist/items/{row_id:path}")
def item_fragment(row_id: str, request: Request, site: CurrentSite, session: SignedIn) -> Response:
    row = row_of(site.tables, session.account_id, RowKind.ITEM, row_id.replace("\0", ""))
    if row is None:
        return render(request, site, "missing.html", session=session, status=404)
    return render(request, site, "item_live.html", session=session, row=row, **_of_item(site, session, row))


@router.post("/pricelist/items/{row_id:path}")
def save(row_id: str, request: Request, site: CurrentSite, session: SignedIn, form: Form) -> Response:
    return _save(request, site, session, form, row_id=row_id.replace("\0", ""))


@router.post("/pricelist/delete/{row_id:path}")
def delete(row_id: str, request: Request, site: CurrentSite, session: SignedIn, form: Form) -> Response:
    return _set_deleted(row_id.replace("\0", ""), request, site, session, deleted=not form.has("undo"))


def _set_deleted(row_id: str, request: Request, site: Site, session: Session, *, deleted: bool) -> Response:
    if row_of(site.tables, session.account_id, RowKind.ITEM, row_id) is None:
        return render(request, site, "missing.html", session=session, status=404)
    edit(site, session, RowKind.ITEM, row_id, {DELETED: deleted})
    return RedirectResponse(f"/pricelist/items/{quote(row_id, safe='')}", status_code=303)


def _save(request: Request, site: Site, session: Session, typed: Form, *, row_id: str) -> Response:
    row = row_of(site.tables, session.account_id, RowKind.ITEM, row_id) if row_id else None
    if row_id and row is None:
        return render(request, site, "missing.html", session=session, status=404)
    form = form_of_typed(typed)
    changes = changes_of(form)
    if form.errors:
        return _item_page(request, site, session, form, row=row, status=400)
    target = row_id or str(uuid.uuid4())
    try:
        edit(site, session, RowKind.ITEM, target, changes)
    except FieldInvalid:  # what one row can hold is bounded
        form.errors["labels"] = TOO_MANY
        return _item_page(request, site, session, form, row=row, status=400)
    if typed.one("action") == "next":
        return RedirectResponse("/pricelist/new?done=1", status_code=303)
    return RedirectResponse(f"/pricelist/items/{quote(target, safe='')}?done=1", status_code=303)


def _item_page(
    request: Request,
    site: Site,
    session: Session,
    form: ItemForm,
    *,
    row: dict[str, Any] | None = None,
    status: int = 200,
) -> Response:
    about = _of_item(site, session, row) if row else {}
    return render(
        request,
        site,
        "item.html",
        session=session,
        status=status,
        form=form,
        row=row,
        done=request.query_params.get("done", ""),
        categories=categories_of(site.tables, session.account_id),
        labels=labels_of(site.tables, session.account_id),
        **about,
    )


def _of_item(site: Site, session: Session, row: dict[str, Any]) -> dict[str, Any]:
    tables, account_id = site.tables, session.account_id
    registers = registers_of(row["row_id"], row["fields"])
    twins = twins_of_item(tables, account_id, row["row_id"], registers, members(registers, "ean"))
    warehouses = {each["row_id"]: each["name"] for each in rows_of(tables, account_id, RowKind.WAREHOUSE)}
    levels = item_levels(tables, account_id, row["row_id"])
    return {
        "twins": [] if row["deleted"] else twins,
        "history": [change.in_zone(site.settings.zone) for change in history_of(tables, account_id, row["row_id"])],
        "category_names": {each["row_id"]: each["name"] for each in categories_of(tables, account_id)},
        "levels": [(each, name, levels[each]) for each, name in warehouses.items() if each in levels],
    }


@router.get("/pricelist/twins")
def twins(request: Request, site: CurrentSite, session: SignedIn) -> Response:
    return _twins(request, site, session, "twins.html")


@router.get("/fragments/pricelist/twins")
def twins_fragment(request: Request, site: CurrentSite, session: SignedIn) -> Response:
    return _twins(request, site, session, "twins_live.html")


def _twins(request: Request, site: Site, session: Session, template: str, *, error: str = "") -> Response:
    groups = twins_of_list(site.tables, session.account_id)
    return render(request, site, template, session=session, status=400 if error else 200, groups=groups, error=error)


@router.post("/pricelist/merge")
def merge(request: Request, site: CurrentSite, session: SignedIn, form: Form) -> Response:
    """`kept` stays; of `merged` the codes and labels stay."""
    kept, merged = form.one("kept"), form.one("merged")
    tables, account_id = site.tables, session.account_id
    if kept == merged or any(row_of(tables, account_id, RowKind.ITEM, each) is None for each in (kept, merged)):
        return render(request, site, "missing.html", session=session, status=404)
    try:
        merge_items(tables, account_id, kept_id=kept, merged_id=merged, user=session.email, now=site.now())
    except FieldInvalid:  # what one row can hold is bounded
        return _twins(request, site, session, "twins.html", error=MERGE_TOO_MANY)
    site.hub.publish(account_id)
    return RedirectResponse(f"/pricelist/items/{quote(kept, safe='')}", status_code=303)
