"""In which ways till, seller and ledger can contradict each other. Pure: witnesses in, sentences out; none is well.

Every sentence names the sales it is about and what each side says.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from appliance.domain.fiscal import Dialect
from appliance.eet.dialects import DIALECTS
from appliance.eet.examine import examine
from appliance.eet.message import sale_key
from appliance.eet.report import Anchors, Verdict
from script.lib.faults.witnesses import Answer, Code, Record, Witnesses

SETTLED = frozenset({"confirmed", "parked"})
NAMED_MAX = 5

Key = tuple[str, ...]
Sales = Mapping[Key, Mapping[str, Any]]


def disagreements(seen: Witnesses, *, anchors: Anchors, parked_allowed: bool) -> list[str]:
    """Everything that is wrong at the end."""
    sales: Sales = {_key_of_sale(sale): sale for sale in seen.ledger["sales"]}
    return [
        *_lost(seen),
        *_unsettled(seen.records, parked_allowed=parked_allowed),
        *_not_in_the_ledger(seen, sales),
        *_unmarked(seen.ledger),
        *_journal(seen.records, seen.codes),
        *_unproven(seen, sales, anchors),
    ]


def _lost(seen: Witnesses) -> Iterable[str]:
    """The seller's own book against the till's receipts and records, one by one and to the haléř."""
    sold = {sale.number: sale.haler for sale in seen.sold}
    till = {record.number: record.haler for record in seen.records}
    yield from _named("sold, but not in the till", (f"{n} of {sold[n]} haléře" for n in sorted(set(sold) - set(till))))
    yield from _named("in the till, but nobody sold it", sorted(set(till) - set(sold)))
    yield from _named(
        "not of the amount it was sold for",
        (f"{n}: {sold[n]} sold, {till[n]} in the till" for n in sorted(set(sold) & set(till)) if sold[n] != till[n]),
    )
    if seen.receipts != len(seen.records):
        yield f"{seen.receipts} receipts, but {len(seen.records)} records for EET"


def _unsettled(records: Iterable[Record], *, parked_allowed: bool) -> Iterable[str]:
    allowed = SETTLED if parked_allowed else frozenset({"confirmed"})
    yield from _named(
        f"neither {' nor '.join(sorted(allowed))}",
        (f"{r.number}: {r.state} {r.reason}" for r in records if r.state not in allowed),
    )
    yield from _named("parked without a reason", (r.number for r in records if r.state == "parked" and not r.reason))
    yield from _named("confirmed without a code", (r.number for r in records if r.state == "confirmed" and not r.code))
    yield from _named("with a code, not confirmed", (r.number for r in records if r.state != "confirmed" and r.code))


def _not_in_the_ledger(seen: Witnesses, sales: Sales) -> Iterable[str]:
    """The office has each confirmed sale with that code; every sale it has is one of the till's, as it was frozen."""
    by_key = {_key_of_record(record): record for record in seen.records}
    if len(by_key) != len(seen.records):
        yield f"{len(seen.records)} records have only {len(by_key)} different sale keys"
    yield from _named(
        "not in the office's ledger, though confirmed",
        (r.number for key, r in by_key.items() if r.state == "confirmed" and key not in sales),
    )
    yield from _named(
        "confirmed by a code the office never gave it",
        (
            f"{r.number}: {r.code} in the till, {', '.join(sales[key]['codes'])} in the ledger"
            for key, r in by_key.items()
            if r.state == "confirmed" and key in sales and r.code not in sales[key]["codes"]
        ),
    )
    yield from _named(
        "in the ledger, but not the till's", (" ".join(key) for key in sales if key not in by_key)
    )  # fmt: skip
    yield from _named(
        "sent with another Data than was frozen",
        (
            f"{r.number}: {difference}"
            for key, r in by_key.items()
            for difference in (*_differences(r.issued, r.data), *_differences(r.data, _data(sales.get(key, r.data), r)))
        ),
    )
    reported = sum(r.haler for key, r in by_key.items() if key in sales)
    if reported != seen.ledger["sum_haler"]:
        yield f"the sales in the ledger are {reported} haléře in the till, {seen.ledger['sum_haler']} in the ledger"


