"""An edit of the price list made on a page."""

from appliance.domain.pricelist import Fields, RowKind
from backoffice.accounts import Session
from backoffice.pricelist.writing import edit_row
from backoffice.site import Site


def edit(site: Site, session: Session, kind: RowKind, row_id: str, changes: Fields) -> None:
    """In the name of who is signed in; open pages are told. Raises FieldInvalid."""
    user, now = session.email, site.now()
    edit_row(site.tables, session.account_id, kind, row_id, changes, user=user, now=now)
    site.hub.publish(session.account_id)
