"""Fiscal records and their attempts: what is sent to EET, in which order, and what is known of it."""

import pytest

from appliance.domain.delivery import FiscalState
from appliance.domain.fiscal import Dialect, FrozenSale, Mode
from appliance.store import fiscal
from appliance.store.db import StoreError
from appliance.store.fiscal import FiscalRecord
from tests.shops import TestShop, open_for_sale, sell

AT = "2027-02-01T08:00:00+01:00"


def sold(till: TestShop) -> FiscalRecord:
    record = fiscal.load_record(till.store.tables, sell(till.shop).doc_id)
    assert record is not None
    return record


def attempt(till: TestShop, record: FiscalRecord, uuid: str, *, reason: str = "", unknown: bool = True) -> None:
    with till.store.mark() as tables:
        fiscal.add_attempt(tables, uuid=uuid, record=record, at=AT)
        if reason:
            fiscal.finish_attempt(
                tables,
                uuid,
                outcome="Waiting",
                reason=reason,
                detail="20 s",
                unknown=unknown,
                trace_id="t",
                answer=b"<x/>",
            )


def test_a_fiscal_record_keeps_its_data_to_the_character(till: TestShop) -> None:
    open_for_sale(till.shop)
    receipt = sell(till.shop)
    record = fiscal.load_record(till.store.tables, receipt.doc_id)
    assert record is not None
    assert receipt.fiscal is not None
    assert list(record.data.items()) == list(receipt.fiscal.data.items())
    assert (record.number, record.dialect, record.mode) == (receipt.number, Dialect.V4, Mode.PLAYGROUND)
    assert (record.state, record.attempts, record.code, record.boot) == (FiscalState.WAITING, 0, "", "boot-1")
    assert (record.generation, record.pkp, record.bkp) == (0, "", "")
    assert record.tried_since == record.created_at == receipt.issued_at
    assert fiscal.load_record(till.store.tables, "nobody") is None


def test_open_records_come_newest_or_oldest_first_and_are_counted_with_their_age(till: TestShop) -> None:
    open_for_sale(till.shop)
    made = []
    for _ in range(3):
        made.append(sell(till.shop))
        till.clock.forward(minutes=1)
    tables = till.store.tables
    with till.store.fact():
        fiscal.update_record(tables, made[1].doc_id, state=FiscalState.PARKED.value, reason="error 6")
    newest = fiscal.untried_ids(tables, limit=None)
    assert [record.doc_id for record in newest] == [made[2].doc_id, made[0].doc_id]
    assert {(record.attempts, record.key) for record in newest} == {(0, (Dialect.V4, Mode.PLAYGROUND))}
    assert [record.doc_id for record in fiscal.waiting_ids(tables)] == [
        made[0].doc_id,
        made[2].doc_id,
    ]
    page = [record.doc_id for record in fiscal.open_page(tables, limit=2)]
    assert page == [made[1].doc_id, made[0].doc_id]
    assert [record.doc_id for record in fiscal.open_page(tables, limit=2, offset=2)] == [made[2].doc_id]
    assert [record.doc_id for record in fiscal.open_records(tables, FiscalState.PARKED)] == [made[1].doc_id]
    assert fiscal.count_records(tables, FiscalState.WAITING) == (2, made[0].issued_at)
    assert fiscal.count_records(tables, FiscalState.PARKED) == (1, made[1].issued_at)
    assert fiscal.oldest_unreported(tables, Mode.PLAYGROUND) == made[0].issued_at
    assert fiscal.oldest_unreported(tables, Mode.LIVE) == ""


def test_sales_of_one_second_are_told_apart_by_their_numbers(till: TestShop) -> None:
    open_for_sale(till.shop)
    made = [sell(till.shop).doc_id for _ in range(3)]
    assert [record.doc_id for record in fiscal.untried_ids(till.store.tables, limit=None)] == made[::-1]


def test_an_attempt_is_remembered_before_and_after_its_answer(till: TestShop) -> None:
    open_for_sale(till.shop)
    record = sold(till)
    tables = till.store.tables
    assert not fiscal.was_attempted(tables, record)
    attempt(till, record, "u1")
    assert fiscal.was_attempted(tables, record)
    attempt(till, record, "u2", reason="timeout")
    (first, second) = sorted(fiscal.attempts_of(tables, record.doc_id), key=lambda found: found.uuid)
    assert (first.outcome, first.reason, first.answer) == ("", "", None)
    assert (second.outcome, second.reason, second.detail, second.answer) == ("Waiting", "timeout", "20 s", b"<x/>")


@pytest.mark.parametrize(
    ("reasons", "unknown"),
    [
        ([], False),
        ([("code_6", False)], False),
        ([("code_6", False), ("code_8", False)], False),
        ([("code_6", False), ("timeout", True)], True),
        ([("", True)], True),
    ],
    ids=["never sent", "refused", "refused twice", "refused and once no answer", "the process died meanwhile"],
)
def test_a_record_may_be_at_the_server_unless_every_attempt_was_refused(
    till: TestShop, reasons: list[tuple[str, bool]], unknown: bool
) -> None:
    open_for_sale(till.shop)
    record = sold(till)
    for n, (reason, may_be) in enumerate(reasons):
        attempt(till, record, f"u{n}", reason=reason, unknown=may_be)
    assert fiscal.may_be_recorded(till.store.tables, record) is unknown


