"""An edit of the price list made on a page."""

from typing import Any

from appliance.domain.pricelist import DELETED, Fields, RowKind
from backoffice.accounts import Session
from backoffice.pages.forms import Typed
from backoffice.pricelist.writing import edit_row
from backoffice.site import Site


def edit(site: Site, session: Session, kind: RowKind, row_id: str, changes: Fields) -> None:
    """In the name of who is signed in; open pages are told. Raises FieldInvalid."""
    user, now = session.email, site.now()
    edit_row(site.tables, session.account_id, kind, row_id, changes, user=user, now=now)
    site.hub.publish(session.account_id)


def deleted_meanwhile(row: dict[str, Any] | None, form: Typed) -> bool:
    """Whether someone deleted the row while it stood in this form. The page then says so, and its form, sent once more,
    restores the row."""
    return bool(row and row["deleted"]) and not form.has("restore")


def restoring(row: dict[str, Any] | None) -> dict[str, Any]:
    """The change that makes a deleted row be there again; none for one that is there, or new."""
    return {DELETED: False} if row and row["deleted"] else {}
