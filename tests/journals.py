"""Valid journals of a till, made by the domain and the same every time: for tests of whoever reads a journal."""

import random
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone

from appliance.domain.cart import Cart, Discount, add_item, discount_bill
from appliance.domain.catalogue import Item
from appliance.domain.clock import iso
from appliance.domain.codec import to_json
from appliance.domain.fiscal import Dialect, Mode, Regime, Taxpayer
from appliance.domain.journal import (
    FIRST_PREV_HASH,
    WRITTEN_VERSION,
    EpochOpened,
    Kind,
    ReceiptFiscalised,
    Row,
    ShiftClosed,
    ShiftOpened,
    head_hex,
    make_row,
)
from appliance.domain.money import ZERO, Money, Quantity, crowns
from appliance.domain.receipt import (
    ClockState,
    Issue,
    Receipt,
    Seller,
    issue_receipt,
    lines_of_cart,
    receipt_number,
    refund_receipt,
)
from appliance.domain.reported import freeze_sale
from appliance.domain.sale import PaymentMethod, Tender, cash_due, settle
from appliance.domain.shift import shift_totals
from appliance.domain.vat import VatClass, VatStatus, percent_on
from appliance.wire import TillStatus, Upload, WireRow

PRAGUE_WINTER = timezone(timedelta(hours=1))
MORNING = datetime(2026, 11, 24, 8, 0, tzinfo=PRAGUE_WINTER)
SELLER = Seller(
    name="Potraviny U Mostu",
    address=("Mostní 12", "602 00 Brno"),
    ico="12345678",
    dic="CZ12345678",
    vat_status=VatStatus.VAT_PAYER,
    footer=("Děkujeme za nákup",),
)
GOODS = (
    ("Rohlík tukový", 350, VatClass.REDUCED),
    ("Mléko polotučné 1 l", 2490, VatClass.REDUCED),
    ("Káva zrnková Arabica 1 kg, pomalu pražená, v dóze s ventilem", 48900, VatClass.REDUCED),
    ("Pivo světlé výčepní 0,5 l", 1890, VatClass.STANDARD),
    ("Drogerie", 12950, VatClass.STANDARD),
    ("Sýr eidam 30 % plátky 100 g", 3290, VatClass.REDUCED),
)
REGIME = Regime(datetime(2026, 1, 1, tzinfo=PRAGUE_WINTER), Mode.PLAYGROUND, Dialect.V4)


