from backoffice.app import app_of
from backoffice.site import SIGN_IN_TRIES_PER_EMAIL
from tests.backoffice.house import EMAIL, PASSWORD, Shop
from tests.journals import TillJournal


def test_the_summary_counts_documents_and_what_was_paid(shop: Shop) -> None:
    journal = TillJournal()
    closing = journal.day(sales=6)
    shop.till_with(journal)
    answer = shop.browser.get("/api/v1/receipts/summary")
    assert answer.json() == {"count": 7, "sum_haler": closing.totals.total.haler}


def test_the_summary_takes_the_filters_of_the_history(shop: Shop) -> None:
    journal = TillJournal()
    journal.day(sales=6)
    shop.till_with(journal)
    day = journal.at.date().isoformat()
    assert shop.browser.get("/api/v1/receipts/summary", params={"from": day, "to": day}).json()["count"] == 7
    assert shop.browser.get("/api/v1/receipts/summary", params={"to": "2020-01-01"}).json()["count"] == 0
    assert shop.browser.get("/api/v1/receipts/summary", params={"kind": "refund"}).json()["count"] == 1
    assert shop.browser.get("/api/v1/receipts/summary", params={"till": "another"}).json()["count"] == 0


def test_without_a_session_there_is_no_summary(shop: Shop) -> None:
    answer = shop.stranger().get("/api/v1/receipts/summary")
    assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")


def test_another_account_sees_nothing_of_the_first(shop: Shop) -> None:
    journal = TillJournal()
    journal.day(sales=3)
    shop.till_with(journal)
    receipt = journal.receipts[0]
    with Shop.opened(shop.site, app_of(shop.site), email="jiny@obchod.cz") as other:
        assert other.browser.get("/api/v1/receipts/summary").json() == {"count": 0, "sum_haler": 0}
        assert other.browser.get(f"/receipts/{receipt.doc_id}").status_code == 404
        assert other.browser.get(f"/closings/{journal.shift_id}").status_code == 404
        for page in ("/", "/receipts", "/closings", "/tills"):
            text = other.browser.get(page).text
            assert "P1A-" not in text
            assert "Pokladna 1" not in text
        answer = other.browser.post(f"/tills/{journal.till_id}/revoke", data={"csrf": other.csrf()})
        assert answer.status_code == 303
    assert shop.browser.get("/tills").text.count("Odpojena") == 0


def test_guessing_a_password_is_stopped_even_for_the_right_one(shop: Shop) -> None:
    stranger = shop.stranger()
    for _ in range(SIGN_IN_TRIES_PER_EMAIL):
        answer = stranger.post("/api/v1/session", json={"email": EMAIL, "password": "wrong wrong wrong"})
        assert answer.json()["code"] == "wrong_credentials"
    answer = stranger.post("/api/v1/session", json={"email": EMAIL, "password": PASSWORD})
    assert (answer.status_code, answer.json()["code"]) == (429, "rate_limited")


def test_a_sign_in_that_is_not_json_is_refused(shop: Shop) -> None:
    answer = shop.stranger().post(
        "/api/v1/session",
        content=f'{{"email":"{EMAIL}","password":"{PASSWORD}"}}',
        headers={"Content-Type": "text/plain"},
    )
    assert answer.status_code in {400, 415}
    assert "set-cookie" not in answer.headers
