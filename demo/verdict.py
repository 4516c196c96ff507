"""What is wrong with a day: every way in which the witnesses, the player and the plan can contradict each other."""

from collections import Counter
from collections.abc import Mapping, Sequence

from demo.player import Day
from demo.results import Account

CASH_ROUNDING_HALER = 50  # cash is paid in whole crowns


def agree(witnesses: Mapping[str, Account]) -> bool:
    """The paper has no sum; everybody else has the same one, and all have the same count."""
    counts = {witness.count for witness in witnesses.values()}
    sums = {witness.sum_haler for name, witness in witnesses.items() if name != "paper"}
    return len(counts) == 1 and len(sums) == 1


def faults(
    day: Day, issued: Mapping[str, int], printed: Sequence[str], *, documents: int, interrupted: bool
) -> list[str]:
    """Sentences, none when all is well. `issued`: number → haléře as the till lists them; `documents`: as many were
    played. When programs were killed, a document may be missing and its number unseen, but there is never one more.
    """
    found = []
    if len(issued) > documents or (len(issued) < documents and not interrupted):
        found.append(f"{documents} documents were played, {len(issued)} were issued")
    if lost := sorted(set(day.paid) - set(issued)):
        found.append(f"shown as paid, but not in the list: {', '.join(lost)}")
    if not interrupted and (strange := sorted(set(issued) - set(day.paid))):
        found.append(f"in the list, but nobody paid them: {', '.join(strange)}")
    if twice := sorted(number for number, times in Counter(printed).items() if times > 1):
        found.append(f"printed twice and not as a copy: {', '.join(twice)}")
    if unlike := sorted(set(printed) ^ set(issued)):
        found.append(f"on paper or in the list, but not in both: {', '.join(unlike)}")
    found += [
        f"{number} was {due / 100:.2f} Kč on the pay screen and {issued[number] / 100:.2f} Kč as issued"
        for number, due in day.due.items()
        if number in issued and abs(issued[number] - due) > CASH_ROUNDING_HALER
    ]
    return found
