"""Names that are defined and never used, found by vulture. Exit 1 if there are any.

Two things vulture cannot see are told to it here instead of in a list of exceptions that somebody must keep:

- Kivy's and Jinja's files use Python names, so every word of them counts as a use;
- fields of a dataclass or pydantic model and members of an enum are the shape of a document, read by codecs as a whole.

Tests do not count as users: code that only its test needs is dead.
"""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from vulture import Vulture

ROOT = Path(__file__).resolve().parents[2]
WORD = re.compile(r"[A-Za-z_]\w*")


def words_of_templates(folders: list[Path]) -> set[str]:
    texts = (
        path.read_text(encoding="utf-8")
        for folder in folders
        for pattern in ("*.kv", "*.html", "*.jinja")
        for path in sorted(folder.rglob(pattern))
    )
    return {word for text in texts for word in WORD.findall(text)}


def lines_of_fields(folders: list[Path]) -> Iterator[tuple[Path, int]]:
    for folder in folders:
        for path in sorted(folder.rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ClassDef):
                    is_enum = any(ast.unparse(base).endswith(("Enum", "Flag")) for base in node.bases)
                    for statement in node.body:
                        if isinstance(statement, ast.AnnAssign) or (is_enum and isinstance(statement, ast.Assign)):
                            yield path, statement.lineno


def main() -> None:
    options = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["vulture"]
    folders = [ROOT / name for name in options["paths"]]
    vulture = Vulture(ignore_names=options["ignore_names"], ignore_decorators=options["ignore_decorators"])
    vulture.scavenge([str(folder) for folder in folders])
    used = words_of_templates(folders)
    fields = set(lines_of_fields(folders))
    dead = [
        item
        for item in vulture.get_unused_code(min_confidence=options["min_confidence"])
        if item.name not in used and (Path(item.filename), item.first_lineno) not in fields
    ]
    for item in dead:
        print(f"{Path(item.filename).relative_to(ROOT)}:{item.first_lineno}: {item.message}")
    sys.exit(1 if dead else 0)


main()
