"""Selling with Backoffice and EET down against selling with them up: pay key → first printer byte.

Alternating runs through the real screen, keys by XTEST, first bytes as the virtual printer saw them. One run in each
pair has both servers unreachable. The promise (B3): p99 offline ≤ 1.2 × p99 online + 5 ms.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path

from bench._machine import machine
from demo import results
from demo.goods import read_goods
from demo.player import Day
from demo.proxy import Line
from demo.screen import Screen
from demo.shop import ROOT, DemoShop, Plan
from tests.xvfb import xvfb

WARM_UP_SALES = 10
HAND_S = 0.15  # no hand is faster from key to key; without it the last picture, drawn by the CPU here, is measured too


def main() -> None:
    arguments = _arguments()
    with tempfile.TemporaryDirectory(prefix="bench-offline-") as folder, xvfb(width=1280, height=800) as display:
        shop = DemoShop(Plan(Path(folder) / "out", ROOT / "config" / "example-items.csv", 1280, 800))
        try:
            shop.prepare()
            shop.start_servers()
            shop.install_till()
            shop.start_till(display.environment())
            online, offline = measure(shop, display.environment(), runs=arguments.runs, sales=arguments.sales)
        finally:
            shop.stop()
    report = {
        "bench": "offline",
        "machine": machine(),
        "metrics": {
            "sales_per_side": len(online),
            "online_p50_ms": results.percentile(online, 0.5),
            "online_p99_ms": results.percentile(online, 0.99),
            "offline_p50_ms": results.percentile(offline, 0.5),
            "offline_p99_ms": results.percentile(offline, 0.99),
            "allowed_p99_ms": round(1.2 * results.percentile(online, 0.99) + 5, 1),
        },
    }
    if arguments.json:
        print(json.dumps(report))
    else:
        for name, value in report["metrics"].items():
            print(f"{name:<16} {value}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="pairs of runs")
    parser.add_argument("--sales", type=int, default=200, help="sales in each run")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def measure(shop: DemoShop, environment: dict[str, str], *, runs: int, sales: int) -> tuple[list[float], list[float]]:
    """The waits in ms of all online and of all offline sales, sorted."""
    goods = read_goods(shop.plan.items)
    screen = Screen(shop.inspect_socket, environment)
    days = {Line.WORKING: Day(), Line.REFUSING: Day()}
    try:
        open_till(screen)
        for _ in range(WARM_UP_SALES):
            sell(screen, goods[0].ean)
        for run in range(runs):
            for line in (Line.WORKING, Line.REFUSING):
                shop.cut(line)
                for n in range(sales):
                    number, pressed_at = sell(screen, goods[(run * sales + n) % 40].ean)
                    days[line].paid[number] = pressed_at
    finally:
        screen.close()
    return results.first_byte_ms(shop.out, days[Line.WORKING]), results.first_byte_ms(shop.out, days[Line.REFUSING])


def open_till(screen: Screen) -> None:
    screen.tap("sale.open_shift")
    screen.see(lambda v: v.dialog, "the question for the float")
    screen.press("1", "0", "0", "enter")
    screen.see(lambda v: not v.dialog and v.has("key:pay"), "the open till")


def sell(screen: Screen, code: str) -> tuple[str, int]:
    """One cash sale by keys: the receipt's number, and when its pay key went down (monotonic ns)."""
    screen.type(code)
    screen.press("enter", "+")
    screen.see(lambda v: v.screen == "pay", "the payment")
    time.sleep(HAND_S)
    pressed_at = time.monotonic_ns()
    screen.press("+")
    view = screen.see(lambda v: v.screen == "sale" and v.text("receipt.number") != "", "the receipt")
    return view.text("receipt.number"), pressed_at


if __name__ == "__main__":
    main()
