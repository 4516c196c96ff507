from datetime import date
from xml.etree import ElementTree

import pytest

from appliance.domain.money import Money
from backoffice.pages.chart import hours_chart
from backoffice.reports import Day, Turnover

NOTHING = Turnover(0, Money(0))


def chart_of(today: dict[int, int], last_week: dict[int, int]) -> ElementTree.Element:
    day = Day(
        day=date(2026, 11, 24),
        today=NOTHING,
        same_time_last_week=NOTHING,
        last_week=NOTHING,
        by_hour={hour: Money(haler) for hour, haler in today.items()},
        by_hour_last_week={hour: Money(haler) for hour, haler in last_week.items()},
        by_method=(),
    )
    return ElementTree.fromstring(hours_chart(day, text=lambda text: text))


def titles(chart: ElementTree.Element) -> list[str]:
    return [(title.text or "").replace("\u00a0", " ") for title in chart.iter("title")]


def test_every_bar_says_its_hour_and_amount() -> None:
    found = titles(chart_of({8: 123450}, {9: 50000}))
    assert "8:00–9:00, dnes: 1 234,50 Kč" in found
    assert "9:00–10:00, minulý týden: 500,00 Kč" in found
    assert len(found) == 2 * 13


def test_hours_outside_the_usual_day_widen_the_chart() -> None:
    assert len(titles(chart_of({5: 100}, {23: 100}))) == 2 * 19


@pytest.mark.parametrize("today", [{}, {10: -50000}, {10: 27_000_000_00}])
def test_no_sales_only_refunds_and_huge_sums_can_be_drawn(today: dict[int, int]) -> None:
    chart = chart_of(today, {})
    assert len(titles(chart)) == 2 * 13
    assert "nan" not in ElementTree.tostring(chart, encoding="unicode")


def test_the_chart_has_no_styles_or_scripts_of_its_own() -> None:
    chart = chart_of({8: 100}, {})
    assert {element.tag for element in chart.iter()} <= {"svg", "g", "rect", "path", "text", "title"}
    assert [element for element in chart.iter() if "style" in element.attrib] == []
