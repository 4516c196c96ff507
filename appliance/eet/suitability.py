"""Whether this till may report with a certificate: in the regime in force, and in those to come."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from appliance.domain.fiscal import Dialect, Mode, Regime, reporting_regimes
from appliance.eet.certificate import Environment, Identity
from appliance.eet.errors import (
    CertificateProblem,
    ForeignCertificate,
    NotNewer,
    OtherEnvironment,
    ProductionCertificate,
    TestCertificate,
)


@dataclass(frozen=True, slots=True)
class Suitability:
    """`problem` in the regime in force, `later` in the first one to come that has any."""

    problem: CertificateProblem | None = None
    later: CertificateProblem | None = None
    useless: bool = False  # in each of them

    def refuse_if_useless(self) -> None:
        """Raise the CertificateProblem of a certificate that fits no regime at all.

        One that fits some is taken over: the production certificate of January is imported in December, and the
        playground's serves until then.
        """
        found = self.problem or self.later
        if self.useless and found is not None:
            raise found


def suitability(
    identity: Identity, *, regimes: Sequence[Regime], numbers: Mapping[Dialect, str], now: datetime
) -> Suitability:
    """`numbers`: the taxpayer's EIČ for v4 and DIČ for v3, as far as they are set. Validity is judged elsewhere."""
    relevant = reporting_regimes(regimes, now)
    if not relevant:
        foreign = _foreign(identity, [number for number in numbers.values() if number])
        return Suitability(problem=foreign, useless=foreign is not None)
    problems = [(regime, _problem(identity, regime, numbers[regime.dialect])) for regime in relevant]
    found = [(regime, problem) for regime, problem in problems if problem is not None]
    return Suitability(
        problem=next((problem for regime, problem in found if regime.valid_from <= now), None),
        later=next((problem for regime, problem in found if regime.valid_from > now), None),
        useless=len(found) == len(problems),
    )


def check_successor(successor: Identity, *, of: Identity) -> None:
    """Raise the CertificateProblem of a renewed certificate that cannot take the other's place, if there is one."""
    if successor.eic != of.eic:
        raise ForeignCertificate(found=successor.eic, expected=of.eic)
    if successor.environment is not of.environment:
        raise OtherEnvironment(found=successor.environment, expected=of.environment)
    ends, old_ends = successor.certificate.not_valid_after_utc, of.certificate.not_valid_after_utc
    if ends <= old_ends:
        raise NotNewer(ends)


def succeeds(successor: Identity, *, to: Identity) -> bool:
    """Whether `check_successor` has nothing against it."""
    try:
        check_successor(successor, of=to)
    except CertificateProblem:
        return False
    return True


def _problem(identity: Identity, regime: Regime, number: str) -> CertificateProblem | None:
    """The server of the verification mode is the live one, with the live one's certificates."""
    if foreign := _foreign(identity, [number]):
        return foreign
    production = identity.environment is Environment.PRODUCTION
    if regime.mode is Mode.PLAYGROUND:
        return ProductionCertificate() if production else None
    return None if production else TestCertificate(found=identity.environment)


def _foreign(identity: Identity, numbers: Sequence[str]) -> ForeignCertificate | None:
    if not numbers or identity.eic in numbers:
        return None
    return ForeignCertificate(found=identity.eic, expected=numbers[0])
