"""An EET server to develop and test against: HTTPS, strict like the real one, with a ledger that survives a kill.

POST to a path of SERVICE_PATHS is the service; GET of LEDGER_PATH tells what was accepted, as JSON, GET of SUMMARY_PATH
the same without the sales; below API_PATH certificates are renewed.
"""

import json
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from appliance.domain.fiscal import Dialect
from appliance.eet.certificate import load_anchors, load_pem
from appliance.eet.dialects import DIALECTS
from appliance.eet.message import DialectSpec
from appliance.eet.sandbox.ca import make_server_material, make_stranger
from appliance.eet.sandbox.damage import damaged
from appliance.eet.sandbox.faults import BEFORE_JUDGING, Fault, FaultKind, Faults
from appliance.eet.sandbox.https import Ending, HttpsServer, Reply, Request
from appliance.eet.sandbox.ledger import LEDGER_FILE, Ledger
from appliance.eet.sandbox.office import Office, OfficeReply
from appliance.eet.sandbox.renewal import API_PATH, RenewalDesk, error_reply

SERVICE_PATHS: Mapping[Dialect, str] = {
    Dialect.V3: "/eet/services/EETServiceSOAP/v3",
    Dialect.V4: "/eet/services/EETServiceSOAP/v4",
}
LEDGER_PATH = "/ledger"
SUMMARY_PATH = "/ledger/summary"

_DECLARATION = b'<?xml version="1.0" encoding="UTF-8"?>'
_ENDINGS = {
    FaultKind.DROP_REQUEST: Ending.SILENT,
    FaultKind.RESET: Ending.RESET,
    FaultKind.DROP_REPLY: Ending.SILENT,
    FaultKind.TRUNCATE: Ending.HALF,
}
_SOAP_FAULTS = {FaultKind.FAULT: "Server", FaultKind.CLIENT_FAULT: "Client"}
_HTML = b"<html><body>This is not the server you are looking for.</body></html>"


