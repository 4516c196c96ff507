"""The daemon's care for the EET certificate: what is dropped is imported, everybody is told, and it is renewed in time.

Nobody else can read the key, so what may be known of the certificate is a note.
"""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any, Protocol

from appliance.domain.clock import iso
from appliance.domain.fiscal import Dialect
from appliance.dropbox import Dropped
from appliance.eet.certificate import Identity, fingerprint, issuer_name, load_p12
from appliance.eet.errors import CertificateProblem, NotAKeyStore
from appliance.eet.keyfolder import KeyFolder
from appliance.eet.suitability import suitability
from appliance.service.certificates import CERTIFICATE_NOTE, IMPORT_NOTE, ImportResult
from appliance.service.shop import Shop
from appliance.store import queues
from appliance.sync.renewal import Renewal

log = logging.getLogger(__name__)

RESULTS_KEPT = 8
UNREADABLE = "unreadable"
NOT_KEPT = "not_kept"  # the key could not be written


class Box(Protocol):
    def take(self) -> Iterable[Dropped]: ...


class CertificateImport:
    """Judges a key store, keeps it if it is good, and tells everybody."""

    def __init__(self, shop: Shop, keys: KeyFolder) -> None:
        self._shop = shop
        self._keys = keys
        self._numbers = {Dialect.V4: shop.taxpayer.eic, Dialect.V3: shop.taxpayer.dic_popl}

    def take_over(self, request_id: str, p12: bytes | None, password: str) -> ImportResult:
        """`p12` is None for a file that was none. Every problem is a word in the result."""
        try:
            result = self._imported(request_id, p12, password)
        except CertificateProblem as problem:
            result = ImportResult(request_id, **_words(problem))
        except OSError as error:
            result = ImportResult(request_id, word=NOT_KEPT, found=str(error.strerror or error))
        with self._shop.fact() as tables:
            others = queues.note(tables, IMPORT_NOTE) or []
            queues.set_note(tables, IMPORT_NOTE, [asdict(result), *others][:RESULTS_KEPT], at=iso(self._shop.now()))
        self.publish()
        self._shop.wake("sync", "ui")
        return result

    def _imported(self, request_id: str, p12: bytes | None, password: str) -> ImportResult:
        if p12 is None:
            raise NotAKeyStore("the file in the import folder is broken")
        now = self._shop.now()
        identity = load_p12(p12, password, at=now)
        found = suitability(identity, regimes=self._shop.regimes, numbers=self._numbers, now=now)
        found.refuse_if_useless()
        self._keys.keep(identity)
        warning = found.problem or found.later
        valid_to = identity.certificate.not_valid_after_utc
        return ImportResult(
            request_id, warning=warning.word if warning else "", eic=identity.eic, valid_to=iso(valid_to)
        )  # fmt: skip

    def publish(self) -> None:
        """What anybody may know of the certificate, if it is something new."""
        facts = self._facts()
        if queues.note(self._shop.tables, CERTIFICATE_NOTE) == facts:
            return
        with self._shop.mark() as tables:
            queues.set_note(tables, CERTIFICATE_NOTE, facts, at=iso(self._shop.now()))
        self._shop.wake("ui")

    def _facts(self) -> Mapping[str, Any]:
        identity = self._keys.current()
        if identity is None:
            return {"problem": UNREADABLE if self._keys.current_is_damaged() else ""}
        found = suitability(identity, regimes=self._shop.regimes, numbers=self._numbers, now=self._shop.now())
        return {
            **public_facts(identity),
            "problem": found.problem.word if found.problem else "",
            "warning": found.later.word if found.later else "",
        }


class CertificateKeeper:
    """The daemon's worker for it."""

    def __init__(self, imports: CertificateImport, box: Box, renewal: Renewal) -> None:
        self._imports = imports
        self._box = box
        self._renewal = renewal

    def step(self) -> float:
        """Returns how long there is nothing to do, in seconds. Also what changes with the day is noticed here."""
        for dropped in self._box.take():
            result = self._imports.take_over(dropped.request_id, dropped.p12, dropped.password)
            level = logging.WARNING if result.word else logging.INFO
            log.log(level, "certificate import: %s", result.word or f"{result.eic} until {result.valid_to}")
        self._imports.publish()
        return self._renewal.step()


def public_facts(identity: Identity) -> Mapping[str, str]:
    certificate = identity.certificate
    return {
        "eic": identity.eic,
        "environment": str(identity.environment),
        "issuer": issuer_name(certificate) or "",
        "serial": str(certificate.serial_number),
        "fingerprint": fingerprint(certificate),
        "valid_from": iso(certificate.not_valid_before_utc),
        "valid_to": iso(certificate.not_valid_after_utc),
    }


def _words(problem: CertificateProblem) -> Mapping[str, str]:
    moment = iso(problem.moment) if problem.moment else ""
    return {"word": problem.word, "found": problem.found, "expected": problem.expected, "moment": moment}
