"""Every answer of sync.md §2 leads to the right state, and no sequence of answers loses or doubles a row."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from appliance.domain.fiscal import Mode, Regime
from appliance.domain.journal import DrawerOpened, Kind
from appliance.domain.money import crowns
from appliance.service import shift, sync
from appliance.service.certificates import CERTIFICATE_NOTE
from appliance.service.errors import StoreFailed
from appliance.service.shift import last_closing
from appliance.store import journal, queues
from appliance.sync import link
from appliance.wire import BATCH_BYTES_MAX, BATCH_ROWS_MAX
from tests.appliance.sync.till import TOKEN, make_till
from tests.fake_backoffice import Answer, FakeBackoffice
from tests.shops import PLAYGROUND, open_for_sale, sell

AT = "2027-02-01T08:00:00+01:00"


def test_all_of_the_journal_reaches_the_server_byte_for_byte(tmp_path: Path, server: FakeBackoffice) -> None:
    till = make_till(tmp_path, server, receipts=3)
    assert till.work() > 0
    assert server.books.rows() == till.journal
    assert (till.unsent, till.fault) == (0, "")


def test_the_token_is_sent_and_the_status_says_what_waits(tmp_path: Path, server: FakeBackoffice) -> None:
    till = make_till(tmp_path, server, receipts=2, regimes=(PLAYGROUND,), rows_max=2)
    till.work()
    assert set(server.tokens) == {f"Bearer {TOKEN}"}
    first = server.uploads[0].status
    assert (first.version, first.eet_waiting) == ("1.2.3", 2)
    assert [upload.status.unsent for upload in server.uploads] == [3, 1, 0], "what waits after that batch"


def test_the_next_batch_is_ready_before_the_answer_to_this_one(tmp_path: Path, server: FakeBackoffice) -> None:
    till = make_till(tmp_path, server, receipts=4, rows_max=2)
    till.uploader.step()
    ready = till.uploader._ready
    assert ready is not None
    assert [each.seq for each in ready.rows] == [3, 4]
    sell(till.shop)
    till.work()
    assert server.books.rows() == till.journal
    assert [len(upload.rows) for upload in server.uploads] == [2, 2, 2, 1]


@pytest.mark.parametrize("said", [Answer.LOST_REPLY, Answer.LOST_REQUEST, Answer.SHORT_ACK, Answer.GARBAGE])
def test_a_batch_made_ready_goes_out_only_after_the_one_before_it(
    tmp_path: Path, server: FakeBackoffice, said: Answer
) -> None:
    till = make_till(tmp_path, server, receipts=4, rows_max=2)
    server.script.append(said)
    till.uploader.step()
    assert till.uploader._ready is None
    till.until_quiet()
    assert [upload.rows[0].seq for upload in server.uploads[:2]] == [1, 1]
    assert server.books.rows() == till.journal


def test_what_cannot_be_made_ready_waits_for_the_answer_to_the_batch_on_its_way(
    tmp_path: Path, server: FakeBackoffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    till = make_till(tmp_path, server, receipts=4, rows_max=2)

    def broken(*_: object) -> None:
        raise StoreFailed("disk I/O error")

    monkeypatch.setattr(till.uploader, "_make_ready", broken)
    with pytest.raises(StoreFailed):
        till.uploader.step()
    assert len(server.books.rows()) == 2, "the exchange was waited for"
    monkeypatch.undo()
    till.until_quiet()
    assert server.books.rows() == till.journal


LIVE = replace(PLAYGROUND, mode=Mode.LIVE)
ENDS_SOON = {"eic": "CZ00000019", "valid_from": "2026-03-01T00:00:00+00:00", "valid_to": "2027-02-11T00:00:00+00:00"}


@pytest.mark.parametrize(
    ("regimes", "note", "hours", "told"),
    [
        ((), ENDS_SOON, 0, ("", "", None)),  # nothing is reported, nobody needs a certificate
        ((LIVE,), None, 0, ("", "none", None)),
        ((LIVE,), ENDS_SOON, 25, ("late", "warning", 8)),
        ((LIVE,), {**ENDS_SOON, "problem": "foreign_certificate"}, 41, ("urgent", "foreign_certificate", 8)),
        ((PLAYGROUND,), ENDS_SOON, 49, ("", "warning", 7)),  # practice is never late
    ],
)
def test_the_status_says_how_late_and_how_the_certificate_is(
    tmp_path: Path,
    server: FakeBackoffice,
    regimes: tuple[Regime, ...],
    note: dict[str, str] | None,
    hours: int,
    told: tuple[str, str, int | None],
) -> None:
    till = make_till(tmp_path, server, receipts=1, regimes=regimes)
    if note is not None:
        with till.shop.mark() as tables:
            queues.set_note(tables, CERTIFICATE_NOTE, note, at=AT)
    till.test_shop.clock.forward(hours=hours)
    till.work()
    status = server.uploads[-1].status
    assert (status.eet_lateness, status.eet_certificate, status.eet_certificate_days) == told


def test_an_unpaired_till_sends_nothing_and_sells_on(tmp_path: Path) -> None:
    till = make_till(tmp_path, None, receipts=2)
    assert till.work() == 15.0
    assert till.unsent == 4


@pytest.mark.parametrize("limits", [{"rows": 1200, "reason": "x"}, {"rows": 14, "reason": "ž" * 60_000}])
def test_a_batch_holds_at_most_500_rows_and_1_mib(
    tmp_path: Path, server: FakeBackoffice, limits: dict[str, object]
) -> None:
    till = make_till(tmp_path, server)
    open_for_sale(till.shop)
    with till.shop.fact() as tables:
        for _ in range(int(str(limits["rows"]))):
            body = DrawerOpened("", "Jana", str(limits["reason"]))
            journal.append(tables, Kind.DRAWER_OPENED, body, doc_id=till.shop.new_id(), at=AT)
    till.work()
    assert server.books.rows() == till.journal
    assert len(server.uploads) >= 2
    assert max(len(upload.rows) for upload in server.uploads) <= BATCH_ROWS_MAX
    assert max(sum(len(row.body.encode()) for row in upload.rows) for upload in server.uploads) <= BATCH_BYTES_MAX
    assert max(server.json_bytes) <= 2 * BATCH_BYTES_MAX


def test_a_lost_reply_is_sent_again_and_that_is_success(tmp_path: Path, server: FakeBackoffice) -> None:
    till = make_till(tmp_path, server, receipts=1)
    server.script.append(Answer.LOST_REPLY)
    till.work()
    assert (till.unsent, till.fault) == (3, "unreachable")
    assert server.books.rows() == till.journal
    till.until_quiet()
    assert server.books.rows() == till.journal
    assert till.fault == ""


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        (Answer.LOST_REQUEST, "unreachable"),
        (Answer.SERVER_ERROR, "server_error"),
        (Answer.BUSY, "server_error"),
        (Answer.OUR_BUSY, "too_many"),
        (Answer.GARBAGE, "unreadable"),
        (Answer.SHORT_ACK, "unreadable"),
        (Answer.PORTAL_OK, "unreadable"),
        (Answer.PORTAL_401, "refused"),
        (Answer.PORTAL_403_JSON, "refused"),
        (Answer.PORTAL_REDIRECT, "refused"),
        (Answer.WRONG_GAP, "gap"),
        (Answer.SAME_GAP, "gap"),
        (Answer.WRONG_FORK, "fork"),
        (Answer.HUGE_GAP, "refused"),
    ],
)
def test_what_is_no_ack_is_waited_out_and_sent_again(
    tmp_path: Path, server: FakeBackoffice, said: Answer, fault: str
) -> None:
    till = make_till(tmp_path, server, receipts=1)
    server.script.append(said)
    assert till.work() > 0.0
    assert (till.unsent, till.fault, len(server.uploads)) == (3, fault, 1)
    till.until_quiet()
    assert (till.fault, server.books.rows()) == ("", till.journal)


def test_a_silent_server_is_given_up(tmp_path: Path, server: FakeBackoffice, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link, "READ_TIMEOUT_S", 0.2)
    till = make_till(tmp_path, server, receipts=1)
    server.script.append(Answer.SILENT)
    till.work()
    server.silence.set()
    assert (till.fault, till.unsent) == ("unreachable", 3)


@pytest.mark.parametrize("said", [Answer.BUSY, Answer.OUR_BUSY])
def test_retry_after_is_obeyed(tmp_path: Path, server: FakeBackoffice, said: Answer) -> None:
    till = make_till(tmp_path, server, receipts=1)
    server.script.append(said)
    till.work()
    till.time.now += 299
    till.work()
    assert len(server.uploads) == 1
    till.time.now += 1
    till.work()
    assert till.unsent == 0


def test_a_person_who_asks_does_not_wait_for_the_backoff(tmp_path: Path, server: FakeBackoffice) -> None:
    till = make_till(tmp_path, server, receipts=1)
    server.script.append(Answer.BUSY)
    till.work()
    till.uploader.hurry()
    till.work()
    assert till.unsent == 0


def test_only_our_own_word_stops_the_uploads(tmp_path: Path, server: FakeBackoffice) -> None:
    till = make_till(tmp_path, server, receipts=1)
    server.script.append(Answer.REVOKED)
    till.work()
    till.time.now += 30 * 24 * 3600
    assert till.work() == 15.0
    assert (till.fault, till.unsent, len(server.uploads)) == ("pairing_revoked", 3, 1)


def test_a_gap_rewinds_to_what_the_server_wants(tmp_path: Path, server: FakeBackoffice) -> None:
    till = make_till(tmp_path, server, receipts=3)
    till.work()
    (epoch,) = server.books.held
    for seq in (3, 4, 5):
        del server.books.held[epoch][seq]  # the server came back from an older backup
    sell(till.shop)
    till.work()
    assert server.books.rows() == till.journal
    assert till.unsent == 0


def test_the_comparison_of_heads_finds_what_the_server_lost(tmp_path: Path, server: FakeBackoffice) -> None:
    till = make_till(tmp_path, server, receipts=3)
    till.work()
    server.books.held.clear()
    till.time.now += 12 * 3600
    till.until_quiet()
    assert server.books.rows() == till.journal


def test_a_quiet_till_reports_each_minute_how_it_is(tmp_path: Path, server: FakeBackoffice) -> None:
    till = make_till(tmp_path, server, receipts=1)
    till.work()
    for _ in range(13):
        till.time.now += till.work()
    empty = [upload for upload in server.uploads if not upload.rows]
    assert len(empty) == 3  # 180 s of polls each 15 s
    assert {upload.epoch for upload in empty} == {journal.the_till(till.shop.tables).epoch}


def test_a_change_nobody_announced_is_tried_within_15_s(tmp_path: Path, server: FakeBackoffice) -> None:
    till = make_till(tmp_path, server, receipts=1)
    till.work()
    rest_s = till.work()
    sell(till.shop)
    assert 0 < rest_s <= 15
    till.time.now += rest_s
    till.work()
    assert server.books.rows() == till.journal


@pytest.mark.parametrize("receipts", [1, 9])
def test_a_batch_that_is_too_large_is_halved_until_it_fits(
    tmp_path: Path, server: FakeBackoffice, receipts: int
) -> None:
    till = make_till(tmp_path, server, receipts=receipts)
    server.rows_max = 2
    till.work()
    assert server.books.rows() == till.journal
    assert till.fault == ""


def test_a_proxy_that_finds_it_too_large_is_understood_too(tmp_path: Path, server: FakeBackoffice) -> None:
    till = make_till(tmp_path, server, receipts=3)
    server.script.append(Answer.PROXY_413)
    till.work()
    assert [len(upload.rows) for upload in server.uploads][:2] == [5, 2]
    assert till.unsent == 0


def test_one_row_that_is_too_large_is_an_alarm_and_backs_off(tmp_path: Path, server: FakeBackoffice) -> None:
    till = make_till(tmp_path, server, receipts=2)
    server.row_refused = 3
    assert till.work() > 0
    assert (till.fault, till.unsent) == ("too_large", 2)
    before = len(server.uploads)
    till.time.now += till.work()
    till.work()
    assert len(server.uploads) == before + 1
    server.row_refused = 0  # the server was given more room
    till.until_quiet()
    assert server.books.rows() == till.journal


def test_a_closing_sends_the_whole_shift_again_and_keeps_the_proof(tmp_path: Path, server: FakeBackoffice) -> None:
    till = make_till(tmp_path, server, receipts=3)
    till.work()
    server.uploads.clear()
    shift.close_shift(till.shop, counted=crowns(1000))
    till.work()
    again = [row.seq for upload in server.uploads[1:] for row in upload.rows]
    assert again == [2, 3, 4, 5, 6]  # from shift_opened to shift_closed, after the one new row
    closing = last_closing(till.shop)
    assert closing is not None
    assert (closing.complete, closing.receipts_held, closing.receipts_expected) == (True, 3, 3)
    assert server.books.rows() == till.journal


def test_the_proof_waits_out_every_failure(tmp_path: Path, server: FakeBackoffice) -> None:
    till = make_till(tmp_path, server, receipts=1)
    shift.close_shift(till.shop, counted=crowns(1000))
    server.script.extend([Answer.OK, Answer.LOST_REPLY, Answer.PORTAL_OK, Answer.SERVER_ERROR])
    till.until_quiet()
    closing = last_closing(till.shop)
    assert closing is not None
    assert closing.complete


def test_a_long_shift_is_proven_through_a_narrow_proxy(tmp_path: Path, server: FakeBackoffice) -> None:
    till = make_till(tmp_path, server, receipts=10)
    shift.close_shift(till.shop, counted=crowns(1000))
    server.rows_max = 4
    till.until_quiet()
    closing = last_closing(till.shop)
    assert closing is not None
    assert closing.complete


def test_a_proof_finds_rows_the_server_lost(tmp_path: Path, server: FakeBackoffice) -> None:
    till = make_till(tmp_path, server, receipts=2)
    till.work()
    server.books.held.clear()
    shift.close_shift(till.shop, counted=crowns(1000))
    till.until_quiet()
    assert server.books.rows() == till.journal


def test_a_manual_run_shows_its_progress_and_its_result(tmp_path: Path, server: FakeBackoffice) -> None:
    till = make_till(tmp_path, server, receipts=2)
    server.rows_max = 2
    run_id = sync.request_sync(till.shop)
    seen = []
    while not (run := sync.sync_run(till.shop, run_id)) or not run.finished:
        till.uploader.step()
        till.time.now += till.downloader.step() or 0.01
        run = sync.sync_run(till.shop, run_id)
        assert run is not None
        seen.append((run.phase, run.done, run.total))
    assert ("upload", 2, 4) in seen
    assert (run.phase, run.done, run.total, run.error) == ("done", 4, 4, "")
    assert json.loads(run.result) == {"changed": 0, "new": 0, "removed": 0, "sent": 4}


def test_a_manual_run_with_nothing_to_send_still_asks_the_server(tmp_path: Path, server: FakeBackoffice) -> None:
    till = make_till(tmp_path, server, receipts=1)
    till.work()
    server.script.append(Answer.LOST_REQUEST)
    run_id = sync.request_sync(till.shop)
    till.work()
    run = sync.sync_run(till.shop, run_id)
    assert run is not None
    assert (run.finished, run.error) == (True, "unreachable")


@pytest.mark.parametrize("said", [Answer.SERVER_ERROR, Answer.OK])
def test_a_run_asked_for_during_a_try_is_judged_by_its_own_try(
    tmp_path: Path, server: FakeBackoffice, said: Answer
) -> None:
    till = make_till(tmp_path, server, receipts=1)
    server.script.append(said)

    def ask() -> None:
        sync.request_sync(till.shop)
        till.shop.store.close()  # this thread's own connection

    server.during = ask
    till.uploader.step()
    run = sync.last_sync_run(till.shop)
    assert run is not None
    assert (run.phase, run.finished) == ("waiting", False)
    tries = len(server.uploads)
    till.work()
    run = sync.last_sync_run(till.shop)
    assert run is not None
    assert (run.finished, run.error) == (True, "")
    assert len(server.uploads) > tries


@pytest.mark.parametrize(("paired", "error"), [(True, "pairing_revoked"), (False, "not_paired")])
def test_a_manual_run_says_why_nothing_can_be_sent(
    tmp_path: Path, server: FakeBackoffice, paired: bool, error: str
) -> None:
    till = make_till(tmp_path, server if paired else None, receipts=1)
    server.script.append(Answer.REVOKED)
    run_id = sync.request_sync(till.shop)
    till.work()
    run = sync.sync_run(till.shop, run_id)
    assert run is not None
    assert (run.finished, run.error) == (True, error)
