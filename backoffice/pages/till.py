"""One till: what it says of itself, its settings, its replacement, and whether its journal holds."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse

from appliance.domain.pricelist import (
    FieldInvalid,
    Fields,
    RowKind,
    check_field,
    till_fields,
    till_settings_of_fields,
)
from backoffice.accounts import Session
from backoffice.journal_check import check_journal, epochs_of, flagged_rows, item_sync_of, paper_head_held
from backoffice.pages.edits import edit
from backoffice.pages.forms import Form, Typed
from backoffice.pages.render import render
from backoffice.pages.signed_in import SignedIn
from backoffice.pages.words import mark
from backoffice.pairing import CODE_LIFETIME, make_code, shown_code
from backoffice.pricelist.listing import labels_of, row_of, rows_of
from backoffice.reports import TillView, tills_of
from backoffice.site import CurrentSite, Site

router = APIRouter()

WRONG = {
    "label": mark("Štítek je jedno slovo, nejvýš 32 znaků."),
    "restricted": mark("Bez štítku by pokladna neviděla žádnou položku. Napište ho, nebo omezení zrušte."),
    "apply_when": mark("Vyberte ze seznamu."),
    "warehouse_id": mark("Vyberte sklad ze seznamu."),
    "branch": mark("Provozovna má nejvýš 120 znaků."),
}
SEQ_DIGITS_MAX = 15


def _till_of(till_id: str, site: CurrentSite, session: SignedIn) -> TillView | None:
    found = [till for till in tills_of(site.tables, session.account_id, now=site.now()) if till.till_id == till_id]
    return found[0] if found else None


OneTill = Annotated[TillView | None, Depends(_till_of)]


def _missing(request: Request, site: Site, session: Session) -> Response:
    return render(request, site, "missing.html", session=session, status=404)


@router.get("/tills/{till_id}")
def till_page(request: Request, site: CurrentSite, session: SignedIn, till: OneTill) -> Response:
    return _page(request, site, session, till) if till else _missing(request, site, session)


@router.get("/fragments/tills/{till_id}")
def till_fragment(request: Request, site: CurrentSite, session: SignedIn, till: OneTill) -> Response:
    if till is None:
        return _missing(request, site, session)
    return render(request, site, "till_live.html", session=session, till=till, **_state(site, session, till))


def _state(site: Site, session: Session, till: TillView) -> dict[str, Any]:
    return {
        "item_sync": item_sync_of(site.tables, session.account_id, till.till_id),
        "flagged": flagged_rows(site.tables, session.account_id, till.till_id),
    }


def _page(
    request: Request,
    site: Site,
    session: Session,
    till: TillView,
    *,
    typed: Typed | None = None,
    errors: dict[str, str] | None = None,
    code: str = "",
) -> Response:
    held = _settings(site, session, till)
    return render(
        request,
        site,
        "till.html",
        session=session,
        status=400 if errors else 200,
        till=till,
        shown=_typed_settings(typed) if typed else held,
        was={name: typed.one(f"was_{name}") for name in held} if typed else {k: str(v) for k, v in held.items()},
        errors=errors or {},
        warehouses=rows_of(site.tables, session.account_id, RowKind.WAREHOUSE),
        labels=labels_of(site.tables, session.account_id),
        code=code,
        code_minutes=int(CODE_LIFETIME.total_seconds()) // 60,
        done=request.query_params.get("done", ""),
        **_state(site, session, till),
    )


def _settings(site: Site, session: Session, till: TillView) -> dict[str, Any]:
    row = row_of(site.tables, session.account_id, RowKind.TILL, till.till_id)
    return till_fields(till_settings_of_fields(row["fields"] if row else {}))


def _typed_settings(typed: Typed) -> dict[str, Any]:
    return {
        "label": typed.one("label"),
        "restricted": typed.has("restricted"),
        "apply_when": typed.one("apply_when"),
        "warehouse_id": typed.one("warehouse_id"),
        "branch": typed.line("branch"),
    }


@router.post("/tills/{till_id}/settings")
def save_settings(request: Request, site: CurrentSite, session: SignedIn, form: Form, till: OneTill) -> Response:
    """Only what differs from what the form was opened with is written: the till may change its settings, too."""
    if till is None:
        return _missing(request, site, session)
    values = _typed_settings(form)
    errors = _wrong(site, session, values)
    if errors:
        return _page(request, site, session, till, typed=form, errors=errors)
    changes = {name: value for name, value in values.items() if form.line(f"was_{name}") != str(value)}
    edit(site, session, RowKind.TILL, till.till_id, changes)
    return RedirectResponse(f"/tills/{till.till_id}?done=1", status_code=303)


def _wrong(site: Site, session: Session, values: Fields) -> dict[str, str]:
    errors: dict[str, str] = {}
    for name, value in values.items():
        try:
            check_field(RowKind.TILL, name, value)
        except FieldInvalid:
            errors[name] = WRONG[name]
    if values["restricted"] and not values["label"]:
        errors["label"] = WRONG["restricted"]
    warehouse = values["warehouse_id"]
    if warehouse and row_of(site.tables, session.account_id, RowKind.WAREHOUSE, warehouse) is None:
        errors["warehouse_id"] = WRONG["warehouse_id"]
    return errors


@router.post("/tills/{till_id}/replace")
def replacement_code(request: Request, site: CurrentSite, session: SignedIn, _form: Form, till: OneTill) -> Response:
    """The code is shown once, in the answer itself: it is a secret and stands in no address."""
    if till is None:
        return _missing(request, site, session)
    made = make_code(site.tables, session.account_id, now=site.now(), replaces=till.till_id)
    return _page(request, site, session, till, code=shown_code(made, site.key_mark))


@router.get("/tills/{till_id}/journal")
def journal(request: Request, site: CurrentSite, session: SignedIn, till: OneTill) -> Response:
    """The address says where the check goes on; without it, it begins."""
    if till is None:
        return _missing(request, site, session)
    query = request.query_params
    tables, account_id = site.tables, session.account_id
    paper = query.get("paper", "")[:100].replace("\0", "")
    checked = None
    if query.get("check"):
        after = (query.get("epoch", "").replace("\0", ""), _whole(query.get("seq", "")))
        checked = check_journal(tables, account_id, till.till_id, after=after, rows=_whole(query.get("rows", "")))
    return render(
        request,
        site,
        "till_journal.html",
        session=session,
        till=till,
        epochs=epochs_of(tables, account_id, till.till_id),
        checked=checked,
        paper=paper,
        paper_held=paper_head_held(tables, account_id, till.till_id, paper) if paper else None,
    )


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= SEQ_DIGITS_MAX else 0
