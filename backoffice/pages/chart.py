"""The day by hours as inline SVG. Colours come from our stylesheet, so light, dark and print need no second drawing."""

import sys
from collections.abc import Callable, Sequence
from xml.etree import ElementTree

import pygal
from pygal.style import Style

from appliance.domain.money import HALER_PER_CROWN, Money, format_czk
from backoffice.reports import Day

# pygal hooks an importer of the old kind into the interpreter, for plugins we do not use; with it every import that
# fails later on would also warn.
sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, pygal.PluginImportFixer)]

UNWANTED = frozenset({"style", "script", "desc", "title", "defs"})
FIRST_HOUR, LAST_HOUR = 7, 19  # always shown; more when something was sold then
WIDTH, HEIGHT = 760, 260
TICKS = 5


def hours_chart(day: Day, *, text: Callable[[str], str]) -> str:
    """Bars of today beside quiet bars of the same day last week; each bar says its value when hovered."""
    sold = [*day.by_hour, *day.by_hour_last_week]
    hours = range(min([FIRST_HOUR, *sold]), max([LAST_HOUR, *sold]) + 1)
    chart = pygal.Bar(
        width=WIDTH,
        height=HEIGHT,
        js=[],
        show_legend=False,
        margin=0,
        spacing=6,
        x_labels=[str(hour) for hour in hours],
        y_labels=_ticks([*day.by_hour.values(), *day.by_hour_last_week.values()]),
        value_formatter=lambda crowns: f"{crowns:,.0f}".replace(",", " "),
        no_data_text="",
        style=Style(label_font_size=16, major_label_font_size=16),
        classes=("hours",),
        disable_xml_declaration=True,
        pretty_print=False,
    )
    series = ((text("minulý týden"), day.by_hour_last_week), (text("dnes"), day.by_hour))
    for name, by_hour in series:
        chart.add(name, [by_hour.get(hour, Money(0)).haler // HALER_PER_CROWN for hour in hours])
    return _tidied(
        chart.render(is_unicode=True),
        [(name, [by_hour.get(h, Money(0)) for h in hours]) for name, by_hour in series],
        hours,
    )


def _ticks(amounts: Sequence[Money]) -> list[int]:
    """Round crowns from zero (or below, when refunds prevail) to above the largest amount, four steps or so."""
    top = max([HALER_PER_CROWN, *(a.haler for a in amounts)]) // HALER_PER_CROWN
    bottom = min([0, *(a.haler for a in amounts)]) // HALER_PER_CROWN
    wanted = max(1, (top - bottom) // TICKS)
    power = 10 ** (len(str(wanted)) - 1)
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= wanted)
    return list(range(bottom // step * step, top + step, step))


def _tidied(svg: str, series: list[tuple[str, list[Money]]], hours: range) -> str:
    """As it may stand in a page: without pygal's style and script, which our policy forbids, and without namespaces,
    which HTML does not need; with a title in every bar."""
    root = ElementTree.fromstring(svg)  # noqa: S314 -- pygal's own output
    for element in list(root.iter()):
        element.tag = element.tag.rpartition("}")[2]
        for name in ("style", "id"):
            element.attrib.pop(name, None)
    for element in list(root.iter()):
        for child in list(element):
            if child.tag in UNWANTED:
                element.remove(child)
    for index, (name, amounts) in enumerate(series):
        bars = root.findall(f".//g[@class='series serie-{index} color-{index}']//rect")
        for bar, hour, amount in zip(bars, hours, amounts, strict=True):
            title = ElementTree.SubElement(bar, "title")
            title.text = f"{hour}:00–{hour + 1}:00, {name}: {format_czk(amount)}"
    root.set("role", "img")
    return ElementTree.tostring(root, encoding="unicode")
