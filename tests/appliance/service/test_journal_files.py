"""The journal as a file: out whole, in under its old epochs, whatever stops in between."""

import gzip
import hashlib
import json
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from appliance.domain.clock import iso
from appliance.domain.journal import Kind, ReceiptFiscalised, row_hash
from appliance.domain.money import crowns
from appliance.service import cash, fiscal, incoming, receipts, shift
from appliance.service.audit import verify_journal
from appliance.service.incoming import TakenIn
from appliance.service.journal_files import JournalFileRefused, export_journal, import_journal
from appliance.service.shop import Shop
from appliance.store import journal
from tests.powercuts import cut_before
from tests.shops import TestShop, make_shop, open_for_sale, rows, sell

ELSEWHERE = "e" * 16
AT = "2027-02-01T08:00:00+01:00"


@pytest.fixture(autouse=True)
def no_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("appliance.service.incoming.time.sleep", lambda _s: None)


@pytest.fixture
def found(tmp_path: Path) -> Iterator[TestShop]:
    """The card that is found later: a closed shift, and one in which it got lost."""
    card = make_shop(tmp_path / "found")
    open_for_sale(card.shop)
    sell(card.shop)
    yield card
    card.store.close()


def copy_of(card: TestShop, folder: Path, *, node: int = 7) -> TestShop:
    """The card as it is, going on as a restored till in its own epoch."""
    card.store.checkpoint(truncate=True)
    folder.mkdir()
    shutil.copy(card.store.path, folder / "till.db")
    other = make_shop(folder, node=node)
    go_on(other.shop, "b" * 16)
    return other


def go_on(shop: Shop, epoch: str) -> None:
    current = shift.current_shift(shop)
    with shop.fact() as tables:
        journal.open_epoch(
            tables, epoch=epoch, reason="restore", doc_id=shop.new_id(), at=AT, board_serial="board-1",
            open_shift=current.shift_id if current else "",
        )  # fmt: skip


def written(shop: Shop, path: Path) -> Path:
    export_journal(shop.tables, path, at=iso(shop.now()))
    return path


def brought_in(shop: Shop, path: Path) -> TakenIn:
    return list(import_journal(shop, path, new_epoch=lambda: ELSEWHERE))[-1]


def test_a_file_holds_every_row_with_its_count_and_hash(found: TestShop, tmp_path: Path) -> None:
    go_on(found.shop, "b" * 16)
    path = written(found.shop, tmp_path / "out.gz")
    header, *lines, last = gzip.decompress(path.read_bytes()).splitlines()
    assert json.loads(header)["till_id"] == journal.the_till(found.shop.tables).till_id
    assert json.loads(last)["rows"] == len(lines) == 5
    assert brought_in(found.shop, path) == TakenIn(held=5)
    assert not path.with_name("out.gz.part").exists()


def test_what_the_found_card_did_later_comes_in_under_its_epoch(found: TestShop, tmp_path: Path) -> None:
    till = copy_of(found, tmp_path / "till")
    old = journal.the_till(found.shop.tables).epoch
    later = sell(found.shop)
    cash.move_cash(found.shop, crowns(-100), reason="známky")
    closed = shift.close_shift(found.shop, counted=crowns(900))
    open_for_sale(found.shop)
    refund = receipts.refund(found.shop, later.doc_id, reason="vrácení")
    mine = sell(till.shop)
    with till.shop.fact() as tables:
        journal.ack(tables, journal.last_place(tables))
    assert brought_in(till.shop, written(found.shop, tmp_path / "card.gz")).new == 5
    assert {each.number for each in receipts.recent(till.shop, limit=9)} >= {later.number, refund.number, mine.number}
    assert {each.doc_id for each in fiscal.queue(till.shop)} >= {later.doc_id, refund.doc_id}
    assert receipts.load(till.shop, later.doc_id) == later
    verdict = verify_journal(till.shop)
    assert (verdict.broken_at, verdict.partial, verdict.lost) == ("", (), ())
    unsent = journal.rows_after(till.shop.tables, journal.the_till(till.shop.tables).acked_row, limit=9)
    assert [stored.row.epoch for stored in unsent] == [old] * 5
    current = shift.current_shift(till.shop)  # the till goes on in its own shift, whatever the card closed
    assert current is not None
    assert (current.shift_id, current.number) == (closed.shift_id, 1)
    assert shift.x_report(till.shop).count == 3  # two before they parted and after it on this till, one from the card
    assert shift.x_report(till.shop).cash_moved == crowns(-100)
    assert brought_in(till.shop, tmp_path / "card.gz").new == 0


