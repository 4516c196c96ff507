"""From when on sales are reported: the boundary to EET 2.0, clocks that go back, and what the journal says of it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from appliance.domain.fiscal import Dialect, Mode, Regime
from appliance.domain.journal import RegimeStarted, read_body
from appliance.domain.receipt import Receipt
from appliance.service import receipts
from appliance.service.audit import verify_journal
from appliance.service.regime import regime_now_and_next
from appliance.service.status import till_status
from tests.shops import PRAGUE, Clock, TestShop, count, kinds, make_shop, open_for_sale, rows, sell

MIDNIGHT = datetime(2027, 1, 1, tzinfo=PRAGUE)
OFF = Regime(datetime(2026, 10, 1, tzinfo=PRAGUE), Mode.OFF)
LIVE = Regime(MIDNIGHT, Mode.LIVE)
SECOND = timedelta(seconds=1)


@pytest.fixture
def year_end(tmp_path: Path) -> Iterator[TestShop]:
    """An open till an hour before the law comes into force."""
    made = make_shop(tmp_path, regimes=(LIVE, OFF), clock=Clock(MIDNIGHT - timedelta(hours=1)))
    open_for_sale(made.shop)
    yield made
    made.store.close()


def sell_at(till: TestShop, at: datetime) -> Receipt:
    till.clock.at = at
    return sell(till.shop)


def mode_of(receipt: Receipt) -> Mode:
    return receipt.fiscal.mode if receipt.fiscal else Mode.OFF


def started(till: TestShop) -> list[RegimeStarted]:
    found = rows(till.shop, "SELECT body FROM journal WHERE kind = 'regime_started' ORDER BY row")
    return [read_body("regime_started", 1, str(body)) for (body,) in found]


@pytest.mark.parametrize(
    ("at", "mode"),
    [
        (datetime(2026, 12, 31, 23, 59, 59, 999_999, tzinfo=PRAGUE), Mode.OFF),
        (datetime(2027, 1, 1, 0, 0, 0, tzinfo=PRAGUE), Mode.LIVE),
        (datetime(2026, 12, 31, 22, 59, 59, tzinfo=UTC), Mode.OFF),
        (datetime(2026, 12, 31, 23, 0, 0, tzinfo=UTC), Mode.LIVE),
        (datetime(2027, 7, 1, 12, 0, tzinfo=PRAGUE), Mode.LIVE),
    ],
)
def test_reporting_begins_with_the_moment_of_the_law_in_any_zone(year_end: TestShop, at: datetime, mode: Mode) -> None:
    receipt = sell_at(year_end, at)
    assert mode_of(receipt) == mode == till_status(year_end.shop).eet.mode
    assert count(year_end.shop, "fiscal_record") == (0 if mode == Mode.OFF else 1)


def test_a_regime_that_began_stays_when_the_clock_goes_back(year_end: TestShop) -> None:
    assert mode_of(sell_at(year_end, MIDNIGHT)) == Mode.LIVE
    receipt = sell_at(year_end, MIDNIGHT - timedelta(hours=1))
    assert mode_of(receipt) == Mode.LIVE == till_status(year_end.shop).eet.mode
    assert receipt.fiscal is not None
    assert receipt.fiscal.data["dat_trzby"] == "2026-12-31T23:00:00+01:00"
    assert [body.mode for body in started(year_end)] == ["live"]


def test_a_regime_that_was_never_used_does_not_hold_a_clock_that_goes_back(year_end: TestShop) -> None:
    year_end.clock.at = MIDNIGHT
    assert till_status(year_end.shop).eet.mode == Mode.LIVE
    assert mode_of(sell_at(year_end, MIDNIGHT - SECOND)) == Mode.OFF


def test_a_regime_that_began_is_remembered_over_a_restart(year_end: TestShop, tmp_path: Path) -> None:
    sell_at(year_end, MIDNIGHT)
    again = make_shop(tmp_path, regimes=(LIVE, OFF), clock=Clock(MIDNIGHT - timedelta(hours=1)), node=2)
    assert mode_of(sell(again.shop)) == Mode.LIVE
    assert len(started(again)) == 1
    again.store.close()


def test_the_first_document_under_a_regime_journals_it_once_in_its_own_transaction(year_end: TestShop) -> None:
    sell_at(year_end, MIDNIGHT - SECOND)
    sell_at(year_end, MIDNIGHT)
    sell_at(year_end, MIDNIGHT + SECOND)
    assert kinds(year_end.shop)[2:] == [
        "regime_started", "receipt_issued", "regime_started", "receipt_issued", "receipt_issued",
    ]  # fmt: skip
    assert started(year_end) == [
        RegimeStarted("off", "v4", "2026-10-01T00:00:00+02:00"),
        RegimeStarted("live", "v4", "2027-01-01T00:00:00+01:00"),
    ]
    assert verify_journal(year_end.shop).broken_at == ""


def test_a_document_that_fails_does_not_begin_a_regime(year_end: TestShop) -> None:
    sale = sell_at(year_end, MIDNIGHT - SECOND)
    year_end.clock.at = MIDNIGHT
    with pytest.raises(ValueError, match="reason_missing"):
        receipts.refund(year_end.shop, sale.doc_id, reason=" ")
    assert [body.mode for body in started(year_end)] == ["off"]
    assert mode_of(sell_at(year_end, MIDNIGHT - SECOND)) == Mode.OFF


def test_a_document_under_way_at_midnight_belongs_to_the_moment_it_was_paid_at(year_end: TestShop) -> None:
    """The clock is read once; whatever is written after it bears that moment."""
    moments = iter([MIDNIGHT - timedelta(microseconds=1), MIDNIGHT + SECOND, MIDNIGHT + 2 * SECOND])
    under_way = replace(year_end.shop, now=lambda: next(moments))
    receipt = sell(under_way)
    assert (receipt.issued_at, receipt.fiscal) == ("2026-12-31T23:59:59+01:00", None)
    after = sell(under_way)
    assert after.fiscal is not None
    assert (after.issued_at, after.fiscal.data["dat_trzby"]) == ("2027-01-01T00:00:01+01:00",) * 2


@pytest.mark.parametrize(
    ("at", "mode"),
    [
        (datetime(2027, 10, 31, 2, 59, 59, tzinfo=PRAGUE, fold=0), Mode.OFF),
        (datetime(2027, 10, 31, 2, 29, 59, tzinfo=PRAGUE, fold=1), Mode.OFF),
        (datetime(2027, 10, 31, 2, 30, 0, tzinfo=PRAGUE, fold=1), Mode.LIVE),
        (datetime(2027, 10, 31, 2, 30, 0, tzinfo=PRAGUE, fold=0), Mode.OFF),
    ],
)
def test_in_the_hour_that_comes_twice_the_offset_decides(tmp_path: Path, at: datetime, mode: Mode) -> None:
    begins = replace(LIVE, valid_from=datetime.fromisoformat("2027-10-31T02:30:00+01:00"))
    till = make_shop(tmp_path, regimes=(OFF, begins), clock=Clock(at))
    open_for_sale(till.shop)
    assert mode_of(sell(till.shop)) == mode
    till.store.close()


def test_no_regime_is_begun_before_the_first_one(tmp_path: Path) -> None:
    till = make_shop(tmp_path, regimes=(LIVE,), clock=Clock(MIDNIGHT - SECOND))
    open_for_sale(till.shop)
    assert mode_of(sell(till.shop)) == Mode.OFF
    assert started(till) == []
    till.store.close()


@pytest.mark.parametrize("mode", [Mode.PLAYGROUND, Mode.VERIFICATION])
def test_a_live_refund_takes_back_nothing_that_was_not_told_live(tmp_path: Path, mode: Mode) -> None:
    before = replace(OFF, mode=mode)
    till = make_shop(tmp_path, regimes=(before, LIVE), clock=Clock(MIDNIGHT - SECOND))
    open_for_sale(till.shop)
    old, older = sell(till.shop), sell(till.shop)
    assert mode_of(receipts.refund(till.shop, older.doc_id, reason="vráceno")) == mode
    new = sell_at(till, MIDNIGHT)
    assert receipts.refund(till.shop, old.doc_id, reason="vráceno").fiscal is None
    assert mode_of(receipts.refund(till.shop, new.doc_id, reason="vráceno")) == Mode.LIVE
    till.store.close()


def test_a_sale_from_before_the_law_is_refunded_without_a_report(year_end: TestShop) -> None:
    old = sell_at(year_end, MIDNIGHT - SECOND)
    year_end.clock.at = MIDNIGHT + SECOND
    refund = receipts.refund(year_end.shop, old.doc_id, reason="vráceno")
    assert (refund.fiscal, count(year_end.shop, "fiscal_record")) == (None, 0)
    assert [body.mode for body in started(year_end)] == ["off", "live"]


def test_a_sale_of_the_old_interface_is_refunded_by_the_new_one(tmp_path: Path) -> None:
    old = replace(OFF, mode=Mode.LIVE, dialect=Dialect.V3)
    till = make_shop(tmp_path, regimes=(old, LIVE), clock=Clock(MIDNIGHT - SECOND))
    open_for_sale(till.shop)
    sale = sell(till.shop)
    till.clock.at = MIDNIGHT
    refund = receipts.refund(till.shop, sale.doc_id, reason="vráceno")
    assert sale.fiscal is not None
    assert refund.fiscal is not None
    assert (sale.fiscal.dialect, sale.fiscal.data["celk_trzba"]) == (Dialect.V3, "53.00")
    assert (refund.fiscal.dialect, refund.fiscal.data["celk_trzba"]) == (Dialect.V4, "-53.00")
    till.store.close()


def test_the_regime_in_force_and_the_next_one_are_told(year_end: TestShop) -> None:
    assert regime_now_and_next(year_end.shop) == (OFF, LIVE)
    sell_at(year_end, MIDNIGHT)
    assert regime_now_and_next(year_end.shop) == (LIVE, None)
    year_end.clock.back(hours=2)
    assert regime_now_and_next(year_end.shop) == (LIVE, None), "what has begun does not come again"


def test_before_the_first_regime_there_is_only_a_next_one(tmp_path: Path) -> None:
    made = make_shop(tmp_path, regimes=(LIVE,), clock=Clock(MIDNIGHT - SECOND))
    assert regime_now_and_next(made.shop) == (None, LIVE)
    made.store.close()
