"""The tax office of the sandbox: what it answers to which bytes. No network; the server only carries its answers."""

import base64
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

from cryptography import x509
from lxml import etree

from appliance.domain.fiscal import Dialect
from appliance.eet.certificate import check_chain, common_name
from appliance.eet.codes import bkp_of, codes_hold
from appliance.eet.document import MESSAGE_BYTES_MAX, parse
from appliance.eet.errors import DocumentUnreadable, MessageInvalid, SignatureInvalid, UntrustedSigner
from appliance.eet.message import DialectSpec, attributes_xml, moment, text_xml
from appliance.eet.names import SOAP
from appliance.eet.request import Trzba, read_trzba
from appliance.eet.sandbox.ledger import Ledger
from appliance.eet.sandbox.words import error_text, warning_text
from appliance.eet.signature import Signer, sign_envelope, the_body, verify
from appliance.eet.v4 import V4

_FUTURE_ALLOWED = timedelta(hours=2)
_PAST_ALLOWED = timedelta(days=2 * 365)
_EARLIEST = {True: datetime(2026, 7, 1, tzinfo=UTC), False: datetime(2026, 11, 1, tzinfo=UTC)}
"""Sales of v4 before this get warning 5; True is the playground."""


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What a signed answer says: `content` is its Odpoved in canonical form."""

    content: str
    uuid: str
    code: str


@dataclass(frozen=True, slots=True)
class OfficeReply:
    """An HTTP answer: the body is text/xml. `confirmation` when it confirms something."""

    status: int
    body: bytes
    confirmation: Confirmation | None = None


class _RefusedMessage(Exception):
    def __init__(self, code: int, trzba: Trzba | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.trzba = trzba


class Office:
    """Judges messages like the real one: size, encoding, schema, signature and certificate, taxpayer, warnings."""

    def __init__(
        self,
        *,
        signer: Signer,
        till_anchors: Iterable[x509.Certificate],
        ledger: Ledger,
        playground: bool,
        clock: Callable[[], datetime],
    ) -> None:
        self._signer = signer
        self._till_anchors = tuple(till_anchors)
        self._ledger = ledger
        self._playground = playground
        self._clock = clock

    def answer(self, raw: bytes, *, dialect: DialectSpec = V4) -> OfficeReply:
        """The reply of this dialect's service to any bytes. What was accepted is in the ledger before this returns."""
        at = self._clock()
        try:
            if len(raw) > MESSAGE_BYTES_MAX:
                raise _RefusedMessage(7)
            root = parse(raw, bytes_max=MESSAGE_BYTES_MAX)
            return self._judge(root, the_body(root), dialect=dialect, at=at)
        except DocumentUnreadable as error:
            if error.reason == "encoding":
                return self._refuse(_RefusedMessage(2), dialect=dialect, at=at)
            return self.soap_fault("Client", error.reason)
        except SignatureInvalid as error:
            return self.soap_fault("Client", error.reason)
        except _RefusedMessage as verdict:
            return self._refuse(verdict, dialect=dialect, at=at)

    def refusal(self, code: int, *, at: datetime, uuid: str | None = None, dialect: DialectSpec = V4) -> OfficeReply:
        """An unsigned Chyba, as the real server sends them."""
        self._ledger.count_refused(str(code))
        return self._chyba(code, {"uuid_zpravy": uuid} if uuid else {}, dialect=dialect, at=at)

    def refuse_unjudged(self, raw: bytes, code: int, *, dialect: DialectSpec) -> OfficeReply:
        """Answer with this error, whatever the message is worth."""
        return self._refuse(_RefusedMessage(code, _readable(raw, dialect)), dialect=dialect, at=self._clock())

    def soap_fault(self, code: str, text: str) -> OfficeReply:
        """A fault that is counted."""
        self._ledger.count_refused("fault")
        return fault(code, text)

    def _judge(self, root: etree._Element, body: etree._Element, *, dialect: DialectSpec, at: datetime) -> OfficeReply:
        try:
            trzba = read_trzba(body, dialect=dialect)
        except MessageInvalid as error:
            raise _RefusedMessage(3) from error
        try:
            certificate = verify(root).certificate
            check_chain(certificate, anchors=self._till_anchors, at=at)
        except (SignatureInvalid, UntrustedSigner) as error:
            raise _RefusedMessage(4, trzba) from error
        if trzba.codes and trzba.codes.bkp != bkp_of(base64.b64decode(trzba.codes.pkp)):
            raise _RefusedMessage(5, trzba)
        if _structure_wrong(_taxpayer(trzba, dialect)):
            raise _RefusedMessage(6, trzba)
        warnings = self._warnings(trzba, certificate, dialect=dialect, at=at)
        if trzba.header.overeni:
            self._ledger.count_verified()
            return self._chyba(0, _echo(trzba), warnings, dialect=dialect, at=at)
        return self._confirm(trzba, warnings, dialect=dialect, at=at)

    def _confirm(self, trzba: Trzba, warnings: list[int], *, dialect: DialectSpec, at: datetime) -> OfficeReply:
        code = f"{uuid4()}-{'ff' if self._playground else f'{uuid4().int % 255:02x}'}"
        self._ledger.accept(trzba.data, dialect=dialect, header=trzba.header, code=code, at=at, codes=trzba.codes)
        values = {dialect.code: code, **self._test_flag()}
        content = _odpoved(
            {**_echo(trzba), "dat_prij": _local(at)},
            f"<eet:Potvrzeni{attributes_xml(values)}></eet:Potvrzeni>",
            warnings,
            dialect=dialect,
        )
        signed = sign_envelope(content, message_id=str(uuid4()), signer=self._signer)
        return OfficeReply(200, signed, Confirmation(content, uuid=trzba.header.uuid_zpravy, code=code))

    def _refuse(self, verdict: _RefusedMessage, *, dialect: DialectSpec, at: datetime) -> OfficeReply:
        self._ledger.count_refused(str(verdict.code))
        return self._chyba(verdict.code, _echo(verdict.trzba) if verdict.trzba else {}, dialect=dialect, at=at)

    def _chyba(
        self, code: int, echo: dict[str, str], warnings: Iterable[int] = (), *, dialect: DialectSpec, at: datetime
    ) -> OfficeReply:
        """An error, or with code 0 the success of verification mode: unsigned both."""
        text = text_xml(error_text(code, dialect=dialect.name))
        result = f"<eet:Chyba{attributes_xml({'kod': str(code), **self._test_flag()})}>{text}</eet:Chyba>"
        content = _odpoved({**echo, "dat_odmit": _local(at)}, result, warnings, dialect=dialect)
        return OfficeReply(200, plain_envelope(content))

    def _test_flag(self) -> dict[str, str]:
        return {"test": "true"} if self._playground else {}

    def _warnings(
        self, trzba: Trzba, certificate: x509.Certificate, *, dialect: DialectSpec, at: datetime
    ) -> list[int]:
        taxpayer = _taxpayer(trzba, dialect)
        authorising = trzba.data.get("eic_poverujiciho") or trzba.data.get("dic_poverujiciho")
        sold_at = moment(trzba.data["dat_trzby"])
        v4 = dialect.name == Dialect.V4
        earliest = max(at - _PAST_ALLOWED, _EARLIEST[self._playground]) if v4 else at - _PAST_ALLOWED
        codes = trzba.codes
        tests = {
            1: taxpayer != common_name(certificate),
            2: authorising is not None and _structure_wrong(authorising),
            3: codes is not None and not codes_hold(codes, trzba.data, dialect=dialect, certificate=certificate),
            4: sold_at > at + _FUTURE_ALLOWED,
            5: sold_at < earliest,
            6: v4 and _unit_unlikely(trzba.data["id_jednotky"]),
            7: v4 and authorising == taxpayer,
        }
        return [code for code, holds in tests.items() if holds]


