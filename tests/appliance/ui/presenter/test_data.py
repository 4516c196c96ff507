from dataclasses import dataclass

import pytest

from appliance.domain.pricelist import ApplyWhen, TillSettings, Warehouse
from appliance.ui.presenter.data import (
    DataRow,
    apply_detail,
    apply_name,
    data_rows,
    label_error,
    scope_words,
    switch_words,
    waiting_reason,
    waiting_words,
)

MAIN = Warehouse("w-1", "Hlavní sklad", "Dlouhá")
BARE = Warehouse("w-2", "Stánek")


@dataclass(frozen=True)
class Paired:
    account: str = "jana@example.cz"
    url: str = "https://pokladny.local"


def row(name: str, settings: TillSettings | None = None, **given: object) -> DataRow:
    facts: dict[str, object] = {"item_sync": True, "warehouses": (MAIN, BARE), "paired": Paired(), "fault": ""} | given
    return {found.name: found for found in data_rows(settings or TillSettings(), **facts)}[name]  # type: ignore[arg-type]


def test_pairing_names_account_and_address() -> None:
    found = row("pairing")
    assert (found.detail, found.value, found.tone) == ("jana@example.cz · https://pokladny.local", "spárováno", "good")


def test_a_till_without_a_backoffice_says_that_it_sells_all_the_same() -> None:
    found = row("pairing", paired=None)
    assert (found.value, "Prodává se i bez něj" in found.detail) == ("nespárováno", True)


def test_a_pairing_taken_back_is_an_alarm() -> None:
    found = row("pairing", fault="pairing_revoked")
    assert (found.value, found.tone) == ("zrušeno", "danger")


def test_item_sync_off_says_what_goes_on() -> None:
    """S14"""
    assert row("sync").value == "zapnuto"
    off = row("sync", item_sync=False)
    assert off.value == "vypnuto"
    assert "Účtenky se odesílají" in off.detail
    assert switch_words(on=True)[0].startswith("Zapnout")
    assert "počkají" in switch_words(on=False)[1]


def test_a_restricted_till_shows_its_label() -> None:
    """S17"""
    assert row("scope").value == "bez omezení"
    assert row("scope", TillSettings("pokl1", restricted=True)).value == "pokl1"
    assert row("scope", TillSettings("pokl1", restricted=False)).value == "bez omezení"


def test_what_a_restriction_will_do_is_said_before() -> None:
    settings = TillSettings("pokl1", restricted=True)
    assert "se štítkem pokl2" in scope_words(settings, "pokl2")
    assert "nic se nesmaže" in scope_words(settings, "pokl2")
    assert "bez štítku pokl1" in scope_words(settings, "")


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("pokl1", ""),
        ("", "Napište štítek"),
        ("pokl 1", "bez mezer"),
        ("bar,terasa", "bez mezer a čárek"),
        ("x" * 33, "nejvýše 32 znaků"),
    ],
)
def test_a_label_is_one_word(text: str, error: str) -> None:
    found = label_error(text)
    assert error in found
    assert bool(found) == bool(error)


@pytest.mark.parametrize(
    ("warehouse_id", "value"),
    [("", "žádný"), ("w-1", "Hlavní sklad (Dlouhá)"), ("w-2", "Stánek"), ("w-9", "w-9")],
)
def test_the_till_s_warehouse_is_named_with_its_branch(warehouse_id: str, value: str) -> None:
    assert row("warehouse", TillSettings(warehouse_id=warehouse_id)).value == value


def test_every_way_to_apply_changes_has_its_own_words() -> None:
    assert len({apply_name(when) for when in ApplyWhen}) == len(ApplyWhen)
    assert len({apply_detail(when) for when in ApplyWhen}) == len(ApplyWhen)
    assert row("apply", TillSettings(apply_when=ApplyWhen.AUTOMATIC)).value == "samo"


@dataclass(frozen=True)
class Unsent:
    kind: str
    count: int
    oldest_age_s: int = 60


def test_what_waits_is_said_by_kind_and_age() -> None:
    """B8"""
    kinds = (Unsent("receipt_issued", 12), Unsent("shift_opened", 1), Unsent("shift_closed", 1), Unsent("new_kind", 2))
    words = waiting_words(kinds, unsent=16, oldest_age_s=300)
    assert words == "12 účtenek, 2 záznamy o směnách, 2 jiné záznamy; nejstarší 5 min"


def test_what_was_not_looked_at_is_counted_all_the_same() -> None:
    words = waiting_words((Unsent("receipt_issued", 10_000),), unsent=100_000, oldest_age_s=60)
    assert words.startswith("10000 účtenek, 90000 jiných záznamů")


def test_nothing_that_waits_is_said_so() -> None:
    assert waiting_words((), unsent=0, oldest_age_s=0) == "Nic, vše je odeslané."


@pytest.mark.parametrize(
    ("unsent", "paired", "fault", "words"),
    [
        (0, True, "unreachable", ""),
        (3, False, "", "Pokladna není spárovaná, data čekají v ní."),
        (3, True, "unreachable", "Backoffice je nedostupný. Data zůstala v pokladně a odešlou se samy."),
        (3, True, "", ""),
    ],
)
def test_the_reason_is_said_when_something_waits(unsent: int, *, paired: bool, fault: str, words: str) -> None:
    assert waiting_reason(unsent=unsent, paired=paired, fault=fault) == words
