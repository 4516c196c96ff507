import pytest
from fastapi.testclient import TestClient

from backoffice.accounts import setup_code
from backoffice.app import app_of
from backoffice.pages.signed_in import SESSION_COOKIE
from backoffice.site import SIGN_IN_TRIES_PER_EMAIL, Site
from tests.backoffice.house import EMAIL, PASSWORD, Shop, field


def signed(browser: TestClient, page: str, **fields: str) -> dict[str, str]:
    return fields | {"csrf": field(browser.get(page).text, "csrf")}


@pytest.fixture
def visitor(site: Site) -> TestClient:
    return TestClient(app_of(site), base_url="https://testserver", follow_redirects=False)


def test_the_first_visitor_is_led_to_creating_the_account(visitor: TestClient) -> None:
    assert visitor.get("/").headers["location"] == "/setup"
    assert visitor.get("/sign-in").headers["location"] == "/setup"


def test_the_first_account_needs_the_code_the_server_printed(visitor: TestClient, site: Site) -> None:
    code = setup_code(site.settings.data_dir)
    wrong = visitor.post("/setup", data=signed(visitor, "/setup", code="0" * 16, email=EMAIL, password=PASSWORD))
    assert wrong.status_code == 403
    short = visitor.post("/setup", data=signed(visitor, "/setup", code=code, email=EMAIL, password="krátké"))
    assert (short.status_code, "aspoň 10 znaků" in short.text) == (400, True)
    made = visitor.post("/setup", data=signed(visitor, "/setup", code=code, email=EMAIL, password=PASSWORD))
    assert (made.status_code, made.headers["location"]) == (303, "/")
    assert visitor.get("/").status_code == 200
    assert not (site.settings.data_dir / "setup-code").exists()


def test_when_there_is_an_account_nobody_can_set_up_another(shop: Shop) -> None:
    code = setup_code(shop.site.settings.data_dir)
    stranger = shop.stranger()
    assert stranger.get("/setup").headers["location"] == "/sign-in"
    answer = stranger.post(
        "/setup", data=signed(stranger, "/sign-in", code=code, email="zlodej@jinde.cz", password=PASSWORD)
    )
    assert answer.status_code == 400


def test_signing_in_sets_a_cookie_that_scripts_and_plain_http_never_see(shop: Shop) -> None:
    stranger = shop.stranger()
    answer = stranger.post("/sign-in", data=signed(stranger, "/sign-in", email=EMAIL, password=PASSWORD))
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"].lower()
    assert cookie.startswith(SESSION_COOKIE.lower())
    for part in ("; secure", "; httponly", "; samesite=lax", "; path=/"):
        assert part in cookie
    assert stranger.get("/").status_code == 200


def test_a_wrong_password_says_so_and_keeps_the_email(shop: Shop) -> None:
    stranger = shop.stranger()
    answer = stranger.post("/sign-in", data=signed(stranger, "/sign-in", email=EMAIL, password="špatné heslo"))
    assert answer.status_code == 403
    assert "nesouhlasí" in answer.text
    assert f'value="{EMAIL}"' in answer.text


def test_after_too_many_wrong_passwords_even_the_right_one_waits(shop: Shop) -> None:
    stranger = shop.stranger()
    for _ in range(SIGN_IN_TRIES_PER_EMAIL):
        stranger.post("/sign-in", data=signed(stranger, "/sign-in", email=EMAIL, password="špatné heslo"))
    answer = stranger.post("/sign-in", data=signed(stranger, "/sign-in", email=EMAIL, password=PASSWORD))
    assert answer.status_code == 429


def test_a_sign_in_without_its_form_token_is_refused(shop: Shop) -> None:
    stranger = shop.stranger()
    stranger.get("/sign-in")
    answer = stranger.post("/sign-in", data={"email": EMAIL, "password": PASSWORD, "csrf": "guessed"})
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("address", ["/sign-out", "/tills/code", "/tills/some-till/revoke"])
def test_every_form_needs_the_token_of_its_session(shop: Shop, address: str) -> None:
    assert shop.browser.post(address, data={"csrf": "x"}).status_code == 403
    assert shop.browser.post(address).status_code == 403
    assert shop.browser.get("/").status_code == 200


def test_signing_out_ends_the_session_on_the_server(shop: Shop) -> None:
    secret = shop.browser.cookies[SESSION_COOKIE]
    assert shop.browser.post("/sign-out", data={"csrf": shop.csrf()}).headers["location"] == "/sign-in"
    stranger = shop.stranger()
    stranger.cookies.set(SESSION_COOKIE, secret)
    assert stranger.get("/").headers["location"] == "/sign-in"


@pytest.mark.parametrize(
    "address", ["/", "/receipts", "/receipts/x", "/closings", "/closings/x", "/tills", "/notifications"]
)
def test_without_a_session_pages_lead_to_the_sign_in(shop: Shop, address: str) -> None:
    answer = shop.stranger().get(address)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")


@pytest.mark.parametrize("address", ["/events", "/events/signed-in", "/fragments/portal", "/fragments/receipts"])
def test_without_a_session_scripts_get_a_status(shop: Shop, address: str) -> None:
    assert shop.stranger().get(address).status_code == 401


def test_the_language_can_be_chosen_before_signing_in(shop: Shop) -> None:
    stranger = shop.stranger()
    assert "Přihlášení" in stranger.get("/sign-in").text
    stranger.get("/language/en")
    assert "Password" in stranger.get("/sign-in").text