def _data(sale: Mapping[str, Any], record: Record) -> dict[str, str]:
    """The attributes of Data among what the ledger says of a sale."""
    return {name: sale[name] for name in DIALECTS[Dialect(record.dialect)].data if name in sale}


def _differences(frozen: Mapping[str, str], other: Mapping[str, str]) -> Iterable[str]:
    names = sorted(frozen.keys() | other.keys())
    return (f"{n} {frozen.get(n)!r} → {other.get(n)!r}" for n in names if frozen.get(n) != other.get(n))


def _unmarked(ledger: Mapping[str, Any]) -> Iterable[str]:
    yield from _named(
        "sent as new more than once",
        (
            f"{s['porad_cis']}: {s['first_sends']} of {s['times']} times"
            for s in ledger["sales"]
            if s["first_sends"] > 1
        ),
    )
    for name in ("unmarked_repeats", "differing_repeats", "collisions"):
        if ledger[name]:
            yield f"{name} in the ledger: {ledger[name]}"


def _journal(records: Iterable[Record], codes: Iterable[Code]) -> Iterable[str]:
    """Each confirmed sale has one first code in the journal, that of its record; its other codes are not first."""
    first = defaultdict(list)
    for code in codes:
        if code.first:
            first[code.doc_id].append(code.code)
    yield from _named(
        "not once in the journal with its code",
        (
            f"{r.number}: {r.state} {r.code}, in the journal {first[r.doc_id]}"
            for r in records
            if first[r.doc_id] != ([r.code] if r.state == "confirmed" else [])
        ),
    )


def _unproven(seen: Witnesses, sales: Sales, anchors: Anchors) -> Iterable[str]:
    """The kept answer behind every code of the journal holds by itself; the office gave the code to that message."""
    records = {record.doc_id: record for record in seen.records}
    wrong = []
    for code in seen.codes:
        record = records.get(code.doc_id)
        if record is None:
            wrong.append(f"{code.code}: of no record")
            continue
        sale = sales.get(_key_of_record(record), {"uuids": [], "codes": []})
        if (code.uuid, code.code) not in zip(sale["uuids"], sale["codes"], strict=True):
            wrong.append(f"{record.number}: {code.code} was not given to the message {code.uuid}")
        if why := _answer_wrong(seen.answers.get(code.uuid), code, anchors):
            wrong.append(f"{record.number}: {why}")
    yield from _named("without a valid signature behind its code", wrong)


def _answer_wrong(answer: Answer | None, code: Code, anchors: Anchors) -> str:
    """Why this kept answer does not prove the code; '' when it does."""
    if answer is None or answer.raw is None or answer.doc_id != code.doc_id:
        return f"no answer is kept for {code.uuid}"
    report = examine(answer.raw, at=datetime.fromisoformat(answer.at), anchors=anchors)
    if report.verdict is not Verdict.CONFIRMED:
        return f"the kept answer is {report.verdict}: {' '.join(report.reasons)}"
    return "" if report.code == code.code else f"the kept answer says {report.code}, the journal {code.code}"


def _key_of_record(record: Record) -> Key:
    return (record.dialect, *sale_key(record.data, dialect=DIALECTS[Dialect(record.dialect)]))


def _key_of_sale(sale: Mapping[str, Any]) -> Key:
    return (sale["dialect"], *sale_key(sale, dialect=DIALECTS[Dialect(sale["dialect"])]))


def _named(what: str, sales: Iterable[str]) -> Iterable[str]:
    found = list(sales)
    if found:
        more = f" … {len(found)} in all" if len(found) > NAMED_MAX else ""
        yield f"{what}: {'; '.join(found[:NAMED_MAX])}{more}"
