"""S9, S10, S11 and S12 as the owner sees them: a receipt goes up; notification, Historie and Portál follow at once.

Where the receipt comes from is a parameter: `assert_owner_sees` takes a function that makes one and says which.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import requests
from playwright.sync_api import BrowserContext, Page, expect

from appliance.domain.money import Money, format_czk
from tests.backoffice.house import EMAIL, PASSWORD, pair_request
from tests.backoffice.test_serve import run, running
from tests.browser.chromium import HOST, NAME, browser
from tests.journals import TillJournal, upload_of

pytestmark = pytest.mark.browser


@dataclass(frozen=True)
class Made:
    """What the owner must see of one receipt."""

    doc_id: str
    number: str
    paid: Money
    till: str

    @property
    def notice(self) -> str:
        return f"Účtenka {self.number} · {format_czk(self.paid)} · {self.till}"


MakeReceipt = Callable[[], Made]
NOTICES = """async () => {
    const registration = await navigator.serviceWorker.ready;
    return (await registration.getNotifications()).map((n) => [n.tag, n.body, n.data.url]);
}"""


def sign_in(page: Page, address: str) -> None:
    page.goto(f"{address}/sign-in")
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Heslo").fill(PASSWORD)
    page.get_by_role("button", name="Přihlásit").click()
    expect(page.get_by_role("heading", name="Dnes", exact=True)).to_be_visible()


def assert_owner_sees(context: BrowserContext, address: str, make_receipt: MakeReceipt, *, before: Money) -> None:
    """Portál and Historie are open in two tabs; a receipt is made; both and the notification tell of it."""
    portal, history = context.pages[0], context.new_page()
    sign_in(portal, address)
    history.goto(f"{address}/receipts")
    for page in (portal, history):
        page.evaluate("window.loadedOnce = true")
        expect(page.locator("#live.on")).to_be_attached()
    made = make_receipt()
    row = history.locator("tbody tr").first
    expect(row).to_contain_text(made.number)
    expect(row).to_have_attribute("data-row", made.doc_id)
    expect(portal.locator("#turnover")).to_have_text(as_shown(before + made.paid))
    history.wait_for_function(f"({NOTICES})().then((all) => all.length === 1)")
    assert [[tag, plain(body), url] for tag, body, url in portal.evaluate(NOTICES)] == [
        [made.doc_id, plain(made.notice), f"/receipts/{made.doc_id}"]
    ]
    for page in (portal, history):
        assert page.evaluate("window.loadedOnce") is True


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def as_shown(amount: Money) -> str:
    return format_czk(amount).replace(" ", "\u00a0")


@dataclass
class Uploader:
    """A till that is only its journal and its token."""

    address: str
    ca: Path
    journal: TillJournal
    token: str

    @classmethod
    def paired(cls, address: str, ca: Path, code: str) -> "Uploader":
        now = datetime.now(ZoneInfo("Europe/Prague")).replace(microsecond=0)
        journal = TillJournal(seed=5, at=now)
        answer = requests.post(f"{address}/api/v1/pair", json=pair_request(journal, code), verify=str(ca), timeout=20)
        assert answer.status_code == 200, answer.text
        till = cls(address, ca, journal, answer.json()["token"])
        journal.open_shift()
        till.upload()
        return till

    def upload(self) -> None:
        body = upload_of(self.journal.rows, epoch=self.journal.epoch).model_dump_json()
        answer = requests.post(
            f"{self.address}/api/v1/tills/{self.journal.till_id}/journal",
            data=body.encode(),
            headers={"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"},
            verify=str(self.ca),
            timeout=20,
        )
        assert answer.status_code == 200, answer.text

    def make_receipt(self) -> Made:
        receipt = self.journal.sell(after=timedelta(0))
        self.upload()
        return Made(receipt.doc_id, receipt.number, receipt.paid, self.journal.name)


@contextmanager
def office(folder: Path) -> Iterator[tuple[str, Uploader]]:
    """A running Backoffice with one owner and one till; the address browsers use, and the till."""
    password = folder / "password"
    password.write_text(PASSWORD)
    assert run(folder, "owner", "create", EMAIL, "--password-file", str(password)).returncode == 0
    code = run(folder, "pairing-code", "--account", EMAIL).stdout.strip()
    with running(folder, "--host-name", HOST) as (address, ca):
        port = address.rpartition(":")[2]
        yield f"https://{NAME}:{port}", Uploader.paired(address, ca, code)


@pytest.mark.timeout(240)
def test_a_receipt_shows_in_notification_history_and_portal_without_a_reload(tmp_path: Path) -> None:
    folder = tmp_path / "backoffice"
    folder.mkdir()
    with office(folder) as (address, till), browser(tmp_path, ca_file=till.ca, origin=address) as context:
        assert_owner_sees(context, address, till.make_receipt, before=Money(0))
        leader, other = context.pages
        leader.close()
        made = till.make_receipt()
        expect(other.locator("tbody tr").first).to_contain_text(made.number)
        other.goto(f"{address}/notifications")
        for check in ("secure", "worker", "permission"):
            expect(other.locator(f"[data-check={check}]")).to_have_class("good")