def test_what_was_confirmed_on_the_found_card_is_not_sent_again(found: TestShop, tmp_path: Path) -> None:
    till = copy_of(found, tmp_path / "till")
    done = sell(found.shop)
    with found.shop.fact() as tables:
        body = ReceiptFiscalised(done.doc_id, done.number, "POK", "v4", "playground", "u", test=True, first=True)
        journal.append(tables, Kind.RECEIPT_FISCALISED, body, doc_id=found.shop.new_id(), at=AT)
    brought_in(till.shop, written(found.shop, tmp_path / "card.gz"))
    sale = fiscal.reported_sale(till.shop, done.doc_id)
    assert sale is not None
    assert (sale.code, sale.sale.state.value) == ("POK", "confirmed")
    assert done.doc_id not in {each.doc_id for each in fiscal.queue(till.shop)}


def test_a_card_that_went_its_own_way_in_one_epoch_puts_its_documents_into_the_present_one(
    found: TestShop, tmp_path: Path
) -> None:
    found.store.checkpoint(truncate=True)
    shutil.copytree(tmp_path / "found", tmp_path / "till")
    till = make_shop(tmp_path / "till", node=7)
    mine = sell(till.shop)
    same, theirs = sell(found.shop), sell(found.shop)
    assert same.number == mine.number
    taken = brought_in(till.shop, written(found.shop, tmp_path / "card.gz"))
    assert (taken.new, taken.again) == (0, 2)
    assert {each.number for each in receipts.recent(till.shop, limit=9)} == {
        "P1A-000001", "P1A-000002", "P1A-000002/2", "P1A-000003",
    }  # fmt: skip
    assert {each.doc_id for each in fiscal.queue(till.shop)} >= {mine.doc_id, same.doc_id, theirs.doc_id}
    assert receipts.load(till.shop, theirs.doc_id) == theirs
    assert verify_journal(till.shop).broken_at == ""
    assert brought_in(till.shop, tmp_path / "card.gz") == TakenIn(held=6)
    till.store.close()


@pytest.mark.parametrize("closed", [False, True])
def test_a_till_whose_database_is_an_older_copy_of_the_card_sells_on_with_other_numbers(
    found: TestShop, tmp_path: Path, *, closed: bool
) -> None:
    """As when a whole card was written back from an image: the file goes on in the very epoch the till writes in."""
    if closed:
        shift.close_shift(found.shop, counted=crowns(1000))
    found.store.checkpoint(truncate=True)
    shutil.copytree(tmp_path / "found", tmp_path / "till")
    till = make_shop(tmp_path / "till", node=7)
    if closed:
        open_for_sale(found.shop)
    theirs = [sell(found.shop) for _ in range(2)]
    path = written(found.shop, tmp_path / "card.gz")
    assert brought_in(till.shop, path).new == 2 + closed
    if closed:
        open_for_sale(till.shop)
    mine = sell(till.shop)
    assert mine.number == "P1B-000001"
    assert {each.number for each in receipts.recent(till.shop, limit=9)} == {
        "P1A-000001", *(each.number for each in theirs), mine.number,
    }  # fmt: skip
    assert verify_journal(till.shop).broken_at == ""
    assert brought_in(till.shop, path).new == 0
    assert journal.the_till(till.shop.tables).epoch == ELSEWHERE
    till.store.close()


