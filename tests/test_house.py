"""The few rules of this house that a machine can keep. Import rules are kept by import-linter in script/check."""

import ast
import functools
import importlib
import io
import re
import subprocess
import tokenize
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.shared import ROOT

MODULE_LINES_MAX = 400
FUNCTION_LINES_MAX = 60
PRODUCT = ("appliance", "drivers", "backoffice", "demo")
Function = ast.FunctionDef | ast.AsyncFunctionDef


@functools.cache
def files_of_the_project() -> list[Path]:
    """What git tracks or would track."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    paths = (ROOT / name for name in listing.stdout.decode().split("\0") if name)
    return [path for path in paths if path.is_file()]


def texts() -> Iterator[tuple[str, str]]:
    for path in files_of_the_project():
        content = path.read_bytes()
        if b"\0" not in content:
            yield str(path.relative_to(ROOT)), content.decode("utf-8")


def modules(*folders: str) -> Iterator[tuple[str, str, ast.Module]]:
    for name, text in texts():
        if name.endswith(".py") and (not folders or name.split("/")[0] in folders):
            yield name, text, ast.parse(text)


def functions(tree: ast.AST) -> Iterator[Function]:
    return (node for node in ast.walk(tree) if isinstance(node, Function))


def test_a_module_fits_in_a_head() -> None:
    sizes = {name: text.count("\n") for name, text in texts() if name.endswith((".py", ".kv", ".js"))}
    assert sizes, "git knows no module at all"
    assert {name: lines for name, lines in sizes.items() if lines > MODULE_LINES_MAX} == {}


def test_a_function_fits_on_a_screen() -> None:
    long = {
        f"{name}:{function.lineno} {function.name}": lines
        for name, _, tree in modules()
        for function in functions(tree)
        if (lines := (function.end_lineno or 0) - function.lineno + 1) > FUNCTION_LINES_MAX
    }
    assert long == {}


def test_no_file_names_a_package_registry_or_a_mirror() -> None:
    # without the dots before their last part, so that this file passes its own test
    org = "pypi test.pypi files.pythonhosted debian raspbian registry.npmjs proxy.golang rubygems packagist anaconda"
    others = {
        "crates": "io",
        "docker": "io",
        "ghcr": "io",
        "quay": "io",
        "registry.yarnpkg": "com",
        "raspberrypi": "com",
    }
    hosts = [f"{name}.org" for name in org.split()] + [f"{name}.{end}" for name, end in others.items()]
    found = {(name, host) for name, text in texts() for host in hosts if re.search(rf"\b{re.escape(host)}", text)}
    assert found == set()


def test_no_file_names_a_path_of_the_machine_it_was_written_on() -> None:
    places = "|".join(["wo" + "rk", "ro" + "ot", "fa" + "rm", "Us" + "ers"])
    path = re.compile(rf"(?<![\w.$}}{{/~-])/(?:{places})(?=[/\s\"'`:,;)]|$)", re.MULTILINE)
    found = {(name, match[0]) for name, text in texts() for match in path.finditer(text)}
    assert found == set()


def test_the_only_locks_are_the_hashed_requirements() -> None:
    names = {path.name for path in files_of_the_project()}
    assert names & {"uv.lock", "poetry.lock", "Pipfile.lock", "pdm.lock", "yarn.lock"} == set()
    assert {"till.txt", "dev.txt"} <= names


def test_a_lock_of_node_packages_names_no_place_to_get_them_from() -> None:
    folders = [path.parent for path in files_of_the_project() if path.name == "package.json"]
    assert folders
    for folder in folders:
        assert (folder / ".npmrc").read_text("utf-8") == "omit-lockfile-registry-resolved=true\n"
        lock = (folder / "package-lock.json").read_text("utf-8")
        assert '"integrity"' in lock
        assert '"resolved"' not in lock


def test_nothing_is_left_for_later() -> None:
    later = re.compile(r"\b(?:" + "|".join(["TO" + "DO", "FIX" + "ME", "X" + "XX", "HA" + "CK"]) + r")\b")
    comments = {
        f"{name}:{token.start[0]}"
        for name, text, _ in modules()
        for token in tokenize.generate_tokens(io.StringIO(text).readline)
        if token.type == tokenize.COMMENT and later.search(token.string)
    }
    stubs = {
        f"{name}:{node.lineno}"
        for name, _, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and node.id == "NotImplemented" + "Error"
    }
    assert comments | stubs == set()


def test_tests_use_fakes_and_no_mocks() -> None:
    forbidden = {"mo" + "ck", "Magic" + "Mock", "mock" + "er"}
    found = {
        f"{name}:{node.lineno}"
        for name, _, tree in modules("tests", "hw-test")
        for node in ast.walk(tree)
        if (isinstance(node, ast.Import | ast.ImportFrom) and names_imported(node) & forbidden)
        or (isinstance(node, ast.Name) and node.id in forbidden)
        or (isinstance(node, ast.arg) and node.arg in forbidden)
    }
    assert found == set()


def names_imported(node: ast.Import | ast.ImportFrom) -> set[str]:
    names = [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        names.append(node.module or "")
    return {part for name in names for part in name.split(".")}


def test_every_test_can_fail() -> None:
    """It asserts, expects an error, or calls a function that does: one of its own module, or one whose name says so."""
    silent = set()
    for name, _, tree in modules("tests", "hw-test"):
        judging = functions_that_judge(tree)
        silent |= {
            f"{name}:{function.lineno} {function.name}"
            for function in functions(tree)
            if function.name.startswith("test_") and function.name not in judging
        }
    assert silent == set()


def functions_that_judge(tree: ast.Module) -> set[str]:
    every = list(functions(tree))
    judging = {function.name for function in every if any(is_judgement(node, set()) for node in ast.walk(function))}
    while True:
        more = {f.name for f in every if any(is_judgement(node, judging) for node in ast.walk(f))} | judging
        if more == judging:
            return judging
        judging = more


def is_judgement(node: ast.AST, judging: set[str]) -> bool:
    if isinstance(node, ast.Assert):
        return True
    if not isinstance(node, ast.Call):
        return False
    called = ast.unparse(node.func).rpartition(".")[2]
    return called in judging | {"raises", "warns", "fail", "expect"} or called.startswith(
        ("assert_", "check_", "expect_")
    )


def test_the_domain_asks_nobody_for_the_time_and_computes_no_fractions() -> None:
    """Money is whole haléře: no float, no `/`. Time, ids and random values are arguments."""
    asks = {"now", "utcnow", "today", "uuid1", "uuid4", "open", "print", "input"}
    found = set()
    for name, _, tree in modules("appliance"):
        if not name.startswith("appliance/domain/"):
            continue
        for node in ast.walk(tree):
            division = isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div)
            fraction = (isinstance(node, ast.Constant) and isinstance(node.value, float)) or (
                isinstance(node, ast.Name) and node.id == "float"
            )
            asking = isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in asks
            if division or fraction or asking:
                found.add(f"{name}:{node.lineno} {ast.unparse(node)}")  # type: ignore[attr-defined]
    assert found == set()


def test_every_room_exists() -> None:
    missing = {home for home in homes() if not (home.is_dir() or home.with_suffix(".py").is_file())}
    assert missing == set()


def test_every_module_lives_in_a_room() -> None:
    homeless = {
        name
        for name, _, _ in modules(*PRODUCT)
        if name != "appliance/__init__.py" and not homes() & {(ROOT / name).with_suffix(""), *(ROOT / name).parents}
    }
    assert homeless == set()


def homes() -> set[Path]:
    """Folder, or module without its suffix, of each room that has an import contract."""
    rooms: set[str] = set()
    for contract in import_contracts():
        rooms |= {contract["room"]} if contract["type"] == "room" else set(contract["source_modules"])
    return {ROOT / room.replace(".", "/") for room in rooms}


@functools.cache
def import_contracts() -> list[dict[str, Any]]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]


def test_no_import_contract_has_exceptions() -> None:
    assert [contract["name"] for contract in import_contracts() if "ignore_imports" in contract] == []


CONFIG_MODEL = ROOT / "appliance" / "config.py"
CONFIG_DEFAULTS = ROOT / "config" / "pokladna.toml"
there_is_a_config = pytest.mark.skipif(
    not CONFIG_MODEL.exists() and not CONFIG_DEFAULTS.exists(), reason="the till has no configuration yet"
)


@there_is_a_config
def test_every_setting_is_explained_in_the_vendor_file_and_no_other() -> None:
    model = importlib.import_module("appliance.config").Config
    assert set(explained_keys(CONFIG_DEFAULTS.read_text())) == set(keys_of_model(model))


@there_is_a_config
def test_the_vendor_file_states_the_defaults_of_the_model() -> None:
    model = importlib.import_module("appliance.config").Config
    assert model.model_validate(tomllib.loads(CONFIG_DEFAULTS.read_text())) == model()


def explained_keys(text: str) -> Iterator[str]:
    """Keys with a comment behind or above them; a key that has no default stands as `# key   # comment`."""
    section, explained_above = "", False
    for line in text.splitlines():
        heading = re.match(r"\[([\w.]+)\]", line)
        key = re.match(r"(\w+)\s*=", line)
        without_default = re.match(r"# (\w+)\s+#", line)
        if heading:
            section = heading[1] + "."
        elif without_default:
            yield section + without_default[1]
        elif key and (explained_above or re.search(r"\s#\s", line)):
            yield section + key[1]
        explained_above = line.startswith("#") and not without_default


def keys_of_model(model: Any, prefix: str = "") -> Iterator[str]:
    """Leaves of a tree of pydantic models."""
    for key, field in model.model_fields.items():
        if hasattr(field.annotation, "model_fields"):
            yield from keys_of_model(field.annotation, f"{prefix}{key}.")
        else:
            yield prefix + key


def test_every_requirement_stands_in_the_table_once_and_its_test_is_there_and_names_it() -> None:
    wanted = [f"{group}{n}" for group, last in (("S", 22), ("D", 6), ("B", 8)) for n in range(1, last + 1)]
    docs = ROOT / "docs"
    rows = [line.split("|") for line in (docs / "requirements.md").read_text("utf-8").splitlines()]
    table = {cells[1].strip(): cells for cells in rows if len(cells) > 4 and cells[1].strip() in wanted}
    assert list(table) == wanted
    assert sum(cells[1].strip() in wanted for cells in rows if len(cells) > 4) == len(wanted)
    for number, cells in table.items():
        links = re.findall(r"\]\((\.\./tests/[^)]+)\)", cells[4])
        assert links or cells[3].strip() == "not yet", number
        for link in links:
            text = (docs / link).read_text("utf-8")
            assert number[0] != "S" or re.search(rf"\b{number}\b|_{number.lower()}_", text), (number, link)
