from appliance.domain.money import Quantity
from appliance.domain.pricelist import RowKind
from appliance.domain.stock import MoveKind, StockMove, StockMoved
from appliance.wire import PullState
from backoffice.pricelist.writing import edit_row
from backoffice.stock import move_stock
from backoffice.waiting import waiting
from tests.backoffice.house import Office
from tests.journals import MORNING, TillJournal


def test_a_till_is_told_how_much_waits_for_it_within_its_scope(office: Office) -> None:
    place = office.place(TillJournal())
    for n in range(3):
        changes = {"name": "Čaj", "label:bar": n == 0}
        edit_row(office.tables, office.account_id, RowKind.ITEM, f"i{n}", changes, user="", now=MORNING)
    moved = StockMoved(MoveKind.GOODS_RECEIPT, "", (StockMove("w1", "i1", Quantity(1000)),))
    move_stock(office.tables, office.account_id, moved, user="", now=MORNING)
    assert waiting(office.tables, place, None) == (0, 0)
    assert waiting(office.tables, place, PullState(since=0)) == (3, 0)
    assert waiting(office.tables, place, PullState(since=0, label="bar", warehouse_id="w1")) == (1, 1)
    assert waiting(office.tables, place, PullState(since=3, warehouse_id="w1", stock_since=1)) == (0, 0)
    assert waiting(office.tables, place, PullState(since=3, label="\0", warehouse_id="\0", stock_since=9)) == (0, 0)
