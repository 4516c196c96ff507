"""What may have happened to EET on the demo shop's till: for its pictures, and for the tests of its screens."""

from dataclasses import asdict
from datetime import timedelta
from pathlib import Path

from appliance.domain.cart import Cart, add_item
from appliance.domain.clock import iso
from appliance.domain.delivery import FiscalState
from appliance.domain.money import crowns
from appliance.domain.sale import PaymentMethod, Tender
from appliance.dropbox import DropBox
from appliance.service import catalogue, checkout, shift
from appliance.service.certificates import CERTIFICATE_NOTE, IMPORT_NOTE, ImportResult
from appliance.service.shop import Shop
from appliance.service.status import EET_NOTE, EET_WARNING_NOTE
from appliance.store import fiscal, queues
from appliance.wake import WakeListener

CASH = Tender(PaymentMethod.CASH, crowns(200_000))
REFUSED = (
    ("code_6", "6: Chybna struktura EIC"),
    ("code_8_too_long", "8: Datova zprava nebyla zpracovana kvuli technicke chybe nebo chybe dat"),
    ("soap_fault", "soapenv:Client: Message cannot be parsed"),
)
LATE = (("timeout", "read timed out"), ("http_status", "503"), ("connect", "connection refused"), ("", ""))
POK = "7b66f7d3-86c7-4de6-8c56-fbf17af49411-ff"


def sell(shop: Shop, *item_ids: str) -> str:
    """One sale paid in cash; its doc_id. Opens the till when it is closed."""
    if shift.current_shift(shop) is None:
        shift.open_shift(shop, crowns(1500))
    cart = Cart()
    for item_id in item_ids:
        cart = add_item(cart, catalogue.load_item(shop, item_id))
    return checkout.pay(shop, cart, (CASH,)).doc_id


def has_certificate(shop: Shop, *, days: int = 201, environment: str = "production") -> None:
    """As the daemon notes it."""
    facts = {
        "eic": shop.taxpayer.eic, "environment": environment, "issuer": "CA EET", "serial": "17", "problem": "",
        "warning": "", "fingerprint": "5a" * 32, "valid_from": iso(shop.now() - timedelta(days=365 - days)),
        "valid_to": iso(shop.now() + timedelta(days=days, hours=1)),
    }  # fmt: skip
    with shop.mark() as tables:
        queues.set_note(tables, CERTIFICATE_NOTE, facts, at=iso(shop.now()))


def all_is_well(shop: Shop) -> None:
    """A few sales, all confirmed."""
    has_certificate(shop)
    for item_ids in (("item-02", "item-06"), ("item-20",), ("item-01", "item-08")):
        doc_id = sell(shop, *item_ids)
        with shop.fact() as tables:
            fiscal.update_record(tables, doc_id, state=FiscalState.CONFIRMED.value, code=POK)


def much_is_wrong(shop: Shop, *, waiting: int = 9) -> list[str]:
    """Refused sales, others that wait, a channel that fails, a certificate near its end. The refused ones' doc_ids."""
    has_certificate(shop, days=12)
    refused = [sell(shop, "item-29") for _ in REFUSED]
    late = [sell(shop, "item-02", f"item-{n % 20 + 1:02d}") for n in range(waiting)]
    with shop.fact() as tables:
        for doc_id, (reason, detail) in zip(refused, REFUSED, strict=True):
            _set(shop, doc_id, FiscalState.PARKED, f"{reason} {detail}", attempts=3)
        for n, doc_id in enumerate(late):
            reason, detail = LATE[min(n, len(LATE) - 1)]
            _set(shop, doc_id, FiscalState.WAITING, f"{reason} {detail}".strip(), attempts=waiting - n)
            made_at = iso(shop.now() - timedelta(minutes=4 * (waiting - n)))
            fiscal.update_record(tables, doc_id, created_at=made_at)
        note = {"fault": "channel:connect", "since": iso(shop.now() - timedelta(minutes=42))}
        queues.set_note(tables, EET_NOTE, note, at=iso(shop.now()))
        warned = {"number": "P1A-000001", "warnings": ["6: cislo jednotky nema obvyklou podobu"]}
        queues.set_note(tables, EET_WARNING_NOTE, warned, at=iso(shop.now()))
    return refused


class RefusingDaemon:
    """Takes the next key store from the drop box and says that it belongs to somebody else."""

    def __init__(self, shop: Shop, folder: Path) -> None:
        self._shop = shop
        self._ear = WakeListener(folder, "sync")
        self._box = DropBox(folder)

    def answer(self) -> None:
        while not (dropped := list(self._box.take())):
            self._ear.wait(1.0)
        result = ImportResult(
            dropped[0].request_id, "foreign_certificate", found="CZ99887766", expected=self._shop.taxpayer.eic
        )
        with self._shop.mark() as tables:
            queues.set_note(tables, IMPORT_NOTE, [asdict(result)], at=iso(self._shop.now()))

    def close(self) -> None:
        self._ear.close()


def plug_in_a_stick(folder: Path) -> None:
    """With two files on it that may be certificates, where the demo shop's till looks for them."""
    for name in ("FLASH/eet-pokladna-1.p12", "FLASH/zaloha 2026/certifikat-stary.pfx"):
        path = folder / "media" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"no real key store")


def _set(shop: Shop, doc_id: str, state: FiscalState, reason: str, *, attempts: int) -> None:
    fiscal.update_record(shop.tables, doc_id, state=state.value, reason=reason, attempts=attempts)
