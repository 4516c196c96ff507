import pytest

from backoffice.guard import FORM_BYTES_MAX
from tests.backoffice.house import EMAIL, PASSWORD, Shop


@pytest.mark.parametrize("address", ["/", "/sign-in", "/static/app.js", "/sw.js", "/nowhere", "/api/v1/nowhere"])
def test_every_answer_carries_the_security_headers(shop: Shop, address: str) -> None:
    headers = shop.browser.get(address).headers
    policy = headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("address", ["/", "/receipts", "/closings", "/tills", "/notifications"])
def test_no_page_needs_what_the_policy_forbids(shop: Shop, address: str) -> None:
    page = shop.browser.get(address).text
    assert "<style" not in page
    assert " style=" not in page
    assert "<script>" not in page
    assert " onclick" not in page
    assert "http://" not in page.replace("http://www.w3.org", "")


def test_a_form_from_another_site_is_refused(shop: Shop) -> None:
    answer = shop.browser.post("/sign-out", data={"csrf": shop.csrf()}, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert shop.browser.get("/").status_code == 200


def test_a_form_that_is_too_large_is_refused(shop: Shop) -> None:
    answer = shop.browser.post("/sign-in", data={"email": EMAIL, "password": PASSWORD + "x" * FORM_BYTES_MAX})
    assert answer.status_code == 413


def test_pages_are_not_kept_and_static_files_are(shop: Shop) -> None:
    assert shop.browser.get("/").headers["cache-control"] == "no-store"
    assert "immutable" in shop.browser.get("/static/app.css").headers["cache-control"]


def test_that_a_static_file_is_missing_is_not_kept(shop: Shop) -> None:
    answer = shop.browser.get("/static/of-the-next-version.js")
    assert (answer.status_code, answer.headers["cache-control"]) == (404, "no-store")
