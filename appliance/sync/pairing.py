"""Joining a Backoffice: find it, compare its key, and only then say anything (sync.md §7)."""

import logging
import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from appliance.domain.clock import iso
from appliance.service import errors as service_errors
from appliance.service.pairing import (
    PAIRED_NOTE,
    REQUEST_NOTE,
    CodeUnreadable,
    PairingCode,
    PairingResult,
    Server,
    bound_account,
    read_code,
    save_result,
)
from appliance.service.replacement import is_fresh
from appliance.service.shop import Shop
from appliance.service.status import BACKOFFICE_NOTE
from appliance.store import journal, queues
from appliance.sync import takeover
from appliance.sync.link import BackofficeLink, Failed, Refusal
from appliance.sync.pinning import KEY_MARK_CHARS, PinnedKeys, Seen, look_at
from appliance.wire import PairReply, PairRequest, Takeover

log = logging.getLogger(__name__)

PORT = 8443  # where a Backoffice listens unless told
SEARCH_S = 4.0
CANDIDATES_MAX = 8
NAME_CHARS_MAX = 60
IDLE_S = 60.0
KNOWN_REFUSALS = frozenset(
    {
        "code_invalid", "prefix_taken", "id_pokl_taken", "till_of_other_account", "not_fresh", "till_unknown",
        "rate_limited",
    }
)  # fmt: skip
LOST_AFTER_LOOKS = 2  # how often in a row the server is not where it was, before it is searched for


@dataclass(frozen=True)
class Joined:
    """What the daemon keeps. `pins`: hashes of the server's keys, none where a known CA vouches for its name."""

    url: str
    token: str
    account: str
    pins: tuple[str, ...] = ()


class Finder(Protocol):
    def __call__(self, *, within_s: float, key_mark: str) -> Sequence[Server]: ...


class Refused(Exception):
    """`word` as in PairingResult."""

    def __init__(self, word: str, detail: str = "") -> None:
        super().__init__(word)
        self.word = word
        self.detail = detail


class Pairing:
    """Pairs, whoever asks. `keep` puts what is joined on disk, where only the daemon reads it."""

    def __init__(
        self,
        shop: Shop,
        *,
        address: str,
        ca_file: Path | None,
        find: Finder,
        keep: Callable[[Joined], None],
        new_epoch: Callable[[], str],
        look: Callable[..., Seen] = look_at,
    ) -> None:
        self._shop = shop
        self._address = address
        self._ca_file = ca_file
        self._find = find
        self._keep = keep
        self._look = look
        self._new_epoch = new_epoch

    def pair(self, request_id: str, typed: str, address: str) -> tuple[PairingResult, Joined | None]:
        """`address` as a person wrote it, '' to search for the server. Every problem is a word in the result."""
        joined = None
        try:
            joined = self._paired(read_code(typed), address.strip() or self._address)
            result = PairingResult(request_id, account=joined.account, address=joined.url)
        except CodeUnreadable as error:
            result = PairingResult(request_id, error.rule, str(error))
        except Refused as refused:
            result = PairingResult(request_id, refused.word, refused.detail)
        except OSError as error:
            result = PairingResult(request_id, "not_kept", str(error.strerror or error))
        save_result(self._shop, result)
        return result, joined

    def _paired(self, code: PairingCode, address: str) -> Joined:
        url, pins = self._server(code, address)
        reply = self._ask(url, pins, code)
        account = bound_account(self._shop)
        if account and reply.account != account:  # a server older than the question
            raise Refused("till_of_other_account", account)
        if reply.takeover:  # before the token is kept: without it the device is paired again, as that till
            self._become(reply.takeover)
        joined = Joined(url, reply.token, reply.account, pins)
        self._keep(joined)
        value = {"account": reply.account, "url": url, "pinned": bool(pins)}
        with self._shop.fact() as tables:
            queues.set_note(tables, PAIRED_NOTE, value, at=iso(self._shop.now()))
        return joined

    def _become(self, given: Takeover) -> None:
        try:
            takeover.begin(self._shop, given, new_epoch=self._new_epoch)
        except service_errors.Refused as error:
            if error.rule in KNOWN_REFUSALS:
                raise Refused(error.rule) from error
            raise Refused("unreadable", f"it names a receipt series that cannot be used, {given.letters!r}") from error

    def _server(self, code: PairingCode, address: str) -> tuple[str, tuple[str, ...]]:
        """The server's address and the keys to pin. Handshakes only: nothing is said yet."""
        if address:
            return self._judged(url_of(address), code)
        found = list(self._find(within_s=SEARCH_S, key_mark=code.mark))[:CANDIDATES_MAX]
        if not found:
            raise Refused("no_server")
        if not code.mark:
            raise Refused("key_needed", found[0].name)
        same = [server for server in found if server.key_mark == code.mark]
        refused = Refused("no_server" if not same else "wrong_key", ", ".join(server.name for server in same or found))
        for server in same:
            try:
                return self._judged(url_of(server.address), code)
            except Refused as error:
                refused = error  # it only says that it is the one; another may be
        raise refused

    def _judged(self, url: str, code: PairingCode) -> tuple[str, tuple[str, ...]]:
        parts = urlsplit(url)
        try:
            seen = self._look(parts.hostname, parts.port or 443, ca_file=self._ca_file)
        except ssl.SSLError as error:
            raise Refused("tls", str(error)[:200]) from error
        except (OSError, UnicodeError) as error:
            raise Refused("unreachable", f"{parts.netloc}: {error}"[:200]) from error
        if code.mark and not seen.key.startswith(code.mark):
            raise Refused("wrong_key", parts.netloc)
        if not code.mark and not seen.vouched:
            raise Refused("key_needed", parts.netloc)
        return url, () if seen.vouched else (seen.key,)

    def _ask(self, url: str, pins: tuple[str, ...], code: PairingCode) -> PairReply:
        till = journal.the_till(self._shop.tables)
        request = PairRequest(
            code=code.secret,
            till_id=till.till_id,
            prefix=till.prefix,
            id_pokl=self._shop.taxpayer.id_pokl,
            name=self._shop.till_name[:NAME_CHARS_MAX],
            account=bound_account(self._shop),
            fresh=is_fresh(self._shop),
        )
        keys = PinnedKeys(pins, keep=lambda _: None) if pins else None
        link = BackofficeLink(url, token="", ca_file=self._ca_file, keys=keys)
        reply = link.pair(request)
        link.close()
        match reply:
            case PairReply():
                return reply
            case Refusal():
                word = reply.problem.code if reply.problem.code in KNOWN_REFUSALS else "refused"
                raise Refused(word, reply.problem.detail or reply.problem.code)
            case Failed():
                raise Refused(reply.word, reply.detail)


