import re

import pytest

from appliance.domain.fiscal import Mode
from appliance.domain.money import Money, format_czk, money_sum
from appliance.domain.sale import PaymentMethod
from appliance.domain.vat import VatClass
from backoffice.history import PAGE_ROWS
from tests.backoffice.house import Clock, Shop, words
from tests.journals import TillJournal, till_status

ODD = "Žluťoučký <script>alert(\"x\")</script> & 'kůň' {{ 7 * 7 }} pokl."
PAGES = ("/", "/receipts", "/closings", "/pricelist", "/stock", "/tills", "/users", "/notifications")


def plain(amount: Money) -> str:
    return format_czk(amount).replace("\u00a0", " ")


def test_the_portal_answers_how_is_today(shop: Shop) -> None:
    journal = TillJournal()
    journal.open_shift()
    for method in (PaymentMethod.CASH, PaymentMethod.CARD, PaymentMethod.CARD):
        journal.sell(method=method)
    shop.till_with(journal)
    page = shop.browser.get("/").text
    total = money_sum(receipt.paid for receipt in journal.receipts)
    assert f'id="turnover">{plain(total)}' in page.replace("\u00a0", " ")
    assert 'id="count">3<' in page
    card = money_sum(p.amount for r in journal.receipts for p in r.payments if p.method == PaymentMethod.CARD)
    assert f"Kartou {plain(card)}" in words(page)
    assert f"8:00–9:00, dnes: {plain(total)}" in page.replace("\u00a0", " ")


def test_the_portal_compares_with_the_same_time_last_week(shop: Shop, clock: Clock) -> None:
    last_week = TillJournal(goods=(("Kniha", 10000, VatClass.REDUCED),))
    last_week.open_shift()
    last_week.sell(method=PaymentMethod.CARD)
    shop.till_with(last_week)
    clock.move(days=7)
    this_week = TillJournal(seed=2, prefix="P2", at=clock.at)
    this_week.open_shift()
    shop.till_with(this_week)
    page = words(shop.browser.get("/").text)
    assert f"-100 % proti stejné chvíli minulý týden ({plain(last_week.receipts[0].paid)})" in page


@pytest.mark.parametrize("address", PAGES)
@pytest.mark.parametrize("language", ["cs", "en"])
def test_every_page_renders_when_nothing_has_happened_yet(shop: Shop, address: str, language: str) -> None:
    answer = shop.browser.get(address, headers={"Accept-Language": language})
    assert answer.status_code == 200
    assert f'<html lang="{language}">' in answer.text
    assert 'aria-current="page"' in answer.text


@pytest.mark.parametrize("language", ["cs", "en"])
def test_odd_names_are_shown_as_text_everywhere(shop: Shop, language: str) -> None:
    shop.browser.headers["Accept-Language"] = language
    journal = TillJournal(name=ODD[:60], user=ODD, goods=((ODD, 4990, VatClass.STANDARD),))
    journal.day(sales=2)
    shop.till_with(journal)
    receipt = journal.receipts[0]
    for address in (*PAGES, f"/receipts/{receipt.doc_id}", f"/closings/{journal.shift_id}"):
        answer = shop.browser.get(address)
        assert answer.status_code == 200
        assert "<script>alert" not in answer.text
        assert " 49 " not in words(answer.text).replace("1 ks", "")
    assert "&lt;script&gt;" in shop.browser.get("/receipts").text


def test_the_menu_has_no_entry_for_what_is_not_there_yet(shop: Shop) -> None:
    menu = re.findall(
        r'<a href="(/[^"]*)" title="[^"]+" aria-label="[^"]+"(?: aria-current="page")?><svg',
        shop.browser.get("/").text.replace("\n", ""),
    )
    assert menu == list(PAGES)
    assert {shop.browser.get(address).status_code for address in menu} == {200}


def test_the_history_shows_newest_first_and_goes_on_page_by_page(shop: Shop) -> None:
    journal = TillJournal()
    journal.open_shift()
    for _ in range(PAGE_ROWS + 7):
        journal.sell()
    shop.till_with(journal)
    first = shop.browser.get("/receipts").text
    numbers = re.findall(r"P1A-\d{6}", words(first))
    older = re.search(r'href="(/receipts\?before=[^"]+)"', first)
    assert older is not None
    numbers += re.findall(r"P1A-\d{6}", words(shop.browser.get(older.group(1)).text))
    assert numbers == [receipt.number for receipt in reversed(journal.receipts)]


def shown(shop: Shop, query: str) -> list[str]:
    return re.findall(r'<td class="number"><a [^>]*>([^<]+)</a>', shop.browser.get(f"/receipts?{query}").text)


