"""Whatever is wrong with a day is said: each of these days passed by counting alone."""

from dataclasses import replace

import pytest

from demo.player import Day
from demo.results import Account
from demo.verdict import agree, faults

DAY = Day(paid={"P1A-000001": 1, "P1A-000002": 2}, due={"P1A-000001": 5_690, "P1A-000002": -5_700})
ISSUED = {"P1A-000001": 5_700, "P1A-000002": -5_700}


def judged(
    day: Day = DAY,
    issued: dict[str, int] = ISSUED,
    printed: tuple[str, ...] = tuple(ISSUED),
    *,
    documents: int = 2,
    interrupted: bool = False,
) -> list[str]:
    return faults(day, issued, printed, documents=documents, interrupted=interrupted)


def test_a_day_on_which_all_is_well_has_no_fault() -> None:
    assert judged() == []


def test_a_sale_issued_twice_is_a_fault_though_all_witnesses_hold_both() -> None:
    assert judged(documents=1, interrupted=True) == ["1 documents were played, 2 were issued"]
    one = Day(paid={"P1A-000001": 1}, due={})
    assert judged(one) == ["in the list, but nobody paid them: P1A-000002"]


def test_after_kills_a_document_may_be_missing_but_not_without_them() -> None:
    assert judged(documents=3, interrupted=True) == []
    assert judged(documents=3) == ["3 documents were played, 2 were issued"]


def test_a_receipt_that_was_shown_must_be_in_the_list() -> None:
    seen = Day(paid={**DAY.paid, "P1A-000003": 3}, due={})
    assert judged(seen, interrupted=True) == ["shown as paid, but not in the list: P1A-000003"]


@pytest.mark.parametrize(
    ("printed", "word"),
    [
        (("P1A-000001", "P1A-000002", "P1A-000002"), "printed twice and not as a copy: P1A-000002"),
        (("P1A-000001", "P1A-000009"), "on paper or in the list, but not in both: P1A-000002, P1A-000009"),
    ],
)
def test_paper_counts_by_the_very_numbers_and_once_each(printed: tuple[str, ...], word: str) -> None:
    assert judged(printed=printed) == [word]


def test_another_sum_than_the_screen_asked_for_is_a_fault() -> None:
    asked = replace(DAY, due={"P1A-000001": 5_600})
    assert judged(asked) == ["P1A-000001 was 56.00 Kč on the pay screen and 57.00 Kč as issued"]


@pytest.mark.parametrize(
    ("till", "paper", "eet", "good"),
    [
        (Account(2, 9), Account(2, 0), Account(2, 9), True),
        (Account(2, 9), Account(2, 0), Account(2, 8), False),
        (Account(2, 9), Account(3, 0), Account(2, 9), False),
    ],
)
def test_witnesses_agree_in_count_and_sum(till: Account, paper: Account, eet: Account, *, good: bool) -> None:
    assert agree({"till": till, "paper": paper, "eet": eet}) is good