@dataclass
class TillJournal:
    """A till that writes its journal: each method appends rows and moves its own clock on."""

    seed: int = 1
    prefix: str = "P1"
    name: str = "Pokladna 1"
    user: str = "Jana"
    at: datetime = MORNING
    seller: Seller = SELLER
    goods: Sequence[tuple[str, int, VatClass]] = GOODS
    reports: bool = True
    mode: Mode = Mode.PLAYGROUND
    rows: list[Row] = field(default_factory=list)
    shift_id: str = ""
    receipts: list[Receipt] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        self.till_id = self.new_id()
        self.series = self.prefix + "A"
        self.epoch = f"{self._random.getrandbits(64):016x}"
        self._n = 0
        self._shift_number = 0
        self._opened_at = ""
        self.append(Kind.EPOCH_OPENED, EpochOpened("first_start", self.series))

    def new_id(self) -> str:
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def append(self, kind: str, body: object, *, doc_id: str = "", v: int = 0) -> Row:
        return self.append_text(kind, to_json(body), doc_id=doc_id, v=v)

    def append_text(self, kind: str, body: str, *, doc_id: str = "", v: int = 0) -> Row:
        """In the version in which the kind is written now, unless told."""
        previous = self.rows[-1].hash if self.rows else FIRST_PREV_HASH
        row = make_row(
            previous,
            till_id=self.till_id,
            epoch=self.epoch,
            seq=len(self.rows) + 1,
            kind=kind,
            v=v or {str(known): written for known, written in WRITTEN_VERSION.items()}.get(kind, 1),
            doc_id=doc_id or self.new_id(),
            at=iso(self.at),
            body=body,
        )
        self.rows.append(row)
        return row

    def open_shift(self) -> None:
        self.shift_id = self.new_id()
        self.receipts = []
        self._opened_at = iso(self.at)
        self.append(Kind.SHIFT_OPENED, ShiftOpened(self.shift_id, self.user, crowns(2000)))

    def _issue(self, number: str) -> Issue:
        return Issue(
            doc_id=self.new_id(),
            number=number,
            issued_at=iso(self.at),
            clock=ClockState.VERIFIED,
            shift_id=self.shift_id,
            user=self.user,
            till=self.name,
        )

    def _taxpayer(self) -> Taxpayer:
        return Taxpayer("CZ12345678", "11", self.prefix)

    def sell(self, *, method: PaymentMethod | None = None, after: timedelta = timedelta(minutes=7)) -> Receipt:
        """One sale of a few goods, some with a discount, some split between card and cash."""
        self.at += after
        self._n += 1
        cart = Cart()
        for _ in range(self._random.randint(1, 4)):
            name, haler, vat_class = self._random.choice(list(self.goods))
            cart = add_item(
                cart,
                Item(name, name, Money(haler), vat_class),
                quantity=Quantity(1000 * self._random.randint(1, 3)),
            )
        if self._random.random() < 0.2:
            cart = discount_bill(cart, Discount(basis_points=1000))
        settlement = settle(cart.total, self._tenders(cart.total, method))
        number = receipt_number(self.series, self._n)
        percents = [percent_on(line.vat_class, self.at.date()) for line in cart.lines]
        payer = self.seller.vat_status == VatStatus.VAT_PAYER
        lines = lines_of_cart(cart, percents if payer else [None] * len(percents))
        return self._issued(issue_receipt(self._issue(number), self.seller, lines, settlement))

    def _tenders(self, total: Money, method: PaymentMethod | None) -> list[Tender]:
        chosen = method or self._random.choice([PaymentMethod.CASH, PaymentMethod.CASH, PaymentMethod.CARD])
        if chosen != PaymentMethod.CASH:
            return [Tender(chosen, total)]
        if method is None and total > crowns(300):
            card = Tender(PaymentMethod.CARD, crowns(200))
            return [card, Tender(PaymentMethod.CASH, cash_due(total, [card]))]
        return [Tender(PaymentMethod.CASH, cash_due(total, []) + crowns(self._random.choice([0, 0, 50, 100])))]

    def refund(self, original: Receipt, *, after: timedelta = timedelta(minutes=3)) -> Receipt:
        self.at += after
        self._n += 1
        number = receipt_number(self.series, self._n)
        return self._issued(
            refund_receipt(self._issue(number), original, reason="Reklamace zboží", already_refunded=False)
        )

    def _issued(self, receipt: Receipt) -> Receipt:
        if self.reports:
            receipt = replace(
                receipt, fiscal=freeze_sale(receipt, regime=replace(REGIME, mode=self.mode), taxpayer=self._taxpayer())
            )
        self.append(Kind.RECEIPT_ISSUED, receipt, doc_id=receipt.doc_id)
        self.receipts.append(receipt)
        return receipt

    def fiscalise(self, receipt: Receipt, *, warnings: tuple[str, ...] = ()) -> Row:
        """The confirmation; in the verification mode without a code."""
        code = "" if self.mode == Mode.VERIFICATION else f"{self.new_id()}-ff"
        body = ReceiptFiscalised(
            receipt_doc_id=receipt.doc_id,
            number=receipt.number,
            code=code,
            dialect=Dialect.V4.value,
            mode=self.mode.value,
            uuid=self.new_id(),
            test=self.mode == Mode.PLAYGROUND,
            first=True,
            warnings=warnings,
        )
        return self.append(Kind.RECEIPT_FISCALISED, body)

    def close_shift(self, *, over_short: Money = ZERO) -> ShiftClosed:
        self.at += timedelta(minutes=10)
        self._shift_number += 1
        totals = shift_totals(self.receipts, opening_float=crowns(2000), cash_moves=[])
        head = self.rows[-1]
        body = ShiftClosed(
            shift_id=self.shift_id,
            number=self._shift_number,
            user=self.user,
            opened_at=self._opened_at,
            totals=totals,
            counted=totals.cash_expected + over_short,
            over_short=over_short,
            head_seq=head.seq,
            head=head_hex(head.hash),
        )
        self.append(Kind.SHIFT_CLOSED, body)
        return body

    def day(self, *, sales: int, refund: bool = True) -> ShiftClosed:
        """A whole shift: opened, sold, fiscalised, one sale refunded, closed."""
        self.open_shift()
        for _ in range(sales):
            receipt = self.sell()
            if receipt.fiscal:
                self.fiscalise(receipt)
        if refund and self.receipts:
            self.refund(self.receipts[0])
        return self.close_shift()


def till_status(*, unsent: int = 0, eet_waiting: int = 0, eet_oldest_age_s: int = 0, printer: str = "ok") -> TillStatus:
    return TillStatus(
        version="0.1.0",
        unsent=unsent,
        eet_waiting=eet_waiting,
        eet_parked=0,
        eet_oldest_age_s=eet_oldest_age_s,
        printer=printer,
        clock="verified",
        disk_free_mb=12000,
        sent_at=iso(MORNING),
    )


def upload_of(rows: Sequence[Row], *, epoch: str, status: TillStatus | None = None) -> Upload:
    return Upload(epoch=epoch, rows=tuple(WireRow.of(row) for row in rows), status=status or till_status())
