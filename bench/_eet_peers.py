"""zeep + xmlsec and czech-eet, making messages on demand. Runs in an environment of its own, without this project.

Usage: python -P _eet_peers.py KEY.pem CERTIFICATE.pem     (-P: beside this file lies an eet.py, and czech-eet is `eet`)

Each line of stdin asks for messages: {"peer": "zeep", "messages": 60}; each line of stdout answers:
{"cpu_s": seconds of CPU time, "last": base64 of the last message}. The first line answers nobody and names versions.
"""

import base64
import json
import sys
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from importlib.metadata import version
from pathlib import Path

import xmlsec
import zeep
from eet import helpers, invoices, types
from lxml import etree
from zeep.wsse.signature import BinarySignature

EIC, UNIT, PREMISES, TILL = "CZ00000019", 11, 11, "P1"
PACKAGES = ("zeep", "xmlsec", "czech-eet", "lxml", "cryptography")


def zeep_maker(key: Path, certificate: Path) -> Callable[[int], bytes]:
    """As its documentation tells: a client with a WSDL, BinarySignature with two files, create_message."""
    signature = BinarySignature(
        str(key),
        str(certificate),
        signature_method=xmlsec.Transform.RSA_SHA256,
        digest_method=xmlsec.Transform.SHA256,
    )
    client = zeep.Client(str(Path(__file__).with_name("_eet_service.wsdl")), wsse=signature)

    def make(n: int) -> bytes:
        now = datetime.now(UTC).replace(microsecond=0)
        envelope = client.create_message(
            client.service,
            "OdeslaniTrzby",
            Hlavicka={"uuid_zpravy": str(uuid.uuid4()), "dat_odesl": now, "prvni_zaslani": True, "overeni": False},
            Data={
                "eic_popl": EIC,
                "id_jednotky": UNIT,
                "id_pokl": TILL,
                "porad_cis": f"P1A-{n:06d}",
                "dat_trzby": now,
                "celk_trzba": Decimal(n % 100000) + Decimal("0.50"),
            },
        )
        return etree.tostring(envelope, encoding="UTF-8", xml_declaration=True)

    return make


def czech_eet_maker(key: Path, certificate: Path) -> Callable[[int], bytes]:
    """As its README tells, up to the message its `send` would post."""
    config = invoices.Config(
        helpers.parse_cert(certificate.read_bytes()), helpers.parse_key(key.read_bytes()), PREMISES, TILL
    )
    factory = invoices.Factory(config)

    def make(n: int) -> bytes:
        total = n % 100000 + 0.50
        sale = factory.new(
            f"P1A-{n:06d}",
            total,
            types.dateTime.utcnow(),
            zakl_dan1=round(total / 1.21, 2),
            dan1=round(total / 5.76, 2),
        )
        return sale.build()

    return make


def main(key: Path, certificate: Path) -> None:
    makers = {"zeep": zeep_maker(key, certificate), "czech_eet": czech_eet_maker(key, certificate)}
    answer({"versions": {name: version(name) for name in PACKAGES}})
    made = 0
    for line in sys.stdin:
        order = json.loads(line)
        make, last = makers[order["peer"]], b""
        begun = time.process_time()
        for n in range(made, made + order["messages"]):
            last = make(n + 1)
        cpu_s = time.process_time() - begun
        made += order["messages"]
        answer({"cpu_s": cpu_s, "last": base64.b64encode(last).decode("ascii")})


def answer(value: dict) -> None:
    print(json.dumps(value), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
