import pytest

from appliance.eet.errors import MessageInvalid
from appliance.eet.message import trzba_xml, validate_data
from appliance.eet.v4 import V4
from tests.appliance.eet.material import DATA, header


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