def test_a_corrected_record_waits_as_if_it_were_new(till: TestShop) -> None:
    open_for_sale(till.shop)
    record = sold(till)
    attempt(till, record, "u1", reason="code_6", unknown=False)
    with till.store.fact() as tables:
        fiscal.update_record(tables, record.doc_id, state="parked", attempts=1, reason="code_6", pkp="p", bkp="b")
        fiscal.replace_data(tables, record, {"eic_popl": "CZ1234567890"}, at="later", boot="boot-2")
    after = fiscal.load_record(till.store.tables, record.doc_id)
    assert after is not None
    assert (after.state, after.attempts, after.reason, after.generation) == (FiscalState.WAITING, 0, "", 1)
    assert (after.data, after.pkp, after.bkp) == ({"eic_popl": "CZ1234567890"}, "", "")
    assert (after.tried_since, after.boot, after.created_at) == ("later", "boot-2", record.created_at)
    assert not fiscal.was_attempted(till.store.tables, after)


def test_only_answers_of_unknown_signers_to_open_records_are_judged_again(till: TestShop) -> None:
    open_for_sale(till.shop)
    waiting, done = sold(till), sold(till)
    attempt(till, waiting, "timeout", reason="timeout")
    attempt(till, waiting, "stranger", reason="unknown_signer")
    attempt(till, done, "settled", reason="unknown_signer")
    with till.store.fact() as tables:
        fiscal.update_record(tables, done.doc_id, state="confirmed")
    tables = till.store.tables
    assert [found.uuid for found in fiscal.unjudged_answers(tables, Dialect.V4)] == ["stranger"]
    with till.store.fact():
        fiscal.update_record(tables, waiting.doc_id, state="parked")
    assert [found.uuid for found in fiscal.unjudged_answers(tables, Dialect.V4)] == ["stranger"]
    assert fiscal.unjudged_answers(tables, Dialect.V3) == []


def test_an_answer_to_the_data_before_a_correction_is_not_judged_again(till: TestShop) -> None:
    open_for_sale(till.shop)
    record = sold(till)
    attempt(till, record, "to the old data", reason="unknown_signer", unknown=False)
    with till.store.fact() as tables:
        fiscal.replace_data(tables, record, {"eic_popl": "CZ1234567890"}, at=AT, boot="boot-1")
    assert fiscal.unjudged_answers(till.store.tables, Dialect.V4) == []
    corrected = fiscal.load_record(till.store.tables, record.doc_id)
    assert corrected is not None
    assert fiscal.moments_of(till.store.tables, record, reason="unknown_signer") == [AT]
    assert fiscal.moments_of(till.store.tables, corrected, reason="unknown_signer") == []


def test_sales_of_eet_1_lack_their_codes_until_they_are_computed(till: TestShop) -> None:
    open_for_sale(till.shop)
    old, new = sold(till), sold(till)
    assert fiscal.without_codes(till.store.tables, limit=9) == []
    with till.store.fact() as tables:
        for record in (old, new):
            fiscal.update_record(tables, record.doc_id, dialect="v3")
    assert [record.doc_id for record in fiscal.without_codes(till.store.tables, limit=9)] == [new.doc_id, old.doc_id]
    assert [record.doc_id for record in fiscal.without_codes(till.store.tables, limit=1)] == [new.doc_id]
    with till.store.fact() as tables:
        fiscal.update_record(tables, new.doc_id, pkp="p", bkp="b")
    assert [record.doc_id for record in fiscal.without_codes(till.store.tables, limit=9)] == [old.doc_id]


def test_a_record_of_no_receipt_is_refused_by_the_file_itself(till: TestShop) -> None:
    frozen = FrozenSale(Dialect.V4, Mode.LIVE, {"celk_trzba": "1.00"})
    with pytest.raises(StoreError, match="FOREIGN KEY"), till.store.fact() as tables:
        fiscal.add_record(tables, doc_id="nobody", number="1", frozen=frozen, at=AT, boot="b")


def test_old_answers_are_forgotten_but_not_those_of_open_records(till: TestShop) -> None:
    open_for_sale(till.shop)
    done, fresh, parked = sold(till), sold(till), sold(till)
    tables = till.store.tables
    for record, uuid in ((done, "old"), (fresh, "new"), (parked, "open")):
        attempt(till, record, uuid, reason="timeout")
    with till.store.fact():
        fiscal.update_record(tables, done.doc_id, state="confirmed")
        fiscal.update_record(tables, fresh.doc_id, state="confirmed")
        fiscal.update_record(tables, parked.doc_id, state="parked")
        tables.fiscal_attempt.update(at="2027-03-01T08:00:00+01:00").where(
            tables.fiscal_attempt.uuid == "new"
        ).execute()
        assert fiscal.forget_answers(tables, before="2027-02-02T00:00:00+01:00", limit=100) == 1
        assert fiscal.forget_answers(tables, before="2027-02-02T00:00:00+01:00", limit=100) == 0
    kept = {
        found.uuid: found.answer
        for record in (done, fresh, parked)
        for found in fiscal.attempts_of(tables, record.doc_id)
    }
    assert kept == {"old": None, "new": b"<x/>", "open": b"<x/>"}


def test_only_so_many_untried_records_are_looked_at(till: TestShop) -> None:
    open_for_sale(till.shop)
    records = [sold(till) for _ in range(3)]
    with till.store.fact() as tables:
        fiscal.update_record(tables, records[2].doc_id, attempts=1)
    assert [found.doc_id for found in fiscal.untried_ids(till.store.tables, limit=1)] == [records[1].doc_id]
