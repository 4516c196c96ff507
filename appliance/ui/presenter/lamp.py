"""What the status bar shows of one device or peer, and what the banner says when it is urgent."""

from dataclasses import dataclass

from appliance.i18n import _

PATIENCE_S = 20  # what waits for less is on its way and not worth a word
GOOD, WAITS, WRONG, OFF = "good", "warning", "danger", "quiet"


@dataclass(frozen=True)
class Lamp:
    """One device or peer: its tone, the words of the bar (empty when all is well) and the sentence of the page."""

    tone: str
    words: str
    sentence: str
    count: str = ""


@dataclass(frozen=True)
class Alert:
    """A sentence for the banner, wherever the cashier is."""

    tone: str
    text: str


def tone_word(tone: str) -> str:
    """The word that goes with a colour."""
    return {GOOD: _("v pořádku"), WAITS: _("čeká"), WRONG: _("problém"), OFF: ""}[tone]
