from functools import cache
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from appliance.eet.errors import MessageInvalid
from appliance.eet.message import Header, attributes_xml, trzba_xml, validate_data
from appliance.eet.v4 import V4
from tests.appliance.eet.material import DATA, header
from tests.shared import shared


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("eic_popl", "CZ1234567890"),
        ("eic_poverujiciho", "CZ12345678"),
        ("povereni_vice_popl", "1"),
        ("povereni_vice_popl", "false"),
        ("id_jednotky", "1"),
        ("id_jednotky", "999999999"),
        ("id_pokl", "0aZ.,:;/#-_ "),
        ("porad_cis", "x" * 25),
        ("celk_trzba", "0.00"),
        ("celk_trzba", "-0.01"),
        ("celk_trzba", "-0.10"),
        ("celk_trzba", "99999999.99"),
        ("celk_trzba", "-99999999.99"),
        ("urceno_cerp_zuct", "5.00"),
        ("cerp_zuct", "-5.00"),
    ],
)
def test_what_the_schema_allows_is_accepted(attribute: str, value: str) -> None:
    data = {**DATA, attribute: value}

    validate_data(data, dialect=V4)

    assert f' {attribute}="{value}"' in trzba_xml(data, header(), dialect=V4)


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("eic_popl", "CZ1234567"),
        ("eic_popl", "CZ12345678901"),
        ("eic_popl", "cz12345678"),
        ("eic_popl", "CZ1234567٣"),
        ("eic_poverujiciho", ""),
        ("povereni_vice_popl", "True"),
        ("povereni_vice_popl", ""),
        ("id_jednotky", "0"),
        ("id_jednotky", "011"),
        ("id_jednotky", "1000000000"),
        ("id_pokl", ""),
        ("id_pokl", "x" * 21),
        ("id_pokl", "pokladna č. 1"),
        ("id_pokl", "a\n"),
        ("id_pokl", 'a"b'),
        ("porad_cis", "x" * 26),
        ("porad_cis", "a\\b"),
        ("dat_trzby", "2026-11-24T13:00:00"),
        ("celk_trzba", "-0.00"),
        ("celk_trzba", "1.0"),
        ("celk_trzba", "01.00"),
        ("celk_trzba", "+1.00"),
        ("celk_trzba", "100000000.00"),
        ("celk_trzba", "1e2"),
        ("celk_trzba", " 1.00"),
        ("cerp_zuct", ""),
    ],
)
def test_what_the_schema_forbids_is_refused(attribute: str, value: str) -> None:
    with pytest.raises(MessageInvalid, match=attribute):
        validate_data({**DATA, attribute: value}, dialect=V4)


@cache
def _official_schema() -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(shared("eet/v4/schema/EETXMLSchema.xsd")))


_LIKELY = st.text("0123456789.-+ CZcz:;,/#_TZaA\u0661", max_size=27)
_VALUES = {
    "eic_popl": st.from_regex(r"CZ[0-9]{7,11}", fullmatch=True) | _LIKELY,
    "eic_poverujiciho": st.from_regex(r"CZ[0-9]{7,11}", fullmatch=True) | _LIKELY,
    "povereni_vice_popl": st.sampled_from(["true", "false", "0", "1", "2", "", "TRUE"]),
    "id_jednotky": st.from_regex(r"[0-9]{1,10}", fullmatch=True) | _LIKELY,
    "id_pokl": _LIKELY,
    "porad_cis": _LIKELY,
    "dat_trzby": st.from_regex(
        r"(2026|0000|2028)-(0[0-9]|1[0-3])-([0-2][0-9]|3[0-2])T[012][0-9]:[0-6][0-9]:[0-6][0-9](Z|[+\-](0[0-9]|1[0-5]):[0-6][0-9])",
        fullmatch=True,
    ),
    "celk_trzba": st.from_regex(r"[+-]?[0-9]{1,9}\.[0-9]{1,3}", fullmatch=True) | _LIKELY,
    "urceno_cerp_zuct": st.from_regex(r"-?0\.[0-9]{2}", fullmatch=True) | _LIKELY,
    "cerp_zuct": st.from_regex(r"-?[0-9]{1,9}\.[0-9]{2}", fullmatch=True),
}


@pytest.mark.official
@settings(max_examples=400)
@given(name=st.sampled_from(sorted(_VALUES)), draw=st.data())
def test_our_validation_agrees_with_the_official_schema_on_every_attribute(name: str, draw: st.DataObject) -> None:
    data = {**DATA, name: draw.draw(_VALUES[name])}
    rule = V4.data[name]
    element = f"<v4:Data{attributes_xml(data)}></v4:Data>"
    official = _official_schema().validate(
        etree.fromstring(
            trzba_xml(DATA, header(), dialect=V4).replace(f"<v4:Data{attributes_xml(DATA)}></v4:Data>", element)
        )
    )
    # The schema lets white space stand around numbers and times; what we send has none.
    value = data[name].strip(" ") if rule.collapses else data[name]

    assert rule.accepts(value) is official


@pytest.mark.official
@given(
    uuid=st.uuids(version=4) | st.uuids(version=1) | st.uuids(),
    sent=st.datetimes().map(lambda at: at.strftime("%Y-%m-%dT%H:%M:%S").zfill(19) + "+02:00"),
    first=st.booleans(),
    verification=st.booleans(),
)
def test_a_message_we_build_is_valid_by_the_official_schema(
    uuid: UUID, sent: str, first: bool, verification: bool
) -> None:
    head = Header(uuid_zpravy=str(uuid), dat_odesl=sent, prvni_zaslani=first, overeni=verification)
    if uuid.version not in {1, 2, 3, 4, 5}:
        with pytest.raises(MessageInvalid, match="uuid_zpravy"):
            trzba_xml(DATA, head, dialect=V4)
        return

    built = trzba_xml(DATA, head, dialect=V4)

    assert _official_schema().validate(etree.fromstring(built))


@pytest.mark.official
def test_our_table_has_exactly_the_attributes_of_the_official_schema() -> None:
    schema = etree.parse(shared("eet/v4/schema/EETXMLSchema.xsd"))
    xs = {"xs": "http://www.w3.org/2001/XMLSchema"}
    official = {
        attribute.get("name"): attribute.get("use") == "required"
        for attribute in schema.iterfind("xs:complexType[@name='TrzbaDataType']/xs:attribute", xs)
    }

    assert official == {name: rule.required for name, rule in V4.data.items()}
