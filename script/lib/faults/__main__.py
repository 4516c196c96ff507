"""`script/faults`: sales through an EET that misbehaves, with kill -9, and what all witnesses say at the end."""

import argparse
import json
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from appliance.domain.fiscal import Dialect
from demo.processes import DemoFailed
from demo.shop import ROOT
from script.lib.faults.play import Play
from script.lib.faults.shop import FaultShop
from script.lib.faults.verdict import disagreements
from script.lib.faults.weather import CALM, labels
from script.lib.faults.witnesses import Witnesses, hear, states

RELEASED_S_MAX = 120.0
PACE_S = 0.1


def main() -> int:
    given = _arguments()
    err = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
    shop = FaultShop(given.out, seed=given.seed, sales=given.sales, pace_s=given.pace_s, dialect=given.dialect)
    try:
        report = proof(shop, given)
    except DemoFailed as failure:
        err.print(f"faults: seed {given.seed}: {failure}", style="bold red")
        return 1
    except KeyboardInterrupt:
        return 130
    finally:
        shop.stop()
    if given.json:
        print(json.dumps(report))
    else:
        show(report)
    for sentence in report["wrong"]:
        err.print(f"faults: seed {given.seed}: {sentence}", style="bold red")
    return 1 if report["wrong"] else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="script/faults", description=__doc__)
    parser.add_argument("--sales", type=int, default=2000)
    parser.add_argument("--kills", type=int, default=50, help="kill -9 of the daemon; a tenth of it of the seller")
    parser.add_argument("--seed", type=int, default=1, help="of the sales, the kills and the faults")
    parser.add_argument("--minutes-max", type=float, default=10, help="until nothing waits")
    parser.add_argument("--pace-s", type=float, default=PACE_S, help="from sale to sale")
    parser.add_argument("--dialect", type=Dialect, choices=tuple(Dialect), default=Dialect.V4)
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "faults", help="database, ledger and logs")
    parser.add_argument("--json", action="store_true", help="one object instead of the table")
    return parser.parse_args()


def proof(shop: FaultShop, given: argparse.Namespace) -> dict[str, Any]:
    """Play, judge, release what was refused at an office without faults, judge again."""
    shop.prepare()
    play = Play(shop, seed=given.seed, sales=given.sales, kills=given.kills, pace_s=given.pace_s)
    play.until_settled(limit_s=given.minutes_max * 60)
    shop.processes["sync"].kill()
    seen = _hear(shop)
    wrong = disagreements(seen, anchors=shop.anchors(), parked_allowed=True)
    wrong += _journal_wrong(shop)
    if play.played.deaths["sync"] != given.kills:
        wrong.append(f"the daemon was killed {play.played.deaths['sync']} times, not {given.kills}")
    if missing := [label for label in labels() if label not in seen.ledger["faults"]]:
        wrong.append(f"faults that never happened: {', '.join(missing)}")
    report = _report(given, play, seen)
    report["after_release"], after_wrong = _released(shop)
    report["wrong"] = wrong + after_wrong
    return report


def _released(shop: FaultShop) -> tuple[dict[str, Any], list[str]]:
    """What is parked goes out again when the office behaves: then all is confirmed, and all is in the ledger."""
    shop.change_weather(CALM)
    shop.processes["sync"].start()
    started = time.monotonic()
    said = shop.command("eet", "release", "all").strip()
    while states(shop.till).get("waiting") and time.monotonic() - started < RELEASED_S_MAX:
        time.sleep(0.1)
    took_s = time.monotonic() - started
    shop.processes["sync"].stop()
    seen = _hear(shop)
    wrong = disagreements(seen, anchors=shop.anchors(), parked_allowed=False) + _journal_wrong(shop)
    if seen.ledger["count"] != len(seen.sold):
        wrong.append(f"{len(seen.sold)} sales, {seen.ledger['count']} in the ledger")
    facts = {
        "said": said,
        "seconds": round(took_s, 1),
        "states": states(shop.till),
        "in_ledger": seen.ledger["count"],
        "sum_haler": seen.ledger["sum_haler"],
    }
    return facts, [f"after the release: {sentence}" for sentence in wrong]


def _hear(shop: FaultShop) -> Witnesses:
    return hear(till=shop.till, sold=shop.sold, eet=shop.eet)


def _journal_wrong(shop: FaultShop) -> list[str]:
    try:
        shop.command("journal", "verify")
    except DemoFailed as failure:
        return [str(failure)]
    return []


def _report(given: argparse.Namespace, play: Play, seen: Witnesses) -> dict[str, Any]:
    """The numbers, as they were with the faults on."""
    played, ledger = play.played, seen.ledger
    in_ledger = {sale["porad_cis"] for sale in ledger["sales"]}
    parked = [record for record in seen.records if record.state == "parked"]
    unanswered = sum(answer.raw is None for answer in seen.answers.values())
    return {
        "seed": given.seed,
        "dialect": given.dialect,
        "sales": len(seen.sold),
        "wall_s": round(played.wall_s, 1),
        "selling_s": round(played.selling_s, 1),
        "killed": dict(played.deaths),
        "attempts": len(seen.answers),
        "attempts_per_s": round(len(seen.answers) / played.wall_s, 1),
        "attempts_without_answer": unanswered,
        "states": dict(Counter(record.state for record in seen.records)),
        "parked": dict(Counter(record.reason.partition(" ")[0] for record in parked).most_common()),
        "parked_in_ledger": sum(record.number in in_ledger for record in parked),
        "codes_in_journal": {"first": sum(c.first for c in seen.codes), "later": sum(not c.first for c in seen.codes)},
        "ledger": {name: value for name, value in ledger.items() if name != "sales"},
    }


def show(report: dict[str, Any]) -> None:
    """The numbers as a small table; what is wrong is told beside it."""
    ledger, after = report["ledger"], report["after_release"]
    table = Table.grid(padding=(0, 2))
    for name, value in (
        ("seed, dialect", f"{report['seed']}, {report['dialect']}"),
        ("sales", f"{report['sales']} in {report['selling_s']} s, all settled after {report['wall_s']} s"),
        ("killed", ", ".join(f"{name} {times}×" for name, times in report["killed"].items())),
        ("attempts", f"{report['attempts']}, {report['attempts_per_s']} a second"),
        ("confirmed", report["states"].get("confirmed", 0)),
        ("parked", f"{report['states'].get('parked', 0)}, the office has {report['parked_in_ledger']} of them"),
        ("parked for", ", ".join(f"{reason} {count}" for reason, count in report["parked"].items())),
        ("in the ledger", f"{ledger['count']}, and {ledger['repeats']} repeats of them"),
        ("marked as new", f"{ledger['unmarked_repeats']} of the repeats"),
        ("with other Data", f"{ledger['differing_repeats']} of the repeats"),
        ("faults", ", ".join(f"{name} {count}" for name, count in sorted(ledger["faults"].items()))),
        ("after the release", f"{after['states']} in {after['seconds']} s, the ledger has {after['in_ledger']}"),
    ):
        table.add_row(name, str(value))
    out = Console(highlight=False, markup=False)
    out.print(table)
    out.print("all agree" if not report["wrong"] else "THEY DO NOT AGREE", style="bold")


if __name__ == "__main__":
    sys.exit(main())
