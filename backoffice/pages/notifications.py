"""Upozornění: whether this browser can show notifications, and the CA that makes it trust this server."""

from fastapi import APIRouter, Request, Response

from backoffice.pages.render import render
from backoffice.pages.signed_in import SignedIn
from backoffice.site import CurrentSite

router = APIRouter()

CA_FILE_NAME = "pokladna-backoffice-ca.crt"


@router.get("/notifications")
def notifications(request: Request, site: CurrentSite, session: SignedIn) -> Response:
    names = site.trust.names if site.trust else None
    return render(
        request,
        site,
        "notifications.html",
        session=session,
        has_ca=site.trust is not None,
        dns_names=names.dns if names else (),
        left_out=site.trust.left_out if site.trust else (),
        key_mark=site.key_mark,
    )


@router.get("/ca.crt")
def ca_certificate(site: CurrentSite) -> Response:
    """Public by nature; also for a phone that is not signed in yet."""
    if site.trust is None:
        return Response(status_code=404)
    return Response(
        site.trust.ca_pem,
        media_type="application/x-x509-ca-cert",
        headers={"Content-Disposition": f'attachment; filename="{CA_FILE_NAME}"'},
    )
