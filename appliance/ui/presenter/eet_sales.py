"""A sale on its way to the tax office in words, and a test of the channel.

Read by attribute: QueuedSale, ReportedSale and ChannelTest of service.fiscal.
"""

from dataclasses import dataclass
from typing import Any

from appliance.domain.delivery import FiscalState
from appliance.domain.fiscal import Dialect, Mode
from appliance.domain.money import format_amount, parse_amount
from appliance.i18n import _, plural
from appliance.ui.presenter.eet import mode_text
from appliance.ui.presenter.eet_reasons import advice, reason_sentence, reason_text
from appliance.ui.presenter.lamp import GOOD, OFF, WAITS, WRONG
from appliance.ui.presenter.words import time_text


@dataclass(frozen=True)
class SaleRow:
    doc_id: str
    number: str
    detail: str
    amount: str
    state: str
    tone: str


def state_text(state: FiscalState) -> tuple[str, str]:
    """(word, tone) of a sale on the EET page."""
    return {
        FiscalState.WAITING: (_("čeká"), WAITS),
        FiscalState.PARKED: (_("odmítnuta"), WRONG),
        FiscalState.CONFIRMED: (_("potvrzena"), GOOD),
        FiscalState.VERIFIED_ONLY: (_("ověřena"), OFF),
    }[state]


def sale_row(sale: Any) -> SaleRow:
    """One line of the list of sales without a code."""
    word, tone = state_text(sale.state)
    when = f"{sale.sold_at.day}. {sale.sold_at.month}. {time_text(sale.sold_at)}"
    detail = [when, tries_text(sale.attempts), reason_text(sale.reason).rstrip(".")]
    return SaleRow(sale.doc_id, sale.number, " · ".join(filter(None, detail)), amount_text(sale.amount), word, tone)


def sold_text(sale: Any) -> str:
    """When and for how much."""
    at = sale.sold_at
    return f"{at.day}. {at.month}. {at.year} {time_text(at)} · {amount_text(sale.amount)} Kč"


def tries_text(attempts: int) -> str:
    if not attempts:
        return ""
    return f"{attempts} {plural(attempts, _('pokus'), _('pokusy'), _('pokusů'))}"


def amount_text(amount: str) -> str:
    """`188.50`, as it was sent, the way people write it."""
    return format_amount(parse_amount(amount))


@dataclass(frozen=True)
class SaleView:
    """What is known of one sale at the tax office. `code` is what a customer could ask for: `POK …`, `FIK …`."""

    state: str
    tone: str
    code: str
    bkp: str
    reason: str
    advice: str
    said: str  # the server's or the line's own words
    warnings: str
    parked: bool


def sale_view(found: Any) -> SaleView:
    sale = found.sale
    word, tone = state_text(sale.state)
    mark = mode_text(sale.mode) if sale.mode != Mode.LIVE else ""
    parked, is_open = sale.state == FiscalState.PARKED, sale.state in {FiscalState.PARKED, FiscalState.WAITING}
    name = "FIK" if sale.dialect == Dialect.V3 else "POK"
    return SaleView(
        state=" · ".join(filter(None, (_("EET: {word}").format(word=word), mark, tries_text(sale.attempts)))),
        tone=tone,
        code=f"{name} {found.code}" if found.code else "",
        bkp=f"BKP {found.bkp}" if found.bkp else "",
        reason=reason_text(sale.reason) if is_open else "",
        advice=advice(sale.reason, number=sale.number, correctable=sale.correctable) if is_open else "",
        said=sale.detail if is_open else "",
        warnings="; ".join(found.warnings),
        parked=parked,
    )


# ---- a test of the channel


def outcome_text(test: Any) -> tuple[str, str]:
    """(tone, sentence) of a test that has ended."""
    if test.outcome == "off":
        return OFF, _("EET je vypnuté a žádný režim nezačne, není co zkoušet.")
    if test.outcome != "passed":
        said = f" ({test.detail})" if test.detail else ""
        return WRONG, _("Spojení nefunguje. {reason}").format(reason=reason_sentence(test.outcome)) + said
    took = {"mode": mode_text(Mode(test.mode)), "ms": test.took_ms}
    if test.detail:
        sentence = _("Spojení funguje ({mode}), odpověď přišla za {ms} ms. Kód {code}.").format(
            code=test.detail, **took
        )
    else:
        sentence = _("Spojení funguje ({mode}), odpověď přišla za {ms} ms. Nic se neevidovalo.").format(**took)
    warnings = _(" Finanční správa upozorňuje: {warnings}").format(warnings="; ".join(test.warnings))
    return GOOD, sentence + (warnings if test.warnings else "")
