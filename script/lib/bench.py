"""Runs one file of bench/ as a program, or lists what there is. Files that begin with an underscore are helpers."""

import ast
import runpy
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def available() -> dict[str, str]:
    """Name of each benchmark and the first line of its docstring."""
    names = {}
    for path in sorted((ROOT / "bench").glob("*.py")):
        if not path.name.startswith("_"):
            doc = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
            names[path.stem] = doc.partition("\n")[0]
    return names


def main(arguments: list[str]) -> None:
    names = available()
    if arguments and arguments[0] in names:
        sys.argv = [f"script/bench {arguments[0]}", *arguments[1:]]
        runpy.run_module(f"bench.{arguments[0]}", run_name="__main__")
        return
    for name, summary in names.items():
        print(f"{name:<16} {summary}")
    if not names:
        print("no benchmarks yet")
    if arguments:
        sys.exit(f"there is no benchmark {arguments[0]!r}")


main(sys.argv[1:])
