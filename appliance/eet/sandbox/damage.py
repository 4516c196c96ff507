"""What a fault makes of an answer on its way to the till. Pure: nothing here knows the ledger or the network."""

import random
from uuid import UUID

from appliance.eet.sandbox.faults import FaultKind
from appliance.eet.sandbox.office import OfficeReply, plain_envelope
from appliance.eet.signature import Signer, sign_envelope


def damaged(reply: OfficeReply, kind: FaultKind, *, signer: Signer, stranger: Signer, salt: int) -> bytes | None:
    """The body as it arrives; None when this fault has nothing to bite on: only a confirmation is signed.

    `stranger` signs what a foreign signer would, `signer` is the one the till trusts.
    """
    if kind is FaultKind.GARBAGE:
        return random.Random(salt).randbytes(len(reply.body))  # noqa: S311
    confirmation = reply.confirmation
    if confirmation is None:
        return None
    content, uuid = confirmation.content, confirmation.uuid
    message_id = str(UUID(int=salt << 96 | salt, version=4))
    if kind is FaultKind.UNSIGNED:
        return plain_envelope(content)
    if kind is FaultKind.ALTERED:
        return reply.body.replace(confirmation.code.encode("ascii"), _another(confirmation.code).encode("ascii"))
    if kind is FaultKind.WRONG_UUID:
        return sign_envelope(content.replace(uuid, message_id), message_id=message_id, signer=signer)
    assert kind is FaultKind.FOREIGN_SIGNER, kind
    return sign_envelope(content, message_id=message_id, signer=stranger)


def _another(code: str) -> str:
    """A code that differs in its first digit."""
    return ("1" if code[0] == "0" else "0") + code[1:]
