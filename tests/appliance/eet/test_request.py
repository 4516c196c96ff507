import re

import pytest

from appliance.eet.document import parse
from appliance.eet.errors import MessageInvalid
from appliance.eet.request import read_trzba
from appliance.eet.signature import the_body
from appliance.eet.v4 import V4
from tests.appliance.eet.material import DATA, Office, header, message
from tests.shared import shared


def test_what_was_built_is_read_back_to_the_character(office: Office) -> None:
    head = header(first=False, verification=True)

    trzba = read_trzba(the_body(parse(message(office.till, head))), dialect=V4)

    assert trzba.data == DATA
    assert trzba.header == head


@pytest.mark.parametrize(
    ("find", "replace"),
    [
        ("<v4:Data[^>]*></v4:Data>", ""),
        ("<v4:Hlavicka[^>]*></v4:Hlavicka>", ""),
        ("</v4:Hlavicka>", " </v4:Hlavicka>"),
        ("</v4:Data>", "<v4:x></v4:x></v4:Data>"),
        ("</v4:Data>", "</v4:Data>text"),
        ("</v4:Data>", "</v4:Data><v4:Data></v4:Data>"),
        ("<v4:Trzba ", '<v4:Trzba a="b" '),
        (" id_pokl=", " id_Pokl="),
        ('prvni_zaslani="true"', 'prvni_zaslani="yes"'),
        ("</v4:Trzba>", '</v4:Trzba><v4:Trzba xmlns:v4="urn:x"></v4:Trzba>'),
        ("schema/v4", "schema/v5"),
    ],
)
def test_a_message_the_schema_forbids_is_not_read(office: Office, find: str, replace: str) -> None:
    changed = re.sub(find, replace, message(office.till).decode())
    assert changed != message(office.till).decode()

    with pytest.raises(MessageInvalid):
        read_trzba(the_body(parse(changed.encode())), dialect=V4)


def test_a_message_of_the_largest_values_stays_under_the_limit(office: Office) -> None:
    raw = message(
        office.till,
        eic_popl="CZ1234567890",
        eic_poverujiciho="CZ1234567890",
        povereni_vice_popl="false",
        id_jednotky="999999999",
        id_pokl="x" * 20,
        porad_cis="x" * 25,
        celk_trzba="-99999999.99",
        urceno_cerp_zuct="-99999999.99",
        cerp_zuct="-99999999.99",
    )

    assert len(raw) < 5000


def test_a_certificate_too_large_for_the_limit_is_noticed_before_sending(office: Office) -> None:
    class Fat:
        key = office.till.key
        token = "A" * 12_000

    with pytest.raises(MessageInvalid, match="at most 12000 bytes"):
        message(Fat())


@pytest.mark.official
def test_the_official_sample_is_read() -> None:
    trzba = read_trzba(
        the_body(parse(shared("eet/v4/samples/requests/CZ00000019.eet.v4.req.xml").read_bytes())), dialect=V4
    )

    assert trzba.data["celk_trzba"] == "188580.00"
    assert trzba.header.uuid_zpravy == "03965780-6457-4842-bd80-5f9195c0b8c8"
    assert trzba.header.prvni_zaslani
    assert not trzba.header.overeni
