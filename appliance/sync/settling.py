"""What an answer does to a record: each function is one transaction."""

import logging
from collections.abc import Mapping

from appliance.domain.clock import iso
from appliance.domain.delivery import FiscalState
from appliance.domain.journal import Kind, ReceiptFiscalised
from appliance.eet.answer import Confirmed, Refused, ServerWarning
from appliance.service.shop import Shop
from appliance.service.status import EET_NOTE, EET_WARNING_NOTE
from appliance.store import fiscal, journal, queues, sales
from appliance.store.fiscal import FiscalRecord
from appliance.store.tables import Tables

log = logging.getLogger(__name__)


def confirm(shop: Shop, record: FiscalRecord, uuid: str, answer: Confirmed) -> None:
    """The code and its journal row are one commit. A second code of the same sale goes to the journal only."""
    warnings, shift_id = _texts(answer.warnings), _shift_of(shop, record)
    with shop.fact() as tables:
        current = fiscal.load_record(tables, record.doc_id)
        assert current is not None
        first = current.state != FiscalState.CONFIRMED
        if first:
            _finish(shop, tables, record, FiscalState.CONFIRMED, code=answer.code, warnings=warnings)
        body = _body(record, uuid, code=answer.code, test=answer.test, first=first, warnings=warnings)
        _journal(shop, tables, body, shift_id=shift_id)
    if record.attempts:
        log.info("EET: %s confirmed after %d attempts", record.number, record.attempts + 1)


def verified_only(shop: Shop, record: FiscalRecord, uuid: str, answer: Refused) -> None:
    """Verification mode: the message is right, the sale is not recorded and has no code."""
    warnings, shift_id = _texts(answer.warnings), _shift_of(shop, record)
    body = _body(record, uuid, code="", test=answer.test, first=True, warnings=warnings)
    with shop.fact() as tables:
        _finish(shop, tables, record, FiscalState.VERIFIED_ONLY, code="", warnings=warnings)
        _journal(shop, tables, body, shift_id=shift_id)


def wait(shop: Shop, record: FiscalRecord, *, reason: str, detail: str) -> int:
    """One more attempt without a code; returns how many there were."""
    attempts = record.attempts + 1
    with shop.mark() as tables:
        fiscal.update_record(tables, record.doc_id, attempts=attempts, reason=_words(reason, detail))
    if attempts == 1:
        log.warning("EET: %s waits: %s %s", record.number, reason, detail)
    return attempts


def park(shop: Shop, record: FiscalRecord, *, reason: str, detail: str) -> None:
    """Sending the same again is pointless until a person has looked."""
    with shop.fact() as tables:
        fiscal.update_record(
            tables,
            record.doc_id,
            state=FiscalState.PARKED.value,
            attempts=record.attempts + 1,
            reason=_words(reason, detail),
        )
    log.error("EET: %s parked: %s %s", record.number, reason, detail)
    shop.wake("ui")


def note_fault(shop: Shop, fault: str, channels: Mapping[str, str]) -> None:
    """How the channels stand, for the screen, the paper and the technician."""
    log.log(logging.WARNING if fault else logging.INFO, "EET channel: %s", fault or "works")
    at = iso(shop.now())
    with shop.mark() as tables:
        before = queues.note(tables, EET_NOTE) or {}
        since = before.get("since", at) if before.get("fault") == fault else at
        value = {"fault": fault, "since": since if fault else "", "channels": dict(channels)}
        queues.set_note(tables, EET_NOTE, value, at=at)
    shop.wake("ui")


def _finish(
    shop: Shop, tables: Tables, record: FiscalRecord, state: FiscalState, *, code: str, warnings: tuple[str, ...]
) -> None:
    fiscal.update_record(tables, record.doc_id, state=state.value, code=code, reason="", warnings="\n".join(warnings))
    # what the server warned of last; a sale taken without a warning takes it back
    if warnings:
        value = {"number": record.number, "warnings": list(warnings)}
        queues.set_note(tables, EET_WARNING_NOTE, value, at=iso(shop.now()))
    else:
        queues.drop_note(tables, EET_WARNING_NOTE)


def _shift_of(shop: Shop, record: FiscalRecord) -> str:
    """Read before the write lock is taken: a long receipt takes its time."""
    receipt = sales.load_receipt(shop.tables, record.doc_id)
    assert receipt is not None
    return receipt.shift_id


def _body(
    record: FiscalRecord, uuid: str, *, code: str, test: bool, first: bool, warnings: tuple[str, ...]
) -> ReceiptFiscalised:
    return ReceiptFiscalised(
        receipt_doc_id=record.doc_id,
        number=record.number,
        code=code,
        dialect=record.dialect,
        mode=record.mode,
        uuid=uuid,
        test=test,
        first=first,
        warnings=warnings,
    )


def _journal(shop: Shop, tables: Tables, body: ReceiptFiscalised, *, shift_id: str) -> None:
    at = iso(shop.now())
    journal.append(tables, Kind.RECEIPT_FISCALISED, body, doc_id=shop.new_id(), at=at, shift_id=shift_id)


def _texts(warnings: tuple[ServerWarning, ...]) -> tuple[str, ...]:
    return tuple(f"{warning.code}: {warning.text}" for warning in warnings)


def _words(reason: str, detail: str) -> str:
    return f"{reason} {detail}".strip()
