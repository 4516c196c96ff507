"""One message to the tax office: an attempt row before the first byte, the answer kept and judged after the last."""

from collections.abc import Callable
from datetime import timedelta

from appliance.domain.clock import iso, parse_iso
from appliance.domain.fiscal import Dialect, Mode
from appliance.eet.answer import BadlySigned, Confirmed, UnknownSigner, read_answer
from appliance.eet.certificate import Identity, Trust
from appliance.eet.client import EetClient
from appliance.eet.codes import ControlCodes, control_codes
from appliance.eet.dialects import DIALECTS
from appliance.eet.errors import MessageInvalid
from appliance.eet.message import Header
from appliance.eet.outcome import ConfirmedOutcome, Outcome, Reason, Replied, outcome_of
from appliance.eet.request import build_request
from appliance.eet.transport import HttpReply, TransportFailure
from appliance.service.shop import Shop
from appliance.store import fiscal
from appliance.store.fiscal import Attempt, FiscalRecord

SIGNED_KEPT_BYTES = 64 * 1024
OTHER_KEPT_BYTES = 2 * 1024
"""An outage of days brings many useless answers; only a signed one may be worth its whole length later."""

MakeClient = Callable[[Dialect, Mode, bool], EetClient]
"""(dialect, mode, fresh) → a connection for records of that kind; `fresh` is the one for sales just made."""


class Exchange:
    """Sends records and keeps what came back. Each of its connections is used by one thread."""

    def __init__(self, shop: Shop, *, trust: Callable[[Dialect], Trust], make_client: MakeClient) -> None:
        self._shop = shop
        self._trust = trust
        self._make_client = make_client
        self._clients: dict[tuple[Dialect, Mode, bool], EetClient] = {}

    def send(self, record: FiscalRecord, identity: Identity, *, fresh: bool) -> tuple[str, Outcome]:
        """The message's uuid and what became of it. Raises MessageInvalid before anything has left the till."""
        now = self._shop.now()
        uuid = self._shop.new_message_id()
        with self._shop.mark() as tables:
            first = record.boot == self._shop.boot and not fiscal.was_attempted(tables, record)
            fiscal.add_attempt(tables, uuid=uuid, record=record, at=iso(now))
        header = Header(uuid, iso(now), prvni_zaslani=first, overeni=record.mode is Mode.VERIFICATION)
        codes = ControlCodes(record.pkp, record.bkp) if record.pkp else None
        try:
            envelope = build_request(
                record.data, header, dialect=DIALECTS[record.dialect], signer=identity, codes=codes
            )
        except MessageInvalid as error:
            self._finish(uuid, outcome="MessageInvalid", reason="message_invalid", detail=str(error), unknown=False)
            raise
        reply = self._client(record, fresh=fresh).post(envelope)
        attempt, trace_id, body = self._understood(record, uuid, reply)
        outcome = outcome_of(attempt, mode=record.mode, age=self._code_8_for(record))
        self._finish(
            uuid,
            outcome=type(outcome).__name__,
            reason=str(getattr(outcome, "reason", "")),
            detail=getattr(outcome, "detail", ""),
            unknown=isinstance(outcome, ConfirmedOutcome) or getattr(outcome, "maybe_recorded", False),
            trace_id=trace_id,
            answer=body,
        )
        return uuid, outcome

    def judge_again(self, record: FiscalRecord, attempt: Attempt) -> Outcome | None:
        """What a kept answer means now that somebody else is trusted; None unless it is a confirmation."""
        assert attempt.answer is not None
        answer = read_answer(
            attempt.answer,
            dialect=DIALECTS[record.dialect],
            sent_uuid=attempt.uuid,
            sent_bkp=record.bkp,
            trust=self._trust(record.dialect),
            at=parse_iso(attempt.at),
        )
        if not isinstance(answer, Confirmed):
            return None
        return outcome_of(Replied(200, answer), mode=record.mode, age=timedelta(0))

    def close(self) -> None:
        for client in self._clients.values():
            client.close()

    def _understood(
        self, record: FiscalRecord, uuid: str, reply: HttpReply | TransportFailure
    ) -> tuple[Replied | TransportFailure, str, bytes | None]:
        if isinstance(reply, TransportFailure):
            return reply, "", None
        answer = read_answer(
            reply.body,
            dialect=DIALECTS[record.dialect],
            sent_uuid=uuid,
            sent_bkp=record.bkp,
            trust=self._trust(record.dialect),
            at=self._shop.now(),
        )
        signed = isinstance(answer, Confirmed | UnknownSigner | BadlySigned)
        kept = reply.body[: SIGNED_KEPT_BYTES if signed else OTHER_KEPT_BYTES]
        return Replied(reply.status, answer), reply.trace_id, kept

    def _finish(
        self,
        uuid: str,
        *,
        outcome: str,
        reason: str,
        detail: str,
        unknown: bool,
        trace_id: str = "",
        answer: bytes | None = None,
    ) -> None:
        with self._shop.mark() as tables:
            fiscal.finish_attempt(
                tables,
                uuid,
                outcome=outcome,
                reason=reason,
                detail=detail,
                unknown=unknown,
                trace_id=trace_id,
                answer=answer,
            )

    def _client(self, record: FiscalRecord, *, fresh: bool) -> EetClient:
        key = (record.dialect, record.mode, fresh)
        if key not in self._clients:
            self._clients[key] = self._make_client(*key)
        return self._clients[key]

    def _code_8_for(self, record: FiscalRecord) -> timedelta:
        """How long ago it got code 8 for the first time since it waits; before that, however long, it got none."""
        since = parse_iso(record.tried_since or record.created_at)
        moments = map(parse_iso, fiscal.moments_of(self._shop.tables, record, reason=Reason.CODE_8.value))
        now = self._shop.now()
        return max(timedelta(0), now - min((at for at in moments if at >= since), default=now))


def codes_of(record: FiscalRecord, identity: Identity) -> ControlCodes:
    """The control codes of a sale of EET 1. Raises MessageInvalid."""
    return control_codes(record.data, dialect=DIALECTS[record.dialect], key=identity.key)
