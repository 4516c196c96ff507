"""The rest of the price list: categories, labels and rates of VAT."""

import uuid
from datetime import date
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from appliance.domain.pricelist import (
    DEFAULT_COLOUR,
    DELETED,
    FieldInvalid,
    Fields,
    RowKind,
    check_field,
    vat_rate_fields,
)
from appliance.domain.vat import CZECH_VAT_RATES, VatClass
from backoffice.accounts import Session
from backoffice.pages.edits import deleted_meanwhile, edit, restoring
from backoffice.pages.forms import Form, Typed
from backoffice.pages.render import render
from backoffice.pages.signed_in import SignedIn
from backoffice.pages.words import mark
from backoffice.pricelist.listing import (
    categories_of,
    items_in_categories,
    items_with_labels,
    row_of,
    rows_of,
    till_settings,
)
from backoffice.reports import tills_of
from backoffice.site import CurrentSite, Site

router = APIRouter()

COLOURS = ("#0F6FDE", "#14804A", "#9A5B00", "#B3261E", "#6B3FA0", "#00707A", "#A1326B", DEFAULT_COLOUR)
"""Offered for categories: dark enough for the white text on a till's tiles."""
WRONG = {
    "name": mark("Napište název, nejvýš 120 znaků."),
    "colour": mark("Vyberte barvu."),
    "position": mark("Pořadí je celé číslo od 0 do 9999."),
    "vat_class": mark("Vyberte sazbu ze seznamu."),
    "percent": mark("Procenta jsou celé číslo od 0 do 100."),
    "valid_from": mark("Vyberte den, od kterého sazba platí."),
}


def _wrong(kind: RowKind, values: Fields) -> dict[str, str]:
    errors: dict[str, str] = {}
    for name, value in values.items():
        try:
            check_field(kind, name, value)
        except FieldInvalid:
            errors[name] = WRONG[name]
    return errors


@router.get("/pricelist/categories")
def categories(request: Request, site: CurrentSite, session: SignedIn) -> Response:
    return _categories(request, site, session, "categories.html")


@router.get("/fragments/pricelist/categories")
def categories_fragment(request: Request, site: CurrentSite, session: SignedIn) -> Response:
    return _categories(request, site, session, "categories_live.html")


def _categories(
    request: Request,
    site: Site,
    session: Session,
    template: str,
    *,
    typed: Typed | None = None,
    errors: dict[str, str] | None = None,
) -> Response:
    edited = (typed.one("row_id") if typed else request.query_params.get("edit", "")).replace("\0", "")
    row = row_of(site.tables, session.account_id, RowKind.CATEGORY, edited) if edited else None
    gone = bool(row and row["deleted"])
    listed = categories_of(site.tables, session.account_id)
    fields: Fields = row["fields"] if row else {}
    following = 1 + max((each["fields"].get("position") or 0 for each in listed), default=0)
    shown = {
        "name": typed.one("name") if typed else fields.get("name", ""),
        "colour": typed.one("colour") if typed else fields.get("colour", COLOURS[0]),
        "position": typed.one("position") if typed else str(fields.get("position", following)),
    }
    was = {name: typed.one(f"was_{name}") for name in shown} if typed else shown if row else dict.fromkeys(shown, "")
    return render(
        request,
        site,
        template,
        session=session,
        status=400 if errors or (typed and gone) else 200,
        rows=listed,
        counts=items_in_categories(site.tables, session.account_id),
        edited=edited if row else "",
        gone=gone,
        shown=shown,
        was=was,
        colours=COLOURS if shown["colour"] in COLOURS else (*COLOURS, shown["colour"]),
        errors=errors or {},
    )


@router.post("/pricelist/categories")
def save_category(request: Request, site: CurrentSite, session: SignedIn, form: Form) -> Response:
    """Only what differs from what the form was opened with is written."""
    row_id = form.one("row_id")
    row = row_of(site.tables, session.account_id, RowKind.CATEGORY, row_id) if row_id else None
    if row_id and row is None:
        return render(request, site, "missing.html", session=session, status=404)
    position = form.one("position")
    values: dict[str, Any] = {
        "name": form.line("name"),
        "colour": form.one("colour"),
        "position": int(position) if position.isascii() and position.isdigit() and len(position) < 5 else -1,
    }
    errors = _wrong(RowKind.CATEGORY, values)
    if errors or deleted_meanwhile(row, form):
        return _categories(request, site, session, "categories.html", typed=form, errors=errors)
    changes = {name: value for name, value in values.items() if not row_id or form.line(f"was_{name}") != str(value)}
    edit(site, session, RowKind.CATEGORY, row_id or str(uuid.uuid4()), changes | restoring(row))
    return RedirectResponse("/pricelist/categories", status_code=303)


