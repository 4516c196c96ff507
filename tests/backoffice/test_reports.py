"""What the pages count, and that they find it through the indices however many receipts there are."""

import logging
from collections.abc import Callable
from datetime import timedelta

import pytest

from appliance.domain.clock import iso
from appliance.domain.money import ZERO, Money
from backoffice.history import ReceiptFilter, receipt_page
from backoffice.intake import project_waiting, take_batch
from backoffice.reports import day_report, tills_of
from backoffice.tables import Tables
from backoffice.takeover import replacement_page
from tests.backoffice.house import Office
from tests.journals import MORNING, TillJournal, till_status, upload_of

DAYS = ReceiptFilter(day_from="2026-11-24", day_to="2026-11-24", method="cash")
QUESTIONS: dict[str, Callable[[Tables, int], object]] = {
    "portal": lambda tables, account_id: day_report(tables, account_id, now=MORNING),
    "tills": lambda tables, account_id: tills_of(tables, account_id, now=MORNING),
    "a day's receipts by method": lambda tables, account_id: receipt_page(tables, account_id, DAYS),
}


def plans_of(tables: Tables, caplog: pytest.LogCaptureFixture, ask: Callable[[], object]) -> list[str]:
    """How SQLite finds the rows of every question that was asked."""
    caplog.clear()
    with caplog.at_level(logging.DEBUG, logger="peewee"):
        ask()
    asked = [record.msg for record in caplog.records if record.name == "peewee" and isinstance(record.msg, tuple)]
    selects = [(sql, parameters) for sql, parameters in asked if sql.startswith("SELECT")]
    assert selects
    with tables.reading():
        explained = [tables.run_sql(f"EXPLAIN QUERY PLAN {sql}", *(values or ())).fetchall() for sql, values in selects]
    return [row[3] for rows in explained for row in rows]


def walks(plans: list[str]) -> list[str]:
    """Plans that walk a table, or all rows of an account in it; the account itself and its few tills may be."""
    long = [plan for plan in plans if "SCAN" in plan or plan.endswith("(account_id=?)")]
    long = [plan for plan in long if "json_each" not in plan]  # what was asked for, not a table
    return [plan for plan in long if "autoindex_till_" not in plan and "autoindex_account_" not in plan]


