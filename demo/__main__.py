"""`script/demo`: the shop to try (a window and a local page), or a day played headless and counted by all witnesses."""

import argparse
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

from rich.console import Console
from rich.table import Table

from demo import results
from demo.goods import read_goods
from demo.killer import Killer
from demo.player import Day, Player
from demo.processes import DemoFailed, pokladna, run
from demo.proxy import Line
from demo.results import Account
from demo.screen import Screen
from demo.shop import ROOT, DemoShop, Plan, prepare_folder
from demo.two_tills import TwoTills
from demo.verdict import agree, faults
from tests.xvfb import xvfb

SETTLE_S = 180.0
COUNTED = "10000"
out = Console(highlight=False)


def main() -> int:
    arguments = _arguments()
    width, height = arguments.size
    if arguments.two_tills:
        return _two_tills(arguments.out)
    plan = Plan(arguments.out, arguments.items, width, height, arguments.regime)
    shop = DemoShop(plan)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # whoever ends the demo ends the shop
    try:
        if arguments.headless or not os.environ.get("DISPLAY"):
            with xvfb(width=plan.width, height=plan.height) as display:
                return _play(shop, display.environment(), arguments)
        return _show(shop)
    except DemoFailed as failure:
        for sentence in (str(failure), *shop.ended()):
            Console(stderr=True).print(f"demo: {sentence}", style="bold red", markup=False, soft_wrap=True)
        return 1
    except KeyboardInterrupt:
        return 130
    finally:
        shop.stop()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="script/demo", description=__doc__)
    parser.add_argument("--headless", action="store_true", help="play a day without a window, even with a display")
    parser.add_argument(
        "--two-tills", action="store_true", help="two tills with different labels: the story of S14 to S20"
    )
    parser.add_argument("--receipts", type=int, default=20, help="how many documents the day has")
    parser.add_argument("--items", type=Path, default=ROOT / "config" / "example-items.csv", help="price list, CSV")
    parser.add_argument("--seed", type=int, default=1, help="another day")
    parser.add_argument("--out", type=Path, default=ROOT / "demo-out", help="where papers, screens and logs go")
    parser.add_argument("--size", type=_size, default=(1280, 800), help="the till's window, such as 800x480")
    parser.add_argument("--kills", type=int, default=0, help="kill -9 each program so many times during the day")
    parser.add_argument("--regime", choices=("live", "playground"), default="live", help="how the sandbox answers")
    return parser.parse_args()


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.partition("x")
    return int(width), int(height)


def _two_tills(folder: Path) -> int:
    """Raises nothing: what was not to be seen is said."""
    try:
        prepare_folder(folder)
        TwoTills(folder, out.print).play()
    except DemoFailed as failure:
        Console(stderr=True).print(f"demo: {failure}", style="bold red", markup=False, soft_wrap=True)
        return 1
    out.print(f"screens: {folder / 'screens'}", soft_wrap=True)
    out.print("all seen", style="bold green")
    return 0


# ---- a day, played and counted


def _play(shop: DemoShop, environment: dict[str, str], arguments: argparse.Namespace) -> int:
    documents: int = arguments.receipts
    out.print("starting the shop …")
    shop.prepare()
    shop.start_servers()
    shop.install_till()
    shop.start_till(environment)
    screen = Screen(shop.inspect_socket, environment, lambda: shop.processes["ui"].starts)
    killer = Killer(shop, Random(arguments.seed), times=arguments.kills, documents=documents)
    cable = outages(documents)

    def before(n: int) -> bool:
        shop.cut(cable(n))
        killer.document(n)
        return cable(n) is not Line.WORKING

    try:
        player = Player(screen, read_goods(shop.plan.items), Random(arguments.seed), before)
        started = time.monotonic()
        player.play(documents)
        killer.wait()
        screen.renew()
        screen.picture(shop.out / "screens" / "sale.png")
        out.print(f"{documents} documents in {time.monotonic() - started:.0f} s; closing, and waiting for the network")
        player.close(COUNTED)
        screen.picture(shop.out / "screens" / "closing.png")
        player.go("receipts")
        issued = results.on_screen(screen)
        screen.picture(shop.out / "screens" / "receipts.png")
        witnesses = settled(shop, issued, player)
        ended = shop.ended()
    finally:
        killer.stop()
        screen.close()
    if arguments.kills:
        out.print("killed: " + ", ".join(f"{name} {count}×" for name, count in killer.deaths.items()))
    wrong = faults(
        player.day, issued, results.printed_numbers(shop.out), documents=documents, interrupted=arguments.kills > 0
    )
    return report(shop, issued, witnesses, player.day, [*wrong, *ended])


