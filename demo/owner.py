"""The owner in the Backoffice: signed in, reading pages and sending their forms, as a browser would."""

import json
import ssl
import time
import urllib.parse
import urllib.request
from html.parser import HTMLParser
from http.cookiejar import CookieJar
from pathlib import Path

from demo.processes import DemoFailed

WAIT_S = 30.0
ITEM_PATH = "/pricelist/items/"


class Owner:
    """One session. Raises urllib's own errors when the server refuses."""

    def __init__(self, url: str, ca_file: Path, *, email: str, password: str) -> None:
        self._url = url
        context = ssl.create_default_context(cafile=str(ca_file))
        self._browser = urllib.request.build_opener(
            urllib.request.HTTPSHandler(context=context), urllib.request.HTTPCookieProcessor(CookieJar())
        )
        sign_in = urllib.request.Request(
            f"{url}/api/v1/session",
            data=json.dumps({"email": email, "password": password}).encode(),
            headers={"Content-Type": "application/json"},
        )
        self._browser.open(sign_in).close()

    def summary(self) -> tuple[int, int]:
        """Count and sum in haléře of all receipts."""
        found = json.loads(self._get("/api/v1/receipts/summary"))
        return int(found["count"]), int(found["sum_haler"])

    # ---- the price list

    def has_item(self, name: str) -> bool:
        return self._item_path(name) is not None

    def wait_for_item(self, name: str, *, price_haler: int, labels: tuple[str, ...] = ()) -> None:
        """Until the item stands in Ceník with this price and at least these labels. Raises DemoFailed."""
        deadline = time.monotonic() + WAIT_S
        while time.monotonic() < deadline:
            path = self._item_path(name)
            if path is not None:
                form = self._item_form(path)
                price = form["price"].replace(" ", "").replace(",", "")
                if price == str(price_haler) and set(labels) <= set(form["labels"].split()):
                    return
            time.sleep(0.2)
        raise DemoFailed(f"{name} with the price {price_haler / 100:.2f} has not come to the Backoffice")

    def label(self, name: str, label: str) -> None:
        """One more label on an item (S19, S20)."""
        path = self._known(name)
        form = self._item_form(path)
        self._send(path, {**form, "labels": f"{form['labels']} {label}".strip()})

    def price(self, name: str, price: str) -> None:
        path = self._known(name)
        self._send(path, {**self._item_form(path), "price": price})

    def _known(self, name: str) -> str:
        path = self._item_path(name)
        if path is None:
            raise DemoFailed(f"{name} is not in the Backoffice's price list")
        return path

    def _item_path(self, name: str) -> str | None:
        page = _Page(self._get("/pricelist?" + urllib.parse.urlencode({"search": name})))
        return next((href for href, words in page.links if href.startswith(ITEM_PATH) and words == name), None)

    def _item_form(self, path: str) -> dict[str, str]:
        return _Page(self._get(path)).forms[path]

    def _get(self, path: str) -> str:
        with self._browser.open(self._url + path) as answer:
            return str(answer.read().decode())

    def _send(self, path: str, fields: dict[str, str]) -> None:
        request = urllib.request.Request(
            self._url + path, data=urllib.parse.urlencode(fields).encode(), headers={"Origin": self._url}
        )
        self._browser.open(request).close()


class _Page(HTMLParser):
    """`links` are (address, words); `forms` what each form would send as it stands, by its address."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[tuple[str, str]] = []
        self.forms: dict[str, dict[str, str]] = {}
        self._fields: dict[str, str] = {}
        self._href: str | None = None
        self._words = ""
        self._select = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._fields = {}
            self.forms.setdefault(values.get("action", ""), self._fields)
        elif tag == "input" and values.get("name"):
            if values.get("type") not in {"checkbox", "radio"} or "checked" in values:
                self._fields[values["name"]] = values.get("value", "on")
        elif tag == "select":
            self._select = values.get("name", "")
        elif tag == "option" and self._select and ("selected" in values or self._select not in self._fields):
            self._fields[self._select] = values.get("value", "")
        elif tag == "a":
            self._href, self._words = values.get("href", ""), ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._href is not None:
            self.links.append((self._href, " ".join(self._words.split())))
            self._href = None
        elif tag == "select":
            self._select = ""

    def handle_data(self, data: str) -> None:
        self._words += data
