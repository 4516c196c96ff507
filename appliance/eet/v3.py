"""Interface v3.1 (EET 1), ended 2023, for the record and in case it returns: the official schema of 2016-09-19."""

from appliance.domain.fiscal import Dialect
from appliance.eet.codes import BKP
from appliance.eet.message import (
    AMOUNT,
    ANSWER_HEAD,
    MOMENT,
    NUMBER,
    SERVER_CODE,
    TAXPAYER,
    TILL,
    DialectSpec,
    required,
    whole_number,
)

V3 = DialectSpec(
    name=Dialect.V3,
    namespace="http://fs.mfcr.cz/eet/schema/v3",
    prefix="v3",
    soap_action="http://fs.mfcr.cz/eet/OdeslaniTrzby",
    data={
        "dic_popl": required(TAXPAYER),
        "dic_poverujiciho": TAXPAYER,
        "id_provoz": required(whole_number(1, 999999)),
        "id_pokl": TILL,
        "porad_cis": NUMBER,
        "dat_trzby": required(MOMENT),
        "celk_trzba": required(AMOUNT),
        "zakl_nepodl_dph": AMOUNT,
        "zakl_dan1": AMOUNT,
        "dan1": AMOUNT,
        "zakl_dan2": AMOUNT,
        "dan2": AMOUNT,
        "zakl_dan3": AMOUNT,
        "dan3": AMOUNT,
        "cest_sluz": AMOUNT,
        "pouzit_zboz1": AMOUNT,
        "pouzit_zboz2": AMOUNT,
        "pouzit_zboz3": AMOUNT,
        "urceno_cerp_zuct": AMOUNT,
        "cerp_zuct": AMOUNT,
        "rezim": required(whole_number(0, 1)),
    },
    sale_key=("dic_popl", "id_provoz", "id_pokl", "porad_cis", "dat_trzby", "celk_trzba"),
    control_codes=True,
    answer_head={**ANSWER_HEAD, "bkp": BKP},
    code="fik",
    code_rule=SERVER_CODE,
)
