"""Interface v4.1 (EET 2.0), in force from 2027-01-01: the attributes of the official schema, version 4.1."""

import re

from appliance.domain.fiscal import Dialect
from appliance.eet.message import BOOLEAN, MOMENT, DialectSpec, Rule, required

_EIC = Rule(re.compile(r"CZ[0-9]{8,10}"), "CZ and 8 to 10 digits")
_AMOUNT = Rule(
    re.compile(r"(?:0|-?[1-9][0-9]{0,7})\.[0-9]{2}|-0\.(?:0[1-9]|[1-9][0-9])"),
    "an amount from -99999999.99 to 99999999.99 with exactly two decimals and a dot",
    collapses=True,
)
_WORD = "0-9a-zA-Z.,:;/#_ \\-"
_WORD_SAID = "of 0-9 a-z A-Z . , : ; / # - _ space"

V4 = DialectSpec(
    name=Dialect.V4,
    namespace="http://fs.gov.cz/eet/schema/v4",
    prefix="v4",
    soap_action="http://fs.gov.cz/eet/OdeslaniTrzby",
    data={
        "eic_popl": required(_EIC),
        "eic_poverujiciho": _EIC,
        "povereni_vice_popl": BOOLEAN,
        "id_jednotky": Rule(
            re.compile(r"[1-9][0-9]{0,8}"), "a whole number from 1 to 999999999", required=True, collapses=True
        ),
        "id_pokl": Rule(re.compile(f"[{_WORD}]{{1,20}}"), f"1 to 20 {_WORD_SAID}", required=True),
        "porad_cis": Rule(re.compile(f"[{_WORD}]{{1,25}}"), f"1 to 25 {_WORD_SAID}", required=True),
        "dat_trzby": required(MOMENT),
        "celk_trzba": required(_AMOUNT),
        "urceno_cerp_zuct": _AMOUNT,
        "cerp_zuct": _AMOUNT,
    },
    sale_key=("eic_popl", "id_jednotky", "id_pokl", "porad_cis", "dat_trzby", "celk_trzba"),
    code="pok",
    code_rule=Rule(
        re.compile(
            r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-4[0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}-[0-9a-fA-F]{2}"
        ),
        "a POK (39 characters)",
        required=True,
    ),
)
