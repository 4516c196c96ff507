import base64
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from appliance.eet.certificate import Identity, load_p12, open_p12
from appliance.eet.document import canonical, parse
from appliance.eet.errors import SignatureInvalid
from appliance.eet.message import text_xml
from appliance.eet.names import DS, EXC_C14N, SOAP, WSU
from appliance.eet.signature import digest_value, is_signed, sign_envelope, signature_value, the_body, verify
from tests.appliance.eet.material import AT, POTVRZENI, UUID, Office, message, message_v3, odpoved
from tests.shared import shared

SAMPLES = ["CZ00000019", "CZ683555118"]


def _refused(raw: bytes) -> str:
    with pytest.raises(SignatureInvalid) as caught:
        verify(parse(raw))
    return caught.value.reason


def test_what_we_sign_verifies_and_the_element_returned_is_the_body_of_the_document(office: Office) -> None:
    root = parse(message(office.till))

    verified = verify(root)

    assert verified.body is the_body(root)
    assert verified.certificate == office.till.certificate


def test_equal_input_gives_equal_bytes(office: Office) -> None:
    assert message(office.till) == message(office.till)


def test_the_ids_are_made_of_the_uuid(office: Office) -> None:
    ids = re.findall(rb'wsu:Id="([^"]+)"', message(office.till))

    assert ids == [f"X509-{UUID}".encode(), f"id-{UUID}".encode()]


@given(text=st.text("<&>\"' \t\nž€x", max_size=20))
def test_the_body_is_written_as_it_is_signed_whatever_it_says(office: Office, text: str) -> None:
    raw = sign_envelope(odpoved(f"<e:Chyba>{text_xml(text)}</e:Chyba>"), message_id=UUID, signer=office.signer)

    body = verify(parse(raw)).body

    assert canonical(body) in raw


@pytest.mark.parametrize("build", [message, message_v3])
def test_an_independent_tool_verifies_our_envelope_and_refuses_it_altered(
    office: Office, tmp_path: Path, build: Callable[[Identity], bytes]
) -> None:
    tool = shutil.which("xmlsec1")
    if tool is None:
        pytest.skip("xmlsec1 is not installed")
    version = subprocess.run([tool, "--version"], check=True, capture_output=True, text=True).stdout
    lax = [] if " 1.2." in version else ["--lax-key-search"]
    certificate = tmp_path / "till.pem"
    certificate.write_bytes(office.till.certificate.public_bytes(Encoding.PEM))
    genuine = build(office.till)
    value = re.search(rb"<ds:SignatureValue>(.{4})", genuine)
    assert value is not None
    files = [tmp_path / f"{index}.xml" for index in range(4)]
    files[0].write_bytes(genuine)
    files[1].write_bytes(genuine.replace(b'celk_trzba="188.50"', b'celk_trzba="188.51"'))
    files[2].write_bytes(genuine.replace(b'prvni_zaslani="true"', b'prvni_zaslani="false"'))
    files[3].write_bytes(genuine.replace(value[0], value[0][:-4] + value[1][::-1]))
    assert len({file.read_bytes() for file in files}) == len(files)

    codes = [
        subprocess.run(
            [tool, "--verify", *lax, "--pubkey-cert-pem", str(certificate), "--id-attr:Id", f"{SOAP}:Body", str(file)],
            check=False,
            capture_output=True,
        ).returncode
        for file in files
    ]

    assert codes == [0, 1, 1, 1]


@pytest.mark.parametrize(
    ("find", "replace", "reason"),
    [
        (b'celk_trzba="188.50"', b'celk_trzba="188.51"', "digest"),
        (b"<ds:DigestValue>", b"<ds:DigestValue>AAAA", "signature_value"),
        (b"<ds:SignatureValue>", b"<ds:SignatureValue>AAAA", "signature_value"),
        (b"<ds:SignatureValue>", b"<ds:SignatureValue>!", "base64"),
        (b"#rsa-sha256", b"#rsa-sha1", "algorithm"),
        (b"2001/04/xmlenc#sha256", b"2000/09/xmldsig#sha1", "signature_value"),
        (b'<ds:Reference URI="#id-', b'<ds:Reference URI="#no-', "signature_value"),
        (b'<ds:Reference URI="#', b'<ds:Reference URI="" Type="#', "signature_value"),
        (b'<wsse:Reference URI="#X509-', b'<wsse:Reference URI="#Y509-', "token"),
        (b"#X509v3", b"#X509PKIPathv1", "token"),
        (b"wsse:BinarySecurityToken", b"wsse:BinarySecurityTokem", "token"),
        (b"</ds:KeyInfo>", b"</ds:KeyInfo><ds:Object></ds:Object>", "shape"),
        (b"</ds:SignedInfo>", b"<ds:Reference></ds:Reference></ds:SignedInfo>", "shape"),
        (b"<soapenv:Header>", b"<soapenv:Header/><soapenv:Header>", "envelope_shape"),
        (b"</soapenv:Body>", b"</soapenv:Body><soapenv:Body></soapenv:Body>", "envelope_shape"),
        (b"http://schemas.xmlsoap.org/soap/envelope/", b"http://www.w3.org/2003/05/soap-envelope", "no_envelope"),
        (b"</wsse:Security>", b'<x Id="id-' + UUID.encode() + b'"/></wsse:Security>', "duplicate_id"),
        (b"</wsse:Security>", b'<x id="X509-' + UUID.encode() + b'"/></wsse:Security>', "token"),
        (b"</wsse:Security>", b'<x xml:id="id-' + UUID.encode() + b'"/></wsse:Security>', "duplicate_id"),
    ],
)
def test_any_change_of_the_envelope_is_refused(office: Office, find: bytes, replace: bytes, reason: str) -> None:
    raw = message(office.till)
    assert find in raw

    assert _refused(raw.replace(find, replace)) == reason


