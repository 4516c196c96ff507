"""Real processes and a recording proxy between them: the promises S5 to S9 measured, then a backlog without replies."""

import argparse
import json
import sys
from dataclasses import asdict

from script.lib.wire.play import WireFailed, drained, scenes


def main() -> int:
    parser = argparse.ArgumentParser(prog="script/wire", description=__doc__)
    parser.add_argument("--sales", type=int, default=30, help="sales timed until they stand in Historie")
    parser.add_argument(
        "--receipts", type=int, default=10_000, help="the backlog that drains with every reply lost once"
    )
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    try:
        timed = scenes(sales=arguments.sales)
        backlog = drained(receipts=arguments.receipts)
    except WireFailed as error:
        sys.stderr.write(f"script/wire: {error}\n")
        return 1
    if arguments.json:
        print(json.dumps({"scenes": [asdict(scene) for scene in timed], "backlog": asdict(backlog)}))
    else:
        for scene in timed:
            verdict = f"(limit {scene.limit_s:.0f} s)  {'kept' if scene.kept else 'BROKEN'}"
            print(f"{scene.requirement:<4} {scene.what:<70} {scene.seconds:7.2f} s  {verdict}")
        print(
            f"B2   {backlog.sold} receipts, {backlog.dropped} replies lost, drained in {backlog.seconds:.1f} s: "
            f"{backlog.held} in Historie, {backlog.sold_haler / 100:.2f} and {backlog.held_haler / 100:.2f} CZK  "
            f"{'kept' if backlog.exact else 'BROKEN'}"
        )
    return 0 if all(scene.kept for scene in timed) and backlog.exact else 1


sys.exit(main())