@pytest.mark.parametrize("name", QUESTIONS)
@pytest.mark.parametrize("office", ["sqlite"], indirect=True)
def test_no_page_of_today_walks_all_rows_of_an_account(
    office: Office, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    plans = plans_of(office.tables, caplog, lambda: QUESTIONS[name](office.tables, office.account_id))
    assert walks(plans) == []


@pytest.mark.parametrize("office", ["sqlite"], indirect=True)
def test_taking_a_large_batch_walks_no_rows_but_its_own(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    journal = TillJournal()
    journal.day(sales=60)
    place = office.place(journal)
    upload = upload_of(journal.rows, epoch=journal.epoch)
    plans = plans_of(office.tables, caplog, lambda: take_batch(office.tables, place, upload, now=MORNING))
    walked = [plan for plan in plans if "journal_row" in plan and plan.endswith("(account_id=? AND till_id=?)")]
    assert walks(plans) + walked == []
    assert not any("journal_row_state" in plan for plan in plans)


@pytest.mark.parametrize("office", ["sqlite"], indirect=True)
def test_a_start_walks_no_rows_but_those_that_wait(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    office.place(TillJournal())
    plans = plans_of(office.tables, caplog, lambda: project_waiting(office.tables, now=MORNING))
    tills, *waiting = plans
    assert tills == "SCAN t1"
    assert set(waiting) == {
        "SEARCH t1 USING INDEX sqlite_autoindex_till_2 (account_id=? AND till_id=?)",
        "SEARCH t1 USING INDEX journal_row_state (account_id=? AND state=? AND till_id=?)",
    }


def test_today_is_compared_with_the_same_time_last_week(office: Office) -> None:
    journal = TillJournal(at=MORNING - timedelta(days=7))
    journal.open_shift()
    before, later = journal.sell(after=timedelta(minutes=5)), journal.sell(after=timedelta(hours=5))
    journal.at = MORNING
    sold = journal.sell(after=timedelta(minutes=1))
    journal.refund(sold)
    office.take(office.place(journal), journal.rows, epoch=journal.epoch)
    day = day_report(office.tables, office.account_id, now=MORNING + timedelta(hours=1))
    assert (day.today.count, day.today.paid) == (2, ZERO)
    assert day.same_time_last_week.paid == before.paid
    assert day.last_week.paid == before.paid + later.paid
    assert day.by_hour == {8: ZERO}
    assert all(share.amount == ZERO for share in day.by_method)
    assert day.change_percent == -100


def test_the_sums_of_days_by_method_are_those_of_the_receipts(office: Office) -> None:
    journal = TillJournal(seed=5)
    closing = journal.day(sales=12)
    office.take(office.place(journal), journal.rows, epoch=journal.epoch)
    day = day_report(office.tables, office.account_id, now=journal.at)
    wanted = {part.method.value: part.amount for part in closing.totals.by_method}
    assert {share.method: share.amount for share in day.by_method} == wanted
    for method, amount in wanted.items():
        page = receipt_page(office.tables, office.account_id, ReceiptFilter(day_from="2026-11-24", method=method))
        always = receipt_page(office.tables, office.account_id, ReceiptFilter(method=method))
        assert amount != Money(0)
        assert [row["number"] for row in page.rows] == [row["number"] for row in always.rows]
        assert page.all_of_filter == always.all_of_filter


def test_flagged_rows_are_counted_per_till(office: Office) -> None:
    for n in (1, 2):
        journal = TillJournal(seed=n, prefix=f"P{n}", name=f"Pokladna {n}")
        for _ in range(n):
            journal.append_text("receipt_issued", "{}")
        office.take(office.place(journal), journal.rows, epoch=journal.epoch)
    assert [till.flagged for till in tills_of(office.tables, office.account_id, now=MORNING)] == [1, 2]


def test_the_status_of_an_earlier_version_hides_no_page(office: Office) -> None:
    office.place(TillJournal())
    with office.tables.writing():
        office.tables.till.update(status='{"version":"0.0.1"}').execute()
    (till,) = tills_of(office.tables, office.account_id, now=MORNING)
    assert (till.status, till.problems) == (None, (("warning", "never_seen", ""),))


@pytest.mark.parametrize(
    ("said", "problems"),
    [
        ({}, []),
        ({"eet_certificate": "ok", "eet_certificate_days": 200}, []),
        ({"eet_certificate": "notice", "eet_certificate_days": 29}, [("warning", "eet_certificate_ends", "29")]),
        ({"eet_certificate": "warning", "eet_certificate_days": 12}, [("warning", "eet_certificate_ends", "12")]),
        ({"eet_certificate": "urgent", "eet_certificate_days": 0}, [("danger", "eet_certificate_ends", "0")]),
        ({"eet_certificate": "expired", "eet_certificate_days": -3}, [("danger", "eet_certificate", "expired")]),
        ({"eet_certificate": "none"}, [("danger", "eet_certificate", "none")]),
        ({"eet_certificate": "foreign_certificate"}, [("danger", "eet_certificate", "foreign_certificate")]),
        ({"eet_lateness": "late"}, [("warning", "eet_late", "late")]),
        ({"eet_lateness": "urgent"}, [("danger", "eet_late", "urgent")]),
        ({"eet_lateness": "overdue"}, [("danger", "eet_late", "overdue")]),
        ({"eet_parked": 2}, [("danger", "eet_parked", "2")]),
    ],
)
def test_what_is_wrong_with_eet_is_a_problem_of_its_till(
    office: Office, said: dict[str, object], problems: list[tuple[str, str, str]]
) -> None:
    journal = TillJournal()
    status = till_status().model_copy(update=said)
    office.take(office.place(journal), [], epoch=journal.epoch, status=status)
    (till,) = tills_of(office.tables, office.account_id, now=MORNING)
    assert list(till.problems) == problems


def test_a_till_that_says_nothing_of_its_certificate_has_no_problem_with_it(office: Office) -> None:
    """As one of an earlier version."""
    office.place(TillJournal())
    old = till_status().model_dump_json(exclude={"eet_lateness", "eet_certificate", "eet_certificate_days"})
    assert "certificate" not in old
    with office.tables.writing():
        office.tables.till.update(status=old, last_seen=iso(MORNING)).execute()
    (till,) = tills_of(office.tables, office.account_id, now=MORNING)
    assert till.problems == ()


@pytest.mark.parametrize("office", ["sqlite"], indirect=True)
def test_no_question_about_a_till_s_documents_walks_all_its_rows(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    """What a replacement fetches."""
    journal = TillJournal()
    journal.open_shift()
    journal.sell()
    place = office.place(journal)
    office.take(place, journal.rows, epoch=journal.epoch)
    tables = office.tables
    with tables.reading():
        plans = plans_of(
            tables, caplog, lambda: replacement_page(tables, place, epoch="", seq=0, shift_id="", after="waiting::0")
        )
    assert any("journal_row_document" in plan for plan in plans)
    assert not [plan for plan in plans if "journal_row_state" in plan]
