"""A small Backoffice that keeps what it is sent and answers by a script: sync.md §2 over plain HTTP, and every way it
can go wrong on the line. It is a fake for the till's side; the real intake has its own tests."""

import gzip
import json
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self, cast
from urllib.parse import parse_qsl, urlsplit

from appliance.domain.journal import Kind, Row, ShiftClosed, read_body, row_verifies
from appliance.wire import (
    API_PREFIX,
    ChangedRow,
    Changes,
    Position,
    Problem,
    PullState,
    ShiftProof,
    StockLevel,
    StockPage,
    Upload,
)

HTML = b"<html><body>Please sign in to the free Wi-Fi</body></html>"


class Answer(StrEnum):
    """What becomes of one upload. After the script has ended every answer is OK."""

    OK = "ok"
    LOST_REPLY = "lost_reply"  # stored, but the connection ends before the reply
    LOST_REQUEST = "lost_request"  # the connection ends, nothing is stored
    SERVER_ERROR = "server_error"
    BUSY = "busy"  # 503 with Retry-After: 300
    OUR_BUSY = "our_busy"  # the same as our own JSON error
    GARBAGE = "garbage"  # 200 and JSON of another shape
    PORTAL_OK = "portal_ok"  # 200 and the page of a captive portal
    PORTAL_401 = "portal_401"
    PORTAL_403_JSON = "portal_403_json"
    PORTAL_REDIRECT = "portal_redirect"
    PROXY_413 = "proxy_413"
    SHORT_ACK = "short_ack"  # nothing stored, and an honest ack of what is held
    SILENT = "silent"  # nothing at all, until the client gives up
    REVOKED = "revoked"
    WRONG_GAP = "wrong_gap"  # asks for a row the till never had
    SAME_GAP = "same_gap"  # asks for the very row it was just sent
    WRONG_FORK = "wrong_fork"
    HUGE_GAP = "huge_gap"  # no number of a row at all


@dataclass(frozen=True)
class Reply:
    status: int
    body: bytes
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()


@dataclass
class Books:
    """What the server holds, per epoch and seq; `branches` are rows that lost a fork.

    `hidden` receipts of a shift do not count in a proof, as when their rows were stored but not understood.
    """

    held: dict[str, dict[int, Row]] = field(default_factory=dict)
    branches: list[Row] = field(default_factory=list)
    hidden: int = 0

    def rows(self) -> list[Row]:
        return [row for epoch in self.held.values() for _, row in sorted(epoch.items())]

    def keep(self, rows: list[Row]) -> None:
        """Rows that lost a fork, of a till that says so."""
        self.branches += [row for row in rows if row not in self.branches]

    def take(self, rows: list[Row]) -> Reply | None:
        """The rule of sync.md §2; None when all of it is held now."""
        epoch = self.held.setdefault(rows[0].epoch, {}) if rows else {}
        for index, row in enumerate(rows):
            assert row_verifies(row)
            if row.seq in epoch:
                if epoch[row.seq].hash != row.hash:
                    self.keep(rows[index:])
                    return problem(409, "fork", seq=row.seq)
            elif row.seq != len(epoch) + 1:
                return problem(409, "gap", seq=len(epoch) + 1)
            else:
                epoch[row.seq] = row
        return None

    def proof(self, shift_id: str) -> Reply:
        bodies = {row.doc_id: read_body(row.kind, row.v, row.body) for row in self.rows()}
        closed = [each for each in bodies.values() if isinstance(each, ShiftClosed) and each.shift_id == shift_id]
        if not closed:
            return problem(404, "not_found")
        ours = {row.doc_id for row in self.rows() if row.kind == Kind.RECEIPT_ISSUED}
        receipts = [bodies[doc_id] for doc_id in ours if bodies[doc_id].shift_id == shift_id]
        del receipts[: self.hidden]
        total = sum(receipt.paid.haler for receipt in receipts)
        expected = closed[0].totals
        proof = ShiftProof(
            shift_id=shift_id,
            complete=(len(receipts), total) == (expected.count, expected.total.haler),
            receipts_held=len(receipts),
            receipts_expected=expected.count,
            sum_held_haler=total,
            sum_expected_haler=expected.total.haler,
        )
        return Reply(200, proof.model_dump_json().encode())


