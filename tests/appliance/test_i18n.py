import ast
import re
from collections.abc import Iterator

import pytest

from appliance.i18n import LOCALE_DIR, UnknownLanguage, _, load_catalog, plural, use_language
from tests.shared import ROOT


@pytest.fixture
def english() -> Iterator[None]:
    use_language("en")
    yield
    use_language("cs")


def texts_of_the_till() -> Iterator[tuple[str, str]]:
    """(file, text) of every `_("…")` in the rooms that speak to people."""
    for path in sorted((ROOT / "appliance").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "_" and node.args:
                argument = node.args[0]
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    yield str(path.relative_to(ROOT)), argument.value


@pytest.mark.parametrize(
    ("n", "form"), [(0, "položek"), (1, "položka"), (2, "položky"), (4, "položky"), (5, "položek"), (22, "položek")]
)
def test_czech_has_three_forms(n: int, form: str) -> None:
    assert plural(n, "položka", "položky", "položek") == form


def test_czech_is_the_source() -> None:
    assert _("Zaplatit") == "Zaplatit"


@pytest.mark.usefixtures("english")
def test_english_has_two_forms_and_translated_texts() -> None:
    assert _("Zaplatit") == "Pay"
    assert [plural(n, _("položka"), _("položky"), _("položek")) for n in (1, 2, 5)] == ["item", "items", "items"]


@pytest.mark.usefixtures("english")
def test_a_text_without_a_translation_stays_czech() -> None:
    assert _("Něco, co v katalogu není") == "Něco, co v katalogu není"


def test_a_language_without_texts_is_refused() -> None:
    with pytest.raises(UnknownLanguage):
        use_language("xx")


def test_every_text_of_the_till_has_an_english_translation() -> None:
    catalog = load_catalog("en")
    missing = [(file, text) for file, text in texts_of_the_till() if not (m := catalog.get(text)) or not m.string]
    assert missing == []


def test_translations_keep_the_placeholders() -> None:
    fields = re.compile(r"\{\w+\}")
    for message in load_catalog("en"):
        if message.id:
            assert sorted(fields.findall(str(message.id))) == sorted(fields.findall(str(message.string))), message.id


def test_the_catalogue_lies_beside_the_code() -> None:
    assert (LOCALE_DIR / "en" / "LC_MESSAGES" / "pokladna.po").is_file()
