"""Historie účtenek: the list and one receipt as on paper."""

from dataclasses import replace
from datetime import date, timedelta

from fastapi import APIRouter, Request, Response

from appliance.domain.codec import from_json
from appliance.domain.delivery import FiscalState
from appliance.domain.receipt import Receipt
from backoffice.accounts import Session
from backoffice.history import ReceiptFilter, receipt_page, receipt_row
from backoffice.pages.paper import Fiscal, receipt_paper
from backoffice.pages.render import render
from backoffice.pages.signed_in import SignedIn
from backoffice.reports import tills_of
from backoffice.site import CurrentSite, Site

router = APIRouter()


@router.get("/receipts")
def receipts(request: Request, site: CurrentSite, session: SignedIn) -> Response:
    return _list(request, site, session, "receipts.html")


@router.get("/fragments/receipts")
def receipts_fragment(request: Request, site: CurrentSite, session: SignedIn) -> Response:
    return _list(request, site, session, "receipts_live.html")


def _list(request: Request, site: Site, session: Session, template: str) -> Response:
    wanted = ReceiptFilter.of_query(request.query_params)
    before = request.query_params.get("before", "")
    now = site.now()
    today = now.date()
    yesterday = today - timedelta(days=1)
    spans = {
        "today": _span(wanted, today, today),
        "yesterday": _span(wanted, yesterday, yesterday),
        "week": _span(wanted, today - timedelta(days=6), today),
        "month": _span(wanted, today.replace(day=1), today),
    }
    return render(
        request,
        site,
        template,
        session=session,
        filter=wanted,
        before=before,
        page=receipt_page(site.tables, session.account_id, wanted, before=before),
        spans=spans,
        tills=tills_of(site.tables, session.account_id, now=now),
    )


def _span(wanted: ReceiptFilter, first: date, last: date) -> ReceiptFilter:
    return replace(wanted, day_from=first.isoformat(), day_to=last.isoformat())


@router.get("/receipts/{doc_id}")
def receipt(doc_id: str, request: Request, site: CurrentSite, session: SignedIn) -> Response:
    return _detail(doc_id, request, site, session, "receipt.html")


@router.get("/fragments/receipts/{doc_id}")
def receipt_fragment(doc_id: str, request: Request, site: CurrentSite, session: SignedIn) -> Response:
    return _detail(doc_id, request, site, session, "receipt_live.html")


def _detail(doc_id: str, request: Request, site: Site, session: Session, template: str) -> Response:
    row = receipt_row(site.tables, session.account_id, doc_id.replace("\0", ""))
    if row is None:
        return render(request, site, "missing.html", session=session, status=404)
    document = from_json(Receipt, row["body"])
    fiscal = Fiscal(
        code=row["fiscal_code"],
        waiting=row["fiscal_state"] == FiscalState.WAITING,
        test=bool(row["fiscal_test"]),
    )
    paper = receipt_paper(document, fiscal)
    return render(request, site, template, session=session, row=row, document=document, paper=paper)
