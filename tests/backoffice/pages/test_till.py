import html
import json
import re

import pytest

from appliance.domain.journal import FIRST_PREV_HASH, Kind, SettingsChanged, make_row
from appliance.domain.pricelist import RowKind
from backoffice.app import app_of
from backoffice.pages.render import moment
from tests.backoffice.house import Clock, Shop, words
from tests.backoffice.pages.forms import filled, held, put, send
from tests.journals import TillJournal


@pytest.fixture
def journal(shop: Shop) -> TillJournal:
    made = TillJournal(name="Pult")
    made.day(sales=3)
    shop.till_with(made)
    return made


def test_the_page_says_how_the_till_is_in_words(shop: Shop, journal: TillJournal) -> None:
    page = words(shop.browser.get(f"/tills/{journal.till_id}").text)
    for text in (
        "V pořádku",
        "Naposledy",
        "Čeká na odeslání sem",
        "Tiskárna v pořádku",
        "Hodiny ověřené",
        "zatím neřekla",
    ):
        assert text in page
    assert f'href="/tills/{journal.till_id}"' in shop.browser.get("/tills").text


def test_the_till_tells_whether_it_takes_part_in_the_price_list(shop: Shop, clock: Clock) -> None:
    """S14: switched on and off on the till only; here it is seen."""
    journal = TillJournal()
    token = shop.till_with(journal)
    for on, text in ((True, "zapnutá"), (False, "vypnutá na pokladně")):
        row = journal.append(Kind.SETTINGS_CHANGED, SettingsChanged("Jana", (), item_sync=on))
        clock.move(seconds=1)
        shop.upload(journal, token, [row])
        assert f"Synchronizace ceníku {text}" in words(shop.browser.get(f"/fragments/tills/{journal.till_id}").text)


@pytest.mark.parametrize("at", ["včera <b>večer</b>", "2026-11-24T08:00:00", "2026"])
def test_a_row_whose_time_is_nonsense_is_listed_like_any_other(shop: Shop, at: str) -> None:
    """The till's word is shown as it came: a page that fails would hide the till and its settings."""
    journal = TillJournal()
    journal.append(Kind.DRAWER_OPENED, {"nonsense": 1})
    last = journal.rows.pop()
    row = make_row(
        last.prev_hash,
        till_id=last.till_id,
        epoch=last.epoch,
        seq=last.seq,
        kind=Kind.SHIFT_OPENED,
        v=1,
        doc_id=last.doc_id,
        at=at,
        body=last.body,
    )
    journal.rows.append(row)
    shop.till_with(journal)
    page = shop.browser.get(f"/tills/{journal.till_id}")
    assert page.status_code == 200
    assert f"{html.escape(moment(at))} · shift_opened" in page.text


def test_an_epoch_whose_time_is_nonsense_is_listed_too(shop: Shop) -> None:
    journal = TillJournal()
    first = journal.rows.pop()
    parts = {name: getattr(first, name) for name in ("till_id", "epoch", "seq", "kind", "v", "doc_id", "body")}
    journal.rows.append(make_row(FIRST_PREV_HASH, **parts, at="kdysi"))
    shop.till_with(journal)
    page = shop.browser.get(f"/tills/{journal.till_id}/journal")
    assert page.status_code == 200
    assert "kdysi · první spuštění" in words(page.text)


def test_settings_are_saved_only_where_they_were_changed(shop: Shop, journal: TillJournal, clock: Clock) -> None:
    """S17: the label of a till and its restriction; the till may change its settings meanwhile."""
    put(shop, RowKind.WAREHOUSE, "w1", name="Prodejna")
    opened = filled(shop.browser.get(f"/tills/{journal.till_id}").text)
    clock.move(minutes=1)
    put(shop, RowKind.TILL, journal.till_id, branch="Brno")
    typed = {"label": "pokl1", "restricted": "1", "apply_when": "automatic", "warehouse_id": "w1"}
    answer = send(shop, f"/tills/{journal.till_id}/settings", opened, **typed)
    assert answer.status_code == 303
    assert held(shop, journal.till_id, RowKind.TILL) == {
        "label": "pokl1",
        "restricted": True,
        "apply_when": "automatic",
        "warehouse_id": "w1",
        "branch": "Brno",
    }
    page = shop.browser.get(answer.headers["location"]).text
    assert "Uloženo" in page
    send(shop, f"/tills/{journal.till_id}/settings", [e for e in filled(page) if e[0] != "restricted"])
    assert held(shop, journal.till_id, RowKind.TILL)["restricted"] is False


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"label": "dvě slova"}, "Štítek je jedno slovo"),
        ({"label": "", "restricted": "1"}, "Bez štítku by pokladna neviděla žádnou položku"),
        ({"apply_when": "never"}, "Vyberte ze seznamu"),
        ({"warehouse_id": "nowhere"}, "Vyberte sklad ze seznamu"),
        ({"branch": "x" * 121}, "Provozovna má nejvýš"),
    ],
)
def test_wrong_settings_are_said_and_what_was_typed_stays(
    shop: Shop, journal: TillJournal, typed: dict[str, str], sentence: str
) -> None:
    opened = filled(shop.browser.get(f"/tills/{journal.till_id}").text)
    answer = send(shop, f"/tills/{journal.till_id}/settings", opened, **{"branch": "Olomouc"} | typed)
    assert answer.status_code == 400
    assert sentence in answer.text
    assert dict(filled(answer.text))["branch"] == typed.get("branch", "Olomouc")
    assert "Olomouc" not in shop.browser.get(f"/tills/{journal.till_id}").text