class Sandbox:
    """The server. `start` runs it in a thread, `serve_forever` in the caller's; both need `stop` at the end.

    Port 0 takes a free one. Material, ledger and renewals live in `directory` and are used again by the next run.
    """

    def __init__(
        self,
        directory: Path,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        clock: Callable[[], datetime],
        playground: bool = True,
        faults: Faults | None = None,
        renewal_polls: int = 1,
        renewal_rejects: bool = False,
    ) -> None:
        files = make_server_material(directory, host=host)
        self._host = host
        self._faults = faults or Faults()
        self._signer = load_pem(files.answer.read_bytes())
        foreign = any(fault.kind is FaultKind.FOREIGN_SIGNER for fault in self._faults.script)
        self._stranger = load_pem(make_stranger(directory).read_bytes()) if foreign else self._signer
        self._renewals = RenewalDesk(directory, clock=clock, polls=renewal_polls, rejects=renewal_rejects)
        self._ledger = Ledger(directory / LEDGER_FILE)
        self._office = Office(
            signer=self._signer,
            till_anchors=load_anchors([files.till_ca.read_bytes()]),
            ledger=self._ledger,
            playground=playground,
            clock=clock,
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(files.tls)
        self._services = {path: DIALECTS[name] for name, path in SERVICE_PATHS.items()}
        self._server = HttpsServer((host, port), context=context, respond=self._respond)
        self._thread: threading.Thread | None = None
        self._started = False

    @property
    def port(self) -> int:
        """The port it listens on, also when 0 was asked for."""
        return int(self._server.server_address[1])

    @property
    def endpoint(self) -> str:
        """What a till is configured with for v4."""
        return self._url(SERVICE_PATHS[Dialect.V4])

    @property
    def v3_endpoint(self) -> str:
        """What a till is configured with for v3."""
        return self._url(SERVICE_PATHS[Dialect.V3])

    @property
    def renewal_url(self) -> str:
        """The base of the renewal API."""
        return self._url(API_PATH)

    def ledger(self) -> dict[str, Any]:
        """What GET /ledger answers; see `Ledger.report`."""
        return self._ledger.report()

    def start(self) -> None:
        """Serve in a thread."""
        self._started = True
        self._thread = threading.Thread(target=self.serve_forever, name="eet-sandbox", daemon=True)
        self._thread.start()

    def serve_forever(self) -> None:
        """Serve in this thread until `stop` is called from another, or an exception (KeyboardInterrupt) ends it."""
        self._started = True
        self._server.serve_forever(poll_interval=0.1)

    def stop(self) -> None:
        """End all connections, wait for their threads and close the ledger."""
        if self._started:
            self._server.shutdown()
        if self._thread is not None:
            self._thread.join()
        self._server.end_connections()
        self._server.server_close()
        self._ledger.close()

    def _url(self, path: str) -> str:
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"https://{host}:{self.port}{path}"

    def _respond(self, request: Request) -> Reply:
        dialect = self._services.get(request.path)
        if request.method == "POST" and dialect is not None:
            return self._service(request, dialect)
        if request.path.startswith(f"{API_PATH}/"):
            return self._renewal(request)
        if request.method == "GET" and request.path in {LEDGER_PATH, SUMMARY_PATH}:
            found = self._ledger.report() if request.path == LEDGER_PATH else self._ledger.summary()
            return Reply(200, json.dumps(found).encode("ascii"), content_type="application/json")
        return Reply(404)

    def _service(self, request: Request, dialect: DialectSpec) -> Reply:
        """The one way every message goes, and where faults meet it: see `faults`."""
        draw = self._faults.next_message()
        times = {fault.kind: fault.value for fault in draw.on_top}
        for fault in draw.on_top:
            self._ledger.count_fault(fault.label)
        self._server.ended.wait(times.get(FaultKind.DELAY, 0))
        if draw.fault and draw.fault.kind in BEFORE_JUDGING:
            reply = self._unjudged(request, draw.fault, dialect)
        else:
            office_reply = self._header_fault(request, dialect) or self._office.answer(request.body, dialect=dialect)
            reply = _xml_reply(office_reply)
            if draw.fault:
                reply = self._spoiled(reply, office_reply, draw.fault, salt=draw.salt)
        return replace(reply, slow_s=times.get(FaultKind.SLOW, 0))

    def _unjudged(self, request: Request, fault: Fault, dialect: DialectSpec) -> Reply:
        self._ledger.count_fault(fault.label)
        if fault.kind is FaultKind.ERROR:
            return _xml_reply(self._office.refuse_unjudged(request.body, int(fault.value), dialect=dialect))
        if fault.kind in _SOAP_FAULTS:
            return _xml_reply(self._office.soap_fault(_SOAP_FAULTS[fault.kind], "fault script"))
        if fault.kind is FaultKind.STATUS:
            return Reply(int(fault.value), _HTML, content_type="text/html")
        return Reply(200, ending=_ENDINGS[fault.kind])

    def _spoiled(self, reply: Reply, judged: OfficeReply, fault: Fault, *, salt: int) -> Reply:
        if fault.kind is FaultKind.LATE_STATUS:
            spoiled = Reply(int(fault.value), _HTML, content_type="text/html")
        elif fault.kind in _ENDINGS:
            spoiled = replace(reply, ending=_ENDINGS[fault.kind])
        else:
            body = damaged(judged, fault.kind, signer=self._signer, stranger=self._stranger, salt=salt)
            if body is None:
                return reply
            spoiled = replace(reply, body=body)
        self._ledger.count_fault(fault.label)
        return spoiled

    def _renewal(self, request: Request) -> Reply:
        fault = self._faults.next_renewal().fault
        if fault is None:
            return self._renewals.answer(request)
        self._ledger.count_fault(fault.label)
        if fault.kind is FaultKind.RENEWAL_ERROR:
            return error_reply(int(fault.value), "fault script")
        if fault.kind is FaultKind.RENEWAL_DROP_REQUEST:
            return Reply(200, ending=Ending.SILENT)
        return replace(self._renewals.answer(request), ending=Ending.SILENT)

    def _header_fault(self, request: Request, dialect: DialectSpec) -> OfficeReply | None:
        content_type = request.headers.get("content-type")
        if content_type is None:
            if not request.body.startswith(_DECLARATION):
                return self._office.soap_fault("Client", "neither Content-Type nor XML declaration")
        elif content_type.replace(" ", "").lower() != "text/xml;charset=utf-8":
            return self._office.soap_fault("Client", "Content-Type")
        if request.headers.get("soapaction", "").strip('"') != dialect.soap_action:
            return self._office.soap_fault("Client", "SOAPAction")
        return None


def _xml_reply(reply: OfficeReply) -> Reply:
    return Reply(reply.status, reply.body, content_type="text/xml; charset=utf-8")
