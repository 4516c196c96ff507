"""A copied card, a killed daemon, and any server at all: nothing is lost and nothing doubled (B2)."""

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appliance.domain.money import Money, crowns
from appliance.service import shift, sync
from appliance.service.shift import last_closing
from appliance.store import journal, queues
from tests.appliance.sync.till import attach, make_till
from tests.fake_backoffice import Answer, Books, FakeBackoffice, problem
from tests.shops import make_shop, sell

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
    other = attach(make_shop(folder, node=7, regimes=()), server)
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


@pytest.mark.parametrize("keeps_branches", [True, False])
def test_a_branch_that_lost_comes_to_the_server_whole_and_starts_no_second_fork(
    tmp_path: Path, server: FakeBackoffice, *, keeps_branches: bool
) -> None:
    """What does not fit into the batch that was refused is sent as lost, so that the head on a closing's paper is held
    there. An older server refuses it and goes without."""
    _, folder = twins(tmp_path, server, common=2, each=2)
    server.keeps_branches = keeps_branches
    other = attach(make_shop(folder, node=7, regimes=()), server, rows_max=2)
    for _ in range(5):
        sell(other.shop)
    shift.close_shift(other.shop, counted=crowns(1000))
    lost = other.journal[-6:]
    other.until_quiet()
    assert server.books.branches == lost[: 6 if keeps_branches else 2]
    assert (other.unsent, other.fault) == (0, "")
    new = [row for row in other.journal if row.epoch != lost[0].epoch]
    assert [row.doc_id for row in new if row.kind != "epoch_opened"] == [row.doc_id for row in lost]
    assert server.books.held[new[0].epoch] == {row.seq: row for row in new}


def test_a_manual_sync_that_begins_with_rows_that_lost_ends_well(tmp_path: Path, server: FakeBackoffice) -> None:
    _, folder = twins(tmp_path, server, common=2, each=2)
    other = attach(make_shop(folder, node=7, regimes=()), server)
    sell(other.shop)
    other.uploader.step()  # a fork
    other.uploader.step()  # what both branches have
    server.script.append(Answer.LOST_REQUEST)
    other.uploader.step()
    assert other.fault == "unreachable"
    sync.request_sync(other.shop)
    other.until_quiet()
    run = queues.last_run(other.shop.tables)
    assert run is not None
    assert (run.error, run.phase, other.fault, other.unsent) == ("", "done", "", 0)


def test_a_server_that_answers_every_epoch_with_a_fork_is_asked_ever_more_rarely(
    tmp_path: Path, server: FakeBackoffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each fork writes the journal anew: asked without a pause it would fill the card."""
    till = make_till(tmp_path, server, receipts=2)
    honest = Books.take
    monkeypatch.setattr(Books, "take", lambda _self, rows: problem(409, "fork", seq=1) if rows else None)
    waits = []
    for _ in range(4):
        waits.append(till.work())
        till.time.now += waits[-1]
    assert till.fault == "fork"
    assert waits == sorted(waits)
    assert len(journal.epochs(till.shop.tables)) == 6
    monkeypatch.setattr(Books, "take", honest)
    till.until_quiet()
    assert (till.unsent, till.fault) == (0, "")


def test_a_closing_after_a_fork_is_proven_without_a_second_fork(tmp_path: Path, server: FakeBackoffice) -> None:
    _, folder = twins(tmp_path, server, common=2, each=1)
    other = attach(make_shop(folder, node=7, regimes=()), server)
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
