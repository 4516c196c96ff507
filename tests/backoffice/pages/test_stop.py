from fastapi.testclient import TestClient

from backoffice.app import app_of
from tests.backoffice.house import Shop


def test_an_unknown_address_is_a_page_for_people_and_a_problem_for_programs(shop: Shop) -> None:
    page = shop.browser.get("/nikde")
    assert (page.status_code, "Nenalezeno" in page.text) == (404, True)
    answer = shop.browser.get("/api/v1/nowhere")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_a_form_that_is_out_of_date_says_so(shop: Shop) -> None:
    answer = shop.browser.post("/sign-out", data={"csrf": "old"})
    assert (answer.status_code, "Formulář už neplatí" in answer.text) == (403, True)


def test_a_fault_tells_nothing_of_the_inside(shop: Shop) -> None:
    app = app_of(shop.site)

    @app.get("/api/v1/fault")
    def fault() -> None:
        raise RuntimeError("secret detail")

    browser = TestClient(app, base_url="https://testserver", raise_server_exceptions=False)
    answer = browser.get("/api/v1/fault")
    assert (answer.status_code, answer.json()) == (500, {"code": "server_error", "detail": ""})


def test_a_page_that_could_not_be_made_is_as_well_guarded_as_others(shop: Shop) -> None:
    app = app_of(shop.site)

    @app.get("/fault")
    def fault() -> None:
        raise RuntimeError

    answer = TestClient(app, base_url="https://testserver", raise_server_exceptions=False).get("/fault")
    assert (answer.status_code, answer.headers["cache-control"]) == (500, "no-store")
    assert "script-src 'self'" in answer.headers["content-security-policy"]
