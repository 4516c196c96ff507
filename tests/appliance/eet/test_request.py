import re

import pytest

from appliance.eet.codes import control_codes
from appliance.eet.document import parse
from appliance.eet.errors import MessageInvalid
from appliance.eet.request import build_request, read_trzba
from appliance.eet.signature import the_body
from appliance.eet.v3 import V3
from appliance.eet.v4 import V4
from tests.appliance.eet.material import DATA, DATA_V3, Office, header, message, message_v3
from tests.shared import shared


def test_what_was_built_is_read_back_to_the_character(office: Office) -> None:
    head = header(first=False, verification=True)

    trzba = read_trzba(the_body(parse(message(office.till, head))), dialect=V4)

    assert trzba.data == DATA
    assert trzba.header == head


def test_a_message_of_interface_v3_is_read_back_with_its_codes(office: Office) -> None:
    trzba = read_trzba(the_body(parse(message_v3(office.till, header(first=False)))), dialect=V3)

    assert trzba.data == DATA_V3
    assert trzba.header == header(first=False)
    assert trzba.codes == control_codes(DATA_V3, dialect=V3, key=office.till.key)


def test_interface_v3_demands_codes_and_v4_refuses_them(office: Office) -> None:
    codes = control_codes(DATA_V3, dialect=V3, key=office.till.key)

    with pytest.raises(MessageInvalid, match="PKP and BKP"):
        build_request(DATA_V3, header(), dialect=V3, signer=office.till)
    with pytest.raises(MessageInvalid, match="KontrolniKody"):
        build_request(DATA, header(), dialect=V4, signer=office.till, codes=codes)


def test_a_repeat_with_another_key_keeps_the_codes_of_the_first_time(office: Office) -> None:
    codes = control_codes(DATA_V3, dialect=V3, key=office.till.key)

    repeat = build_request(DATA_V3, header(first=False), dialect=V3, signer=office.signer, codes=codes)

    assert read_trzba(the_body(parse(repeat)), dialect=V3).codes == codes


@pytest.mark.parametrize(
    ("find", "replace"),
    [
        ("<v3:KontrolniKody>.*</v3:KontrolniKody>", ""),
        ("<v3:bkp.*</v3:bkp>", ""),
        ("(<v3:pkp.*</v3:pkp>)(<v3:bkp.*</v3:bkp>)", r"\2\1"),
        (' cipher="RSA2048"', ""),
        (' digest="SHA1"', ' digest="SHA256"'),
        (' encoding="base16"', ' encoding="base16" x="y"'),
        ("<v3:pkp([^>]*)>....", r"<v3:pkp\1>"),
        ("<v3:pkp([^>]*)>....", r"<v3:pkp\1>####"),
        ("<v3:pkp([^>]*)>", r"<v3:pkp\1><v3:x></v3:x>"),
        ("</v3:bkp>", "0</v3:bkp>"),
        ("<v3:KontrolniKody>", "<v3:KontrolniKody>text"),
        ("<v3:KontrolniKody>", '<v3:KontrolniKody a="b">'),
        ("</v3:Trzba>", "<v3:KontrolniKody></v3:KontrolniKody></v3:Trzba>"),
    ],
)
def test_codes_the_schema_forbids_are_not_read(office: Office, find: str, replace: str) -> None:
    genuine = message_v3(office.till).decode()
    changed = re.sub(find, replace, genuine)
    assert changed != genuine

    with pytest.raises(MessageInvalid):
        read_trzba(the_body(parse(changed.encode())), dialect=V3)


def test_codes_may_be_broken_over_lines_and_in_small_letters(office: Office) -> None:
    genuine = message_v3(office.till).decode()
    codes = control_codes(DATA_V3, dialect=V3, key=office.till.key)
    loose = genuine.replace(codes.pkp, f"\n{codes.pkp[:64]}\n{codes.pkp[64:]}\n").replace(codes.bkp, codes.bkp.lower())

    assert read_trzba(the_body(parse(loose.encode())), dialect=V3).codes == codes


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


def test_a_message_of_interface_v3_with_everything_in_it_stays_under_the_limit_too(office: Office) -> None:
    everything = {name: "-99999999.99" for name in V3.data if name not in DATA_V3 and name != "dic_poverujiciho"}

    raw = message_v3(office.till, **everything, dic_poverujiciho="CZ1234567890", porad_cis="x" * 25, id_pokl="y" * 20)

    assert len(raw) < 6000


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


@pytest.mark.official
@pytest.mark.parametrize(
    ("name", "total"),
    [
        ("CZ00000019.v3.valid.v3.1.1", "236.00"),
        ("CZ1212121218.v3.valid.v3.1.1", "236.00"),
        ("2016-10.CZ00000019.valid.v3.1", "34113.00"),
        ("2016-09.CZ1212121218.valid.v3", "34113.00"),
    ],
)
def test_the_official_samples_of_interface_v3_are_read(name: str, total: str) -> None:
    raw = shared(f"eet/v3/samples/requests/{name}.xml").read_bytes()

    trzba = read_trzba(the_body(parse(raw)), dialect=V3)

    assert trzba.data["celk_trzba"] == total
    assert trzba.codes is not None