def outages(documents: int) -> Callable[[int], Line]:
    """Two stretches of the day without network: connections refused, then swallowed."""

    def line(n: int) -> Line:
        if documents * 3 // 10 <= n < documents * 9 // 20:
            return Line.REFUSING
        if documents * 6 // 10 <= n < documents * 7 // 10:
            return Line.SWALLOWING
        return Line.WORKING

    return line


def settled(shop: DemoShop, issued: dict[str, int], player: Player) -> dict[str, Account]:
    """The witnesses, once they agree with the screen or the time is over."""
    deadline = time.monotonic() + SETTLE_S
    while True:
        player.answer_questions()
        eet, _ = results.eet_ledger(shop.eet_ledger_url, shop.out / "eet" / "tls-ca.pem")
        witnesses = {
            "till": Account(len(issued), sum(issued.values())),
            "paper": Account(len(results.printed_numbers(shop.out)), 0),
            "eet": eet,
            "backoffice": results.in_backoffice(
                shop.backoffice_url,
                shop.out / "backoffice" / "tls" / "ca.pem",
                email=shop.plan.owner,
                password=shop.password,
            ),
            "closing": results.closing(shop.out),
        }
        if agree(witnesses) or time.monotonic() > deadline:
            return witnesses
        time.sleep(0.5)


def journal_holds(shop: DemoShop) -> bool:
    try:
        run(pokladna("--config", str(shop.out / "till.toml"), "journal", "verify"), shop.log / "journal.log")
    except DemoFailed:
        return False
    return True


def report(
    shop: DemoShop, issued: dict[str, int], witnesses: dict[str, Account], day: Day, wrong: Sequence[str]
) -> int:
    """The table, what is wrong beside it, summary.json, and the exit code."""
    waits = results.first_byte_ms(shop.out, day)
    p50, p99 = results.percentile(waits, 0.5), results.percentile(waits, 0.99)
    summary = {
        "issued": witnesses["till"].count,
        "printed": witnesses["paper"].count,
        "confirmed": witnesses["eet"].count,
        "in_backoffice": witnesses["backoffice"].count,
        "in_closing": witnesses["closing"].count,
        "sum_haler": {name: witnesses[name].sum_haler for name in ("till", "eet", "backoffice", "closing")},
        "first_byte_ms": {"p50": p50, "p99": p99},
        "offline_sales": len(day.offline & set(issued)),
        "journal_ok": journal_holds(shop),
    }
    (shop.out / "summary.json").write_text(json.dumps(summary, indent=2) + "\n", "utf-8")
    table = Table(title="What everybody says about the day")
    table.add_column("witness")
    table.add_column("documents", justify="right")
    table.add_column("sum, Kč", justify="right")
    for name, witness in witnesses.items():
        table.add_row(name, str(witness.count), "" if name == "paper" else f"{witness.sum_haler / 100:,.2f}")
    out.print(table)
    out.print(
        f"pay key → first byte: p50 {p50} ms, p99 {p99} ms"
        f" · {summary['offline_sales']} sales without network"
        f" · journal {'holds' if summary['journal_ok'] else 'BROKEN'}"
    )
    out.print(f"papers: {shop.out / 'paper'}   screens: {shop.out / 'screens'}", soft_wrap=True)
    for sentence in wrong:
        out.print(sentence, style="bold red", markup=False, soft_wrap=True)
    good = agree(witnesses) and summary["journal_ok"] and not wrong
    out.print("all agree" if good else "THEY DO NOT AGREE", style="bold green" if good else "bold red")
    return 0 if good else 1


# ---- the shop to try


def _show(shop: DemoShop) -> int:
    out.print("starting the shop …")
    shop.prepare()
    shop.start_servers()
    shop.install_till()
    shop.start_till(dict(os.environ))
    goods = read_goods(shop.plan.items)
    out.print(
        f"""
[bold]The till is on your screen.[/bold] A first sale, from the keypad alone:
  touch [bold]Otevřít pokladnu[/bold], type [bold]1000 Enter[/bold] (the float)
  type  [bold]{goods[0].ean} Enter[/bold]       {goods[0].name}
        [bold]3 * {goods[1].ean} Enter[/bold]   three times {goods[1].name}
        [bold]+ +[/bold]                         paid in cash, exactly

The paper appears at  [bold]http://127.0.0.1:{shop.page_port}/[/bold]
The Backoffice is at  [bold]{shop.backoffice_url}/[/bold]   {shop.plan.owner}   {shop.password}
  (its own CA: {shop.out / "backoffice" / "tls" / "ca.pem"})
Close the till's window or press Ctrl+C to end.""",
        soft_wrap=True,
    )
    while shop.processes["ui"].running:
        time.sleep(0.2)
    return 0


if __name__ == "__main__":
    sys.exit(main())
