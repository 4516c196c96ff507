import pytest

from appliance.eet.errors import MessageInvalid
from appliance.eet.message import trzba_xml, validate_data
from appliance.eet.v3 import V3
from tests.appliance.eet.material import DATA_V3, header


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("dic_popl", "CZ1234567890"),
        ("dic_poverujiciho", "CZ12345678"),
        ("id_provoz", "1"),
        ("id_provoz", "999999"),
        ("id_provoz", "+0141"),
        ("rezim", "1"),
        ("rezim", "-0"),
        ("id_pokl", "0aZ.,:;/#-_ "),
        ("porad_cis", "x" * 25),
        ("celk_trzba", "0.00"),
        ("celk_trzba", "-0.01"),
        ("celk_trzba", "-0.10"),
        ("celk_trzba", "99999999.99"),
        ("celk_trzba", "-99999999.99"),
        ("zakl_nepodl_dph", "5.00"),
        ("zakl_dan2", "-5.00"),
        ("dan2", "0.99"),
        ("cest_sluz", "5.00"),
        ("pouzit_zboz3", "5.00"),
        ("urceno_cerp_zuct", "5.00"),
        ("cerp_zuct", "-5.00"),
    ],
)
def test_what_the_schema_allows_is_accepted(attribute: str, value: str) -> None:
    data = {**DATA_V3, attribute: value}

    validate_data(data, dialect=V3)

    assert f' {attribute}="{value}"' in trzba_xml(data, header(), dialect=V3)


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("dic_popl", "CZ1234567"),
        ("dic_popl", "CZ12345678901"),
        ("dic_popl", "cz12345678"),
        ("dic_popl", "CZ1234567٣"),
        ("dic_poverujiciho", ""),
        ("id_provoz", "0"),
        ("id_provoz", "-1"),
        ("id_provoz", "1000000"),
        ("id_provoz", "1.0"),
        ("rezim", "2"),
        ("rezim", ""),
        ("zakl_dan1", "1"),
        ("dan3", "1.000"),
        ("pouzit_zboz2", ""),
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
        validate_data({**DATA_V3, attribute: value}, dialect=V3)


@pytest.mark.parametrize("name", ["eic_popl", "id_jednotky", "povereni_vice_popl"])
def test_an_attribute_of_interface_v4_is_refused(name: str) -> None:
    with pytest.raises(MessageInvalid, match=name):
        validate_data({**DATA_V3, name: "1"}, dialect=V3)
