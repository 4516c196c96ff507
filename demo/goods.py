"""The price list file as the player knows it: what can be scanned, and what it costs when the file says so."""

import csv
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Good:
    """`price` is the text of the file; '' means the till will ask."""

    ean: str
    name: str
    price: str


def price_haler(text: str) -> int:
    """A price as people write it, `3,50` or `49`, in haléře."""
    whole, _, decimals = text.replace(".", ",").partition(",")
    return int(whole) * 100 + int(decimals.ljust(2, "0"))


def read_goods(path: Path) -> list[Good]:
    """The rows with a code that can be scanned; codes that stand twice are left out, the till would ask which."""
    text = path.read_text("utf-8-sig")
    delimiter = max(",;\t", key=text.partition("\n")[0].count)
    rows = [
        Good(row["ean"].strip(), row["name"].strip(), (row.get("price") or "").strip())
        for row in csv.DictReader(text.splitlines(), delimiter=delimiter)
    ]
    codes = [row.ean for row in rows]
    return [row for row in rows if row.ean.isdigit() and codes.count(row.ean) == 1]