def test_a_replacement_code_is_given_for_this_till(shop: Shop, journal: TillJournal) -> None:
    page = send(shop, f"/tills/{journal.till_id}/replace").text
    code = re.search(r'id="pairing-code">([^<]+)<', page)
    assert code is not None
    with shop.site.tables.reading():
        (row,) = shop.site.tables.rows(shop.site.tables.pairing_code.select())
    assert row["replaces"] == journal.till_id
    assert code.group(1) not in shop.browser.get(f"/tills/{journal.till_id}").text


def test_the_journal_is_verified_and_compared_with_paper(shop: Shop, journal: TillJournal) -> None:
    address = f"/tills/{journal.till_id}/journal"
    page = words(shop.browser.get(f"{address}?check=1").text)
    assert f"Řetěz drží. Ověřené řádky: {len(journal.rows)}." in page
    assert "první spuštění · řada P1A začátek deníku" in page
    head = f"{len(journal.rows)}:{journal.rows[-1].hash.hex()[:16]}"
    assert head in page
    assert "Souhlasí s papírem" in shop.browser.get(f"{address}?paper={head}").text
    assert "Hlava tu není" in shop.browser.get(f"{address}?paper=3:0123456789abcdef").text
    assert "aspoň 8 znaků" in shop.browser.get(f"{address}?paper=nesmysl").text


def test_a_row_that_was_changed_is_found(shop: Shop, journal: TillJournal) -> None:
    rows = shop.site.tables.journal_row
    with shop.site.tables.writing():
        rows.update(body='{"x":1}').where(rows.c.seq == 4).execute()
    page = words(shop.browser.get(f"/tills/{journal.till_id}/journal?check=1").text)
    assert "Řádek 4 epochy" in page
    assert "obsah řádku neodpovídá jeho otisku. Řádky před ním souhlasí: 3." in page


def test_flagged_rows_are_listed_with_their_reason(shop: Shop) -> None:
    journal = TillJournal()
    token = shop.till_with(journal)
    shop.upload(journal, token, [journal.append_text(Kind.SHIFT_OPENED, json.dumps({"nonsense": 1}))])
    shop.upload(journal, token, [journal.append_text("from_the_future", "{}")])
    page = words(shop.browser.get(f"/tills/{journal.till_id}").text)
    assert "Řádky deníku, které se nepodařilo převzít" in page
    assert "shift_opened" in page
    assert "nelze zpracovat" in page
    assert "čeká na novější verzi Backoffice" in page


def test_a_till_of_another_account_is_not_there(shop: Shop, journal: TillJournal) -> None:
    with Shop.opened(shop.site, app_of(shop.site), email="jina@firma.cz") as other:
        other.sign_in(email="jina@firma.cz")
        opened = [("csrf", other.csrf())]
        for address in ("", "/journal?check=1", "/journal?paper=1:01234567"):
            assert other.browser.get(f"/tills/{journal.till_id}{address}").status_code == 404
        assert other.browser.get(f"/fragments/tills/{journal.till_id}").status_code == 404
        for address in ("settings", "replace"):
            assert send(other, f"/tills/{journal.till_id}/{address}", opened, label="moje").status_code == 404
    assert "moje" not in shop.browser.get(f"/tills/{journal.till_id}").text
    refused = send(shop, f"/tills/{journal.till_id}/replace", [("csrf", "nonsense")])
    assert refused.status_code == 403
    assert shop.browser.get("/tills/nothing").status_code == 404
