"""Documents as elements of paper: receipt, X report, closing, goods moved. Pure; widths in characters of normal size.

`measure` gives a text as the printer will show it, so that columns stand straight when a character is replaced.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from appliance.domain.clock import parse_iso
from appliance.domain.delivery import FiscalState
from appliance.domain.fiscal import Dialect, Mode
from appliance.domain.journal import ShiftClosed
from appliance.domain.money import ZERO, Money, Quantity, format_amount, format_difference, format_quantity
from appliance.domain.receipt import Receipt, ReceiptKind, ReceiptLine
from appliance.domain.sale import PaymentMethod
from appliance.domain.shift import ShiftTotals
from appliance.domain.stock import MoveKind, StockSlip
from appliance.domain.vat import VatRow, VatStatus
from appliance.i18n import _
from drivers.ports import Align, Cut, Element, Feed, Rule, Size, Text

Measure = Callable[[str], str]


@dataclass(frozen=True)
class Paper:
    """The width of the paper, and a text as the printer shows it."""

    width_chars: int
    measure: Measure


@dataclass(frozen=True)
class FiscalView:
    """What is known about the report of a receipt when its footer is printed; None for a receipt not reported.

    `code` is the POK or FIK; `pkp` and `bkp` are those of EET 1; each is '' until it is there. `data` is what is sent.
    """

    mode: Mode
    state: FiscalState
    code: str
    dialect: Dialect = Dialect.V4
    pkp: str = ""
    bkp: str = ""
    data: Mapping[str, str] = field(default_factory=dict)

    @property
    def server_code(self) -> str:
        return self.code if self.state == FiscalState.CONFIRMED else ""


def receipt_head(receipt: Receipt, paper: Paper, *, is_copy: bool) -> list[Element]:
    """The shop; everything above the document's number."""
    seller = receipt.seller
    out: list[Element] = []
    if is_copy:
        out += copy_mark()
    if receipt.fiscal and receipt.fiscal.mode == Mode.PLAYGROUND:
        out.append(_test_mark())
    out += _lines(paper, seller.name, bold=True, size="tall", align="center")
    for line in seller.address:
        out += _centered(paper, line)
    if seller.ico:
        ids = _("IČO {ico}").format(ico=seller.ico)
        if seller.dic and seller.vat_status != VatStatus.NON_PAYER:
            ids += "  " + _("DIČ {dic}").format(dic=seller.dic)
        out += _centered(paper, ids)
    if seller.vat_status == VatStatus.NON_PAYER:
        out += _centered(paper, _("Nejsem plátce DPH"))
    elif seller.vat_status == VatStatus.IDENTIFIED_PERSON:
        out += _centered(paper, _("Nejsem plátce DPH (identifikovaná osoba)"))
    out.append(Rule())
    return out


def receipt_body(receipt: Receipt, paper: Paper) -> list[Element]:
    """From the document's number to the VAT table."""
    at = parse_iso(receipt.issued_at)
    out: list[Element] = [*_pair(paper, _title(receipt), receipt.number, bold=True)]
    out += _pair(paper, at.strftime("%d.%m.%Y %H:%M:%S"), receipt.till)
    out += _lines(paper, _("Obsluha: {user}").format(user=receipt.user))
    if receipt.principal:
        out += _lines(paper, _("Prodej za poplatníka {number}").format(number=receipt.principal))
    if receipt.original:
        out += _lines(paper, _("Vrací účtenku {number}").format(number=receipt.original.number))
        out += _lines(paper, _("Důvod: {reason}").format(reason=receipt.reason))
    out.append(Rule())
    for line in receipt.lines:
        out += _line(line, paper)
    out.append(Rule())
    out += _sums(receipt, paper)
    if receipt.vat:
        out += _vat_table(receipt.vat, paper)
    return out


def fiscal_footer(receipt: Receipt, view: FiscalView | None, paper: Paper) -> list[Element]:
    """The fiscal block, the shop's last words and the cut. No code is ever invented."""
    out: list[Element] = []
    if view is not None:
        out += [Rule(), *_fiscal_block(view, paper)]
    if receipt.seller.footer:
        out.append(Feed(1))
        for line in receipt.seller.footer:
            out += _centered(paper, line)
    return [*out, Feed(1), Cut()]


