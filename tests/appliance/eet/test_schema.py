"""Our tables against the official schemas: both dialects, messages and answers, received and sent."""

import re
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from appliance.domain.fiscal import Dialect
from appliance.eet.answer import read_odpoved
from appliance.eet.codes import codes_xml, control_codes
from appliance.eet.dialects import DIALECTS
from appliance.eet.errors import MessageInvalid
from appliance.eet.message import HEADER_RULES, Header, Rule, header_attributes, trzba_xml
from appliance.eet.names import XSI
from appliance.eet.request import build_request, read_trzba
from appliance.eet.signature import the_body
from tests.appliance.eet.material import DATA, DATA_V3, POK, Office, header, odpoved, plain_envelope
from tests.shared import shared

XS = {"xs": "http://www.w3.org/2001/XMLSchema"}
BKP = "03EC1D0E-6D9F77FB-1D798CCB-F4739666-A4069BC3"
SALES = {Dialect.V3: DATA_V3, Dialect.V4: DATA}
EXTREMES = {
    "eic_poverujiciho": "CZ1234567890",
    "dic_poverujiciho": "CZ12345678",
    "povereni_vice_popl": "true",
    "id_jednotky": "999999999",
    "id_provoz": "999999",
    "id_pokl": "0aZ.,:;/#-_ ",
    "porad_cis": "0aZ.,:;/#-_ ",
    "celk_trzba": "-99999999.99",
    "dat_trzby": "2028-02-29T23:59:59-14:00",
    "rezim": "1",
}

pytestmark = pytest.mark.official
both = pytest.mark.parametrize("name", list(Dialect))


@cache
def _tree(name: Dialect) -> etree._ElementTree:
    return etree.parse(shared(f"eet/{name}/schema/EETXMLSchema.xsd"))


@cache
def _schema(name: Dialect) -> etree.XMLSchema:
    return etree.XMLSchema(_tree(name))


def _full_sale(name: Dialect) -> dict[str, str]:
    """Every attribute of Data at once."""
    return {each: EXTREMES.get(each) or SALES[name].get(each) or "-0.01" for each in DIALECTS[name].data}


def _message(name: Dialect, office: Office) -> etree._Element:
    dialect, data = DIALECTS[name], _full_sale(name)
    codes = codes_xml(control_codes(data, dialect=dialect, key=office.till.key), dialect=dialect)
    return etree.fromstring(
        trzba_xml(data, header(verification=True), dialect=dialect, codes=codes if dialect.control_codes else "")
    )


def _answer(name: Dialect, *, error: bool) -> etree._Element:
    result = f'<e:Potvrzeni {DIALECTS[name].code}="{POK}" test="true"></e:Potvrzeni>'
    if error:
        result = '<e:Chyba kod="-1" test="0">Docasna technicka chyba</e:Chyba>'
    written = odpoved(
        result + '<e:Varovani kod_varov="1">a</e:Varovani>' * 2,
        dialect=DIALECTS[name],
        bkp=BKP if name is Dialect.V3 else "",
    )
    root = etree.fromstring(written)
    root[0].set("dat_odmit", "2026-11-24T13:00:02Z")
    return root


def _schema_takes(root: etree._Element, name: Dialect) -> bool:
    return bool(_schema(name).validate(etree.fromstring(etree.tostring(root))))


def _we_take(root: etree._Element, name: Dialect) -> bool:
    body = the_body(etree.fromstring(plain_envelope(etree.tostring(root).decode())))
    try:
        if etree.QName(root).localname == "Trzba":
            read_trzba(body, dialect=DIALECTS[name])
        else:
            read_odpoved(body[0], dialect=DIALECTS[name])
    except MessageInvalid:
        return False
    return True


@both
def test_our_table_has_exactly_the_attributes_of_the_official_schema(name: Dialect) -> None:
    for kind, rules in (("TrzbaDataType", DIALECTS[name].data), ("TrzbaHlavickaType", HEADER_RULES)):
        official = {
            attribute.get("name"): attribute.get("use") == "required"
            for attribute in _tree(name).iterfind(f"xs:complexType[@name='{kind}']/xs:attribute", XS)
        }
        assert official
        assert official == {each: rule.required for each, rule in rules.items()}


@both
def test_a_message_with_every_attribute_is_valid(name: Dialect, office: Office) -> None:
    assert _schema_takes(_message(name, office), name)


_CHARS = st.sampled_from("0123456789.,-+ CZTabfz:;/#_\t\n\r<&\"'٣čA=")


@st.composite
def _near(draw: st.DrawFn, value: str) -> str:
    """A value with up to three small changes: what a wrong formatter would write."""
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(value)))
        cut = draw(st.integers(0, 2))
        value = (
            value[:at]
            + draw(st.sampled_from(["", " ", "0", "1", "-", value[:at], value[at:]]) | _CHARS)
            + value[at + cut :]
        )
    return value


