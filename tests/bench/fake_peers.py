"""Stands in for bench/_eet_peers.py: the same conversation, with messages of our own making. Argument: how it lies."""

import base64
import json
import sys
from pathlib import Path

from appliance.eet.certificate import load_pem
from appliance.eet.codes import control_codes
from appliance.eet.message import Header
from appliance.eet.request import build_request
from appliance.eet.v3 import V3
from appliance.eet.v4 import V4

HEADER = Header("e8e2c7fe-422e-423e-bc4e-edb9e6a36d97", "2026-11-24T13:00:01+01:00", prvni_zaslani=True, overeni=False)
SALE = {"id_pokl": "P1", "porad_cis": "P1A-000101", "dat_trzby": "2026-11-24T13:00:00+01:00", "celk_trzba": "188.50"}
V4_DATA = {"eic_popl": "CZ00000019", "id_jednotky": "11", **SALE}
V3_DATA = {"dic_popl": "CZ00000019", "id_provoz": "11", "rezim": "0", **SALE}

key_file, certificate_file, lie = sys.argv[1:]
till = load_pem(Path(key_file).read_bytes() + Path(certificate_file).read_bytes())
codes = control_codes(V3_DATA, dialect=V3, key=till.key)
messages = {
    "zeep": build_request(V4_DATA, HEADER, dialect=V4, signer=till),
    "czech_eet": build_request(V3_DATA, HEADER, dialect=V3, signer=till, codes=codes),
}
if lie == "altered":
    messages["zeep"] = messages["zeep"].replace(b"188.50", b"188.51")

print(json.dumps({"versions": {"fake": "1"}}), flush=True)
for line in sys.stdin:
    order = json.loads(line)
    last = base64.b64encode(messages[order["peer"]]).decode("ascii")
    print(json.dumps({"cpu_s": 0.001 * order["messages"], "last": last}), flush=True)
