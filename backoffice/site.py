"""One running Backoffice: everything its pages and its API work with."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request

from backoffice.events import Hub
from backoffice.i18n import Language
from backoffice.ratelimit import RateLimit
from backoffice.settings import BackofficeSettings
from backoffice.tables import Tables
from backoffice.trust import Trust

SIGN_IN_TRIES_PER_EMAIL = 10
SIGN_IN_TRIES_PER_ADDRESS = 50
PAIR_TRIES_PER_ADDRESS = 10
PAIR_TRIES_IN_ALL = 100  # a code has 40 bits: even so, a guesser gets nowhere in its ten minutes
TRIES_WINDOW_S = 15 * 60


@dataclass(frozen=True)
class Limits:
    sign_in_email: RateLimit
    sign_in_address: RateLimit
    pair_address: RateLimit
    pair_all: RateLimit

    @classmethod
    def made(cls, clock: Callable[[], float]) -> "Limits":
        return cls(
            RateLimit(SIGN_IN_TRIES_PER_EMAIL, TRIES_WINDOW_S, clock),
            RateLimit(SIGN_IN_TRIES_PER_ADDRESS, TRIES_WINDOW_S, clock),
            RateLimit(PAIR_TRIES_PER_ADDRESS, TRIES_WINDOW_S, clock),
            RateLimit(PAIR_TRIES_IN_ALL, TRIES_WINDOW_S, clock),
        )


@dataclass(frozen=True)
class Site:
    """`now` gives aware moments in the shop's zone; `trust` is None behind a proxy that brings its own certificate."""

    settings: BackofficeSettings
    tables: Tables
    hub: Hub
    limits: Limits
    languages: dict[str, Language]
    now: Callable[[], datetime]
    trust: Trust | None = None

    @property
    def key_mark(self) -> str:
        return self.trust.key_mark if self.trust else ""


def site_of(request: Request) -> Site:
    site = request.app.state.site
    assert isinstance(site, Site)
    return site


CurrentSite = Annotated[Site, Depends(site_of)]


def client_address(request: Request) -> str:
    return request.client.host if request.client else ""
