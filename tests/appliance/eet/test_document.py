import pytest

from appliance.eet.document import (
    ANSWER_BYTES_MAX,
    ATTRIBUTES_MAX,
    canonical,
    elements,
    has_only_elements,
    parse,
    text_of,
)
from appliance.eet.errors import DocumentUnreadable

BOMB = (
    b"""<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x "xxxxxxxxxx"><!ENTITY y "&x;&x;&x;&x;&x;&x;&x;&x;">]><a>&y;</a>"""
)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "not_well_formed"),
        (b"not xml", "not_well_formed"),
        (b"<a><b></a>", "not_well_formed"),
        (b"<a>&unknown;</a>", "not_well_formed"),
        (b"<a/><a/>", "not_well_formed"),
        (b"<a>\x00</a>", "not_well_formed"),
        (BOMB, "doctype"),
        (b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', "doctype"),
        (b"<a>\xff</a>", "encoding"),
        ('<?xml version="1.0" encoding="UTF-16"?><a/>'.encode("utf-16"), "encoding"),
        (b'<?xml version="1.0" encoding="windows-1250"?><a/>', "encoding"),
        (b'<?xml version="1.0" encoding="no-such"?><a/>', "encoding"),
        (b"<a>" + b"x" * ANSWER_BYTES_MAX + b"</a>", "too_large"),
        (b"<a><b " + b" ".join(b'a%d=""' % n for n in range(ATTRIBUTES_MAX + 1)) + b"/></a>", "attributes"),
        (b"<a>" * 5000 + b"</a>" * 5000, "not_well_formed"),
    ],
)
def test_what_is_not_plain_xml_is_refused_with_a_reason(raw: bytes, reason: str) -> None:
    with pytest.raises(DocumentUnreadable) as caught:
        parse(raw)

    assert caught.value.reason == reason


def test_an_entity_bomb_in_another_encoding_does_not_slip_through() -> None:
    with pytest.raises(DocumentUnreadable):
        parse(BOMB.decode().encode("utf-16"))


def test_a_byte_order_mark_is_no_obstacle() -> None:
    assert parse(b'\xef\xbb\xbf<?xml version="1.0" encoding="utf-8"?><a/>').tag == "a"


def test_xinclude_is_left_as_an_ordinary_element() -> None:
    raw = b'<a xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="/etc/hostname" parse="text"/></a>'

    assert text_of(parse(raw)) == ""
    assert [child.tag for child in elements(parse(raw))] == ["{http://www.w3.org/2001/XInclude}include"]


def test_white_space_survives_reading() -> None:
    raw = b"<a>\n  <b> x </b>\n</a>"

    assert canonical(parse(raw)) == raw


def test_text_that_a_comment_hides_in_is_read_as_it_is_signed() -> None:
    root = parse(b"<a>one<!-- two -->three</a>")

    assert text_of(root) == "onethree"
    assert canonical(root) == b"<a>onethree</a>"


def test_a_prefix_list_brings_namespaces_along() -> None:
    root = parse(b'<a xmlns:v4="urn:v4"><b/></a>')

    assert canonical(root[0]) == b"<b></b>"
    assert canonical(root[0], prefixes=["v4"]) == b'<b xmlns:v4="urn:v4"></b>'


def test_a_relative_namespace_has_no_canonical_form() -> None:
    with pytest.raises(DocumentUnreadable, match="not_canonical"):
        canonical(parse(b'<a xmlns="relative"/>'))


def test_a_processing_instruction_is_no_text() -> None:
    root = parse(b"<a>x<?pi data?>y</a>")

    assert text_of(root) == "xy"
    assert elements(root) == []


def test_text_between_elements_is_noticed() -> None:
    assert has_only_elements(parse(b"<a> <b/>\n</a>"))
    assert not has_only_elements(parse(b"<a><b/>x</a>"))
