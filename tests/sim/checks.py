"""What must be true of every history after quiet (sync.md §10). Each function returns what is wrong, in words."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from appliance.domain.pricelist import RowKind, item_fields, item_of_fields
from appliance.service import audit, catalogue, settings
from appliance.store import journal
from backoffice.journal_check import check_journal
from tests.sim.history import WAREHOUSE, History
from tests.sim.machine import Machine
from tests.sim.server import ACCOUNT


def check(history: History) -> list[str]:
    return [
        finding
        for look in (
            receipts_are_held_once,
            reported_once,
            nothing_is_done_twice,
            price_lists_agree,
            stock_adds_up,
            chains_hold,
            shifts_complete,
        )
        for finding in look(history)
    ]


def _held(history: History, table: str) -> list[dict[str, Any]]:
    tables = history.server.tables
    with tables.reading():
        return tables.rows(getattr(tables, table).select())


def receipts_are_held_once(history: History) -> Iterator[str]:
    """Everything issued is in the Backoffice, once, with the same sum; no number stands twice."""
    held = {row["doc_id"]: row for row in _held(history, "receipt")}
    documents: Counter[str] = Counter()
    for row in _held(history, "journal_row"):
        if row["state"] != "forked":
            documents[row["doc_id"]] += 1
        if row["state"] in ("failed", "deferred"):
            yield f"row {row['epoch']}/{row['seq']} ({row['kind']}) is {row['state']}: {row['reason']}"
    known: set[str] = set()
    for machine in history.machines:
        for doc_id, number, paid in machine.rows("SELECT doc_id, number, paid FROM receipt"):
            known.add(doc_id)
            if doc_id not in held:
                yield f"{machine.name}: {number} is not in the Backoffice"
            elif (held[doc_id]["number"], held[doc_id]["paid_haler"]) != (own_number(number), paid):
                yield f"{machine.name}: {number} is another one in the Backoffice"
        for doc_id, number in machine.issued.items():
            if doc_id not in held and doc_id not in history.excused:
                yield f"{machine.name}: {number} was sold and is nowhere"
    for doc_id in held.keys() - known - history.excused:
        yield f"the Backoffice has {held[doc_id]['number']}, which nobody issued"
    numbers = Counter(row["number"] for row in held.values())
    twice = [number for number, n in numbers.items() if n > 1]
    if twice and not history.forked:
        yield f"numbers that stand twice: {twice}"


def own_number(listed: str) -> str:
    """A till that gets a number which stands on another of its receipts lists it as `P1A-000123/2` (decisions/0014)."""
    return listed.partition("/")[0]


def reported_once(history: History) -> Iterator[str]:
    """Every record is confirmed or parked with a reason; what it says is what the tax office has."""
    ledger = history.office.ledger
    parked: set[str] = set()
    for machine in history.machines:
        for doc_id, number, state, code, reason, data in machine.rows(
            "SELECT doc_id, number, state, code, reason, data FROM fiscal_record"
        ):
            entries = ledger.get(own_number(number), [])
            if state == "confirmed":
                if not any(entry.code == code and entry.data == json.loads(data) for entry in entries):
                    yield f"{machine.name}: {number} has a code that the tax office did not give"
            elif state == "parked" and reason:
                parked.add(doc_id)
            else:
                yield f"{machine.name}: {number} is {state} for EET, reason {reason!r}"
    for row in _held(history, "receipt"):
        if row["fiscal_state"] == "waiting" and row["doc_id"] not in parked:
            yield f"{row['number']} has no code in the Backoffice"
        if row["fiscal_state"] == "confirmed" and row["fiscal_code"] not in {e.code for e in ledger[row["number"]]}:
            yield f"{row['number']} has a code in the Backoffice that the tax office did not give"


def nothing_is_done_twice(history: History) -> Iterator[str]:
    """The same record is sent with the same data, once as the first time; paper is the only one, or says KOPIE."""
    if history.forked:
        return
    for number, entries in history.office.ledger.items():
        if any(entry.data != entries[0].data for entry in entries):
            yield f"{number} was sent with different data"
        if history.office.first_seen[number] > 1:
            yield f"{number} was sent as if for the first time {history.office.first_seen[number]} times"
    printed: Counter[str] = Counter()
    for machine in history.machines:
        printed += machine.printer.printed
    yield from (f"{number} was printed {n} times without KOPIE" for number, n in printed.items() if n > 1)


def price_lists_agree(history: History) -> Iterator[str]:
    """Within the till's scope; a till whose item sync is off has its own list."""
    for machine in history.machines:
        if not settings.item_sync_is_on(machine.shop):
            continue
        scope = settings.till_settings(machine.shop).scope
        wanted = {}
        for row in _held(history, "pricelist_row"):
            fields = json.loads(row["body"])
            if row["kind"] == RowKind.ITEM.value and not row["deleted"]:
                item = item_of_fields(row["row_id"], fields)
                if not scope or scope in item.labels:
                    wanted[item.item_id] = item_fields(item)
        shown = {item.item_id: item_fields(item) for item in catalogue.items_in(machine.shop, None, limit=1000)}
        for item_id in sorted(wanted.keys() | shown.keys()):
            if wanted.get(item_id) != shown.get(item_id):
                yield f"{machine.name} ({scope or 'all'}): {item_id} is {shown.get(item_id)}, not {wanted.get(item_id)}"