class PairingKeeper:
    """The daemon's worker for it: takes requests, gives the uploader its link, looks for a server that has moved.

    `follows` is False where the settings name the address.
    """

    def __init__(
        self,
        shop: Shop,
        pairing: Pairing,
        *,
        use: Callable[[Joined], None],
        load: Callable[[], Joined | None],
        follows: bool,
        find: Finder,
        keep: Callable[[Joined], None],
        look: Callable[..., Seen] = look_at,
    ) -> None:
        self._shop = shop
        self._pairing = pairing
        self._use = use
        self._load = load
        self._follows = follows
        self._find = find
        self._keep = keep
        self._look = look
        self._lost_looks = 0

    def step(self) -> float:
        """Returns how long there is nothing to do, in seconds."""
        request = queues.note(self._shop.tables, REQUEST_NOTE)
        if request is None:
            self._follow()
            return IDLE_S
        with self._shop.mark() as tables:  # gone before anything is done with it: taken at most once
            queues.drop_note(tables, REQUEST_NOTE)
        result, joined = self._pairing.pair(str(request["id"]), str(request["code"]), str(request["address"]))
        level = logging.WARNING if result.word else logging.INFO
        log.log(level, "pairing: %s %s", result.word or result.account, result.detail or result.address)
        if joined:
            self._use(joined)
        return 0.0

    def _follow(self) -> None:
        """A server found by mDNS may get another address from its router; its key stays, so it is known again."""
        fault = (queues.note(self._shop.tables, BACKOFFICE_NOTE) or {}).get("fault", "")
        joined = self._load() if self._follows and fault in {"unreachable", "wrong_key"} else None
        if joined is None or not joined.pins:
            self._lost_looks = 0
            return
        self._lost_looks += 1
        if self._lost_looks < LOST_AFTER_LOOKS:
            return
        self._lost_looks = 0
        marks = {key[:KEY_MARK_CHARS] for key in joined.pins}
        for server in list(self._find(within_s=SEARCH_S, key_mark=joined.pins[0][:KEY_MARK_CHARS]))[:CANDIDATES_MAX]:
            try:
                url = url_of(server.address)
            except Refused:  # anybody may say anything on this network
                continue
            if server.key_mark in marks and url != joined.url and self._holds_a_key(url, joined.pins):
                log.info("the Backoffice has moved to %s", url)
                moved = replace(joined, url=url)
                self._keep(moved)
                self._use(moved)
                return

    def _holds_a_key(self, url: str, pins: tuple[str, ...]) -> bool:
        parts = urlsplit(url)
        try:
            return self._look(parts.hostname, parts.port or 443, ca_file=None).key in pins
        except (OSError, UnicodeError):
            return False


def url_of(address: str) -> str:
    """What a person wrote or mDNS told (`host`, `host:port`, `https://…`) as an address to speak to. Raises Refused."""
    text = address.strip().rstrip("/")
    if "://" not in text:
        bare_ipv6 = text.count(":") > 1 and not text.startswith("[")
        text = f"https://[{text}]" if bare_ipv6 else f"https://{text}"
        try:
            if urlsplit(text).port is None:
                text = f"{text}:{PORT}"
        except ValueError as error:
            raise Refused("address", address[:200]) from error
    try:
        parts = urlsplit(text)
        good = parts.scheme == "https" and bool(parts.hostname) and "@" not in parts.netloc and parts.port != 0
    except ValueError:
        good = False
    if not good or any(char.isspace() for char in text) or parts.path or parts.query or parts.fragment:
        raise Refused("address", address[:200])
    return text