def _fiscal_block(view: FiscalView, paper: Paper) -> list[Element]:
    if view.mode == Mode.VERIFICATION:
        return [*_centered(paper, _("OVĚŘOVACÍ REŽIM – tržba není evidována"), bold=True)]
    out: list[Element] = []
    if view.mode == Mode.PLAYGROUND:
        out.append(_test_mark())
        out += _centered(paper, _("Zkušební prostředí EET, tržba není evidována"), bold=True)
    if not view.server_code:
        out += _centered(paper, _code_later(view.mode))
    if view.dialect == Dialect.V3:
        return out + _v3_block(view, paper)
    return out + _code(paper, "POK", view.server_code)


def _code_later(mode: Mode) -> str:
    """What stands in the place of a code that has not come; practice promises nobody a report."""
    later = _("Evidence tržby bude odeslána dodatečně")
    return _("Zkušební kód zatím nepřišel") if mode == Mode.PLAYGROUND else later


def _v3_block(view: FiscalView, paper: Paper) -> list[Element]:
    """What a receipt of EET 1 carries (Act 112/2016, § 20): the BKP always, the PKP where there is no FIK."""
    out = [*_code(paper, "FIK", view.server_code), *_code(paper, "BKP", view.bkp)]
    if not view.server_code:
        out += _code(paper, "PKP", view.pkp)
    out += _lines(paper, _("Běžný režim"))
    for word, name in ((_("DIČ"), "dic_popl"), (_("Provozovna"), "id_provoz"), (_("Pokladna"), "id_pokl")):
        out += _code(paper, word, view.data.get(name, ""))
    return out


def _code(paper: Paper, word: str, code: str) -> list[Element]:
    """A code that is there; of one that is not, nothing is printed."""
    return [*_lines(paper, f"{word}: {code}")] if code else []


def _test_mark() -> Text:
    """Nobody shall take a receipt of the playground for a real one."""
    return Text(_("TEST"), bold=True, size="double", align="center")


def interrupted_slip() -> list[Element]:
    """Ends a paper on which an earlier document may stand half printed."""
    return [Text(_("--- tisk přerušen ---"), bold=True, align="center"), Feed(1), Cut()]


def copy_mark() -> list[Element]:
    """Stands above everything that is printed a second time."""
    return [Text(_("KOPIE"), bold=True, size="double", align="center")]


def x_document(totals: ShiftTotals, paper: Paper, *, shop: str, number: int, user: str, at: str) -> list[Element]:
    out: list[Element] = [*_lines(paper, shop, bold=True, size="tall", align="center")]
    out.append(Text(_("Průběžná uzávěrka (X)"), bold=True, align="center"))
    out.append(Rule())
    out += _pair(paper, _("Směna č. {number}").format(number=number), _moment(at))
    out += _lines(paper, _("Obsluha: {user}").format(user=user))
    return [*out, Rule(), *_totals(totals, paper), Feed(1), Cut()]


def closing_document(closed: ShiftClosed, paper: Paper, *, shop: str, closed_at: str) -> list[Element]:
    """The Z: totals, counted cash, and the journal's head that anchors everything before it (B5)."""
    out: list[Element] = [*_lines(paper, shop, bold=True, size="tall", align="center")]
    out.append(Text(_("Denní uzávěrka (Z)"), bold=True, align="center"))
    out.append(Rule())
    out += _pair(paper, _("Uzávěrka č. {number}").format(number=closed.number), _moment(closed_at))
    out += _pair(paper, _("Otevřeno"), _moment(closed.opened_at))
    out += _lines(paper, _("Obsluha: {user}").format(user=closed.user))
    out.append(Rule())
    out += _totals(closed.totals, paper)
    out += _pair(paper, _("Spočítáno v zásuvce"), format_amount(closed.counted))
    word = _("Přebytek") if closed.over_short > ZERO else _("Manko") if closed.over_short < ZERO else _("Rozdíl")
    out += _pair(paper, word, format_amount(closed.over_short), bold=bool(closed.over_short))
    out.append(Rule())
    out += _lines(paper, _("Otisk žurnálu {seq}:{head}").format(seq=closed.head_seq, head=closed.head))
    return [*out, Feed(1), Cut()]


