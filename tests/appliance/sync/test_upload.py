"""Every answer of sync.md §2 leads to the right state, and no sequence of answers loses or doubles a row."""

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appliance.domain.journal import DrawerOpened, Kind
from appliance.domain.money import Money, crowns
from appliance.service import shift, sync
from appliance.service.shift import last_closing
from appliance.store import journal
from appliance.sync import link
from appliance.wire import BATCH_BYTES_MAX, BATCH_ROWS_MAX
from tests.appliance.sync.till import TOKEN, attach, make_till
from tests.fake_backoffice import Answer, FakeBackoffice
from tests.shops import make_shop, open_for_sale, sell

AT = "2027-02-01T08:00:00+01:00"


def test_all_of_the_journal_reaches_the_server_byte_for_byte(tmp_path: Path, server: FakeBackoffice) -> None:
    till = make_till(tmp_path, server, receipts=3)
    assert till.work() > 0
    assert server.books.rows() == till.journal
    assert (till.unsent, till.fault) == (0, "")


def test_the_token_is_sent_and_the_status_says_what_waits(tmp_path: Path, server: FakeBackoffice) -> None:
    till = make_till(tmp_path, server, receipts=2)
    till.work()
    assert set(server.tokens) == {f"Bearer {TOKEN}"}
    first = server.uploads[0].status
    assert (first.version, first.unsent, first.eet_waiting) == ("1.2.3", 4, 2)


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
        run = sync.sync_run(till.shop, run_id)
        assert run is not None
        seen.append((run.phase, run.done, run.total))
    assert ("upload", 2, 4) in seen
    assert (run.phase, run.done, run.total, run.error, run.result) == ("done", 4, 4, "", "4")


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


# ---- a copied card


def twins(folder: Path, server: FakeBackoffice, *, common: int, each: int) -> tuple[Path, Path]:
    """Two cards with the same journal, which then go different ways; the first one has uploaded all of its own."""
    till = make_till(folder / "one", server, receipts=common)
    till.shop.store.checkpoint(truncate=True)
    till.shop.store.close()
    shutil.copytree(folder / "one", folder / "two")
    for _ in range(each):
        sell(till.shop)
    till.work()
    assert till.unsent == 0
    return folder / "one", folder / "two"


def test_a_fork_opens_a_new_epoch_with_the_same_documents(tmp_path: Path, server: FakeBackoffice) -> None:
    _, folder = twins(tmp_path, server, common=2, each=2)
    other = attach(make_shop(folder, node=7), server)
    for _ in range(3):
        sell(other.shop)
    forked = [row.doc_id for row in other.journal[-3:]]
    sold = len(other.journal)
    other.work()
    new = other.journal[sold:]
    assert [row.kind for row in new] == ["epoch_opened", *["receipt_issued"] * 3]
    assert [row.doc_id for row in new[1:]] == forked
    assert len({row.epoch for row in new}) == 1
    assert [row.seq for row in new] == [1, 2, 3, 4]
    assert server.books.held[new[0].epoch] == {row.seq: row for row in new}
    assert [row.doc_id for row in server.books.branches] == forked
    assert sell(other.shop).number == "P1B-000001"


def test_a_closing_after_a_fork_is_proven_without_a_second_fork(tmp_path: Path, server: FakeBackoffice) -> None:
    _, folder = twins(tmp_path, server, common=2, each=1)
    other = attach(make_shop(folder, node=7), server)
    sell(other.shop)
    other.work()
    shift.close_shift(other.shop, counted=crowns(1000))
    other.until_quiet()
    assert len(server.books.held) == 2
    closing = last_closing(other.shop)
    assert closing is not None
    assert closing.receipts_expected == 3
    assert [row.kind for row in other.journal].count("epoch_opened") == 2


# ---- crashes and arbitrary servers


def test_a_daemon_killed_after_the_server_stored_goes_on_where_it_was(tmp_path: Path, server: FakeBackoffice) -> None:
    till = make_till(tmp_path, server, receipts=2)
    server.script.append(Answer.LOST_REPLY)
    till.uploader.step()
    reborn = attach(till.test_shop, server)
    reborn.work()
    assert server.books.rows() == reborn.journal
    assert reborn.unsent == 0


STEP = st.one_of(
    st.sampled_from([each for each in Answer if each not in {Answer.REVOKED, Answer.SILENT}]),
    st.sampled_from(["sell", "crash", "manual", "server_loses_rows"]),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(script=st.lists(STEP, max_size=25), closed=st.booleans(), chance=st.sampled_from([0.0, 0.5, 0.99]))
def test_no_sequence_of_answers_loses_or_doubles_a_row(
    server: FakeBackoffice, script: list[Answer | str], closed: bool, chance: float
) -> None:
    server.reset()
    with TemporaryDirectory() as folder:
        till = make_till(Path(folder), server, receipts=2, random=chance)
        for step in script:
            match step:
                case Answer():
                    server.script.append(step)
                    till.time.now += till.work()
                case "sell":
                    sell(till.shop)
                case "manual":
                    sync.request_sync(till.shop)
                case "crash":
                    till = attach(till.test_shop, server, random=chance, time=till.time)
                case "server_loses_rows":
                    for epoch in server.books.held.values():
                        epoch.pop(len(epoch), None)
        server.script.clear()
        if closed:
            shift.close_shift(till.shop, counted=Money(0))
        else:
            sell(till.shop)
        till.until_quiet()
        till.time.now += 12 * 3600
        till.until_quiet()
        assert server.books.rows() == till.journal
        assert server.books.branches == []
        assert till.fault == ""
        till.shop.store.close()