def fault(code: str, text: str) -> OfficeReply:
    """A SOAP 1.1 fault, with the status 500 SOAP wants."""
    parts = f"<faultcode>soapenv:{code}</faultcode><faultstring>{text_xml(text)}</faultstring>"
    return OfficeReply(500, plain_envelope(f"<soapenv:Fault>{parts}</soapenv:Fault>"))


def plain_envelope(content: str) -> bytes:
    """An unsigned envelope."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<soapenv:Envelope xmlns:soapenv="{SOAP}"><soapenv:Header/>'
        f"<soapenv:Body>{content}</soapenv:Body></soapenv:Envelope>"
    ).encode()


def _readable(raw: bytes, dialect: DialectSpec) -> Trzba | None:
    try:
        return read_trzba(the_body(parse(raw, bytes_max=MESSAGE_BYTES_MAX)), dialect=dialect)
    except (DocumentUnreadable, SignatureInvalid, MessageInvalid):
        return None


def _echo(trzba: Trzba) -> dict[str, str]:
    """What of the message stands in the head of its answer."""
    return {"uuid_zpravy": trzba.header.uuid_zpravy, **({"bkp": trzba.codes.bkp} if trzba.codes else {})}


def _taxpayer(trzba: Trzba, dialect: DialectSpec) -> str:
    """The first value of the sale key is whose sale it is."""
    return trzba.data[dialect.sale_key[0]]


def _structure_wrong(number: str) -> bool:
    """The rules behind error 6 and warning 2 are not published; a number of nothing but zeros is surely wrong."""
    return not number.removeprefix("CZ").strip("0")


def _unit_unlikely(unit: str) -> bool:
    return len(unit) < 2 or unit[-1] not in "1234"


def _odpoved(head: dict[str, str], result: str, warnings: Iterable[int], *, dialect: DialectSpec) -> str:
    notes = "".join(
        f"<eet:Varovani{attributes_xml({'kod_varov': str(code)})}>"
        f"{text_xml(warning_text(code, dialect=dialect.name))}</eet:Varovani>"
        for code in warnings
    )
    return (
        f'<eet:Odpoved xmlns:eet="{dialect.namespace}"><eet:Hlavicka{attributes_xml(head)}></eet:Hlavicka>'
        f"{result}{notes}</eet:Odpoved>"
    )


def _local(at: datetime) -> str:
    return at.astimezone(ZoneInfo("Europe/Prague")).replace(microsecond=0).isoformat()