def stock_document(slip: StockSlip, paper: Paper, *, shop: str, at: str) -> list[Element]:
    """What came, is gone, went elsewhere or was counted; of a count, what was known and how they differ."""
    out: list[Element] = [*_lines(paper, shop, bold=True, size="tall", align="center")]
    out += _centered(paper, _(MOVE_WORDS[slip.kind]), bold=True)
    out.append(Rule())
    out += _pair(paper, _moment(at), slip.warehouse)
    if slip.to_name:
        out += _pair(paper, _("Do skladu"), slip.to_name)
    out += _lines(paper, _("Obsluha: {user}").format(user=slip.user))
    if slip.note:
        out += _lines(paper, slip.note)
    out.append(Rule())
    for line in slip.lines:
        out += _pair(paper, line.name, f"{format_quantity(line.quantity)} {line.unit}")
        if slip.kind == MoveKind.STOCKTAKE:
            difference = format_difference(Quantity(line.quantity.thousandths - line.known.thousandths))
            left = "  " + _("ve stavu {known}, rozdíl").format(known=format_quantity(line.known))
            out += _pair(paper, left, difference, bold=line.quantity != line.known)
    out.append(Rule())
    return [*out, *_pair(paper, _("Položek"), str(len(slip.lines))), Feed(1), Cut()]


MOVE_WORDS = {
    MoveKind.GOODS_RECEIPT: "Příjem na sklad",
    MoveKind.STOCKTAKE: "Inventura",
    MoveKind.TRANSFER: "Převodka",
    MoveKind.WRITE_OFF: "Odpis ze skladu",
}

METHOD_WORDS = {
    PaymentMethod.CASH: "Hotově",
    PaymentMethod.CARD: "Kartou",
    PaymentMethod.VOUCHER: "Poukaz",
    PaymentMethod.MEAL_TICKET: "Stravenka",
    PaymentMethod.TRANSFER: "Převodem",
}


def _title(receipt: Receipt) -> str:
    payer = receipt.seller.vat_status == VatStatus.VAT_PAYER
    if receipt.kind == ReceiptKind.REFUND:
        return _("Opravný daňový doklad") if payer else _("Storno účtenky")
    return _("Zjednodušený daňový doklad") if payer else _("Účtenka")


def _line(line: ReceiptLine, paper: Paper) -> list[Element]:
    out: list[Element] = [*_lines(paper, line.name)]
    rate = f"  ({line.vat_percent} %)" if line.vat_percent is not None else ""
    left = f"  {format_quantity(line.quantity)} {line.unit} × {format_amount(line.unit_price)}{rate}"
    out += _pair(paper, left, format_amount(line.total + line.line_discount + line.bill_discount_share))
    if line.line_discount:
        out += _pair(paper, "  " + _("sleva"), format_amount(-line.line_discount))
    if line.bill_discount_share:
        out += _pair(paper, "  " + _("sleva z účtu"), format_amount(-line.bill_discount_share))
    return out


