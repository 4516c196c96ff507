"""What goes wrong when: fault scripts for the sandbox, one after another while the till sells.

In each weather every fault has the probability 0.2. Not all are in one: the first of those that hit happens, so that
of twenty at once 99 % of the messages would fail and the last in the script be hardly seen.
"""

from dataclasses import dataclass

from appliance.eet.sandbox.faults import parse_script

PROBABILITY = 0.2
READ_TIMEOUT_S = 0.25  # of the till, 20 s by default; a loaded desk must still be able to answer within it


@dataclass(frozen=True)
class Weather:
    """`faults` are names of the sandbox's fault script, with their value where they need one."""

    name: str
    faults: tuple[str, ...]

    @property
    def script(self) -> str:
        return ",".join(f"{fault}{':' if '=' in fault else '='}{PROBABILITY}" for fault in self.faults)

    @property
    def labels(self) -> set[str]:
        """What the sandbox's ledger counts these faults under."""
        return {fault.label for fault in parse_script(self.script)}


ON_TOP = ("delay=0.02", "slow=0.02")
STORM = Weather(
    "storm",
    (
        *ON_TOP,
        "drop-reply",
        "reset",
        "error=-1",
        "unsigned",
        "late-status=502",
        "altered",
        "drop-request",
        "wrong-uuid",
        "truncate",
        "status=503",
        "garbage",
        "error=8",
        "fault",
    ),
)
"""All that passes by itself, at once: 5 % of the messages get through unharmed."""

STRANGERS = Weather("strangers", (*ON_TOP, "foreign-signer", "error=4", "altered"))
"""What stops the whole channel until a probe gets through."""

REFUSALS = Weather("refusals", (*ON_TOP, "drop-reply", "client-fault", "error=2", "error=3", "error=6", "error=7"))
"""What parks a sale, also one the server has recorded already."""

SLOW = Weather("slow", (f"delay={READ_TIMEOUT_S * 1.4}", f"slow={READ_TIMEOUT_S * 1.4}", "reset", "truncate"))
"""Answers that come after the till has gone."""

CALM = Weather("calm", ())

ROUND = ((REFUSALS, 16), (STORM, 44), (SLOW, 16), (STRANGERS, 24))
"""With its share of the sales in percent. Refusals come when little waits, or they would park all of it."""

LONG_DAY_SALES = 1000
"""So many have two rounds; fewer have one, because every change costs a second without a server."""


def labels() -> list[str]:
    """What the sandbox's ledger counts all these faults under."""
    return sorted({label for weather, _ in ROUND for label in weather.labels})


def forecast(sales: int) -> list[tuple[int, Weather]]:
    """From which sale on which weather is. The last one stays until nothing waits any more."""
    rounds = 2 if sales >= LONG_DAY_SALES else 1
    changes: list[tuple[int, Weather]] = []
    percent = 0
    for weather, share in ROUND * rounds:
        changes.append((sales * percent // (100 * rounds), weather))
        percent += share
    return changes