def test_what_is_here_already_is_passed_over_without_a_lock(
    found: TestShop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A long file that is brought in again must not keep the sales waiting."""
    path = written(found.shop, tmp_path / "card.gz")
    locked: list[int] = []
    monkeypatch.setattr(Shop, "fact", lambda _shop: locked.append(1))
    assert brought_in(found.shop, path) == TakenIn(held=4)
    assert locked == []


def test_an_export_that_fails_leaves_nothing_behind(
    found: TestShop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    (tmp_path / "stick").mkdir()
    older = written(found.shop, tmp_path / "stick" / "out.gz").read_bytes()
    monkeypatch.setattr("appliance.service.journal_files.os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        written(found.shop, tmp_path / "stick" / "out.gz")
    assert [path.name for path in (tmp_path / "stick").iterdir()] == ["out.gz"]
    assert (tmp_path / "stick" / "out.gz").read_bytes() == older


@pytest.mark.parametrize("folder", [".", "/", "stick"])
def test_a_folder_is_no_file_to_export_to(
    found: TestShop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    (tmp_path / "stick").mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(OSError, match="name a file in it"):
        written(found.shop, Path(folder))
    assert list((tmp_path / "stick").iterdir()) == []


@pytest.mark.parametrize(
    "odd",
    [
        {"epoch": "x"},
        {"seq": 0},
        {"seq": 2**70},
        {"v": 2**40},
        {"doc_id": "."},
        {"kind": ""},
        {"kind": "k" * 65},
        {"at": "yesterday"},
        {"at": "2027-02-01T08:00:00"},
        {"body": '"' + "x" * 300_000 + '"'},
    ],
)
def test_a_row_that_could_never_be_sent_on_is_refused_though_its_hash_is_right(
    found: TestShop, tmp_path: Path, odd: dict[str, object]
) -> None:
    """It would hold up every row after it for ever; a moment that is none would even stop the next start."""
    path = with_a_last_row(written(found.shop, tmp_path / "card.gz"), odd)
    with pytest.raises(JournalFileRefused, match="changed or damaged"):
        brought_in(found.shop, path)


def test_a_row_of_a_newer_kind_comes_in(found: TestShop, tmp_path: Path) -> None:
    path = with_a_last_row(written(found.shop, tmp_path / "card.gz"), {"kind": "not_known_yet"})
    assert brought_in(found.shop, path) == TakenIn(held=4, new=1)


def with_a_last_row(path: Path, odd: dict[str, object]) -> Path:
    """One more row, whose hash is right whatever it says."""
    header, *lines, _ = [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]
    last = {**lines[-1], "seq": len(lines) + 1, "prev_hash": lines[-1]["hash"], **odd}
    columns = {name: last[name] for name in ("epoch", "seq", "kind", "v", "doc_id", "at", "body")}
    last["hash"] = row_hash(bytes.fromhex(last["prev_hash"]), till_id=header["till_id"], **columns).hex()
    rest = [(json.dumps(line) + "\n").encode() for line in (*lines, last)]
    end = {"rows": len(rest), "sha256": hashlib.sha256(b"".join(rest)).hexdigest()}
    path.write_bytes(gzip.compress(b"".join([json.dumps(header).encode() + b"\n", *rest, json.dumps(end).encode()])))
    return path


def test_an_import_goes_on_after_a_crash_at_any_commit(
    found: TestShop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(incoming, "AT_ONCE", 2)
    first = copy_of(found, tmp_path / "till-0")
    first.store.checkpoint(truncate=True)
    first.store.close()
    sold = [sell(found.shop) for _ in range(5)]
    path = written(found.shop, tmp_path / "card.gz")
    cut, crashed = 0, True
    while crashed:
        cut += 1
        shutil.copytree(tmp_path / "till-0", tmp_path / f"till-{cut}")
        till = make_shop(tmp_path / f"till-{cut}", node=8)
        crashed = cut_before(cut, partial(brought_in, till.shop, path))
        sell(till.shop)
        if crashed:
            brought_in(till.shop, path)
        assert {receipt.doc_id for receipt in sold} <= {each.doc_id for each in receipts.recent(till.shop, limit=99)}
        assert verify_journal(till.shop).broken_at == ""
        assert shift.x_report(till.shop).count == 7
        till.store.close()
    assert cut > 3


def changed(path: Path, change: Callable[[list[bytes]], list[bytes]]) -> Path:
    lines = gzip.decompress(path.read_bytes()).splitlines(keepends=True)
    path.write_bytes(gzip.compress(b"".join(change(lines))))
    return path


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda lines: lines[:-1], "not whole"),
        (lambda lines: [*lines[:2], *lines[3:]], "not whole"),
        (lambda lines: [*lines, lines[1]], "not whole"),
        (lambda lines: [lines[0], lines[1].replace(b"first_start", b"last_start"), *lines[2:]], "changed or damaged"),
        (lambda lines: [lines[0], b"[]\n", *lines[2:]], "no exported journal"),
        (lambda lines: [lines[0], b'{"epoch":1}\n', *lines[2:]], "changed or damaged"),
        (lambda _lines: [b"{}\n"], "no exported journal"),
        (lambda _lines: [], "no exported journal"),
        (lambda lines: [lines[0].replace(b'"v":1', b'"v":2'), *lines[1:]], "newer program"),
    ],
)
def test_a_file_that_is_not_what_was_written_is_refused_whole(
    found: TestShop, tmp_path: Path, change: Callable[[list[bytes]], list[bytes]], said: str
) -> None:
    path = changed(written(found.shop, tmp_path / "card.gz"), change)
    before = rows(found.shop, "SELECT count(*) FROM journal")
    with pytest.raises(JournalFileRefused, match=said):
        list(import_journal(found.shop, path, new_epoch=lambda: ELSEWHERE))
    assert rows(found.shop, "SELECT count(*) FROM journal") == before


@pytest.mark.parametrize("content", [b"", b"no gzip", gzip.compress(b"x" * 100)[:-9]])
def test_a_file_of_another_kind_is_refused(found: TestShop, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "odd"
    path.write_bytes(content)
    with pytest.raises(JournalFileRefused, match=r"odd"):
        list(import_journal(found.shop, path, new_epoch=lambda: ELSEWHERE))


def test_the_journal_of_another_till_is_refused_in_clear_words(found: TestShop, tmp_path: Path) -> None:
    other = make_shop(tmp_path / "other", prefix="P2", node=99)
    path = written(other.shop, tmp_path / "other.gz")
    with pytest.raises(JournalFileRefused, match=r"the journal of another till \(P2, .+\), not of this one"):
        list(import_journal(found.shop, path, new_epoch=lambda: ELSEWHERE))
    other.store.close()


def test_a_file_whose_compressed_bytes_are_damaged_is_refused_in_a_sentence(found: TestShop, tmp_path: Path) -> None:
    path = tmp_path / "journal.gz"
    export_journal(found.shop.tables, path, at=AT)
    whole = path.read_bytes()
    path.write_bytes(whole[:20] + b"\xff" * 40 + whole[60:])
    with pytest.raises(JournalFileRefused):
        list(import_journal(found.shop, path, new_epoch=lambda: ELSEWHERE))


@pytest.mark.parametrize(
    "last", ['{"sha256": "x"}', '{"epoch": "e", "seq": Infinity, "doc_id": "", "kind": "", "at": "", "body": ""}']
)
def test_a_line_of_nonsense_is_refused_in_a_sentence(found: TestShop, tmp_path: Path, last: str) -> None:
    path = tmp_path / "journal.gz"
    export_journal(found.shop.tables, path, at=AT)
    with gzip.open(path) as file:
        header = file.readline()
    with gzip.open(path, "wb") as file:
        file.write(header + last.encode() + b"\n")
    with pytest.raises(JournalFileRefused):
        list(import_journal(found.shop, path, new_epoch=lambda: ELSEWHERE))