def stock_adds_up(history: History) -> Iterator[str]:
    """Levels are the sums of movements; what a till shows is the Backoffice's level and what this does not contain."""
    sums: Counter[tuple[str, str]] = Counter()
    for row in _held(history, "stock_movement"):
        sums[row["warehouse_id"], row["item_id"]] += row["quantity"]
    for row in _held(history, "stock_level"):
        if row["quantity"] != sums.pop((row["warehouse_id"], row["item_id"]), 0):
            yield f"the level of {row['item_id']} in {row['warehouse_id']} is not the sum of its movements"
    for key in sums:
        yield f"no level of {key}"
    held = {
        row["item_id"]: row["quantity"] for row in _held(history, "stock_level") if row["warehouse_id"] == WAREHOUSE
    }
    for machine in history.machines:
        if settings.item_sync_is_on(machine.shop):
            shown: Counter[str] = Counter()
            for table in ("stock_level", "stock_move"):
                sql = f"SELECT item_id, quantity FROM {table} WHERE warehouse_id = ?"
                for item_id, quantity in machine.rows(sql, WAREHOUSE):
                    shown[item_id] += quantity
            if shown != Counter(held):
                yield f"{machine.name}: the stock is {dict(shown)}, not {held}"


def chains_hold(history: History) -> Iterator[str]:
    for machine in history.machines:
        verdict = audit.verify_journal(machine.shop)
        if verdict.broken_at or verdict.database != "ok":
            yield f"{machine.name}: the chain is broken at {verdict.broken_at}, database {verdict.database}"
    for row in _held(history, "till"):
        checked = check_journal(history.server.tables, ACCOUNT, row["till_id"], after=("", 0), rows=0)
        if checked.flaw:
            yield f"the Backoffice's chain of {row['prefix']}: {checked.flaw}"


def shifts_complete(history: History) -> Iterator[str]:
    for row in _held(history, "closing"):
        if not row["complete"]:
            yield (
                f"closing {row['number']} of {row['epoch']}/{row['seq']} is not complete: "
                f"{row['receipts_held']}/{row['receipts_expected']}"
            )
    for machine in history.machines:
        # one of another device whose closing has not come is never proven
        for number, proof in machine.rows("SELECT number, proof FROM shift WHERE closing IS NOT NULL"):
            if proof is None or not json.loads(proof)["complete"]:
                yield f"{machine.name}: shift {number} does not say complete: {proof}"


def look_at(history: History, machine: Machine) -> None:
    """After each step of a till's daemon, while things still go wrong: what later steps would repair is found too."""
    acked_rows_are_held(history, machine)
    own_edits_stand(history, machine)


def acked_rows_are_held(history: History, machine: Machine) -> None:
    """All that the till counts as sent is in the Backoffice, whether it fell meanwhile or not, what lost a fork too."""
    till = journal.the_till(machine.shop.tables)
    if history.acked.get(machine.name) == till.acked_row:
        return
    history.acked[machine.name] = till.acked_row
    acked = set(machine.rows("SELECT epoch, seq FROM journal WHERE row <= ?", till.acked_row))
    sql = "SELECT epoch, seq FROM journal_row WHERE till_id = ?"
    held = set(history.server.tables.run_sql(sql, till.till_id).fetchall())
    for epoch, seq in sorted(acked - held)[:1]:
        history.findings.append(f"{machine.name}: row {epoch}/{seq} is acked and not in the Backoffice")


def own_edits_stand(history: History, machine: Machine) -> None:
    """While an edit of this till is not even sent, no page of the price list may take it back."""
    acked = machine.rows("SELECT acked_row FROM till")[0][0]
    last: dict[tuple[str, str], Any] = {}
    for row_id, body in machine.rows(
        "SELECT o.row_id, j.body FROM own_edit o JOIN journal j ON j.row = o.place"
        " WHERE o.place > ? AND j.kind = 'item_edited' ORDER BY o.place",
        acked,
    ):
        for change in json.loads(body)["changes"]:
            last[row_id, change["field"]] = json.loads(change["value"])
    if not last:
        return
    shown = {item.item_id: item_fields(item) for item in catalogue.items_in(machine.shop, None, limit=1000)}
    for (row_id, field), value in last.items():
        if row_id in shown and field != "deleted" and shown[row_id].get(field, False) != value:
            history.findings.append(
                f"{machine.name}: {row_id}.{field} was edited to {value!r} and is {shown[row_id].get(field)!r}"
            )