@router.post("/pricelist/categories/delete")
def delete_category(request: Request, site: CurrentSite, session: SignedIn, form: Form) -> Response:
    """Its items stay, and keep naming it: when it is restored they are in it again."""
    return _delete(
        request, site, session, kind=RowKind.CATEGORY, row_id=form.one("row_id"), back="/pricelist/categories"
    )


def _delete(request: Request, site: Site, session: Session, *, kind: RowKind, row_id: str, back: str) -> Response:
    if row_of(site.tables, session.account_id, kind, row_id) is None:
        return render(request, site, "missing.html", session=session, status=404)
    edit(site, session, kind, row_id, {DELETED: True})
    return RedirectResponse(back, status_code=303)


@router.get("/pricelist/labels")
def labels(request: Request, site: CurrentSite, session: SignedIn) -> Response:
    return _labels(request, site, session, "labels.html")


@router.get("/fragments/pricelist/labels")
def labels_fragment(request: Request, site: CurrentSite, session: SignedIn) -> Response:
    return _labels(request, site, session, "labels_live.html")


def _labels(request: Request, site: Site, session: Session, template: str) -> Response:
    """Labels of items and of tills, also those that only one of them has."""
    counts = items_with_labels(site.tables, session.account_id)
    settings = till_settings(site.tables, session.account_id)
    tills: dict[str, list[Any]] = {}
    for till in tills_of(site.tables, session.account_id, now=site.now()):
        label = settings.get(till.till_id, {}).get("label")
        if label and not till.revoked:
            tills.setdefault(label, []).append((till, bool(settings[till.till_id].get("restricted"))))
    rows = [(label, counts.get(label, 0), tills.get(label, [])) for label in sorted({*counts, *tills})]
    return render(request, site, template, session=session, rows=rows)


@router.get("/pricelist/vat")
def vat(request: Request, site: CurrentSite, session: SignedIn) -> Response:
    return _vat(request, site, session, "vat.html")


@router.get("/fragments/pricelist/vat")
def vat_fragment(request: Request, site: CurrentSite, session: SignedIn) -> Response:
    return _vat(request, site, session, "vat_live.html")


def _vat(
    request: Request,
    site: Site,
    session: Session,
    template: str,
    *,
    typed: Typed | None = None,
    errors: dict[str, str] | None = None,
) -> Response:
    today = site.now().date().isoformat()
    rows = rows_of(site.tables, session.account_id, RowKind.VAT_RATE)
    rows.sort(key=lambda each: (str(each["fields"].get("vat_class")), str(each["fields"].get("valid_from"))))
    valid: dict[str, str] = {}
    for each in rows:
        if str(each["fields"].get("valid_from")) <= today:
            valid[str(each["fields"].get("vat_class"))] = each["row_id"]
    names = ("vat_class", "percent", "valid_from")
    return render(
        request,
        site,
        template,
        session=session,
        status=400 if errors else 200,
        rows=rows,
        valid=set(valid.values()),
        today=today,
        czech=[vat_rate_fields(rate) for rate in CZECH_VAT_RATES],
        shown={name: typed.one(name) if typed else "" for name in names},
        errors=errors or {},
    )


@router.post("/pricelist/vat")
def save_vat(request: Request, site: CurrentSite, session: SignedIn, form: Form) -> Response:
    """One rate of a class and a day is one row, whoever writes it."""
    if form.one("action") == "czech":
        for rate in CZECH_VAT_RATES:
            _write_rate(site, session, vat_rate_fields(rate))
        return RedirectResponse("/pricelist/vat", status_code=303)
    percent = form.one("percent").removesuffix("%").strip()
    values: dict[str, Any] = {
        "vat_class": form.one("vat_class"),
        "percent": int(percent) if percent.isascii() and percent.isdigit() and len(percent) <= 3 else -1,
        "valid_from": form.one("valid_from"),
    }
    errors = _wrong(RowKind.VAT_RATE, values)
    if errors:
        return _vat(request, site, session, "vat.html", typed=form, errors=errors)
    values["valid_from"] = date.fromisoformat(values["valid_from"]).isoformat()
    _write_rate(site, session, values)
    return RedirectResponse("/pricelist/vat", status_code=303)


def _write_rate(site: Site, session: Session, values: Fields) -> None:
    row_id = f"vat-{VatClass(values['vat_class'])}-{values['valid_from']}"
    edit(site, session, RowKind.VAT_RATE, row_id, {**values, DELETED: False})


@router.post("/pricelist/vat/delete")
def delete_vat(request: Request, site: CurrentSite, session: SignedIn, form: Form) -> Response:
    return _delete(request, site, session, kind=RowKind.VAT_RATE, row_id=form.one("row_id"), back="/pricelist/vat")