@dataclass
class PriceList:
    """What the server decides: of each id the newest row, with the version at which it was written. It knows no labels:
    a test writes what is sent."""

    versions: dict[str, tuple[int, ChangedRow]] = field(default_factory=dict)
    levels: dict[str, tuple[int, int]] = field(default_factory=dict)
    version: int = 0
    as_of: Position | None = None
    script: deque[Reply] = field(default_factory=deque)
    asked: list[dict[str, str]] = field(default_factory=list)
    rows_max: int = 500

    def write(self, *rows: ChangedRow) -> None:
        for row in rows:
            self.version += 1
            self.versions[row.id] = (self.version, row)

    def write_level(self, item_id: str, quantity: int) -> None:
        self.version += 1
        self.levels[item_id] = (self.version, quantity)

    def waiting(self, pull: PullState | None) -> dict[str, int]:
        if pull is None:
            return {}
        changes = sum(1 for version, _ in self.versions.values() if version > pull.since)
        levels = sum(1 for version, _ in self.levels.values() if version > pull.stock_since)
        return {"changes_waiting": changes, "stock_waiting": levels}

    def changes(self, query: dict[str, str]) -> Reply:
        self.asked.append(query)
        if self.script:
            return self.script.popleft()
        since = int(query["since"])
        if since > self.version:
            return problem(409, "cursor_ahead")
        due = sorted((each for each in self.versions.values() if each[0] > since), key=lambda each: each[0])
        if since == 0:
            due = [each for each in due if not each[1].gone and not each[1].fields.get("deleted")]
        page, more = due[: self.rows_max], len(due) > self.rows_max
        reply = Changes(
            rows=tuple(row for _, row in page),
            version=page[-1][0] if more else self.version,
            more=more,
            as_of=self.as_of,
            left=len(due) - len(page) if query.get("count") == "1" else None,
        )
        return Reply(200, reply.model_dump_json().encode())

    def stock(self, query: dict[str, str]) -> Reply:
        self.asked.append(query)
        if self.script:
            return self.script.popleft()
        since = int(query["since"])
        due = sorted((version, item_id, n) for item_id, (version, n) in self.levels.items() if version > since)
        page, more = due[: self.rows_max], len(due) > self.rows_max
        reply = StockPage(
            levels=tuple(StockLevel(item_id=item_id, quantity=n) for _, item_id, n in page),
            version=page[-1][0] if more else self.version,
            more=more,
            as_of=self.as_of,
        )
        return Reply(200, reply.model_dump_json().encode())


def problem(status: int, code: str, *, seq: int | None = None) -> Reply:
    body = Problem(code=code, seq=seq).model_dump_json(exclude_none=True).encode()
    return Reply(status, body, "application/problem+json")


_CANNED = {
    Answer.SERVER_ERROR: Reply(500, b"Internal Server Error", "text/plain"),
    Answer.BUSY: Reply(503, b"", "text/plain", (("Retry-After", "300"),)),
    Answer.OUR_BUSY: Reply(429, b'{"code":"too_many"}', "application/problem+json", (("Retry-After", "300"),)),
    Answer.GARBAGE: Reply(200, b'{"acked": "everything"}'),
    Answer.PORTAL_OK: Reply(200, HTML, "text/html"),
    Answer.PORTAL_401: Reply(401, HTML, "text/html"),
    Answer.PORTAL_403_JSON: Reply(403, b'{"error": "login_required"}'),
    Answer.PORTAL_REDIRECT: Reply(302, b"", "text/html", (("Location", "http://portal.invalid/"),)),
    Answer.PROXY_413: Reply(413, HTML, "text/html"),
    Answer.REVOKED: problem(401, "pairing_revoked"),
    Answer.WRONG_GAP: problem(409, "gap", seq=999_999),
    Answer.WRONG_FORK: problem(409, "fork", seq=999_999),
    Answer.HUGE_GAP: Reply(409, b'{"code":"gap","seq":1' + b"0" * 30 + b"}", "application/problem+json"),
}


