"""The question for date and time after a start without a true clock, in words; and a typed moment."""

from datetime import datetime, tzinfo

from appliance.i18n import _
from appliance.ui.presenter.words import time_text

DIGITS = 12  # ddmmyyyyhhmm
FORM = "__. __. ____  __:__"


class NotAMoment(ValueError):
    """What was typed is no date and time."""

    rule = "clock"


def moment_text(at: datetime) -> str:
    """`pondělí 4. 1. 2027, 8:30`"""
    days = (_("pondělí"), _("úterý"), _("středa"), _("čtvrtek"), _("pátek"), _("sobota"), _("neděle"))
    return f"{days[at.weekday()]} {at.day}. {at.month}. {at.year}, {time_text(at)}"


def clock_notice(at: datetime) -> str:
    """For the banner: selling goes on."""
    return _("Je {moment}? Pokladna si po zapnutí není jistá.").format(moment=moment_text(at))


def typed_text(digits: str) -> str:
    """What is typed so far in the form of a date and time: `04. 01. 2027  08:3_`."""
    rest = iter(digits[:DIGITS])
    return "".join(next(rest, "_") if char == "_" else char for char in FORM)


def moment_of(digits: str, zone: tzinfo | None) -> datetime:
    """Raises NotAMoment."""
    if len(digits) != DIGITS:
        raise NotAMoment(digits)  # strptime would make something of fewer
    try:
        return datetime.strptime(digits, "%d%m%Y%H%M").replace(tzinfo=zone)
    except ValueError:
        raise NotAMoment(digits) from None
