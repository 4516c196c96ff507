"""Uživatelé: the people who work at the tills."""

import secrets
import uuid

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from appliance.domain.pin import SALT_BYTES, hash_pin, is_pin
from appliance.domain.pricelist import DELETED, FieldInvalid, RowKind, check_field
from backoffice.accounts import Session
from backoffice.pages.edits import deleted_meanwhile, edit, restoring
from backoffice.pages.forms import Form, Typed
from backoffice.pages.render import render
from backoffice.pages.signed_in import SignedIn
from backoffice.pages.words import mark
from backoffice.pricelist.listing import row_of, rows_of
from backoffice.site import CurrentSite, Site

router = APIRouter()

WRONG_NAME = mark("Napište jméno, nejvýš 120 znaků.")
WRONG_PIN = mark("PIN má 4 až 8 číslic.")
PIN_AGAIN = mark("Napsaný PIN zatím neplatí, napište ho znovu.")


@router.get("/users")
def users(request: Request, site: CurrentSite, session: SignedIn) -> Response:
    return _list(request, site, session, "users.html")


@router.get("/fragments/users")
def users_fragment(request: Request, site: CurrentSite, session: SignedIn) -> Response:
    return _list(request, site, session, "users_live.html")


def _list(
    request: Request,
    site: Site,
    session: Session,
    template: str,
    *,
    typed: Typed | None = None,
    errors: dict[str, str] | None = None,
) -> Response:
    """A PIN that was typed is never shown again."""
    edited = (typed.one("row_id") if typed else request.query_params.get("edit", "")).replace("\0", "")
    row = row_of(site.tables, session.account_id, RowKind.USER, edited) if edited else None
    gone = bool(row and row["deleted"])
    name = typed.one("name") if typed else (row["name"] if row else "")
    return render(
        request,
        site,
        template,
        session=session,
        status=400 if errors or (typed and gone) else 200,
        rows=rows_of(site.tables, session.account_id, RowKind.USER),
        edited=edited if row else "",
        gone=gone,
        has_pin=bool(row and row["fields"].get("pin")),
        name=name,
        was_name=typed.one("was_name") if typed else name,
        no_pin=bool(typed and typed.has("no_pin")),
        errors=errors or {},
    )


@router.post("/users")
def save(request: Request, site: CurrentSite, session: SignedIn, form: Form) -> Response:
    """An empty PIN leaves the one that is set; only what was changed is written."""
    row_id = form.one("row_id")
    row = row_of(site.tables, session.account_id, RowKind.USER, row_id) if row_id else None
    if row_id and row is None:
        return render(request, site, "missing.html", session=session, status=404)
    name, pin = form.line("name"), form.one("pin")
    errors = _wrong(name, pin)
    if errors or deleted_meanwhile(row, form):
        if pin:
            errors.setdefault("pin", PIN_AGAIN)
        return _list(request, site, session, "users.html", typed=form, errors=errors)
    changes = restoring(row)
    if not row_id or name != form.line("was_name"):
        changes["name"] = name
    if pin:
        changes["pin"] = hash_pin(pin, secrets.token_bytes(SALT_BYTES))
    elif form.has("no_pin"):
        changes["pin"] = ""
    edit(site, session, RowKind.USER, row_id or str(uuid.uuid4()), changes)
    return RedirectResponse("/users", status_code=303)


def _wrong(name: str, pin: str) -> dict[str, str]:
    errors: dict[str, str] = {}
    try:
        check_field(RowKind.USER, "name", name)
    except FieldInvalid:
        errors["name"] = WRONG_NAME
    if pin and not is_pin(pin):
        errors["pin"] = WRONG_PIN
    return errors


@router.post("/users/delete")
def delete(request: Request, site: CurrentSite, session: SignedIn, form: Form) -> Response:
    row_id = form.one("row_id")
    if row_of(site.tables, session.account_id, RowKind.USER, row_id) is None:
        return render(request, site, "missing.html", session=session, status=404)
    edit(site, session, RowKind.USER, row_id, {DELETED: True})
    return RedirectResponse("/users", status_code=303)
