"""Sklady: warehouses, what is in them, and what came in and went out."""

import uuid

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from appliance.domain.pricelist import DELETED, FieldInvalid, RowKind, check_field
from backoffice.accounts import Session
from backoffice.pages.edits import deleted_meanwhile, edit, restoring
from backoffice.pages.forms import Form, Typed
from backoffice.pages.render import render
from backoffice.pages.signed_in import SignedIn
from backoffice.pages.words import mark
from backoffice.pricelist.listing import row_of, rows_of
from backoffice.reports import tills_by_warehouse
from backoffice.site import CurrentSite, Site
from backoffice.stock_listing import StockFilter, has_stock, level_counts, level_page, movement_page

router = APIRouter()

WRONG = {
    "name": mark("Napište název, nejvýš 120 znaků."),
    "branch": mark("Provozovna má nejvýš 120 znaků."),
}
NOT_EMPTY = mark("V tomto skladu ještě něco je. Převeďte zboží jinam, nebo ho odepište; pak půjde sklad smazat.")
IN_USE = mark("Z tohoto skladu ještě prodává pokladna. V jejím nastavení zvolte jiný; pak půjde sklad smazat.")


@router.get("/stock")
def levels(request: Request, site: CurrentSite, session: SignedIn) -> Response:
    return _levels(request, site, session, "stock.html")


@router.get("/fragments/stock")
def levels_fragment(request: Request, site: CurrentSite, session: SignedIn) -> Response:
    return _levels(request, site, session, "stock_live.html")


def _levels(request: Request, site: Site, session: Session, template: str) -> Response:
    """Of the warehouse in the address, else of the first one."""
    tables, account_id = site.tables, session.account_id
    warehouses = rows_of(tables, account_id, RowKind.WAREHOUSE)
    wanted = StockFilter.of_query(request.query_params)
    if not wanted.warehouse and warehouses:
        wanted = StockFilter(warehouse=warehouses[0]["row_id"], q=wanted.q, negative=wanted.negative)
    after = request.query_params.get("after", "").replace("\0", "")
    return render(
        request,
        site,
        template,
        session=session,
        warehouses=warehouses,
        counts=level_counts(tables, account_id),
        filter=wanted,
        after=after,
        page=level_page(tables, account_id, wanted, after=after),
        done=request.query_params.get("done", ""),
    )


@router.get("/stock/movements")
def movements(request: Request, site: CurrentSite, session: SignedIn) -> Response:
    return _movements(request, site, session, "movements.html")


@router.get("/fragments/stock/movements")
def movements_fragment(request: Request, site: CurrentSite, session: SignedIn) -> Response:
    return _movements(request, site, session, "movements_live.html")


def _movements(request: Request, site: Site, session: Session, template: str) -> Response:
    tables, account_id = site.tables, session.account_id
    wanted = StockFilter.of_query(request.query_params)
    before = request.query_params.get("before", "")
    item = row_of(tables, account_id, RowKind.ITEM, wanted.item) if wanted.item else None
    warehouses = rows_of(tables, account_id, RowKind.WAREHOUSE)
    return render(
        request,
        site,
        template,
        session=session,
        warehouses=warehouses,
        names={each["row_id"]: each["name"] for each in warehouses},
        filter=wanted,
        item=item,
        before=before,
        page=movement_page(tables, account_id, wanted, before=before),
    )


@router.get("/stock/warehouses")
def warehouses(request: Request, site: CurrentSite, session: SignedIn) -> Response:
    return _warehouses(request, site, session, "warehouses.html")


@router.get("/fragments/stock/warehouses")
def warehouses_fragment(request: Request, site: CurrentSite, session: SignedIn) -> Response:
    return _warehouses(request, site, session, "warehouses_live.html")


def _warehouses(
    request: Request,
    site: Site,
    session: Session,
    template: str,
    *,
    typed: Typed | None = None,
    errors: dict[str, str] | None = None,
) -> Response:
    tables, account_id = site.tables, session.account_id
    edited = (typed.one("row_id") if typed else request.query_params.get("edit", "")).replace("\0", "")
    row = row_of(tables, account_id, RowKind.WAREHOUSE, edited) if edited else None
    gone = bool(row and row["deleted"])
    held = {name: str(row["fields"].get(name) or "") if row else "" for name in WRONG}
    return render(
        request,
        site,
        template,
        session=session,
        status=400 if errors or (typed and gone) else 200,
        rows=rows_of(tables, account_id, RowKind.WAREHOUSE),
        counts=level_counts(tables, account_id),
        tills=tills_by_warehouse(tables, account_id, now=site.now()),
        edited=edited if row else "",
        gone=gone,
        shown={name: typed.one(name) for name in WRONG} if typed and "row_id" not in (errors or {}) else held,
        was={name: typed.one(f"was_{name}") for name in WRONG} if typed else held,
        errors=errors or {},
    )


@router.post("/stock/warehouses")
def save_warehouse(request: Request, site: CurrentSite, session: SignedIn, form: Form) -> Response:
    row_id = form.one("row_id")
    row = row_of(site.tables, session.account_id, RowKind.WAREHOUSE, row_id) if row_id else None
    if row_id and row is None:
        return render(request, site, "missing.html", session=session, status=404)
    values = {name: form.line(name) for name in WRONG}
    errors: dict[str, str] = {}
    for name, value in values.items():
        try:
            check_field(RowKind.WAREHOUSE, name, value)
        except FieldInvalid:
            errors[name] = WRONG[name]
    if errors or deleted_meanwhile(row, form):
        return _warehouses(request, site, session, "warehouses.html", typed=form, errors=errors)
    changes = {name: value for name, value in values.items() if not row_id or form.line(f"was_{name}") != value}
    edit(site, session, RowKind.WAREHOUSE, row_id or str(uuid.uuid4()), changes | restoring(row))
    return RedirectResponse("/stock/warehouses", status_code=303)


@router.post("/stock/warehouses/delete")
def delete_warehouse(request: Request, site: CurrentSite, session: SignedIn, form: Form) -> Response:
    row_id = form.one("row_id")
    if row_of(site.tables, session.account_id, RowKind.WAREHOUSE, row_id) is None:
        return render(request, site, "missing.html", session=session, status=404)
    if tills_by_warehouse(site.tables, session.account_id, now=site.now()).get(row_id):
        return _warehouses(request, site, session, "warehouses.html", typed=form, errors={"row_id": IN_USE})
    if has_stock(site.tables, session.account_id, row_id):
        return _warehouses(request, site, session, "warehouses.html", typed=form, errors={"row_id": NOT_EMPTY})
    edit(site, session, RowKind.WAREHOUSE, row_id, {DELETED: True})
    return RedirectResponse("/stock/warehouses", status_code=303)
