"""The Backoffice as one ASGI application, put together in one place."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from appliance.domain.pricelist import FieldInvalid
from backoffice.advert import own_addresses
from backoffice.api import changes, journal, owner, pair, takeover
from backoffice.events import Hub
from backoffice.guard import Guard
from backoffice.i18n import load_languages
from backoffice.intake import project_waiting
from backoffice.migrations import migrate
from backoffice.pages import (
    categories,
    closings,
    live,
    notifications,
    portal,
    pricelist,
    receipts,
    sign_in,
    stock,
    stock_document,
    till,
    tills,
    users,
)
from backoffice.pages.render import STATIC_DIR, environments
from backoffice.pages.signed_in import FormRefused, NotSignedIn, answer_not_signed_in
from backoffice.pages.stop import answer_fault, answer_field_invalid, answer_form_refused, answer_http_error
from backoffice.problem import ApiError, answer_api_error, answer_invalid
from backoffice.settings import BackofficeSettings
from backoffice.site import Limits, Site
from backoffice.tables import Tables, open_database
from backoffice.trust import Trust, ensure_trust, machine_names

APIS = (pair, journal, changes, takeover, owner)
PAGES = (
    sign_in,
    portal,
    receipts,
    closings,
    pricelist,
    categories,
    stock,
    stock_document,
    tills,
    till,
    users,
    notifications,
    live,
)


def create_app(settings: BackofficeSettings, *, now: Callable[[], datetime] | None = None) -> FastAPI:
    """Open the database, bring it up to date, and wire pages and API. `now` gives aware moments; for tests."""
    return app_of(make_site(settings, now=now))


def make_site(settings: BackofficeSettings, *, now: Callable[[], datetime] | None = None) -> Site:
    clock = now or (lambda: datetime.now(settings.zone))
    tables = open_tables(settings)
    tables.keep_open()
    project_waiting(tables, now=clock())
    return Site(
        settings=settings,
        tables=tables,
        hub=Hub(),
        limits=Limits.made(time.monotonic),
        languages=load_languages(),
        now=lambda: clock().astimezone(settings.zone),
        trust=_trust(settings, now=clock()) if settings.tls else None,
    )


def open_tables(settings: BackofficeSettings) -> Tables:
    """The database at its newest version."""
    tables = Tables(open_database(url=settings.database_url, data_dir=settings.data_dir))
    migrate(tables)
    return tables


def _trust(settings: BackofficeSettings, *, now: datetime) -> Trust:
    addresses = [] if settings.on_loopback else own_addresses()
    names = machine_names(host_name=settings.host_name, public_name=settings.public_name, addresses=addresses)
    return ensure_trust(settings.data_dir, names, now=now)


def app_of(site: Site) -> FastAPI:
    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        site.tables.shut()

    app = FastAPI(title="Pokladna Backoffice", docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    app.state.site = site
    app.state.environments = environments(site.languages)
    app.add_middleware(Guard, next_key=site.trust.next_key if site.trust else "")
    app.add_exception_handler(ApiError, answer_api_error)
    app.add_exception_handler(RequestValidationError, answer_invalid)
    app.add_exception_handler(NotSignedIn, answer_not_signed_in)
    app.add_exception_handler(FormRefused, answer_form_refused)
    app.add_exception_handler(FieldInvalid, answer_field_invalid)
    app.add_exception_handler(HTTPException, answer_http_error)
    app.add_exception_handler(Exception, answer_fault)
    for room in (*APIS, *PAGES):
        app.include_router(room.router)
    app.mount("/static", StaticFiles(directory=STATIC_DIR), name="static")
    return app
