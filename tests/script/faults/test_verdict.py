"""The judge of the fault proof says whatever is wrong: each of these days would pass by counting alone."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from appliance.eet.certificate import load_anchors
from appliance.eet.report import Anchors
from script.lib.faults.seller import Book
from script.lib.faults.verdict import disagreements
from script.lib.faults.witnesses import Code, Witnesses, hear, states
from tests.appliance.sync.office import Desk, Material, lost, make_material, open_ledger
from tests.shops import make_shop, open_for_sale, sell

CONFIRMED, REPEATED, PARKED = 0, 1, 2


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> Material:
    return make_material(tmp_path_factory.mktemp("material"))


@pytest.fixture
def desk(tmp_path: Path, material: Material) -> Iterator[Desk]:
    """A till that sold three times: confirmed at once, confirmed as a repeat, refused as a repeat."""
    test_shop = make_shop(tmp_path / "till")
    open_for_sale(test_shop.shop)
    with open_ledger(tmp_path / "eet") as ledger:
        desk = Desk(test_shop, material, ledger)
        book = Book(tmp_path / "sold.jsonl")
        for n, script in enumerate(([], [lost], [lost, 3])):
            desk.script.extend(script)
            book.done(n, sell(test_shop.shop))
            desk.sender.send_fresh()
            desk.pass_time(30)
            desk.backlog()
        assert desk.states() == ["confirmed", "confirmed", "parked"]
        yield desk


@pytest.fixture
def seen(tmp_path: Path, desk: Desk) -> Witnesses:
    return hear(till=tmp_path / "till" / "till.db", sold=tmp_path / "sold.jsonl", eet=tmp_path / "eet")


@pytest.fixture
def anchors(material: Material) -> Anchors:
    return Anchors(tills=(), answers=load_anchors([(material.folder / "answer-ca.pem").read_bytes()]), signers={})


def with_record(seen: Witnesses, n: int, **changed: object) -> Witnesses:
    records = list(seen.records)
    records[n] = replace(records[n], **changed)  # type: ignore[arg-type]
    return replace(seen, records=records)


def with_sale(seen: Witnesses, n: int, **changed: object) -> Witnesses:
    sales = list(seen.ledger["sales"])
    sales[n] = {**sales[n], **changed}
    return replace(seen, ledger={**seen.ledger, "sales": sales})


def wrong(seen: Witnesses, anchors: Anchors) -> str:
    return "\n".join(disagreements(seen, anchors=anchors, parked_allowed=True))


def test_a_day_on_which_all_is_well_has_no_disagreement(seen: Witnesses, anchors: Anchors) -> None:
    assert wrong(seen, anchors) == ""
    assert (seen.receipts, seen.ledger["count"], seen.ledger["repeats"]) == (3, 3, 1)


def test_after_the_release_nothing_may_be_parked(seen: Witnesses, anchors: Anchors) -> None:
    (sentence,) = disagreements(seen, anchors=anchors, parked_allowed=False)
    assert sentence.startswith("neither confirmed: P1A-000003: parked code_3")


def test_states_are_counted_while_the_till_works(tmp_path: Path, desk: Desk) -> None:
    sell(desk.test_shop.shop)
    assert states(tmp_path / "till" / "till.db") == {"confirmed": 2, "parked": 1, "waiting": 1}


def test_a_lost_sale_and_one_nobody_made_are_named(seen: Witnesses, anchors: Anchors) -> None:
    assert "sold, but not in the till: P1A-000001 of" in wrong(replace(seen, records=seen.records[1:]), anchors)
    assert "but nobody sold it: P1A-000003" in wrong(replace(seen, sold=seen.sold[:2]), anchors)
    assert "4 receipts, but 3 records" in wrong(replace(seen, receipts=4), anchors)


def test_an_amount_that_differs_by_a_haler_is_named(seen: Witnesses, anchors: Anchors) -> None:
    haler = seen.records[0].haler
    said = wrong(with_record(seen, CONFIRMED, haler=haler + 1), anchors)
    assert f"P1A-000001: {haler} sold, {haler + 1} in the till" in said
    assert "haléře in the till, " in said


def test_what_still_waits_and_what_is_parked_for_nothing_is_named(seen: Witnesses, anchors: Anchors) -> None:
    assert "P1A-000003: waiting timeout" in wrong(
        with_record(seen, PARKED, state="waiting", reason="timeout"), anchors
    )  # fmt: skip
    assert "parked without a reason: P1A-000003" in wrong(with_record(seen, PARKED, reason=""), anchors)


def test_a_code_the_office_never_gave_is_named_with_those_it_gave(seen: Witnesses, anchors: Anchors) -> None:
    said = wrong(with_record(seen, CONFIRMED, code="forged"), anchors)
    assert f"P1A-000001: forged in the till, {seen.records[CONFIRMED].code} in the ledger" in said
    assert "confirmed without a code: P1A-000001" in wrong(with_record(seen, CONFIRMED, code=""), anchors)


def test_a_code_of_another_sale_is_no_code(seen: Witnesses, anchors: Anchors) -> None:
    said = wrong(with_record(seen, CONFIRMED, code=seen.records[REPEATED].code), anchors)
    assert "a code the office never gave it: P1A-000001" in said


def test_a_confirmed_sale_the_office_does_not_have_is_named(seen: Witnesses, anchors: Anchors) -> None:
    ledger = {**seen.ledger, "sales": seen.ledger["sales"][1:]}
    assert "though confirmed: P1A-000001" in wrong(replace(seen, ledger=ledger), anchors)
    strange = with_sale(seen, CONFIRMED, porad_cis="P9A-000009")
    assert "in the ledger, but not the till's: v4" in wrong(strange, anchors)


def test_a_repeat_sent_as_new_and_one_with_other_data_are_named(seen: Witnesses, anchors: Anchors) -> None:
    assert "P1A-000002: 2 of 2 times" in wrong(with_sale(seen, REPEATED, first_sends=2), anchors)
    assert "unmarked_repeats in the ledger: 1" in wrong(
        replace(seen, ledger={**seen.ledger, "unmarked_repeats": 1}), anchors
    )
    other = with_sale(seen, REPEATED, cerp_zuct="1.00")
    assert "another Data than was frozen: P1A-000002: cerp_zuct None → '1.00'" in wrong(other, anchors)
    issued = {**seen.records[0].issued, "cerp_zuct": "1.00"}
    assert "frozen: P1A-000001: cerp_zuct '1.00' → None" in wrong(with_record(seen, CONFIRMED, issued=issued), anchors)


def test_the_journal_must_hold_one_first_code_of_each_confirmed_sale(seen: Witnesses, anchors: Anchors) -> None:
    first, *others = seen.codes
    assert "not once in the journal with its code: P1A-000001" in wrong(replace(seen, codes=others), anchors)
    assert "P1A-000001: confirmed" in wrong(replace(seen, codes=[first, *seen.codes]), anchors)
    assert "P1A-000001: confirmed" in wrong(replace(seen, codes=[replace(first, first=False), *others]), anchors)


def test_a_code_whose_kept_answer_does_not_hold_is_named(seen: Witnesses, anchors: Anchors) -> None:
    code = seen.codes[0]
    kept = seen.answers[code.uuid]
    assert kept.raw is not None
    altered = replace(kept, raw=kept.raw.replace(code.code.encode(), b"00000000-0000-4000-8000-000000000000-ff"))
    for answer, why in (
        (altered, "the kept answer is invalid: The signature does not hold"),
        (replace(kept, raw=None), "no answer is kept"),
        (seen.answers[seen.codes[1].uuid], "no answer is kept"),
    ):
        said = wrong(replace(seen, answers={**seen.answers, code.uuid: answer}), anchors)
        assert f"without a valid signature behind its code: P1A-000001: {why}" in said


def test_a_kept_answer_of_a_stranger_proves_nothing(seen: Witnesses, material: Material) -> None:
    strangers = (material.folder.parent / "stranger" / "answer-ca.pem").read_bytes()
    said = wrong(seen, Anchors(tills=(), answers=load_anchors([strangers]), signers={}))
    assert "P1A-000001: the kept answer is invalid: The signer is not trusted" in said


def test_a_code_given_to_another_message_and_one_of_no_sale_are_named(seen: Witnesses, anchors: Anchors) -> None:
    code = seen.codes[0]
    elsewhere = replace(code, uuid=seen.codes[1].uuid)
    assert "was not given to the message" in wrong(replace(seen, codes=[elsewhere, *seen.codes[1:]]), anchors)
    nobody = Code(doc_id="nobody", code="x", uuid="y", first=False)
    assert "x: of no record" in wrong(replace(seen, codes=[*seen.codes, nobody]), anchors)


def test_many_of_one_kind_are_a_few_names_and_their_number(seen: Witnesses, anchors: Anchors) -> None:
    strangers = [
        replace(
            seen.records[2], doc_id=str(n), number=f"P1A-{n:06}", data={**seen.records[2].data, "porad_cis": str(n)}
        )
        for n in range(10, 30)
    ]
    assert "P1A-000014 … 20 in all" in wrong(replace(seen, records=[*seen.records, *strangers]), anchors)
