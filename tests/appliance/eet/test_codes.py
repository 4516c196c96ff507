import base64
import hashlib
import json
import re

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from appliance.eet.certificate import open_p12
from appliance.eet.codes import ControlCodes, codes_hold, codes_xml, control_codes, read_codes
from appliance.eet.document import canonical, parse
from appliance.eet.errors import MessageInvalid
from appliance.eet.v3 import V3
from tests.appliance.eet.material import DATA_V3, Office
from tests.shared import shared

GOOD_PKP = "A" * 342 + "=="
GOOD_BKP = "FF000000-00000000-00000000-00000000-00000000"
PLAINTEXT = b"CZ00000019|11|P1|P1A-000101|2026-11-24T13:00:00+01:00|188.50"


def _codes(office: Office, **changed: str) -> ControlCodes:
    return control_codes({**DATA_V3, **changed}, dialect=V3, key=office.till.key)


def test_the_pkp_is_the_signature_of_the_six_values_as_they_are_written(office: Office) -> None:
    pkp = base64.b64decode(_codes(office).pkp, validate=True)

    signed = office.till.key.public_key().recover_data_from_signature(pkp, padding.PKCS1v15(), hashes.SHA256())
    assert signed == hashlib.sha256(PLAINTEXT).digest()


def test_the_bkp_is_the_sha_1_of_the_decoded_pkp_in_five_groups_of_capitals(office: Office) -> None:
    codes = _codes(office)

    assert re.fullmatch(r"[0-9A-F]{8}(-[0-9A-F]{8}){4}", codes.bkp)
    assert bytes.fromhex(codes.bkp.replace("-", "")) == hashlib.sha1(base64.b64decode(codes.pkp)).digest()


def test_the_same_sale_and_key_give_the_same_codes_and_nothing_else_counts(office: Office) -> None:
    assert _codes(office) == _codes(office, zakl_dan1="1.00", rezim="1", cerp_zuct="2.00")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("dic_popl", "CZ00000020"),
        ("id_provoz", "011"),
        ("id_pokl", "P1 "),
        ("porad_cis", "P1A-000102"),
        ("dat_trzby", "2026-11-24T12:00:00Z"),
        ("celk_trzba", "188.51"),
    ],
)
def test_another_text_of_any_of_the_six_values_gives_other_codes(office: Office, name: str, value: str) -> None:
    changed = {**DATA_V3, name: value}

    assert _codes(office, **{name: value}) != _codes(office)
    assert not codes_hold(_codes(office), changed, dialect=V3, certificate=office.till.certificate)


def test_codes_hold_for_the_key_that_made_them_only(office: Office) -> None:
    codes = _codes(office)

    assert codes_hold(codes, DATA_V3, dialect=V3, certificate=office.till.certificate)
    assert not codes_hold(codes, DATA_V3, dialect=V3, certificate=office.signer.certificate)


def test_codes_that_are_not_a_pair_do_not_hold(office: Office) -> None:
    good = _codes(office)
    pairs = [(good.pkp, good.bkp[::-1]), ("", good.bkp), ("no base64", good.bkp), ("č", good.bkp)]

    for pkp, bkp in [*pairs, (good.pkp[4:] + good.pkp[:4], good.bkp)]:
        bad = ControlCodes(pkp=pkp, bkp=bkp)
        assert not codes_hold(bad, DATA_V3, dialect=V3, certificate=office.till.certificate)


@pytest.mark.parametrize("data", [{}, {**DATA_V3, "id_pokl": "č"}])
def test_codes_of_a_sale_without_its_values_do_not_hold(office: Office, data: dict[str, str]) -> None:
    assert not codes_hold(_codes(office), data, dialect=V3, certificate=office.till.certificate)


def test_a_sale_the_schema_refuses_gets_no_codes(office: Office) -> None:
    with pytest.raises(MessageInvalid, match="celk_trzba"):
        _codes(office, celk_trzba="188,50")


def test_a_key_of_another_size_makes_no_codes() -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=1024)

    with pytest.raises(MessageInvalid, match="2048 bits"):
        control_codes(DATA_V3, dialect=V3, key=key)


def test_codes_are_written_in_canonical_form(office: Office) -> None:
    written = codes_xml(_codes(office), dialect=V3).replace(
        "<v3:KontrolniKody>", f'<v3:KontrolniKody xmlns:v3="{V3.namespace}">'
    )

    assert canonical(parse(written.encode())).decode() == written


@pytest.mark.parametrize(
    ("pkp", "bkp"),
    [
        ("AAAA", GOOD_BKP),
        (GOOD_PKP, "ABCDEFGH-00000000-00000000-00000000-00000000"),
        (GOOD_PKP, "\ufb000000-00000000-00000000-00000000-00000000"),
        ("A" * 341 + "B==", GOOD_BKP),  # four bits too many
        ("A" * 341 + "\u00a0A==", GOOD_BKP),
        ("!", ""),
        ("", ""),
    ],
)
def test_codes_the_schema_does_not_allow_are_not_written(pkp: str, bkp: str) -> None:
    with pytest.raises(MessageInvalid):
        codes_xml(ControlCodes(pkp=pkp, bkp=bkp), dialect=V3)


def _received(pkp: str, bkp: str) -> ControlCodes:
    attributes = 'digest="SHA256" cipher="RSA2048" encoding="base64"'
    written = (
        f'<v3:KontrolniKody xmlns:v3="{V3.namespace}"><v3:pkp {attributes}>{pkp}</v3:pkp>'
        f'<v3:bkp digest="SHA1" encoding="base16">{bkp}</v3:bkp></v3:KontrolniKody>'
    )
    return read_codes(parse(written.encode()), dialect=V3)


def test_received_codes_may_have_white_space_and_small_letters() -> None:
    assert _received("\n A A\t" + GOOD_PKP[2:] + "\n", f"\n {GOOD_BKP.lower()} ") == ControlCodes(GOOD_PKP, GOOD_BKP)


@pytest.mark.parametrize(
    ("pkp", "bkp"),
    [
        (GOOD_PKP, GOOD_BKP.replace("FF", "\ufb00")),  # a ligature whose capitals are FF
        (GOOD_PKP, f"{GOOD_BKP}\u00a0"),
        (f"\u00a0{GOOD_PKP}", GOOD_BKP),
        ("A" * 341 + "B==", GOOD_BKP),
    ],
)
def test_received_codes_are_no_others_than_the_schema_allows(pkp: str, bkp: str) -> None:
    with pytest.raises(MessageInvalid):
        _received(pkp, bkp)


@pytest.mark.official
def test_every_official_pair_of_codes_is_reproduced() -> None:
    vectors = json.loads(shared("eet/v3/vectors/pkp_bkp.json").read_text("utf-8"))
    assert vectors
    for vector in vectors:
        identity = open_p12(shared(f"eet/{vector['key_file']}").read_bytes(), vector["key_password"])
        data = {**dict(zip(V3.sale_key, vector["plaintext"].split("|"), strict=True)), "rezim": "0"}

        codes = control_codes(data, dialect=V3, key=identity.key)

        assert (codes.pkp, codes.bkp) == (vector["pkp_base64"], vector["bkp"]), vector["from_message"]
        assert codes_hold(codes, data, dialect=V3, certificate=identity.certificate)
