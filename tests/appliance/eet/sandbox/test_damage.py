"""Each damage, as the till that receives it judges it."""

from pathlib import Path

import pytest

from appliance.eet.answer import BadlySigned, Confirmed, UnknownSigner, Unreadable
from appliance.eet.certificate import load_pem
from appliance.eet.document import parse
from appliance.eet.sandbox.ca import make_stranger
from appliance.eet.sandbox.damage import damaged
from appliance.eet.sandbox.faults import FaultKind
from appliance.eet.sandbox.ledger import Ledger
from appliance.eet.sandbox.office import Office as TaxOffice
from appliance.eet.sandbox.office import OfficeReply
from appliance.eet.signature import verify
from tests.appliance.eet.material import Office, clock, header, message
from tests.appliance.eet.sandbox.messages import read


@pytest.fixture(scope="module")
def stranger_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("stranger")
    (folder / "private").mkdir()
    make_stranger(folder)
    return folder


def _reply(office: Office, folder: Path, raw: bytes) -> OfficeReply:
    ledger = Ledger(folder / "ledger.jsonl")
    tax_office = TaxOffice(
        signer=office.signer, till_anchors=office.till.chain, ledger=ledger, playground=True, clock=clock
    )
    reply = tax_office.answer(raw)
    ledger.close()
    return reply


@pytest.mark.parametrize(
    ("kind", "judged", "reason"),
    [
        (FaultKind.UNSIGNED, BadlySigned, "unsigned_confirmation"),
        (FaultKind.ALTERED, BadlySigned, "digest"),
        (FaultKind.WRONG_UUID, Unreadable, "uuid"),
        (FaultKind.FOREIGN_SIGNER, UnknownSigner, "chain"),
        (FaultKind.GARBAGE, Unreadable, "encoding"),
    ],
)
def test_a_damaged_confirmation_confirms_nothing_and_says_why(
    office: Office, stranger_dir: Path, tmp_path: Path, kind: FaultKind, judged: type, reason: str
) -> None:
    reply = _reply(office, tmp_path, message(office.till))
    stranger = load_pem((stranger_dir / "private" / "stranger.pem").read_bytes())

    body = damaged(reply, kind, signer=office.signer, stranger=stranger, salt=7)

    assert isinstance(read(reply.body, office), Confirmed)
    assert body is not None
    answer = read(body, office)
    assert isinstance(answer, judged)
    assert answer.reason == reason


def test_the_wrong_uuid_and_the_foreign_signer_are_well_signed(
    office: Office, stranger_dir: Path, tmp_path: Path
) -> None:
    reply = _reply(office, tmp_path, message(office.till))
    stranger = load_pem((stranger_dir / "private" / "stranger.pem").read_bytes())

    for kind, expected in ((FaultKind.WRONG_UUID, office.signer), (FaultKind.FOREIGN_SIGNER, stranger)):
        body = damaged(reply, kind, signer=office.signer, stranger=stranger, salt=7)
        assert body is not None
        assert verify(parse(body)).certificate == expected.certificate


def test_an_answer_that_is_not_signed_anyway_offers_nothing_to_damage(office: Office, tmp_path: Path) -> None:
    reply = _reply(office, tmp_path, message(office.till, header(verification=True)))

    for kind in (FaultKind.UNSIGNED, FaultKind.ALTERED, FaultKind.WRONG_UUID, FaultKind.FOREIGN_SIGNER):
        assert damaged(reply, kind, signer=office.signer, stranger=office.signer, salt=7) is None