def test_the_history_is_filtered_by_what_stands_in_the_address(shop: Shop) -> None:
    first, second = TillJournal(), TillJournal(seed=2, prefix="P2", name="Terasa")
    for journal in (first, second):
        journal.open_shift()
    cash, card = first.sell(method=PaymentMethod.CASH), first.sell(method=PaymentMethod.CARD)
    first.fiscalise(card)
    refund = first.refund(cash)
    other = second.sell(method=PaymentMethod.CASH)
    shop.till_with(first)
    shop.till_with(second)
    day = first.at.date().isoformat()
    assert shown(shop, f"till={second.till_id}") == [other.number]
    assert shown(shop, "method=card") == [card.number]
    assert shown(shop, "kind=refund") == [refund.number]
    assert shown(shop, "eet=confirmed") == [card.number]
    assert shown(shop, "number=p2a") == [other.number]
    assert len(shown(shop, f"day_from={day}&day_to={day}")) == 4
    assert shown(shop, "day_to=2020-01-01") == []
    assert len(shown(shop, "day_from=nonsense&method=")) == 4


def test_a_receipt_says_whether_its_code_has_come(shop: Shop) -> None:
    journal = TillJournal()
    journal.open_shift()
    receipt = journal.sell()
    token = shop.till_with(journal)
    address = f"/receipts/{receipt.doc_id}"
    assert "Evidence tržby: odesílá se" in shop.browser.get(address).text
    row = journal.fiscalise(receipt)
    shop.upload(journal, token, [row])
    page = shop.browser.get(address).text
    assert "Potvrzeno" in page
    assert re.search(r"[0-9a-f-]{36}-ff", page)
    assert receipt.lines[0].name in page.replace("&#34;", '"')


def test_a_refund_and_its_original_lead_to_each_other(shop: Shop) -> None:
    journal = TillJournal()
    journal.open_shift()
    original = journal.sell()
    refund = journal.refund(original)
    shop.till_with(journal)
    assert f'href="/receipts/{refund.doc_id}"' in shop.browser.get(f"/receipts/{original.doc_id}").text
    assert f'href="/receipts/{original.doc_id}"' in shop.browser.get(f"/receipts/{refund.doc_id}").text


def test_a_closing_says_complete_or_what_is_missing(shop: Shop) -> None:
    journal = TillJournal()
    journal.open_shift()
    journal.sell()
    missing = journal.sell()
    journal.rows.pop()
    closing = journal.close_shift(over_short=Money(-1500))
    token = shop.till_with(journal)
    page = words(shop.browser.get(f"/closings/{journal.shift_id}").text)
    assert "Dorazilo 1 z 2" in page
    assert "Manko" in page
    assert "-15,00 Kč" in page
    assert f"{closing.head_seq}:{closing.head}" in page
    journal.append("receipt_issued", missing, doc_id=missing.doc_id)
    shop.upload(journal, token, journal.rows[-1:])
    assert "Kompletní 2/2" in words(shop.browser.get(f"/closings/{journal.shift_id}").text)
    assert "Kompletní 2/2" in words(shop.browser.get("/closings").text)


def test_an_open_shift_stands_in_the_overview(shop: Shop) -> None:
    journal = TillJournal()
    journal.open_shift()
    journal.sell()
    shop.till_with(journal)
    assert "Otevřená" in words(shop.browser.get("/closings").text)
    assert "Otevřená směna" in words(shop.browser.get(f"/closings/{journal.shift_id}").text)


def test_the_tills_page_says_what_waits_and_for_how_long(shop: Shop, clock: Clock) -> None:
    journal = TillJournal()
    token = shop.pair(journal)
    assert "Ještě se neozvala" in words(shop.browser.get("/tills").text)
    status = till_status(unsent=4, eet_waiting=3, eet_oldest_age_s=720, printer="paper_out")
    shop.upload(journal, token, [], status=status)
    page = words(shop.browser.get("/tills").text)
    for text in ("Na EET čeká: 3", "3 · 12 min", "Tiskárna: není papír", "před 0 s"):
        assert text in page
    clock.move(minutes=12)
    assert "před 12 min" in words(shop.browser.get("/tills").text)
    clock.move(hours=3)
    assert "Neozývá se 3 h" in words(shop.browser.get("/").text)


