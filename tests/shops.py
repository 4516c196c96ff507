"""Tills for tests: a real `Shop` on a real SQLite file, a clock to set, ids that repeat, wake-ups that are kept."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

from appliance.domain.cart import Cart, add_item
from appliance.domain.catalogue import Item, Unit
from appliance.domain.clock import iso
from appliance.domain.fiscal import Mode, Regime, Taxpayer
from appliance.domain.money import ONE, Money, Quantity, crowns
from appliance.domain.receipt import ClockState, Receipt, Seller
from appliance.domain.sale import PaymentMethod, Tender
from appliance.domain.vat import VatClass, VatStatus
from appliance.service import checkout, shift
from appliance.service.identity import ensure_identity
from appliance.service.shop import Shop
from appliance.store.db import Store

PRAGUE = ZoneInfo("Europe/Prague")
OPENING = datetime(2027, 2, 1, 8, 0, 0, tzinfo=PRAGUE)
PLAYGROUND = Regime(datetime(2027, 1, 1, tzinfo=PRAGUE), Mode.PLAYGROUND)
TAXPAYER = Taxpayer(eic="CZ00000019", id_jednotky="141", id_pokl="1")
BOOT = "boot-1"
FLOAT = crowns(1000)

VAT_PAYER = Seller(
    "Potraviny U Lípy", ("Lipová 7", "602 00 Brno"), "00000019", "CZ00000019", VatStatus.VAT_PAYER, ("Na shledanou",)
)
NON_PAYER = replace(VAT_PAYER, dic="", vat_status=VatStatus.NON_PAYER)

ROLL = Item("item-roll", "Rohlík tukový", Money(290), VatClass.REDUCED, plu="1", eans=("8594001021234",))
SOAP = Item("item-soap", "Mýdlo s jelenem", Money(4990), VatClass.STANDARD, plu="2", eans=("8594002030405", "40123455"))
APPLES = Item("item-apples", "Jablka Gála", Money(3990), VatClass.REDUCED, plu="3", unit=Unit.KILOGRAM)
STAMPS = Item("item-stamps", "Poštovní známka", Money(2700), VatClass.ZERO, plu="4")
OTHER = Item("item-other", "Ostatní zboží", None, VatClass.STANDARD, plu="9")
ITEMS = (ROLL, SOAP, APPLES, STAMPS, OTHER)


@dataclass
class Clock:
    """A clock that stands still until it is set; it may go back."""

    at: datetime = OPENING

    def __call__(self) -> datetime:
        return self.at

    def forward(self, **delta: float) -> None:
        self.at += timedelta(**delta)

    def back(self, **delta: float) -> None:
        self.at -= timedelta(**delta)


@dataclass
class Wakes:
    """Who was woken, in order."""

    names: list[str] = field(default_factory=list)

    def __call__(self, *names: str) -> None:
        self.names += names


def counted_ids(node: int = 0) -> Callable[[], str]:
    """UUIDv4 texts that are the same in every run; another `node` gives others."""
    n = node << 64

    def next_id() -> str:
        nonlocal n
        n += 1
        return str(UUID(int=n, version=4))

    return next_id


def counted_epochs() -> Callable[[], str]:
    n = 0

    def next_epoch() -> str:
        nonlocal n
        n += 1
        return f"{n:016x}"

    return next_epoch


@dataclass
class TestShop:
    """A shop with the handles a test wants. `shop` is what the code under test is given."""

    __test__ = False

    shop: Shop
    clock: Clock
    wakes: Wakes

    @property
    def store(self) -> Store:
        return self.shop.store


def make_shop(
    folder: Path,
    *,
    seller: Seller = VAT_PAYER,
    regimes: tuple[Regime, ...] = (PLAYGROUND,),
    clock: Clock | None = None,
    clock_state: ClockState = ClockState.VERIFIED,
    prefix: str = "P1",
    node: int = 0,
    boot: str = BOOT,
) -> TestShop:
    """A till in `folder`, made at its first start; opening the same folder again finds it as it was left."""
    clock = clock or Clock()
    wakes = Wakes()
    new_id = counted_ids(node)
    store = Store(folder / "till.db")
    ensure_identity(
        store, new_id=new_id, new_epoch=counted_epochs(), prefix=prefix, board_serial="board-1", at=iso(clock())
    )
    shop = Shop(
        store=store,
        seller=seller,
        till_name="Pokladna 1",
        user="Jana",
        taxpayer=TAXPAYER,
        regimes=regimes,
        boot=boot,
        now=clock,
        new_id=new_id,
        new_message_id=new_id,
        wake=wakes,
        clock=lambda: clock_state,
    )
    return TestShop(shop, clock, wakes)


def open_for_sale(shop: Shop, *, opening_float: Money = FLOAT) -> None:
    shift.open_shift(shop, opening_float)


def cart_of(*items: Item, quantity: Quantity = ONE) -> Cart:
    cart = Cart()
    for item in items:
        cart = add_item(cart, item, quantity=quantity)
    return cart


def cash(amount: Money) -> Tender:
    return Tender(PaymentMethod.CASH, amount)


def card(amount: Money) -> Tender:
    return Tender(PaymentMethod.CARD, amount)


def sell(shop: Shop, *items: Item, tenders: tuple[Tender, ...] | None = None) -> Receipt:
    """One sale in the open shift, paid with a note of 5000 crowns unless told otherwise."""
    return checkout.pay(shop, cart_of(*(items or (ROLL, SOAP))), tenders or (cash(crowns(5000)),))


def rows(shop: Shop, sql: str, *parameters: object) -> list[tuple[object, ...]]:
    """What really stands in the file, by plain SQL."""
    return [tuple(row) for row in shop.store._db.execute_sql(sql, parameters).fetchall()]


def count(shop: Shop, table: str) -> int:
    (found,) = rows(shop, f"SELECT count(*) FROM {table}")[0]
    assert isinstance(found, int)
    return found


def kinds(shop: Shop) -> list[str]:
    """The journal's kinds in order."""
    return [str(kind) for (kind,) in rows(shop, "SELECT kind FROM journal ORDER BY row")]
