"""One fixed body of every journal kind: what the golden files hold."""

from dataclasses import replace

from appliance.domain.cart import Discount, discount_bill, discount_line
from appliance.domain.fiscal import Dialect, FrozenSale, Mode, Reporting
from appliance.domain.journal import (
    CashMoved,
    CategoryEdited,
    ClockCorrected,
    DrawerOpened,
    EpochOpened,
    FieldStamp,
    FiscalCorrected,
    ItemEdited,
    Kind,
    LineVoided,
    ReceiptFiscalised,
    ReceiptReprinted,
    RegimeStarted,
    RowsTakenOver,
    SettingsChanged,
    ShiftClosed,
    ShiftOpened,
    UserLoggedIn,
    WarehouseEdited,
)
from appliance.domain.money import Money, Quantity, crowns
from appliance.domain.receipt import Receipt, issue_receipt, lines_of_cart
from appliance.domain.reported import freeze_sale
from appliance.domain.sale import PaymentMethod, Tender, settle
from appliance.domain.shift import shift_totals
from appliance.domain.stock import MoveKind, StockMove, StockMoved
from tests.appliance.domain.strategies import issue, refund_of
from tests.shops import APPLES, PLAYGROUND, ROLL, SOAP, TAXPAYER, VAT_PAYER, cart_of

TILL_ID = "0b9c3f1e-5d5a-4f0e-9c1d-0a1b2c3d4e5f"
EPOCH = "00112233445566ff"
DOC_ID = "7d3a2b10-8c4e-4a6f-b1d2-3e4f50617283"
AT = "2027-02-01T08:00:00+01:00"
STAMP = f"1801465200000:0:{TILL_ID}"


def sale() -> Receipt:
    cart = cart_of(ROLL, SOAP, APPLES)
    cart = discount_bill(discount_line(cart, 2, Discount(basis_points=1000)), Discount(amount=Money(1000)))
    tenders = [Tender(PaymentMethod.VOUCHER, crowns(20)), Tender(PaymentMethod.CASH, crowns(100))]
    settlement = settle(cart.total, tenders)
    sold = issue_receipt(issue("P1A-000001", DOC_ID), VAT_PAYER, lines_of_cart(cart, [12, 21, 12]), settlement)
    return replace(sold, fiscal=freeze_sale(sold, regime=PLAYGROUND, taxpayer=TAXPAYER))


def sale_for_another() -> Receipt:
    """With what came in version 2: lines that say how they are reported, all of them sold for another taxpayer."""
    reporting = (Reporting.VOUCHER, Reporting.REPORTED, Reporting.NOT_REPORTED)
    lines = tuple(replace(line, reporting=said) for line, said in zip(sale().lines, reporting, strict=True))
    sold = replace(sale(), lines=lines, principal="CZ12345678")
    return replace(sold, fiscal=freeze_sale(sold, regime=PLAYGROUND, taxpayer=TAXPAYER))


SALE = sale()
TOTALS = shift_totals(
    [SALE, refund_of(SALE), replace(SALE, number="P1A-000003")], opening_float=crowns(1000), cash_moves=[crowns(-200)]
)

BODIES_BY_KIND: dict[Kind, object] = {
    Kind.EPOCH_OPENED: EpochOpened("fork", "P1B", EPOCH, 41, "ab" * 32, "shift-1"),
    Kind.SHIFT_OPENED: ShiftOpened("shift-1", "Jana Žáková", crowns(1000)),
    Kind.RECEIPT_ISSUED: replace(sale_for_another(), warehouse_id="warehouse-1"),
    Kind.RECEIPT_FISCALISED: ReceiptFiscalised(
        receipt_doc_id=DOC_ID,
        number="P1A-000001",
        code="b3a09b52-7c87-4014-a496-4c7a53cf9125-ff",
        dialect="v4",
        mode="playground",
        uuid="6c3a2b10-8c4e-4a6f-b1d2-3e4f50617283",
        test=True,
        first=True,
        warnings=("1 DIČ se liší",),
    ),
    Kind.RECEIPT_REPRINTED: ReceiptReprinted(DOC_ID, "P1A-000001", "Jana Žáková", "shift-1"),
    Kind.CASH_MOVED: CashMoved("shift-1", "Jana Žáková", crowns(-200), "nákup známek"),
    Kind.SHIFT_CLOSED: ShiftClosed(
        shift_id="shift-1",
        number=7,
        user="Jana Žáková",
        opened_at=AT,
        totals=TOTALS,
        counted=crowns(790),
        over_short=crowns(-10),
        head_seq=12,
        head="0123456789abcdef",
    ),
    Kind.ITEM_EDITED: ItemEdited(
        "item-roll", "Jana Žáková", (FieldStamp("name", '"Rohlík"', STAMP), FieldStamp("price", "null", STAMP)), False
    ),
    Kind.CATEGORY_EDITED: CategoryEdited("category-1", "Jana Žáková", (FieldStamp("position", "3", STAMP),)),
    Kind.WAREHOUSE_EDITED: WarehouseEdited("warehouse-1", "Jana Žáková", (FieldStamp("name", '"Sklep"', STAMP),)),
    Kind.SETTINGS_CHANGED: SettingsChanged("Jana Žáková", (FieldStamp("label", '"pokl1"', STAMP),), item_sync=True),
    Kind.STOCK_MOVED: StockMoved(
        MoveKind.STOCKTAKE,
        "Jana Žáková",
        (StockMove("warehouse-1", "item-roll", Quantity(-2000)),),
        note="po víkendu",
        counted=(Quantity(18000),),
    ),
    Kind.USER_LOGGED_IN: UserLoggedIn("user-1", "Jana Žáková", "shift-1"),
    Kind.CLOCK_CORRECTED: ClockCorrected(AT, "2026-11-24T09:00:00+01:00", "ntp"),
    Kind.LINE_VOIDED: LineVoided("shift-1", "Jana Žáková", "Jablka Gála", Quantity(345), Money(1377)),
    Kind.DRAWER_OPENED: DrawerOpened("shift-1", "Jana Žáková", "rozměnění"),
    Kind.REGIME_STARTED: RegimeStarted("live", "v4", "2027-01-01T00:00:00+01:00"),
    Kind.FISCAL_CORRECTED: FiscalCorrected(
        receipt_doc_id=DOC_ID,
        number="P1A-000001",
        user="Jana Žáková",
        reason="code_6 6: EIČ",
        before=FrozenSale(Dialect.V4, Mode.LIVE, {"eic_popl": "CZ00000000", "celk_trzba": "53.00"}),
        after=FrozenSale(Dialect.V4, Mode.LIVE, {"eic_popl": "CZ00000019", "celk_trzba": "53.00"}),
    ),
    Kind.ROWS_TAKEN_OVER: RowsTakenOver(EPOCH, 41, "backoffice"),
}

EARLIER_BODIES: dict[tuple[Kind, int], object] = {
    (Kind.RECEIPT_ISSUED, 1): SALE,
    (Kind.RECEIPT_ISSUED, 2): sale_for_another(),
}
"""What a body of a version that is no longer written means today."""