def _sums(receipt: Receipt, paper: Paper) -> list[Element]:
    out: list[Element] = []
    if receipt.rounding:
        out += _pair(paper, _("Celkem"), format_amount(receipt.total))
        out += _pair(paper, _("Zaokrouhlení"), format_amount(receipt.rounding))
    wide = Paper(paper.width_chars // 2, paper.measure)
    word = _("K VRÁCENÍ") if receipt.kind == ReceiptKind.REFUND else _("K ÚHRADĚ Kč")
    out += _pair(wide, word, format_amount(receipt.paid), bold=True, size="double")
    for payment in receipt.payments:
        amount = receipt.tendered if payment.method == PaymentMethod.CASH and receipt.tendered else payment.amount
        out += _pair(paper, _(METHOD_WORDS[payment.method]), format_amount(amount))
    if receipt.change:
        out += _pair(paper, _("Vráceno"), format_amount(receipt.change), bold=True)
    return out


def _vat_table(rows: Sequence[VatRow], paper: Paper) -> list[Element]:
    """A table; where its amounts are too long for the paper, one under the other."""
    head = (_("DPH"), _("Základ"), _("Daň"), _("Celkem"))
    amounts = [[format_amount(amount) for amount in (row.base, row.tax, row.gross)] for row in rows]
    first, rest = _column_widths(paper)
    out: list[Element] = [Rule()]
    if all(len(paper.measure(amount)) < rest for each in amounts for amount in each):
        for name, *cells in (head, *((f"{row.percent} %", *each) for row, each in zip(rows, amounts, strict=True))):
            line = f"{paper.measure(name):<{first}}" + "".join(f"{paper.measure(cell):>{rest}}" for cell in cells)
            out.append(Text(line))
        return out
    for row, each in zip(rows, amounts, strict=True):
        out += _lines(paper, f"{head[0]} {row.percent} %")
        for word, amount in zip(head[1:], each, strict=True):
            out += _pair(paper, "  " + word, amount)
    return out


def _totals(totals: ShiftTotals, paper: Paper) -> list[Element]:
    out: list[Element] = []

    def pair(word: str, amount: Money, *, bold: bool = False) -> None:
        out.extend(_pair(paper, word, format_amount(amount), bold=bold))

    out += _pair(paper, _("Dokladů"), str(totals.count))
    if totals.refund_count:
        out += _pair(paper, _("z toho storno"), str(totals.refund_count))
        pair(_("Vráceno celkem"), totals.refund_total)
    if totals.first_number:
        out += _pair(paper, _("Čísla"), f"{totals.first_number} – {totals.last_number}")
    pair(_("TRŽBA Kč"), totals.total, bold=True)
    for method in totals.by_method:
        pair("  " + _(METHOD_WORDS[method.method]), method.amount)
    if totals.discounts:
        pair(_("Slevy"), totals.discounts)
    if totals.rounding:
        pair(_("Zaokrouhlení"), totals.rounding)
    if totals.vat:
        out += _vat_table(totals.vat, paper)
    out.append(Rule())
    pair(_("Počáteční hotovost"), totals.opening_float)
    if totals.cash_moved:
        pair(_("Vklady a výběry"), totals.cash_moved)
    pair(_("Hotovost má být"), totals.cash_expected)
    return out


def _moment(at: str) -> str:
    return parse_iso(at).strftime("%d.%m.%Y %H:%M")


def _pair(paper: Paper, left: str, right: str, *, bold: bool = False, size: Size = "normal") -> list[Text]:
    """Left and right on one line. What is too long goes on over more lines: nothing is cut, least of all an amount."""
    left, right = paper.measure(left), paper.measure(right)
    room = paper.width_chars - len(right) - 1
    if len(left) <= room:
        lines = [f"{left:<{room}} {right}"]
    else:
        lines = _wrap(paper, left) or [""]
        if len(lines[-1]) <= room:
            lines[-1] = f"{lines[-1]:<{room}} {right}"
        else:
            lines += [f"{part:>{paper.width_chars}}" for part in _wrap(paper, right)]
    return [Text(line, bold=bold, size=size) for line in lines]


def _lines(paper: Paper, text: str, *, bold: bool = False, size: Size = "normal", align: Align = "left") -> list[Text]:
    """A text over as many lines as it needs; `tall` is as wide as normal."""
    return [Text(line, bold=bold, size=size, align=align) for line in _wrap(paper, text)]


def _centered(paper: Paper, text: str, *, bold: bool = False) -> list[Text]:
    return _lines(paper, text, bold=bold, align="center")


def _column_widths(paper: Paper) -> tuple[int, int]:
    """Four columns: a narrow one on the left, and three of one width for amounts."""
    first = 6 if paper.width_chars >= 42 else 5
    return first, (paper.width_chars - first) // 3


def _wrap(paper: Paper, text: str) -> list[str]:
    """The text in lines of the paper's width, broken at spaces where there are any."""
    lines: list[str] = []
    line = ""
    for word in paper.measure(text).split():
        candidate = f"{line} {word}" if line else word
        if len(candidate) <= paper.width_chars:
            line = candidate
            continue
        if line:
            lines.append(line)
        while len(word) > paper.width_chars:
            lines.append(word[: paper.width_chars])
            word = word[paper.width_chars :]  # noqa: PLW2901 -- what is left of a word longer than the paper
        line = word
    return [*lines, line] if line else lines
