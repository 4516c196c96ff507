"""`pokladna eet test`: a made-up sale of one crown, sent by the daemon because only it may read the key.

To the playground it goes as a sale, so that the signed answer tries the trust anchors too; to the live server in
verification mode, which records nothing and whose answers are unsigned.
"""

import time
from collections.abc import Callable
from dataclasses import replace

from appliance.domain.clock import iso
from appliance.domain.fiscal import Dialect, Mode, Regime, reporting_regimes
from appliance.domain.reported import example_data
from appliance.eet.answer import Confirmed, Refused, read_answer
from appliance.eet.certificate import Identity, Trust
from appliance.eet.codes import ControlCodes, control_codes
from appliance.eet.dialects import DIALECTS
from appliance.eet.errors import MessageInvalid
from appliance.eet.message import Header
from appliance.eet.outcome import ConfirmedOutcome, Outcome, Replied, VerifiedOnly, outcome_of
from appliance.eet.request import build_request
from appliance.eet.transport import HttpReply
from appliance.service.fiscal import ChannelTest, channel_test, finish_test
from appliance.service.shop import Shop
from appliance.service.status import CERTIFICATE_MISSING
from appliance.sync.exchange import MakeClient

IDLE_S = 15.0
MS_PER_S = 1000


class Rehearsal:
    """Answers the last request for a test; one thread calls `step`."""

    def __init__(
        self,
        shop: Shop,
        *,
        identity: Callable[[], Identity | None],
        trust: Callable[[Dialect], Trust],
        make_client: MakeClient,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._shop = shop
        self._identity = identity
        self._trust = trust
        self._make_client = make_client
        self._monotonic = monotonic

    def step(self) -> float:
        """Perform the test that was asked for, if any. Returns how long there is nothing to do, in seconds."""
        asked = channel_test(self._shop)
        if asked is not None and not asked.outcome:
            finish_test(self._shop, self._perform(asked.test_id))
        return IDLE_S

    def _perform(self, test_id: str) -> ChannelTest:
        now = self._shop.now()
        regime = next(iter(reporting_regimes(self._shop.regimes, now)), None)
        if regime is None:
            return ChannelTest(test_id, outcome="off")
        test = ChannelTest(test_id, dialect=regime.dialect.value, mode=regime.mode.value)
        identity = self._identity()
        if identity is None:
            return replace(test, outcome=CERTIFICATE_MISSING)
        began = self._monotonic()
        try:
            outcome = self._send(regime, identity)
        except MessageInvalid as error:
            return replace(test, outcome="message_invalid", detail=str(error))
        return _told(replace(test, took_ms=round((self._monotonic() - began) * MS_PER_S)), outcome)

    def _send(self, regime: Regime, identity: Identity) -> Outcome:
        now = self._shop.now()
        dialect = DIALECTS[regime.dialect]
        verification = regime.mode is not Mode.PLAYGROUND
        data = example_data(dialect=regime.dialect, taxpayer=self._shop.taxpayer, at=iso(now))
        codes: ControlCodes | None = None
        if regime.dialect is Dialect.V3:
            codes = control_codes(data, dialect=dialect, key=identity.key)
        uuid = self._shop.new_message_id()
        header = Header(uuid, iso(now), prvni_zaslani=True, overeni=verification)
        envelope = build_request(data, header, dialect=dialect, signer=identity, codes=codes)
        client = self._make_client(regime.dialect, regime.mode, False)
        try:
            reply = client.post(envelope)
        finally:
            client.close()
        mode = Mode.VERIFICATION if verification else regime.mode
        if not isinstance(reply, HttpReply):
            return outcome_of(reply, mode=mode, age=self._shop.now() - now)
        answer = read_answer(
            reply.body,
            dialect=dialect,
            sent_uuid=uuid,
            sent_bkp=codes.bkp if codes else "",
            trust=self._trust(regime.dialect),
            at=self._shop.now(),
        )
        return outcome_of(Replied(reply.status, answer), mode=mode, age=self._shop.now() - now)


def _told(test: ChannelTest, outcome: Outcome) -> ChannelTest:
    match outcome:
        case ConfirmedOutcome():
            return _passed(test, outcome.answer, detail=outcome.answer.code)
        case VerifiedOnly():
            return _passed(test, outcome.answer, detail="")
        case _:
            return replace(test, outcome=str(outcome.reason), detail=outcome.detail)


def _passed(test: ChannelTest, answer: Confirmed | Refused, *, detail: str) -> ChannelTest:
    warnings = tuple(f"{warning.code}: {warning.text}" for warning in answer.warnings)
    return replace(test, outcome="passed", detail=detail, warnings=warnings)