_ODD_VALUES = """
    0 -0 +0 00 1 01 +1 true TRUE 0.00 -0.00 0.0 100000000.00 1e2 NaN 999999 1000000 0000000000000000000000000000007
    2026-02-29T00:00:00Z 2026-11-24T24:00:00Z 0000-01-01T00:00:00Z 2026-11-24T13:00:00+14:00 2026-11-24T13:00:60Z
    2026-11-24T13:00:00+14:01 -2026-11-24T13:00:00Z -999 -1000 999 1000 e8e2c7fe-422e-623e-bc4e-edb9e6a36d97
"""
_ODD = st.sampled_from(["", " ", *_ODD_VALUES.split()])


@both
@settings(max_examples=600, deadline=None)
@given(draw=st.data())
def test_a_value_we_would_send_is_one_the_schema_takes_and_the_other_way_round(
    name: Dialect, office: Office, draw: st.DataObject
) -> None:
    root = _message(name, office)
    part = root[draw.draw(st.integers(0, 1))]
    rules: dict[str, Rule] = {**HEADER_RULES, **DIALECTS[name].data}
    attribute = draw.draw(st.sampled_from(sorted(map(str, part.attrib))))
    value = draw.draw(_near(str(part.get(attribute))) | _ODD)
    part.set(attribute, value)

    # The schema lets white space stand around numbers and times; what we send has none.
    stripped = value.strip(" \t\r\n") if rules[attribute].collapses else value

    assert rules[attribute].accepts(stripped) is _schema_takes(root, name)


def _edit(draw: st.DataObject, root: etree._Element) -> None:
    """One change of a document: an attribute or a text nearly right, an element or attribute too many or too few."""
    node = draw.draw(st.sampled_from(list(root.iter(etree.Element))))
    attributes = sorted(map(str, node.attrib))
    match draw.draw(
        st.sampled_from(["value", "value", "value", "drop", "add", "text", "tail", "remove", "child", "swap"])
    ):
        case "value" if attributes:
            attribute = draw.draw(st.sampled_from(attributes))
            node.set(attribute, draw.draw(_near(str(node.get(attribute))) | _ODD))
        case "drop" if attributes:
            del node.attrib[draw.draw(st.sampled_from(attributes))]
        case "add":
            names = ["bkp", "dic_popl", "rezim", "test", "uuid_zpravy", f"{{{XSI}}}schemaLocation", "{urn:x}kod"]
            node.set(draw.draw(st.sampled_from(names)), draw.draw(_ODD))
        case "text":
            node.text = draw.draw(st.sampled_from(["", " ", "x"]) | _near(node.text or ""))
            if etree.QName(node).localname == "pkp":  # libxml2 skips what is no base64; XML Schema does not
                node.text = re.sub("[^A-Za-z0-9+/= \n]", "", node.text)
        case "tail" if node is not root:
            node.tail = draw.draw(st.sampled_from(["", "\n ", "x"]))
        case "remove" if node is not root:
            node.getparent().remove(node)  # type: ignore[union-attr]  # only the root has none
        case "child":
            local = draw.draw(st.sampled_from(["Varovani", "Chyba", "Data", "KontrolniKody", "x"]))
            node.append(etree.Element(f"{{{etree.QName(root).namespace}}}{local}"))
        case "swap" if len(node) > 1:
            node.append(node[0])


@both
@settings(max_examples=600, deadline=None)
@given(draw=st.data())
def test_what_we_read_is_exactly_what_the_schema_allows(name: Dialect, office: Office, draw: st.DataObject) -> None:
    kind = draw.draw(st.sampled_from(["message", "confirmation", "error"]))
    root = _message(name, office) if kind == "message" else _answer(name, error=kind == "error")
    assert _we_take(root, name)
    assert _schema_takes(root, name)
    for _ in range(draw.draw(st.integers(1, 2))):
        _edit(draw, root)

    assert _we_take(root, name) is _schema_takes(root, name), etree.tostring(root).decode()


@both
@settings(max_examples=100, deadline=None)
@given(
    uuid=st.uuids(version=4) | st.uuids(version=1) | st.uuids(),
    sent=st.datetimes().map(lambda at: at.strftime("%Y-%m-%dT%H:%M:%S").zfill(19) + "+02:00"),
    first=st.booleans(),
    verification=st.booleans(),
)
def test_a_message_is_built_exactly_when_its_header_is_valid(
    name: Dialect, office: Office, uuid: object, sent: str, first: bool, verification: bool
) -> None:
    dialect, data = DIALECTS[name], SALES[name]
    head = Header(uuid_zpravy=str(uuid), dat_odesl=sent, prvni_zaslani=first, overeni=verification)
    root = _message(name, office)
    root[0].attrib.update(header_attributes(head))
    codes = control_codes(data, dialect=dialect, key=office.till.key) if dialect.control_codes else None
    if not _schema_takes(root, name):
        with pytest.raises(MessageInvalid, match="uuid_zpravy"):
            build_request(data, head, dialect=dialect, signer=office.till, codes=codes)
        return

    built = build_request(data, head, dialect=dialect, signer=office.till, codes=codes)

    _schema(name).assertValid(the_body(etree.fromstring(built))[0])
