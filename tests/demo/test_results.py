"""How the witnesses are read."""

import json
from pathlib import Path

import pytest

from demo.goods import price_haler, read_goods
from demo.player import Day
from demo.results import Account, closing, first_byte_ms, number_of, percentile, printed_numbers
from demo.screen import haler

RECEIPT = """      Koloniál
   IČO 12345679
------------------------------------------------
Zjednodušený daňový doklad            P1A-000007
24.11.2026 05:25:25                   Pokladna 1
------------------------------------------------
Rohlík
"""
REFUND = RECEIPT.replace("Zjednodušený daňový", "Opravný daňový").replace(
    "Pokladna 1\n", "Pokladna 1\nVrací účtenku P1A-000003\n"
)
Z = """      Koloniál
             Denní uzávěrka (Z)
------------------------------------------------
Dokladů                                        9
Čísla                    P1A-000001 - P1A-000009
TRŽBA Kč                                1 642,50
"""


@pytest.mark.parametrize(
    ("text", "amount"), [("1 234,50\u00a0Kč", 123450), ("-153,00", -15300), ("−1,00 Kč", -100), ("0,05", 5)]
)
def test_an_amount_on_screen_or_paper_is_read_to_the_haler(text: str, amount: int) -> None:
    assert haler(text) == amount


@pytest.mark.parametrize(
    ("paper", "number"),
    [
        (RECEIPT, "P1A-000007"),
        (REFUND, "P1A-000007"),
        ("                   KOPIE\n" + RECEIPT, ""),
        (Z, ""),
        ("--- tisk přerušen ---\n", ""),
        (RECEIPT + "--- tisk přerušen ---\n", "P1A-000007"),
        ("", ""),
    ],
)
def test_a_paper_counts_by_the_number_in_its_title_and_a_copy_does_not_count(paper: str, number: str) -> None:
    assert number_of(paper) == number


def test_each_paper_with_a_number_is_named_and_the_last_closing_counts(tmp_path: Path) -> None:
    (tmp_path / "paper").mkdir()
    for n, text in enumerate((RECEIPT, RECEIPT, Z.replace("9\n", "8\n"), Z), start=1):
        (tmp_path / "paper" / f"{n:04}.txt").write_text(text, "utf-8")
    assert printed_numbers(tmp_path) == ["P1A-000007", "P1A-000007"]
    assert closing(tmp_path) == Account(9, 164250)


def test_the_first_sign_after_the_pay_key_is_measured(tmp_path: Path) -> None:
    events = [
        {"kind": "drawer", "t_ns": 1_000_000},
        {"kind": "cut", "t_ns": 4_000_000},
        {"kind": "first_text", "t_ns": 9_000_000},
    ]
    (tmp_path / "events.jsonl").write_text("\n".join(map(json.dumps, events)))
    day = Day(paid={"A": 500_000, "B": 2_000_000, "C": 10_000_000})
    assert first_byte_ms(tmp_path, day) == [0.5, 7.0]


def test_percentiles_are_of_sorted_values() -> None:
    assert (percentile([], 0.5), percentile([1.0, 2.0, 3.0], 0.5), percentile([1.0, 2.0, 3.0], 0.99)) == (0.0, 2.0, 3.0)


def test_goods_whose_code_stands_twice_or_is_no_code_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "items.csv"
    path.write_text("ean;name;price\n111;Rohlík;3,50\n222;Houska;\n222;Jiná houska;4\n;Bez kódu;1\n", "utf-8")
    assert [(good.ean, good.name, good.price) for good in read_goods(path)] == [("111", "Rohlík", "3,50")]


@pytest.mark.parametrize(("text", "amount"), [("3,50", 350), ("3.5", 350), ("1290", 129000), ("0,05", 5)])
def test_a_price_of_the_price_list_is_read_to_the_haler(text: str, amount: int) -> None:
    assert price_haler(text) == amount
