import pytest

from appliance.domain.cart import CartError
from appliance.domain.catalogue import ItemInvalid
from appliance.domain.fiscal import Reporting
from appliance.domain.money import NotAnAmount
from appliance.domain.receipt import RefundRefused
from appliance.domain.sale import PaymentMethod, PaymentRefused
from appliance.domain.vat import VatClass
from appliance.ui.presenter.words import (
    day_and_time,
    error_sentence,
    item_rule,
    method_name,
    reporting_name,
    vat_class_name,
)


class ShiftNotOpen(Exception):
    """As the service room names it."""


class StoreFailed(Exception):
    pass


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (PaymentRefused("not_enough"), "Doplaťte"),
        (PaymentRefused("cash_limit"), "270 000"),
        (PaymentRefused("amount_too_large"), "příliš velká"),
        (CartError("price_missing"), "cenu"),
        (CartError("other_taxpayer"), "za jiného poplatníka. Nejdřív zaplaťte rozpracovaný účet"),
        (ItemInvalid("principal", "own"), "vlastní EIČ"),
        (RefundRefused("already_refunded"), "stornovaná"),
        (ItemInvalid("name", "empty"), "Napište název"),
        (NotAnAmount("x"), "12,50"),
        (ShiftNotOpen(), "Otevřete ji"),
        (StoreFailed("disk full"), "disk full"),
        (RuntimeError("boom"), "RuntimeError boom"),
    ],
)
def test_an_error_is_a_sentence_that_says_what_to_do(error: Exception, words: str) -> None:
    sentence = error_sentence(error)
    assert words in sentence
    assert sentence[0].isupper()


@pytest.mark.parametrize(
    ("doing", "closed", "failed"),
    [
        ("sale", "Účet zůstal", "účet zůstal"),
        ("refund", "storno se nevystavilo", "Peníze nevracejte"),
        ("closing", "další uzávěrka se nevystavila", "pokladna zůstala otevřená"),
        ("cash", "nic se nezapsalo", "nic se nezapsalo"),
        ("", "není otevřená", "nic se nezměnilo"),
    ],
)
def test_an_error_says_what_did_not_happen(doing: str, closed: str, failed: str) -> None:
    assert closed in error_sentence(ShiftNotOpen(), doing=doing)
    assert failed in error_sentence(StoreFailed("disk full"), doing=doing)
    assert error_sentence(StoreFailed("disk full"), doing=doing).endswith("disk full")


def test_an_unknown_rule_of_an_item_still_has_words() -> None:
    assert item_rule("name", "new rule") == "Hodnota není platná."


def test_every_method_and_vat_class_has_its_own_name() -> None:
    assert len({method_name(method) for method in PaymentMethod}) == len(PaymentMethod)
    assert len({vat_class_name(vat) for vat in VatClass}) == len(VatClass)
    assert len({reporting_name(reporting) for reporting in Reporting}) == len(Reporting)


def test_a_moment_is_written_as_czechs_write_it() -> None:
    assert day_and_time("2027-01-04T08:05:00+01:00") == "4. 1. 2027 08:05"
