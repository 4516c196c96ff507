"""The words in which one message or answer is judged: what `pokladna eet verify` prints."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from cryptography import x509

from appliance.domain.fiscal import Dialect
from appliance.eet.certificate import SignerName


class Kind(StrEnum):
    """By what stands in the Body, good or not."""

    REQUEST = "request"
    CONFIRMATION = "confirmation"
    ERROR = "error"
    UNKNOWN = "unknown"


class Verdict(StrEnum):
    """Of a message: valid or invalid. Of an answer: what a till would do with it."""

    VALID = "valid"
    CONFIRMED = "confirmed"
    VERIFIED_ONLY = "verified-only"
    RETRY = "retry"
    PARKED = "parked"
    INVALID = "invalid"


GOOD_VERDICTS = frozenset({Verdict.VALID, Verdict.CONFIRMED, Verdict.VERIFIED_ONLY})


@dataclass(frozen=True, slots=True)
class Anchors:
    """Whom to believe about messages and about answers. `signers`: names answers must bear; none given, none asked."""

    tills: tuple[x509.Certificate, ...]
    answers: tuple[x509.Certificate, ...]
    signers: Mapping[Dialect, SignerName]


@dataclass(frozen=True, slots=True)
class Coded:
    """A Chyba or a Varovani."""

    code: int
    text: str


@dataclass(frozen=True, slots=True)
class Report:
    """All that `pokladna eet verify` says, in the order it says it. None means: nothing to judge.

    `schema` is None only for what is not well-formed (a SOAP fault is none of its documents: False), `signature` only
    when there is none, `chain` when there is nothing signed or no anchor. `codes` concerns messages of v3, `test`
    answers; `code` is there only when the verdict is confirmed.
    """

    dialect: Dialect | None
    kind: Kind
    well_formed: bool
    schema: bool | None
    signature: bool | None
    signed_element_is_read_element: bool
    chain: bool | None
    codes: bool | None
    code: str | None
    test: bool | None
    errors: tuple[Coded, ...]
    warnings: tuple[Coded, ...]
    verdict: Verdict
    reasons: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Fields by name; what `json.dumps` takes."""
        return asdict(self)
