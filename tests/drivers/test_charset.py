import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.charset import printable

CZECH = "Příliš žluťoučký kůň úpěl ďábelské ódy"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (CZECH, CZECH),
        (CZECH.upper(), CZECH.upper()),
        ("1\u202f234,50\u00a0Kč", "1 234,50 Kč"),
        ("1\u2009234", "1 234"),
        ("9–17 — pondělí − pátek", "9-17 - pondělí - pátek"),
        ("5 €", "5 EUR"),
        ("a tak dále…", "a tak dále..."),
        ("„ahoj“ ‚ty‘ ”tam” ‘on’", "\"ahoj\" 'ty' \"tam\" 'on'"),
        ("2 × 3 °C §", "2 × 3 °C §"),
        ("jalapeño à la façon", "jalapeno a la façon"),
        ("čaj 茶", "čaj ?"),
        ("dort 🎂", "dort ?"),
        ("S\u030cunka", "Šunka"),
        ("mě\u00adkký", "měkký"),
        ("dva\nřádky\ta tab", "dva řádky a tab"),
        ("\x1b@zlý\x10\x04\x01 název\x7f", "@zlý název"),
    ],
)
def test_what_the_page_lacks_is_replaced_by_what_a_reader_expects(text: str, shown: str) -> None:
    assert printable(text, "cp852") == shown


@given(st.text())
def test_the_result_always_fits_the_page_holds_no_control_byte_and_stays(text: str) -> None:
    shown = printable(text, "cp852")
    encoded = shown.encode("cp852")
    assert all(byte >= 0x20 and byte != 0x7F for byte in encoded)
    assert printable(shown, "cp852") == shown


@given(st.text())
def test_other_pages_keep_the_same_promise(text: str) -> None:
    for encoding in ("cp1250", "cp437", "ascii"):
        shown = printable(text, encoding)
        assert shown.encode(encoding).decode(encoding) == shown
        assert shown.isprintable()
