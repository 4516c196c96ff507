"""Two tills of one warehouse that sell without a network end up exact, whatever is delivered when, twice or late."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.domain.journal import StockMoved, read_body
from appliance.domain.money import Quantity
from appliance.domain.pricelist import TillSettings
from appliance.domain.receipt import Receipt
from appliance.domain.stock import DraftLine, MoveKind, StockDraft, StockMove, moves_of_receipt
from appliance.service import receipts, stock
from appliance.service.levels import apply_levels
from appliance.service.settings import save_settings
from appliance.store import catalogue, journal
from appliance.store.pull import load_pull, place_upto
from appliance.wire import StockLevel, StockPage
from tests.shops import ITEMS, ROLL, SOAP, TestShop, make_shop, open_for_sale, sell

WH, ELSEWHERE = "wh", "elsewhere"
GOODS = (ROLL, SOAP)
IDS = [item.item_id for item in GOODS]


def moves_of(kind: str, v: int, body: str) -> tuple[StockMove, ...]:
    read = read_body(kind, v, body)
    if isinstance(read, Receipt):
        return moves_of_receipt(read)
    return read.moves if isinstance(read, StockMoved) else ()


@dataclass
class Page:
    """`docs`: whose movements the levels were the sums of; `since`: what was asked for."""

    levels: tuple[StockLevel, ...]
    version: int
    more: bool
    since: int
    as_of: tuple[str, int] | None
    docs: frozenset[str]


@dataclass
class Office:
    """The Backoffice in a few lines: movements by document, a level with a version per item, a head per journal."""

    moves: dict[str, tuple[StockMove, ...]] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)
    version: int = 0
    heads: dict[str, tuple[str, int]] = field(default_factory=dict)

    def take(self, till_id: str, epoch: str, seq: int, doc_id: str, moves: tuple[StockMove, ...]) -> None:
        if seq <= self.heads.get(till_id, ("", 0))[1]:
            return  # delivered again
        self.heads[till_id] = (epoch, seq)
        self.move(doc_id, moves)

    def move(self, doc_id: str, moves: tuple[StockMove, ...]) -> None:
        self.moves[doc_id] = moves
        for move in moves:
            if move.warehouse_id == WH:
                self.version += 1
                self.versions[move.item_id] = self.version

    def level(self, item_id: str) -> int:
        every = (move for moves in self.moves.values() for move in moves)
        return sum(m.quantity.thousandths for m in every if (m.warehouse_id, m.item_id) == (WH, item_id))

    def page(self, till_id: str, *, since: int, limit: int) -> Page:
        due = sorted((version, item_id) for item_id, version in self.versions.items() if version > since)
        more = len(due) > limit
        levels = tuple(StockLevel(item_id=item_id, quantity=self.level(item_id)) for _, item_id in due[:limit])
        version = due[limit - 1][0] if more else self.version
        return Page(levels, version, more, since, self.heads.get(till_id), frozenset(self.moves))


@dataclass
class Branch:
    """One till: what it has sent, a page on its way, and of each item whose movements the last page contained."""

    till: TestShop
    sent: int = 0
    page: Page | None = None
    seen: dict[str, frozenset[str]] = field(default_factory=lambda: dict.fromkeys(IDS, frozenset()))

    @property
    def till_id(self) -> str:
        return journal.the_till(self.till.shop.tables).till_id

    def own_moves(self) -> dict[str, tuple[StockMove, ...]]:
        stored = journal.rows_after(self.till.shop.tables, 0, limit=9999)
        return {each.row.doc_id: moves_of(each.row.kind, each.row.v, each.row.body) for each in stored}

    def send(self, office: Office, n: int, *, acked: bool) -> None:
        rows = journal.rows_after(self.till.shop.tables, self.sent, limit=n)
        for stored in rows:
            row = stored.row
            moves = moves_of(row.kind, row.v, row.body)
            office.take(self.till_id, row.epoch, row.seq, row.doc_id, moves)
        if acked and rows:
            self.sent = rows[-1].place

    def ask(self, office: Office, limit: int) -> None:
        since = load_pull(self.till.shop.tables).stock_since
        self.page = office.page(self.till_id, since=since, limit=limit)

    def apply(self) -> bool:
        """The page that is on its way; False when there is none, or another was applied since it was asked for."""
        page = self.page
        if page is None:
            return False
        place = place_upto(self.till.shop.tables, *page.as_of) if page.as_of else 0
        wire = StockPage(levels=page.levels, version=page.version, more=page.more)
        taken = apply_levels(self.till.shop, wire, warehouse_id=WH, since=page.since, place=place)
        if taken:
            for item_id in [level.item_id for level in page.levels] if page.more else IDS:
                self.seen[item_id] = page.docs
        return taken

    def check(self, office: Office) -> None:
        """Exactly what the last page contained and every movement of its own, each once."""
        known = {**office.moves, **self.own_moves()}
        for item_id in IDS:
            counted = self.seen[item_id] | self.own_moves().keys()
            moves = [move for doc_id in counted for move in known[doc_id] if move.warehouse_id == WH]
            expected = sum(move.quantity.thousandths for move in moves if move.item_id == item_id)
            assert stock.level(self.till.shop, item_id) == Quantity(expected)

    def quiet(self, office: Office) -> None:
        self.send(office, 9999, acked=True)
        self.ask(office, 1)
        while self.apply() and self.page is not None and self.page.more:
            self.ask(office, 1)


@contextmanager
def two_tills(folder: Path) -> Iterator[list[Branch]]:
    branches = []
    for n in (1, 2):
        (folder / str(n)).mkdir()
        till = make_shop(folder / str(n), prefix=f"P{n}", node=n, regimes=())
        with till.store.fact() as tables:
            catalogue.put_items(tables, ITEMS, stamps={item.item_id: "" for item in ITEMS})
        save_settings(till.shop, TillSettings(warehouse_id=WH))
        open_for_sale(till.shop)
        branches.append(Branch(till))
    yield branches
    for branch in branches:
        branch.till.store.close()


DOCUMENTS = {
    "receive": (MoveKind.GOODS_RECEIPT, "", ""),
    "write off": (MoveKind.WRITE_OFF, "rozbité", ""),
    "transfer": (MoveKind.TRANSFER, "", ELSEWHERE),
    "count": (MoveKind.STOCKTAKE, "", ""),
}
ACTIONS = (*DOCUMENTS, "sell", "refund", "office", "send", "send, answer lost", "ask", "apply", "lose the page")


def act(branch: Branch, office: Office, action: str, n: int) -> None:
    shop = branch.till.shop
    item = GOODS[n % 2]
    if action in DOCUMENTS:
        line = DraftLine(item.item_id, Quantity(n * 1000), stock.level(shop, item.item_id) or Quantity(0))
        kind, note, elsewhere = DOCUMENTS[action]
        stock.save_document(shop, StockDraft(kind, WH, (line,), elsewhere, note))
        return
    match action:
        case "sell":
            sell(shop, item)
        case "refund":
            last = receipts.recent(shop, limit=1)
            if last and not last[0].refunded and last[0].kind == "sale":
                receipts.refund(shop, last[0].doc_id, reason="vráceno")
        case "office":
            move = StockMove(WH, item.item_id, Quantity(n * 1000))
            office.move(f"office-{len(office.moves)}", (move,))
        case "send":
            branch.send(office, n, acked=True)
        case "send, answer lost":
            branch.send(office, n, acked=False)
        case "ask":
            branch.ask(office, n)
        case "apply":
            branch.apply()
        case _:
            assert action == "lose the page"
            branch.page = None


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from((0, 1)), st.sampled_from(ACTIONS), st.integers(min_value=1, max_value=4))))
def test_after_every_step_each_movement_counts_once_and_after_quiet_both_are_exact(
    steps: list[tuple[int, str, int]],
) -> None:
    with TemporaryDirectory() as folder, two_tills(Path(folder)) as branches:
        office = Office()
        for who, action, n in steps:
            act(branches[who], office, action, n)
            branches[who].check(office)
        for branch in branches:
            branch.send(office, 9999, acked=True)
        for branch in branches:
            branch.quiet(office)
        for item_id in IDS:
            shown = {stock.level(branch.till.shop, item_id) for branch in branches}
            assert shown == {Quantity(office.level(item_id))}


def test_two_tills_that_sold_offline_for_a_day_show_the_same_level(tmp_path: Path) -> None:
    with two_tills(tmp_path) as (first, second):
        office = Office()
        act(first, office, "receive", 4)
        for branch, times in ((first, 7), (second, 5)):
            for _ in range(times):
                sell(branch.till.shop, ROLL)
        assert [stock.level(branch.till.shop, "item-roll") for branch in (first, second)] == [
            Quantity(-3000),
            Quantity(-5000),
        ]
        for branch in (first, second, first):
            branch.quiet(office)
        shown = Counter(stock.level(branch.till.shop, "item-roll") for branch in (first, second))
        assert shown == {Quantity(-8000): 2}