class FakeBackoffice:
    """Listens on 127.0.0.1 between `with` and its end; `uploads` are the batches that arrived, in order."""

    def __init__(self) -> None:
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.fake = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), name="fake-backoffice")
        self.silence = threading.Event()
        self.reset()

    def reset(self) -> None:
        self.books = Books()
        self.price_list = PriceList()
        self.script: deque[Answer] = deque()
        self.uploads: list[Upload] = []
        self.json_bytes: list[int] = []
        self.tokens: list[str] = []
        self.proofs = 0
        self.rows_max: int | None = None  # more rows in one batch are "too large"
        self.keeps_branches = True  # as a server does that knows `lost`
        self.row_refused = 0  # a batch with this seq is "too large", however small
        self.during: Callable[[], object] | None = None  # done once, while the next batch is on its way

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.silence.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def answer(self, till_id: str, upload: Upload) -> Reply | None:
        """The reply to one batch; None: the connection just ends."""
        during, self.during = self.during, None
        if during is not None:
            during()
        said = self.script.popleft() if self.script else Answer.OK
        rows = [wire.row(till_id=till_id, epoch=upload.epoch) for wire in upload.rows]
        if said in _CANNED:
            return _CANNED[said]
        if said == Answer.LOST_REQUEST:
            return None
        if said == Answer.SILENT:
            self.silence.wait(20)
            return None
        if said == Answer.SAME_GAP and rows:
            return problem(409, "gap", seq=rows[0].seq)
        if self.rows_max is not None and len(rows) > self.rows_max:
            return problem(413, "too_large")
        if self.row_refused in [row.seq for row in rows]:
            return problem(413, "too_large")
        if upload.lost and self.keeps_branches:
            self.books.keep(rows)
            return Reply(200, json.dumps({"acked": {"epoch": upload.epoch, "seq": rows[-1].seq}}).encode())
        refused = self.books.take(rows) if said != Answer.SHORT_ACK else None
        if said == Answer.LOST_REPLY:
            return None
        if refused is not None:
            return refused
        held = len(self.books.held.get(upload.epoch, {}))
        waiting = self.price_list.waiting(upload.pull)
        return Reply(200, json.dumps({"acked": {"epoch": upload.epoch, "seq": held}, **waiting}).encode())


class _Server(ThreadingHTTPServer):
    fake: FakeBackoffice
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that has gone away is what some tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    @property
    def _fake(self) -> FakeBackoffice:
        return cast("_Server", self.server).fake

    def do_POST(self) -> None:
        packed = self.rfile.read(int(self.headers["Content-Length"]))
        plain = gzip.decompress(packed) if self.headers.get("Content-Encoding") == "gzip" else packed
        upload = Upload.model_validate_json(plain)
        fake = self._fake
        fake.uploads.append(upload)
        fake.json_bytes.append(len(plain))
        fake.tokens.append(self.headers.get("Authorization", ""))
        till_id = self.path.removeprefix(f"{API_PREFIX}/tills/").removesuffix("/journal")
        self._send(fake.answer(till_id, upload))

    def do_GET(self) -> None:
        fake, address = self._fake, urlsplit(self.path)
        query = dict(parse_qsl(address.query))
        if address.path.endswith("/changes"):
            self._send(fake.price_list.changes(query))
            return
        if address.path.endswith("/stock"):
            self._send(fake.price_list.stock(query))
            return
        fake.proofs += 1
        self._send(self._fake.books.proof(self.path.partition("?")[0].rpartition("/")[2]))

    def _send(self, reply: Reply | None) -> None:
        if reply is None:
            self.close_connection = True
            return
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        self.send_header("Content-Length", str(len(reply.body)))
        for name, value in reply.headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(reply.body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Silent: the tests look at `uploads`."""