def _resigned(raw: bytes, office: Office, find: bytes, replace: bytes) -> bytes:
    """The envelope with SignedInfo changed and signed again with the right key."""
    changed = raw.replace(find, replace)
    root = parse(changed)
    signed_info = next(root.iter(f"{{{DS}}}SignedInfo"))
    value = signature_value(office.till.key, canonical(signed_info))
    return re.sub(rb"(<ds:SignatureValue>)[^<]+", lambda match: match[1] + value.encode(), changed)


@pytest.mark.parametrize(
    ("find", "replace", "reason"),
    [
        (b"2001/04/xmlenc#sha256", b"2000/09/xmldsig#sha1", "algorithm"),
        (
            b'<ds:Transforms><ds:Transform Algorithm="' + EXC_C14N.encode(),
            b'<ds:Transforms><ds:Transform Algorithm="http://www.w3.org/TR/2001/REC-xml-c14n-20010315',
            "algorithm",
        ),
        (b"</ds:Transforms>", b'<ds:Transform Algorithm="' + EXC_C14N.encode() + b'"/></ds:Transforms>', "shape"),
        (b'<ds:Reference URI="#id-', b'<ds:Reference URI="#X509-', "reference"),
        (b'<ds:Reference URI="#id-' + UUID.encode() + b'"', b'<ds:Reference URI=""', "reference"),
        (b"<ds:Transforms>", b"<ds:Manifest></ds:Manifest><ds:Transforms>", "shape"),
    ],
)
def test_even_the_key_holder_may_not_sign_in_another_way(
    office: Office, find: bytes, replace: bytes, reason: str
) -> None:
    assert _refused(_resigned(message(office.till), office, find, replace)) == reason


def test_the_signed_body_moved_into_the_header_proves_nothing(office: Office) -> None:
    raw = message(office.till)
    start, end = raw.index(b"<soapenv:Body"), raw.index(b"</soapenv:Envelope>")
    signed, other = raw[start:end], raw[start:end].replace(b"188.50", b"1.00").replace(b'wsu:Id="id-', b'wsu:Id="xx-')
    wrapped = (
        raw[:start].replace(b"</soapenv:Header>", b"<wrapper>" + signed + b"</wrapper></soapenv:Header>")
        + other
        + raw[end:]
    )

    assert _refused(wrapped) == "reference"


def test_two_bodies_with_the_same_id_are_refused(office: Office) -> None:
    raw = message(office.till)
    start, end = raw.index(b"<soapenv:Body"), raw.index(b"</soapenv:Envelope>")
    signed = raw[start:end]
    wrapped = raw[:start].replace(b"</soapenv:Header>", b"<wrapper>" + signed + b"</wrapper></soapenv:Header>")

    assert _refused(wrapped + signed.replace(b"188.50", b"1.00") + raw[end:]) == "duplicate_id"


def test_a_second_signature_anywhere_is_refused(office: Office) -> None:
    raw = message(office.till)
    signature = raw[raw.index(b"<ds:Signature ") : raw.index(b"</ds:Signature>") + len(b"</ds:Signature>")]

    assert _refused(raw.replace(b"</wsse:Security>", signature + b"</wsse:Security>")) == "several_signatures"


def test_a_signature_that_does_not_stand_right_in_the_security_header_is_refused(office: Office) -> None:
    raw = message(office.till)
    signature = raw[raw.index(b"<ds:Signature ") : raw.index(b"</ds:Signature>") + len(b"</ds:Signature>")]
    moved = raw.replace(signature, b"<wrapper>" + signature + b"</wrapper>")

    assert _refused(moved) == "misplaced_signature"


def test_a_stripped_signature_is_called_unsigned(office: Office) -> None:
    raw = re.sub(rb"<ds:Signature .*</ds:Signature>", b"", message(office.till))

    assert _refused(raw) == "unsigned"
    assert not is_signed(parse(raw))


