import re
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.domain.fiscal import (
    REPORTED_METHODS,
    Dialect,
    FrozenSale,
    Mode,
    Regime,
    eet_amount,
    freeze_sale,
    regime_at,
)
from appliance.domain.money import Money
from appliance.domain.sale import Payment, PaymentMethod
from tests.shops import OPENING, PLAYGROUND, PRAGUE, TAXPAYER

CASH, CARD, VOUCHER, MEAL_TICKET, TRANSFER = PaymentMethod
OFFICIAL_AMOUNT = re.compile(r"(?:(?:0|-?[1-9]\d{0,7})\.\d\d|-0\.(?:0[1-9]|[1-9]\d))")

OFF = Regime(datetime(2026, 11, 1, tzinfo=PRAGUE), Mode.OFF)
CHECKING = Regime(datetime(2026, 12, 1, tzinfo=PRAGUE), Mode.VERIFICATION)
LIVE = Regime(datetime(2027, 1, 1, tzinfo=PRAGUE), Mode.LIVE)


def frozen(*parts: tuple[PaymentMethod, int], regime: Regime | None = PLAYGROUND) -> FrozenSale | None:
    payments = [Payment(method, Money(haler)) for method, haler in parts]
    return freeze_sale(regime=regime, taxpayer=TAXPAYER, number="P1A-000001", at=OPENING, payments=payments)


def amounts(*parts: tuple[PaymentMethod, int]) -> dict[str, str]:
    sale = frozen(*parts)
    return {key: sale.data[key] for key in ("celk_trzba", "cerp_zuct") if key in sale.data} if sale else {}


@pytest.mark.parametrize(
    ("at", "regime"),
    [
        (datetime(2026, 10, 31, 23, 59, 59, tzinfo=PRAGUE), None),
        (datetime(2026, 11, 1, tzinfo=PRAGUE), OFF),
        (datetime(2026, 12, 31, 23, 59, 59, tzinfo=PRAGUE), CHECKING),
        (datetime(2027, 1, 1, tzinfo=PRAGUE), LIVE),
        (datetime(2027, 1, 1, tzinfo=PRAGUE) - timedelta(microseconds=1), CHECKING),
        (datetime(2030, 6, 1, tzinfo=PRAGUE), LIVE),
    ],
)
def test_the_regime_is_the_last_one_that_has_begun(at: datetime, regime: Regime | None) -> None:
    assert regime_at((LIVE, OFF, CHECKING), at) == regime


@pytest.mark.parametrize(
    ("haler", "text"),
    [(0, "0.00"), (5, "0.05"), (-5, "-0.05"), (-100, "-1.00"), (123_456, "1234.56"), (9_999_999_999, "99999999.99")],
)
def test_an_amount_is_written_as_eet_wants_it(haler: int, text: str) -> None:
    assert eet_amount(Money(haler)) == text


@given(st.integers(-9_999_999_999, 9_999_999_999))
def test_every_amount_has_the_official_form_and_never_is_minus_zero(haler: int) -> None:
    text = eet_amount(Money(haler))
    assert OFFICIAL_AMOUNT.fullmatch(text)
    assert text != "-0.00"


@pytest.mark.parametrize(
    ("parts", "reported"),
    [
        ([(CASH, 5300)], {"celk_trzba": "53.00"}),
        ([(CARD, 5280)], {"celk_trzba": "52.80"}),
        ([(MEAL_TICKET, 5000)], {"celk_trzba": "50.00"}),
        ([(VOUCHER, 5000)], {"celk_trzba": "50.00", "cerp_zuct": "50.00"}),
        ([(VOUCHER, 5000), (CASH, 300)], {"celk_trzba": "53.00", "cerp_zuct": "50.00"}),
        ([(TRANSFER, 5280)], {}),
        ([(TRANSFER, 5000), (CASH, 300)], {"celk_trzba": "3.00"}),
        ([(TRANSFER, 5000), (CASH, 0)], {}),
        ([(CASH, 0)], {}),
        ([], {}),
        ([(CASH, -5300)], {"celk_trzba": "-53.00"}),
        ([(VOUCHER, -5000), (CASH, -300)], {"celk_trzba": "-53.00", "cerp_zuct": "-50.00"}),
        ([(TRANSFER, -5280)], {}),
    ],
)
def test_what_is_reported_by_method_of_payment(
    parts: list[tuple[PaymentMethod, int]], reported: dict[str, str]
) -> None:
    assert amounts(*parts) == reported


def test_every_method_of_payment_says_whether_it_is_reported() -> None:
    assert set(REPORTED_METHODS) == set(PaymentMethod)


@pytest.mark.parametrize("regime", [None, OFF])
def test_nothing_is_reported_before_the_first_regime_and_when_it_is_off(regime: Regime | None) -> None:
    assert frozen((CASH, 5300), regime=regime) is None


def test_the_record_holds_the_attributes_as_they_are_sent() -> None:
    assert frozen((CASH, 5300), regime=LIVE) == FrozenSale(
        Dialect.V4,
        Mode.LIVE,
        {
            "eic_popl": "CZ00000019",
            "id_jednotky": "141",
            "id_pokl": "1",
            "porad_cis": "P1A-000001",
            "dat_trzby": "2027-02-01T08:00:00+01:00",
            "celk_trzba": "53.00",
        },
    )


def test_the_moment_is_sent_in_whole_seconds_with_the_summer_offset_in_summer() -> None:
    at = replace_time(OPENING, month=7)
    sale = freeze_sale(
        regime=LIVE, taxpayer=replace(TAXPAYER, id_pokl="2"), number="1", at=at, payments=[Payment(CASH, Money(100))]
    )
    assert sale is not None
    assert sale.data["dat_trzby"] == "2027-07-01T08:00:00+02:00"


def replace_time(at: datetime, *, month: int) -> datetime:
    return at.replace(month=month, microsecond=999_999)
