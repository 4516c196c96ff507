from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from appliance.eet.document import canonical, parse
from appliance.eet.errors import MessageInvalid
from appliance.eet.message import (
    Header,
    attributes_xml,
    is_moment,
    moment,
    received_attributes,
    sale_key,
    text_xml,
    trzba_xml,
    validate_data,
)
from appliance.eet.v4 import V4
from tests.appliance.eet.material import DATA, UUID, header


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        ("2026-07-01T09:02:18Z", True),
        ("2026-07-01T09:02:18+02:00", True),
        ("2026-07-01T24:00:00Z", True),
        ("2028-02-29T00:00:00-14:00", True),
        ("2026-07-01T24:00:01Z", False),
        ("2026-02-29T09:02:18Z", False),
        ("2026-13-01T09:02:18Z", False),
        ("2026-07-01T09:60:18Z", False),
        ("2026-07-01T09:02:60Z", False),
        ("2026-07-01T25:02:18Z", False),
        ("2026-07-01T09:02:18+14:01", False),
        ("2026-07-01T09:02:18+13:60", False),
        ("2026-07-01T09:02:18", False),
        ("2026-07-01T09:02:18.5Z", False),
        ("0000-07-01T09:02:18Z", False),
        ("٢٠٢٦-07-01T09:02:18Z", False),
        ("2026-07-01T09:02:18Z\n", False),
    ],
)
def test_a_moment_is_what_the_schema_calls_one(text: str, allowed: bool) -> None:
    assert is_moment(text) is allowed


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-07-01T09:02:18+02:00", datetime(2026, 7, 1, 7, 2, 18, tzinfo=UTC)),
        ("2026-07-01T09:02:18-01:30", datetime(2026, 7, 1, 10, 32, 18, tzinfo=UTC)),
        ("2026-07-01T24:00:00Z", datetime(2026, 7, 2, tzinfo=UTC)),
        ("9999-12-31T24:00:00Z", datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("0001-01-01T00:00:00+14:00", datetime(1, 1, 1, tzinfo=UTC)),
    ],
)
def test_a_moment_becomes_the_same_instant_in_utc(text: str, utc: datetime) -> None:
    assert moment(text) == utc


def test_an_error_names_the_attribute_the_value_and_what_is_allowed() -> None:
    with pytest.raises(MessageInvalid) as caught:
        validate_data({**DATA, "celk_trzba": "1,00"}, dialect=V4)

    assert caught.value.attribute == "celk_trzba"
    assert caught.value.value == "1,00"
    assert "exactly two decimals" in str(caught.value)


def test_a_missing_attribute_is_named() -> None:
    data = {name: value for name, value in DATA.items() if name != "id_pokl"}

    with pytest.raises(MessageInvalid, match=r"id_pokl = None.*required"):
        validate_data(data, dialect=V4)


def test_an_attribute_of_another_dialect_is_refused() -> None:
    with pytest.raises(MessageInvalid, match="rezim"):
        validate_data({**DATA, "rezim": "0"}, dialect=V4)


@pytest.mark.parametrize(
    "wrong",
    [
        Header(uuid_zpravy=UUID[:-1], dat_odesl="2026-11-24T13:00:01Z", prvni_zaslani=True, overeni=False),
        Header(
            uuid_zpravy=UUID.replace("-4", "-7"), dat_odesl="2026-11-24T13:00:01Z", prvni_zaslani=True, overeni=False
        ),
        Header(uuid_zpravy=UUID, dat_odesl="2026-11-24 13:00:01", prvni_zaslani=True, overeni=False),
    ],
)
def test_a_header_the_schema_does_not_allow_is_refused(wrong: Header) -> None:
    with pytest.raises(MessageInvalid):
        trzba_xml(DATA, wrong, dialect=V4)


def test_the_message_is_written_in_canonical_form() -> None:
    written = trzba_xml(DATA, header(), dialect=V4).encode()

    assert canonical(parse(written)) == written


def test_every_value_is_sent_to_the_character() -> None:
    data = {**DATA, "id_pokl": " /a .,:;#-_ ", "urceno_cerp_zuct": "-0.01", "povereni_vice_popl": "0"}

    sent = parse(trzba_xml(data, header(), dialect=V4).encode())[1]

    assert dict(sent.attrib) == data


def test_the_sale_key_is_the_six_values_in_the_servers_order() -> None:
    key = sale_key({**DATA, "cerp_zuct": "1.00"}, dialect=V4)

    assert "|".join(key) == "CZ00000019|11|P1|P1A-000101|2026-11-24T13:00:00+01:00|188.50"


_XML_TEXT = st.text(
    st.characters(
        blacklist_categories=["Cs"],
        blacklist_characters="".join(map(chr, [*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF])),
    )
)


@given(_XML_TEXT)
def test_any_text_is_spelled_as_canonical_xml_spells_it(text: str) -> None:
    written = f"<x{attributes_xml({'a': text})}>{text_xml(text)}</x>".encode()

    assert canonical(parse(written.replace(b"<!DOCTYPE", b"").replace(b"<!ENTITY", b""))) == written


def test_white_space_around_a_received_number_does_not_count_but_in_a_name_it_does() -> None:
    rules = {"celk_trzba": V4.data["celk_trzba"], "id_pokl": V4.data["id_pokl"]}
    element = etree.fromstring('<Data celk_trzba=" 1.00&#10;" id_pokl=" P1"/>')

    assert received_attributes(element, rules) == {"celk_trzba": "1.00", "id_pokl": " P1"}