def test_a_prefix_list_that_is_written_is_applied(office: Office) -> None:
    content = '<e:Odpoved xmlns:e="urn:e"></e:Odpoved>'
    inclusive = f'<ec:InclusiveNamespaces xmlns:ec="{EXC_C14N}" PrefixList="q"/>'
    raw = sign_envelope(content, message_id=UUID, signer=office.till)
    raw = raw.replace(b"<soapenv:Envelope ", b'<soapenv:Envelope xmlns:q="urn:q" ')
    transform = b'<ds:Transform Algorithm="' + EXC_C14N.encode() + b'">'
    raw = raw.replace(transform, transform + inclusive.encode())
    digest = digest_value(canonical(the_body(parse(raw)), prefixes=["q"]))
    raw = re.sub(rb"(<ds:DigestValue>)[^<]+", lambda match: match[1] + digest.encode(), raw)
    raw = _resigned(raw, office, b"", b"")

    assert verify(parse(raw)).body.tag == f"{{{SOAP}}}Body"
    assert b'xmlns:q="urn:q"' in canonical(the_body(parse(raw)), prefixes=["q"])
    assert _refused(raw.replace(b'xmlns:q="urn:q"', b'xmlns:q="urn:other"')) == "digest"


def test_a_body_without_content_of_ours_still_verifies_as_itself(office: Office) -> None:
    raw = sign_envelope(
        POTVRZENI.replace("<e:Potvrzeni", '<e:Potvrzeni xmlns:e="urn:e"'), message_id=UUID, signer=office.till
    )

    assert verify(parse(raw)).body.get(f"{{{WSU}}}Id") == f"id-{UUID}"


@pytest.mark.official
@pytest.mark.parametrize("eic", SAMPLES)
def test_the_official_samples_verify(eic: str) -> None:
    root = parse(shared(f"eet/v4/samples/requests/{eic}.eet.v4.req.xml").read_bytes())

    assert verify(root).body is the_body(root)


@pytest.mark.official
def test_the_altered_official_sample_does_not_verify() -> None:
    assert _refused(shared("eet/v4/samples/requests/BAD.CZ683555118.amount-altered.xml").read_bytes()) == "digest"


@pytest.mark.official
@pytest.mark.parametrize("eic", SAMPLES)
def test_our_canonicaliser_and_signer_reproduce_the_official_values(eic: str) -> None:
    raw = shared(f"eet/v4/samples/requests/{eic}.eet.v4.req.xml").read_bytes()
    identity = load_p12(shared(f"eet/v4/certs/CA_EET-Playground-{eic}.p12").read_bytes(), "aaaa1111", at=AT)
    root = parse(raw)
    signed_info = next(root.iter(f"{{{DS}}}SignedInfo"))

    digest = digest_value(canonical(the_body(root), prefixes=["v4"]))
    value = signature_value(identity.key, canonical(signed_info, prefixes=["soapenv", "v4"]))

    assert digest == root.findtext(f".//{{{DS}}}DigestValue")
    assert value == root.findtext(f".//{{{DS}}}SignatureValue")
    assert base64.b64decode(identity.token) == identity.certificate.public_bytes(Encoding.DER)


@pytest.mark.official
@pytest.mark.parametrize(
    ("sample", "store"),
    [
        ("CZ00000019.v3.valid.v3.1.1", "EET_CA1_Playground-CZ00000019"),
        ("CZ1212121218.v3.valid.v3.1.1", "EET_CA1_Playground-CZ1212121218"),
        ("2016-10.CZ00000019.valid.v3.1", "older/2016-10.CZ00000019"),
        ("2016-09.CZ1212121218.valid.v3", "older/2016-05.CZ1212121218.01000003"),
    ],
)
def test_the_official_values_of_interface_v3_are_reproduced_too(sample: str, store: str) -> None:
    root = parse(shared(f"eet/v3/samples/requests/{sample}.xml").read_bytes())
    identity = open_p12(shared(f"eet/v3/certs/{store}.p12").read_bytes(), "eet")
    signed_info = next(root.iter(f"{{{DS}}}SignedInfo"))
    lists = root.findall(f".//{{{EXC_C14N}}}InclusiveNamespaces")  # the samples of 2016 have them, those of 2019 not
    of_info, of_body = (str(each.get("PrefixList", "")).split() for each in lists or [{}, {}])

    digest = digest_value(canonical(the_body(root), prefixes=of_body))
    value = signature_value(identity.key, canonical(signed_info, prefixes=of_info))

    assert digest == "".join((root.findtext(f".//{{{DS}}}DigestValue") or "").split())
    assert value == "".join((root.findtext(f".//{{{DS}}}SignatureValue") or "").split())
    assert verify(root).certificate == identity.certificate


@pytest.mark.official
def test_the_official_message_its_publisher_edited_by_hand_does_not_verify() -> None:
    assert _refused(shared("eet/v3/samples/requests/MISSIGNED.2020.CZ00000019.v3.1.xml").read_bytes()) == "digest"


def test_signed_info_without_content_is_refused() -> None:
    root = etree.fromstring(
        f'<s:Envelope xmlns:s="{SOAP}" xmlns:w="http://docs.oasis-open.org/wss/2004/01/'
        f'oasis-200401-wss-wssecurity-secext-1.0.xsd"><s:Header><w:Security><d:Signature xmlns:d="{DS}"/></w:Security>'
        "</s:Header><s:Body/></s:Envelope>"
    )

    with pytest.raises(SignatureInvalid, match="shape"):
        verify(root)
