"""What a till says is believed only as far as the tables can hold it: an odd row is flagged, the others count."""

import random
from dataclasses import replace

import pytest

from appliance.domain.journal import Deferred, ShiftOpened, read_body
from appliance.domain.money import AMOUNT_LIMIT_HALER, ZERO, Money
from appliance.domain.receipt import Receipt
from appliance.domain.sale import Payment, PaymentMethod
from appliance.domain.vat import VatStatus
from backoffice import projection
from backoffice.intake import project_waiting
from backoffice.reports import day_report
from tests.backoffice.house import Office
from tests.journals import MORNING, TillJournal


def receipt_of(journal: TillJournal) -> Receipt:
    """A receipt of the till that is not in its journal yet."""
    receipt = journal.sell()
    journal.rows.pop()
    return receipt


def of_amount(receipt: Receipt, amount: Money) -> Receipt:
    """The same receipt over another amount, with sums that add up."""
    return replace(
        receipt,
        seller=replace(receipt.seller, vat_status=VatStatus.NON_PAYER),
        lines=(replace(receipt.lines[0], total=amount),),
        total=amount,
        rounding=ZERO,
        payments=(Payment(PaymentMethod.CARD, amount),),
        vat=(),
    )


def flagged(office: Office, journal: TillJournal) -> list[int]:
    """The rows that failed, after everything was taken and acked."""
    taken = office.take(office.place(journal), journal.rows, epoch=journal.epoch)
    assert taken.acked.seq == len(journal.rows)
    return [seq for seq, (state, _) in sorted(office.states().items()) if state == "failed"]


@pytest.mark.parametrize(("name", "said"), [(r"a\u0000b", "a?b"), (r"a\ud800b", "not JSON")])
def test_a_row_that_quotes_what_no_database_keeps_is_flagged(office: Office, name: str, said: str) -> None:
    journal = TillJournal()
    row = journal.append_text("drawer_opened", f'{{"{name}":1}}')
    journal.open_shift()
    assert flagged(office, journal) == [row.seq]
    assert said in office.states()[row.seq][1]


def test_sums_stay_within_the_database_whatever_a_till_claims(office: Office) -> None:
    journal = TillJournal()
    journal.open_shift()
    for amount in (Money(2**62), Money(2**62), Money(-AMOUNT_LIMIT_HALER), Money(AMOUNT_LIMIT_HALER - 1)):
        receipt = of_amount(receipt_of(journal), amount)
        journal.append("receipt_issued", receipt, doc_id=receipt.doc_id)
    assert flagged(office, journal) == [3, 4, 5]
    report = day_report(office.tables, office.account_id, now=MORNING)
    assert report.today.paid == Money(AMOUNT_LIMIT_HALER - 1)


def test_identifiers_too_long_for_an_index_are_flagged(office: Office) -> None:
    journal = TillJournal()
    endless = random.Random(4).randbytes(20_000).hex()
    shift = journal.append("shift_opened", ShiftOpened(endless, "Jana", ZERO))
    journal.open_shift()
    number = replace(receipt_of(journal), number=endless)
    first = journal.append("receipt_issued", number, doc_id=number.doc_id)
    astray = replace(receipt_of(journal), shift_id=endless)
    second = journal.append("receipt_issued", astray, doc_id=astray.doc_id)
    journal.sell()
    assert flagged(office, journal) == [shift.seq, first.seq, second.seq]


def test_the_code_of_a_receipt_that_waits_to_be_read_waits_with_it(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = TillJournal()
    journal.open_shift()
    receipt = journal.sell()
    journal.fiscalise(receipt)
    with monkeypatch.context() as older:
        older.setattr(projection, "read_body", without_receipts)
        assert flagged(office, journal) == []
    assert project_waiting(office.tables, now=MORNING) == 2
    assert [row["fiscal_state"] for row in office.content("receipt")] == ["confirmed"]
    assert {state for state, _ in office.states().values()} == {"projected"}


@pytest.mark.parametrize("epochs", [("1" * 16, "2" * 16), ("2" * 16, "1" * 16)])
def test_a_document_that_waits_twice_after_a_fork_is_read_once(
    office: Office, epochs: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = TillJournal()
    first.epoch, first.rows = epochs[0], []
    first.open_shift()
    first.sell()
    again = TillJournal()
    again.till_id, again.epoch, again.rows = first.till_id, epochs[1], []
    for row in first.rows:
        again.append_text(row.kind, row.body, doc_id=row.doc_id, v=row.v)
    place = office.place(first)
    with monkeypatch.context() as older:
        older.setattr(projection, "read_body", without_receipts)
        for journal in (first, again):
            office.take(place, journal.rows, epoch=journal.epoch)
    project_waiting(office.tables, now=MORNING)
    assert {row["state"] for row in office.content("journal_row")} == {"projected"}
    assert len(office.content("receipt")) == 1


@pytest.mark.parametrize("v", [1, 2])
def test_a_receipt_is_read_in_the_version_of_an_older_and_of_a_newer_till(office: Office, v: int) -> None:
    journal = TillJournal()
    journal.open_shift()
    receipt = journal.sell()
    newer = journal.rows.pop()
    body = newer.body
    if v == 1:
        body = body.replace(',"reporting":"reported"', "").replace(',"principal":""', "")
        assert len(body) < len(newer.body)
    journal.append_text(newer.kind, body, doc_id=newer.doc_id, v=v)
    assert flagged(office, journal) == []
    (kept,) = office.content("receipt")
    assert (kept["number"], kept["paid_haler"], kept["fiscal_state"]) == (receipt.number, receipt.paid.haler, "waiting")


def without_receipts(kind: str, v: int, body: str, **_: object) -> object:
    """As an older server reads, that does not know this version of a receipt."""
    return Deferred(kind, v) if kind == "receipt_issued" else read_body(kind, v, body)
