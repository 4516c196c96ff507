"""What may go wrong in a history, and how often."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Scenario:
    """Rates are of one message, one commit, or one minute, as the name says."""

    name: str
    tills: int = 3
    actions: int = 24
    """Of all tills together."""
    mean_action_s: float = 40.0
    request_lost: float = 0.15
    reply_lost: float = 0.15
    repeated: float = 0.05
    late: float = 0.05
    """A request arrives once more, long after it was given up."""
    eet_down: float = 0.15
    eet_reply_lost: float = 0.10
    eet_refuses: float = 0.06
    eet_unreadable: float = 0.04
    crash: float = 0.01
    """Before or after one commit of a till."""
    power_cut: float = 0.5
    """Of the crashes; the others are kills."""
    server_crash: float = 0.01
    wake_lost: float = 0.02
    clock_jump: float = 0.06
    """After an action of a till."""
    paper_out: float = 0.04
    partition: float = 0.04
    restore: float = 0.03
    clone: float = 0.6
    """Of the histories."""
    blank_boards: float = 0.0
    """Of the histories: the machines have no serial number, so that a copied card is not noticed by itself."""
    replacement: float = 0.03
    office_edit: float = 1.0
    """Edits made in the Backoffice for each action of a till."""
    moved_goods: float = 0.2
    edits: float = 1.0
    """How often the price list is edited and asked for at a till, against everything else that is done there."""


ROUGH = Scenario("rough")
CALM = replace(
    ROUGH,
    name="calm",
    request_lost=0.05,
    reply_lost=0.05,
    crash=0.0,
    server_crash=0.0,
    clock_jump=0.0,
    restore=0.0,
    clone=0.0,
    replacement=0.0,
)
CRASHES = replace(ROUGH, name="crashes", crash=0.05, server_crash=0.05, clone=0.0)
FORKS = replace(ROUGH, name="forks", clone=1.0, blank_boards=1.0)
DEATHS = replace(ROUGH, name="deaths", replacement=0.2, restore=0.06)
EDITS = replace(ROUGH, name="edits", edits=5.0, mean_action_s=15.0)
SCENARIOS = (ROUGH, ROUGH, CRASHES, EDITS, FORKS, CALM, DEATHS)


def scenario_of(seed: int) -> Scenario:
    """Every seed has its own; most are rough in every way at once."""
    return SCENARIOS[seed % len(SCENARIOS)]
