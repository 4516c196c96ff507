from dataclasses import replace
from pathlib import Path

from appliance.domain.delivery import FiscalState, PrintState
from appliance.domain.fiscal import Mode
from appliance.service.certificates import NO_CERTIFICATE
from appliance.service.shift import current_shift
from appliance.service.status import (
    BACKOFFICE_NOTE,
    EET_NOTE,
    PRINTER_NOTE,
    BackofficeState,
    EetState,
    PrinterState,
    till_status,
)
from appliance.store import fiscal, journal, queues
from appliance.store.pull import update_pull
from tests.shops import TestShop, make_shop, sell

NONE_YET = replace(NO_CERTIFICATE, needed=True)
AT = "2027-02-01T08:00:00+01:00"


def test_a_new_till_knows_nothing_of_its_printer_and_its_backoffice(tmp_path: Path) -> None:
    till = make_shop(tmp_path, regimes=())
    status = till_status(till.shop)
    assert (status.now, status.shift) == (till.clock(), None)
    assert status.printer == PrinterState("unknown", 0, 0)
    assert status.eet == EetState(Mode.OFF, 0, 0, 0, "")
    assert status.backoffice == BackofficeState(False, 1, 0, "")
    till.store.close()


def test_the_status_tells_what_waits_for_how_long_and_why(selling: TestShop) -> None:
    with selling.shop.fact() as tables:
        journal.ack(tables, journal.last_place(tables))
    first = sell(selling.shop)
    selling.clock.forward(seconds=90)
    sell(selling.shop)
    sell(selling.shop)
    with selling.shop.mark() as tables:
        waiting = queues.jobs(tables, PrintState.WAITING)
        queues.set_job(tables, waiting[0].job_id, PrintState.ASK)
        queues.set_job(tables, waiting[1].job_id, PrintState.STARTED)
        queues.set_note(tables, PRINTER_NOTE, {"word": "paper_out"}, at=AT)
        queues.set_note(tables, EET_NOTE, {"fault": "channel:tls", "since": AT}, at=AT)
        queues.set_note(tables, BACKOFFICE_NOTE, {"paired": True, "fault": "unreachable"}, at=AT)
    selling.clock.forward(seconds=30)
    status = till_status(selling.shop)
    assert status.shift == current_shift(selling.shop)
    assert status.printer == PrinterState("paper_out", 2, 1)
    assert status.eet == EetState(Mode.PLAYGROUND, 3, 0, 120, "channel:tls", 120, certificate=NONE_YET)
    assert status.backoffice == BackofficeState(True, 4, 120, "unreachable")
    with selling.shop.fact() as tables:
        fiscal.update_record(tables, first.doc_id, state=FiscalState.PARKED.value)
        journal.ack(tables, journal.last_place(tables))
    status = till_status(selling.shop)
    assert status.eet == EetState(Mode.PLAYGROUND, 2, 1, 30, "channel:tls", 120, certificate=NONE_YET)
    assert status.backoffice == BackofficeState(True, 0, 0, "unreachable")


def test_a_clock_that_went_back_makes_no_negative_age(selling: TestShop) -> None:
    sell(selling.shop)
    selling.clock.back(hours=1)
    status = till_status(selling.shop)
    assert (status.eet.waiting, status.eet.oldest_age_s, status.backoffice.oldest_age_s) == (1, 0, 0)


def test_the_status_tells_how_many_changes_wait_and_that_some_were_taken_over(till: TestShop) -> None:
    before = till_status(till.shop)
    assert before.backoffice.changes_waiting == 0
    with till.shop.mark() as tables:
        update_pull(tables, changes_waiting=12)
    waiting = till_status(till.shop)
    assert (waiting.backoffice.changes_waiting, waiting.pulled) == (12, before.pulled)
    with till.shop.mark() as tables:
        update_pull(tables, changes_waiting=0, since=40)
    assert till_status(till.shop).pulled != before.pulled
