"""Interface v4.1 (EET 2.0), in force from 2027-01-01: the attributes of the official schema, version 4.1."""

import re

from appliance.domain.fiscal import Dialect
from appliance.eet.message import (
    AMOUNT,
    ANSWER_HEAD,
    BOOLEAN,
    MOMENT,
    NUMBER,
    SERVER_CODE,
    TAXPAYER,
    TILL,
    DialectSpec,
    Rule,
    required,
)

V4 = DialectSpec(
    name=Dialect.V4,
    namespace="http://fs.gov.cz/eet/schema/v4",
    prefix="v4",
    soap_action="http://fs.gov.cz/eet/OdeslaniTrzby",
    data={
        "eic_popl": required(TAXPAYER),
        "eic_poverujiciho": TAXPAYER,
        "povereni_vice_popl": BOOLEAN,
        "id_jednotky": Rule(
            re.compile(r"[1-9][0-9]{0,8}"), "a whole number from 1 to 999999999", required=True, collapses=True
        ),
        "id_pokl": TILL,
        "porad_cis": NUMBER,
        "dat_trzby": required(MOMENT),
        "celk_trzba": required(AMOUNT),
        "urceno_cerp_zuct": AMOUNT,
        "cerp_zuct": AMOUNT,
    },
    sale_key=("eic_popl", "id_jednotky", "id_pokl", "porad_cis", "dat_trzby", "celk_trzba"),
    control_codes=False,
    answer_head=ANSWER_HEAD,
    code="pok",
    code_rule=SERVER_CODE,
)
