"""What people do at a till: sell, refund, count the drawer, open and close, edit items, ask for a sync."""

from collections.abc import Callable
from dataclasses import replace

from appliance.domain.catalogue import Item, ItemInvalid
from appliance.domain.money import Money, Quantity, crowns
from appliance.domain.pricelist import ApplyWhen
from appliance.domain.receipt import Receipt, RefundRefused
from appliance.domain.sale import PaymentRefused
from appliance.domain.stock import DraftLine, MoveKind, StockDraft
from appliance.domain.vat import VatClass
from appliance.service import cash, catalogue, checkout, print_queue, receipts, settings, shift, stock, sync
from appliance.service.errors import ServiceError
from tests.shops import ITEMS, cart_of
from tests.shops import cash as paid_in_cash
from tests.sim.machine import Machine

ITEM_IDS = tuple(f"item-{n}" for n in range(6))
LABELS = ("bar", "kiosk")
EANS = ("8594001021234", "40123455")
GOODS_MOVE = (MoveKind.GOODS_RECEIPT, MoveKind.STOCKTAKE, MoveKind.TRANSFER, MoveKind.WRITE_OFF)
REFUSALS = (ServiceError, PaymentRefused, RefundRefused, ItemInvalid)


class Person:
    """Works at one machine; every choice comes from the world's chance."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.world = machine.world
        self.on_screen: Item | None = None

    def act(self) -> None:
        often = self.machine.server.scenario.edits
        actions: tuple[tuple[int, Callable[[], str]], ...] = (
            (30, self.sell),
            (5, self.refund),
            (4, self.move_cash),
            (7, self.open_or_close),
            (round(12 * often), self.edit_item),
            (2, self.delete_item),
            (2, self.reprint),
            (2, self.open_drawer),
            (round(5 * often), self.ask_for_sync),
            (3, self.answer_printer),
            (2, self.switch_item_sync),
            (2, self.change_label),
            (5, self.move_goods),
        )
        weights = [weight for weight, _ in actions]
        (chosen,) = self.world.random.choices([action for _, action in actions], weights)
        try:
            said = chosen()
        except REFUSALS as error:
            said = f"refused: {type(error).__name__} {error}"
        self.world.note(self.machine.name, f"{chosen.__name__}: {said}")

    # ---- at the counter

    def sell(self) -> str:
        shop = self.machine.shop
        if shift.current_shift(shop) is None:
            return self.open_or_close()
        on_sale = [*ITEMS[:4], *(item for item in catalogue.items_in(shop, None, limit=8) if item.price)]
        items = self.world.random.choices(on_sale, k=self.world.random.randint(1, 3))
        cart = cart_of(*dict.fromkeys(items), quantity=Quantity(self.world.random.choice((1000, 2000, 500))))
        return self._issued(checkout.pay(shop, cart, (paid_in_cash(crowns(20_000)),)))

    def refund(self) -> str:
        sold = [row for row in receipts.recent(self.machine.shop, limit=5) if not row.refunded]
        if not sold:
            return "nothing to refund"
        chosen = self.world.random.choice(sold)
        return self._issued(receipts.refund(self.machine.shop, chosen.doc_id, reason="reklamace"))

    def _issued(self, receipt: Receipt) -> str:
        """The screen says it is sold: from now on it must not get lost."""
        self.machine.issued[receipt.doc_id] = receipt.number
        return f"{receipt.number} {receipt.paid.haler}"

    def move_cash(self) -> str:
        amount = crowns(self.world.random.choice((-300, 500)))
        cash.move_cash(self.machine.shop, amount, "odvod")
        return str(amount.haler)

    def open_drawer(self) -> str:
        cash.open_drawer(self.machine.shop, "rozměnění")
        return ""

    def open_or_close(self) -> str:
        if shift.current_shift(self.machine.shop) is None:
            return f"opened {shift.open_shift(self.machine.shop, crowns(1000)).number}"
        return f"closed {shift.close_shift(self.machine.shop, counted=crowns(1000)).number}"

    def reprint(self) -> str:
        sold = receipts.recent(self.machine.shop, limit=3)
        if sold:
            receipts.reprint(self.machine.shop, sold[0].doc_id)
        return sold[0].number if sold else "nothing"

    def move_goods(self) -> str:
        """Goods come, are counted, thrown away or taken to another warehouse."""
        chance = self.world.random
        line = DraftLine(chance.choice(ITEM_IDS), Quantity(chance.randint(1, 20) * 500), known=Quantity(0))
        kind = chance.choice(GOODS_MOVE)
        warehouse_id = settings.till_settings(self.machine.shop).warehouse_id
        draft = StockDraft(kind, warehouse_id, (line,), "sklad-2", "rozbité")
        stock.save_document(self.machine.shop, draft)
        return f"{kind} {line.item_id} {line.quantity.thousandths}"

    def answer_printer(self) -> str:
        print_queue.answer(self.machine.shop, print_again=self.world.chance(0.5))
        return ""

    # ---- price list and settings

    def edit_item(self) -> str:
        """Of what is listed, of what was listed when the screen was opened long ago, or something new."""
        shop, chance = self.machine.shop, self.world.random
        listed = catalogue.items_in(shop, None, limit=100)
        item = chance.choice(listed) if listed else self._new_item()
        if self.world.chance(0.15):
            item = self._new_item()
        elif self.on_screen and self.world.chance(0.2):
            item = self.on_screen
        self.on_screen = item
        match chance.randrange(4):
            case 0:
                item = replace(item, name=f"Zboží {chance.randint(1, 999)}")
            case 1:
                item = replace(item, price=Money(chance.randint(1, 50) * 100))
            case 2:
                eans = set(item.eans) ^ {chance.choice(EANS)}
                item = replace(item, eans=tuple(sorted(eans)))
            case _:
                labels = set(item.labels) ^ {chance.choice(LABELS)}
                item = replace(item, labels=tuple(sorted(labels)))
        catalogue.save_item(shop, item)
        return f"{item.item_id[:8]} {item.name} {item.price} {item.eans} {item.labels}"

    def _new_item(self) -> Item:
        return Item(self.world.new_id(), "Novinka", Money(1000), VatClass.STANDARD)

    def delete_item(self) -> str:
        listed = catalogue.items_in(self.machine.shop, None, limit=100)
        if not listed:
            return "nothing"
        item_id = self.world.random.choice(listed).item_id
        catalogue.delete_item(self.machine.shop, item_id)
        return item_id[:8]

    def ask_for_sync(self) -> str:
        sync.request_sync(self.machine.shop)
        return ""

    def switch_item_sync(self) -> str:
        on = not settings.item_sync_is_on(self.machine.shop)
        settings.switch_item_sync(self.machine.shop, on=on)
        return "on" if on else "off"

    def change_label(self) -> str:
        shop = self.machine.shop
        label = self.world.random.choice(("", *LABELS))
        now = settings.till_settings(shop)
        apply_when = self.world.random.choice(tuple(ApplyWhen))
        settings.save_settings(shop, replace(now, label=label, restricted=bool(label), apply_when=apply_when))
        return f"{label or 'all'} {apply_when}"