def test_the_tills_page_says_how_eet_is(shop: Shop) -> None:
    journal = TillJournal()
    token = shop.pair(journal)
    said = {"eet_parked": 2, "eet_lateness": "urgent", "eet_certificate": "warning", "eet_certificate_days": 12}
    shop.upload(journal, token, [], status=till_status().model_copy(update=said))
    page = words(shop.browser.get("/tills").text)
    for text in (
        "EET odmítlo: 2",
        "Na EET čeká přes 40 h ze 48 h",
        "Certifikát EET končí za dnů: 12",
        "Odmítnuto EET 2",
        "Certifikát, dní 12",
    ):
        assert text in page
    gone = till_status().model_copy(update={"eet_certificate": "expired", "eet_certificate_days": -1})
    shop.upload(journal, token, [], status=gone)
    assert "Certifikát EET: vypršel" in words(shop.browser.get("/").text)


@pytest.mark.parametrize(
    ("mode", "facts"),
    [
        (Mode.LIVE, "EET Potvrzeno POK"),
        (Mode.VERIFICATION, "EET Jen ověřeno ověřovací režim Finanční"),
        (Mode.PLAYGROUND, "EET Potvrzeno zkušební POK"),
    ],
)
def test_a_receipt_says_its_mode_and_what_the_tax_office_warned_of(shop: Shop, mode: Mode, facts: str) -> None:
    journal = TillJournal(mode=mode)
    journal.open_shift()
    receipt = journal.sell()
    journal.fiscalise(receipt, warnings=("4: id_pokl <neni> v evidenci", "7: druhe"))
    shop.till_with(journal)
    source = shop.browser.get(f"/receipts/{receipt.doc_id}").text
    page = words(source)
    assert "Finanční správa upozorňuje 4: id_pokl &lt;neni&gt; v evidenci 7: druhe" in page
    assert "&lt;neni&gt;" in source
    assert facts in page


def test_a_flagged_row_is_a_problem_of_its_till(shop: Shop) -> None:
    journal = TillJournal()
    journal.append_text("receipt_issued", "{}")
    shop.till_with(journal)
    assert "Označené řádky deníku: 1" in words(shop.browser.get("/").text)


def test_a_pairing_code_is_shown_once_and_works(shop: Shop) -> None:
    page = shop.browser.post("/tills/code", data={"csrf": shop.csrf()}).text
    code = re.search(r'id="pairing-code">([A-Z2-9-]+)<', page)
    assert code is not None
    assert code.group(1) not in shop.browser.get("/tills").text
    journal = TillJournal()
    request = {"code": code.group(1), "till_id": journal.till_id, "prefix": "P1", "id_pokl": "1", "name": "Nová"}
    assert shop.stranger().post("/api/v1/pair", json=request).status_code == 200
    assert "Nová" in shop.browser.get("/tills").text


def test_a_till_can_be_revoked_and_its_receipts_stay(shop: Shop) -> None:
    journal = TillJournal()
    journal.day(sales=1)
    token = shop.till_with(journal)
    shop.browser.post(f"/tills/{journal.till_id}/revoke", data={"csrf": shop.csrf()})
    assert shop.upload(journal, token).json()["code"] == "pairing_revoked"
    assert "Odpojena" in words(shop.browser.get("/tills").text)
    assert journal.receipts[0].number in shop.browser.get("/receipts").text


def test_several_tills_work_under_one_account(shop: Shop) -> None:
    journals = [TillJournal(seed=n, prefix=f"P{n}", name=f"Pokladna {n}") for n in (1, 2, 3)]
    expected = 0
    for journal in journals:
        expected += journal.day(sales=2).totals.total.haler
        shop.till_with(journal)
    assert shop.browser.get("/api/v1/receipts/summary").json() == {"count": 9, "sum_haler": expected}
    page = shop.browser.get("/receipts").text
    assert all(journal.name in page for journal in journals)


@pytest.mark.parametrize("address", ["/receipts/none", "/closings/none", "/receipts/%00", "/closings/%00"])
def test_what_is_not_there_is_a_page_that_says_so(shop: Shop, address: str) -> None:
    answer = shop.browser.get(address)
    assert (answer.status_code, "Nenalezeno" in answer.text) == (404, True)


def test_fragments_are_the_parts_that_pages_replace(shop: Shop) -> None:
    journal = TillJournal()
    journal.day(sales=2)
    shop.till_with(journal)
    doc_id = journal.receipts[0].doc_id
    for address in ("portal", "receipts", f"receipts/{doc_id}", "closings", f"closings/{journal.shift_id}", "tills"):
        fragment = shop.browser.get(f"/fragments/{address}").text
        assert "<html" not in fragment
        assert fragment.strip() in shop.browser.get("/" if address == "portal" else f"/{address}").text
