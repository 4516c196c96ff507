"""The tax office of the sandbox: what it answers to which bytes. No network; the server only carries its answers."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

from cryptography import x509
from lxml import etree

from appliance.eet.certificate import check_chain, common_name
from appliance.eet.dialects import DIALECTS
from appliance.eet.document import MESSAGE_BYTES_MAX, elements, parse
from appliance.eet.errors import DocumentUnreadable, MessageInvalid, SignatureInvalid, UntrustedSigner
from appliance.eet.message import DialectSpec, attributes_xml, moment, text_xml
from appliance.eet.names import SOAP
from appliance.eet.request import Trzba, read_trzba
from appliance.eet.sandbox.ledger import Ledger
from appliance.eet.signature import Signer, sign_envelope, the_body, verify
from appliance.eet.v4 import V4

_FUTURE_ALLOWED = timedelta(hours=2)
_PAST_ALLOWED = timedelta(days=2 * 365)
_EARLIEST = {True: datetime(2026, 7, 1, tzinfo=UTC), False: datetime(2026, 11, 1, tzinfo=UTC)}
"""Sales before this get warning 5; True is the playground."""

_ERRORS = {
    -1: "Docasna technicka chyba zpracovani – odeslete prosim datovou zpravu pozdeji",
    0: "Datovou zpravu evidovane trzby v overovacim modu se podarilo zpracovat",
    2: "Kodovani XML neni platne",
    3: "XML zprava nevyhovela kontrole XML schematu",
    4: "Neplatny podpis SOAP zpravy",
    6: "EIC poplatnika ma chybnou strukturu",
    7: "Datova zprava je prilis velka",
    8: "Datova zprava nebyla zpracovana kvuli technicke chybe nebo chybe dat",
}
_WARNINGS = {
    1: "EIC poplatnika v datove zprave se neshoduje s EIC v certifikatu",
    2: "Chybny format EIC poverujiciho poplatnika",
    4: "Datum a cas prijeti trzby je novejsi nez datum a cas prijeti zpravy",
    5: "Datum a cas prijeti trzby je vyrazne v minulosti",
    6: "id_jednotky neodpovida formatem pridelenemu c. evidencni jednotky",
    7: "EIC poverujiciho poplatnika je shodne s EIC poplatnika",
}


@dataclass(frozen=True, slots=True)
class OfficeReply:
    """An HTTP answer: the body is text/xml."""

    status: int
    body: bytes


class _RefusedMessage(Exception):
    def __init__(self, code: int, *, uuid: str | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.uuid = uuid


class Office:
    """Judges messages like the real one: size, encoding, schema, signature and certificate, EIČ, then warnings."""

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

    def answer(self, raw: bytes) -> OfficeReply:
        """The reply to any bytes. What was accepted is in the ledger before this returns."""
        at = self._clock()
        try:
            if len(raw) > MESSAGE_BYTES_MAX:
                raise _RefusedMessage(7)
            root = parse(raw, bytes_max=MESSAGE_BYTES_MAX)
            body = the_body(root)
            return OfficeReply(200, self._judge(root, body, at=at))
        except DocumentUnreadable as error:
            if error.reason == "encoding":
                return self.refusal(2, at=at)
            return fault("Client", error.reason)
        except SignatureInvalid as error:
            return fault("Client", error.reason)
        except _RefusedMessage as verdict:
            return self.refusal(verdict.code, at=at, uuid=verdict.uuid)

    def refusal(
        self,
        code: int,
        *,
        at: datetime,
        uuid: str | None = None,
        warnings: Iterable[int] = (),
        dialect: DialectSpec = V4,
    ) -> OfficeReply:
        """An unsigned Chyba, as the real server sends them; also the success of verification mode (code 0)."""
        head = {"dat_odmit": _local(at), **({"uuid_zpravy": uuid} if uuid else {})}
        error = {"kod": str(code), **({"test": "true"} if self._playground else {})}
        result = f"<eet:Chyba{attributes_xml(error)}>{text_xml(_ERRORS[code])}</eet:Chyba>"
        content = _odpoved(head, result, warnings, dialect=dialect)
        return OfficeReply(200, _plain_envelope(content))

    def _judge(self, root: etree._Element, body: etree._Element, *, at: datetime) -> bytes:
        dialect = _dialect_of(body)
        try:
            trzba = read_trzba(body, dialect=dialect)
        except MessageInvalid as error:
            raise _RefusedMessage(3) from error
        uuid = trzba.header.uuid_zpravy
        try:
            certificate = verify(root).certificate
            check_chain(certificate, anchors=self._till_anchors, at=at)
        except (SignatureInvalid, UntrustedSigner) as error:
            raise _RefusedMessage(4, uuid=uuid) from error
        if _structure_wrong(trzba.data["eic_popl"]):
            raise _RefusedMessage(6, uuid=uuid)
        warnings = self._warnings(trzba, certificate, at=at)
        if trzba.header.overeni:
            return self.refusal(0, at=at, uuid=uuid, warnings=warnings, dialect=dialect).body
        return self._confirm(trzba, warnings, dialect=dialect, at=at)

    def _confirm(self, trzba: Trzba, warnings: list[int], *, dialect: DialectSpec, at: datetime) -> bytes:
        code = f"{uuid4()}-{'ff' if self._playground else f'{uuid4().int % 255:02x}'}"
        self._ledger.accept(trzba.data, dialect=dialect, header=trzba.header, code=code, at=at)
        values = {dialect.code: code, **({"test": "true"} if self._playground else {})}
        content = _odpoved(
            {"uuid_zpravy": trzba.header.uuid_zpravy, "dat_prij": _local(at)},
            f"<eet:Potvrzeni{attributes_xml(values)}></eet:Potvrzeni>",
            warnings,
            dialect=dialect,
        )
        return sign_envelope(content, message_id=str(uuid4()), signer=self._signer)

    def _warnings(self, trzba: Trzba, certificate: x509.Certificate, *, at: datetime) -> list[int]:
        data = trzba.data
        authorising = data.get("eic_poverujiciho")
        sold_at = moment(data["dat_trzby"])
        unit = data["id_jednotky"]
        tests = {
            1: data["eic_popl"] != common_name(certificate),
            2: authorising is not None and _structure_wrong(authorising),
            4: sold_at > at + _FUTURE_ALLOWED,
            5: sold_at < max(at - _PAST_ALLOWED, _EARLIEST[self._playground]),
            6: len(unit) < 2 or unit[-1] not in "1234",
            7: authorising == data["eic_popl"],
        }
        return [code for code, holds in tests.items() if holds]


def fault(code: str, text: str) -> OfficeReply:
    """A SOAP 1.1 fault, with the status 500 SOAP wants."""
    parts = f"<faultcode>soapenv:{code}</faultcode><faultstring>{text_xml(text)}</faultstring>"
    return OfficeReply(500, _plain_envelope(f"<soapenv:Fault>{parts}</soapenv:Fault>"))


def _dialect_of(body: etree._Element) -> DialectSpec:
    namespaces = {etree.QName(child).namespace for child in elements(body)}
    return next((dialect for dialect in DIALECTS.values() if dialect.namespace in namespaces), V4)


def _structure_wrong(eic: str) -> bool:
    """The rules behind error 6 and warning 2 are not published; a number of nothing but zeros is surely wrong."""
    return not eic.removeprefix("CZ").strip("0")


def _odpoved(head: dict[str, str], result: str, warnings: Iterable[int], *, dialect: DialectSpec) -> str:
    notes = "".join(
        f"<eet:Varovani{attributes_xml({'kod_varov': str(code)})}>{text_xml(_WARNINGS[code])}</eet:Varovani>"
        for code in warnings
    )
    return (
        f'<eet:Odpoved xmlns:eet="{dialect.namespace}"><eet:Hlavicka{attributes_xml(head)}></eet:Hlavicka>'
        f"{result}{notes}</eet:Odpoved>"
    )


def _plain_envelope(content: str) -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<soapenv:Envelope xmlns:soapenv="{SOAP}"><soapenv:Header/>'
        f"<soapenv:Body>{content}</soapenv:Body></soapenv:Envelope>"
    ).encode()


def _local(at: datetime) -> str:
    return at.astimezone(ZoneInfo("Europe/Prague")).replace(microsecond=0).isoformat()
