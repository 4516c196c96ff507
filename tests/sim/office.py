"""The tax office: takes what it is sent, keeps a ledger, is slow, refuses, or does not answer.

Messages and answers travel as plain JSON instead of signed XML: signatures have tests of their own, and a history has a
hundred of them. `plain_messages` puts these two functions in the place of `build_request` and `read_answer`.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from appliance.eet.answer import Answer, Confirmed, Refused, SignedBy, Unreadable
from appliance.eet.message import Header
from appliance.eet.transport import FailureKind, HttpReply, TransportFailure
from appliance.sync import exchange
from tests.shops import OPENING
from tests.sim.scenario import Scenario
from tests.sim.world import Owner, World

SIGNER = SignedBy("office", "office", "0" * 64, OPENING)
PARKING = (2, 3, 6, 7)


def plain_request(data: Mapping[str, str], header: Header, **_: Any) -> bytes:
    return json.dumps({"uuid": header.uuid_zpravy, "first": header.prvni_zaslani, "data": dict(data)}).encode()


def plain_answer(body: bytes, *, sent_uuid: str, **_: Any) -> Answer:
    try:
        said = json.loads(body)
    except ValueError:
        return Unreadable("not_xml")
    if said["uuid"] != sent_uuid:
        return Unreadable("other_uuid")
    if "code" in said:
        return Confirmed(said["code"], True, None, (), SIGNER)
    return Refused(said["error"], "refused", True, ())


@contextmanager
def plain_messages() -> Iterator[None]:
    seams: Any = exchange
    before = seams.build_request, seams.read_answer
    seams.build_request, seams.read_answer = plain_request, plain_answer
    try:
        yield
    finally:
        seams.build_request, seams.read_answer = before


@dataclass(frozen=True)
class Entry:
    """One message that was recorded."""

    code: str
    data: dict[str, str]
    first: bool


@dataclass
class TaxOffice:
    world: World
    scenario: Scenario
    ledger: dict[str, list[Entry]] = field(default_factory=dict)
    """By receipt number."""
    first_seen: dict[str, int] = field(default_factory=dict)
    """How many messages said they were the first of their receipt, by its number."""
    calm: bool = False

    def receive(self, machine: Owner, envelope: bytes) -> HttpReply | TransportFailure:
        world, rates = self.world, self.scenario
        world.sleep(world.random.choice((0.1, 0.3, 1.0, 4.0)), machine)
        if not self.calm and world.chance(rates.eet_down):
            kind = world.random.choice((FailureKind.CONNECT, FailureKind.DNS, FailureKind.TIMEOUT))
            return TransportFailure(kind, request_was_sent=kind is FailureKind.TIMEOUT, detail="down")
        message = json.loads(envelope)
        number = message["data"]["porad_cis"]
        self.first_seen[number] = self.first_seen.get(number, 0) + int(message["first"])
        if not self.calm and world.chance(rates.eet_refuses):
            return self._answer(message, error=world.random.choice((-1, *PARKING)))
        code = world.new_id().upper()
        self.ledger.setdefault(number, []).append(Entry(code, message["data"], message["first"]))
        world.sleep(world.random.choice((0.1, 0.3, 6.0)), machine)
        if not self.calm and world.chance(rates.eet_reply_lost):
            return TransportFailure(FailureKind.TIMEOUT, request_was_sent=True, detail="too long")
        if not self.calm and world.chance(rates.eet_unreadable):
            return HttpReply(200, b"<html>", "")
        return self._answer(message, code=code)

    def _answer(self, message: dict[str, Any], **said: object) -> HttpReply:
        return HttpReply(200, json.dumps({"uuid": message["uuid"], **said}).encode(), "trace")


@dataclass(frozen=True)
class Line:
    """What a sender takes for an EetClient."""

    office: TaxOffice
    machine: Owner

    def post(self, envelope: bytes) -> HttpReply | TransportFailure:
        return self.office.receive(self.machine, envelope)

    def close(self) -> None:
        """There is no connection."""
