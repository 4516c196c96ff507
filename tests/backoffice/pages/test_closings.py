from tests.backoffice.house import Shop, words
from tests.backoffice.test_shifts import gone_on
from tests.journals import TillJournal


def test_several_closings_of_one_shift_show_each_its_own_proof(shop: Shop) -> None:
    """B2: a card and its copy both went on with the shift, and one of the copy's receipts has not arrived."""
    card = TillJournal(name="Pult")
    card.open_shift()
    card.sell()
    copied = gone_on(card, "b" * 16)
    card.sell()
    card.close_shift()
    copied.sell()
    copied.close_shift()
    token = shop.till_with(card)
    shop.upload(copied, token)
    page = shop.browser.get("/closings").text
    assert words(page).count("Kompletní 2/2") == 2
    assert page.count(f'href="/closings/{card.shift_id}?closing=') == 2
    detail = words(shop.browser.get(f"/closings/{card.shift_id}").text)
    assert "uzavřela dvě zařízení" in detail
    assert detail.count("Kompletní 2/2") == 3


def test_a_shift_closed_once_says_nothing_of_copies(shop: Shop) -> None:
    journal = TillJournal(name="Pult")
    journal.day(sales=2)
    shop.till_with(journal)
    page = words(shop.browser.get(f"/closings/{journal.shift_id}").text)
    assert f"Kompletní {len(journal.receipts)}/{len(journal.receipts)}" in page
    assert "dvě zařízení" not in page
