"""What a person can do about sales that wait for EET."""

from dataclasses import replace

import pytest

from appliance.domain.delivery import FiscalState
from appliance.domain.fiscal import Taxpayer
from appliance.domain.journal import FiscalCorrected, Kind, read_body
from appliance.service import fiscal as service
from appliance.service.errors import NotFound, Refused
from appliance.service.shop import Shop
from appliance.store import fiscal
from tests.shops import TestShop, open_for_sale, rows, sell

AT = "2027-02-01T08:00:00+01:00"
OTHER_TAXPAYER = Taxpayer(eic="CZ1212121218", id_jednotky="22", id_pokl="7")


@pytest.fixture
def shop(till: TestShop) -> Shop:
    open_for_sale(till.shop)
    return till.shop


def parked(shop: Shop, reason: str = "code_6 6: EIC", *, unknown: bool = False) -> str:
    """A sale that was sent once and refused; its doc_id."""
    doc_id = sell(shop).doc_id
    with shop.fact() as tables:
        record = fiscal.load_record(tables, doc_id)
        assert record is not None
        fiscal.add_attempt(tables, uuid=f"u-{doc_id}", record=record, at=AT)
        fiscal.finish_attempt(
            tables, f"u-{doc_id}", outcome="Parked", reason="x", detail="", unknown=unknown, trace_id="", answer=None
        )
        fiscal.update_record(tables, doc_id, state="parked", attempts=1, reason=reason)
    return doc_id


def record_of(shop: Shop, doc_id: str) -> fiscal.FiscalRecord:
    record = fiscal.load_record(shop.tables, doc_id)
    assert record is not None
    return record


def test_the_queue_tells_parked_sales_first_and_why(till: TestShop, shop: Shop) -> None:
    waiting = sell(shop)
    refused = parked(shop)
    till.clock.forward(minutes=5)
    first, second = service.queue(shop)
    assert (first.doc_id, first.state, first.reason, first.detail) == (refused, "parked", "code_6", "6: EIC")
    assert (first.attempts, first.correctable, first.age_s) == (1, True, 300)
    assert (second.number, second.state, second.reason, second.attempts) == (waiting.number, "waiting", "", 0)
    assert waiting.fiscal is not None
    assert (second.amount, second.correctable) == (waiting.fiscal.data["celk_trzba"], False)


@pytest.mark.parametrize("by", ["number", "doc_id"])
def test_a_released_sale_waits_again_with_the_same_data(till: TestShop, shop: Shop, by: str) -> None:
    doc_id = parked(shop, "code_8_too_long")
    before = record_of(shop, doc_id)
    till.clock.forward(hours=30)
    till.wakes.names.clear()
    assert service.release(shop, before.number if by == "number" else doc_id) == before.number
    after = record_of(shop, doc_id)
    assert (after.state, after.data, after.attempts) == (FiscalState.WAITING, before.data, 1)
    assert after.tried_since > before.tried_since  # code 8 has a whole day again
    assert "sync" in till.wakes.names


def test_only_a_parked_sale_is_released(shop: Shop) -> None:
    with pytest.raises(Refused) as refusal:
        service.release(shop, sell(shop).number)
    assert refusal.value.rule == "not_parked"
    with pytest.raises(NotFound):
        service.release(shop, "P9Z-000001")


def test_all_parked_sales_are_released_at_once(shop: Shop) -> None:
    for _ in range(3):
        parked(shop)
    sell(shop)
    assert service.release_all(shop) == 3
    assert {sale.state for sale in service.queue(shop)} == {FiscalState.WAITING}
    assert service.release_all(shop) == 0


def test_many_are_released_in_steps_that_let_a_sale_between_them(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "RELEASED_AT_ONCE", 2)
    numbers: list[str] = []
    monkeypatch.setattr("appliance.service.fiscal.time.sleep", lambda _: numbers.append(sell(shop).number))
    refused = [parked(shop) for _ in range(5)]
    assert service.release_all(shop) == 5
    assert {record_of(shop, doc_id).state for doc_id in refused} == {FiscalState.WAITING}
    assert len(numbers) == 2


def test_a_release_of_settings_that_was_cut_short_goes_on_at_the_next_start(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(_: float) -> None:
        raise KeyboardInterrupt

    refused = [parked(shop, "code_3 3") for _ in range(3)]
    service.release_after_change(shop, SETTINGS)
    with monkeypatch.context() as patched:
        patched.setattr(service, "RELEASED_AT_ONCE", 2)
        patched.setattr("appliance.service.fiscal.time.sleep", killed)
        with pytest.raises(KeyboardInterrupt):
            service.release_after_change(shop, SETTINGS | {"version": "1.1"})
    assert service.release_after_change(shop, SETTINGS | {"version": "1.1"}) == 1
    assert {record_of(shop, doc_id).state for doc_id in refused} == {FiscalState.WAITING}


def test_a_corrected_sale_is_reported_by_who_is_set_now_and_both_are_journalled(till: TestShop, shop: Shop) -> None:
    doc_id = parked(shop)
    before = record_of(shop, doc_id)
    now_set = replace(shop, taxpayer=OTHER_TAXPAYER)
    till.clock.forward(minutes=1)
    service.correct(now_set, before.number)
    after = record_of(shop, doc_id)
    changed = {"eic_popl": "CZ1212121218", "id_jednotky": "22", "id_pokl": "7"}
    assert after.data == before.data | changed
    assert list(after.data) == list(before.data)
    assert (after.state, after.attempts, after.generation) == (FiscalState.WAITING, 0, 1)
    found = rows(shop, "SELECT v, body FROM journal WHERE kind = ?", Kind.FISCAL_CORRECTED)
    (body,) = [read_body(Kind.FISCAL_CORRECTED, int(str(v)), str(text)) for v, text in found]
    assert isinstance(body, FiscalCorrected)
    assert (body.before.data, body.after.data, body.reason) == (before.data, after.data, "code_6 6: EIC")


def test_the_plan_of_a_correction_changes_nothing(shop: Shop) -> None:
    doc_id = parked(shop)
    plan = service.planned_correction(replace(shop, taxpayer=OTHER_TAXPAYER), doc_id)
    assert (plan.before["eic_popl"], plan.after["eic_popl"]) == ("CZ00000019", "CZ1212121218")
    assert record_of(shop, doc_id).state == FiscalState.PARKED


def test_what_the_tax_office_may_have_is_never_corrected(shop: Shop) -> None:
    doc_id = parked(shop, unknown=True)
    with pytest.raises(Refused) as refusal:
        service.correct(replace(shop, taxpayer=OTHER_TAXPAYER), doc_id)
    assert refusal.value.rule == "may_be_recorded"
    assert record_of(shop, doc_id).data["eic_popl"] == "CZ00000019"


def test_a_correction_that_corrects_nothing_is_refused(shop: Shop) -> None:
    with pytest.raises(Refused) as refusal:
        service.correct(shop, parked(shop))
    assert refusal.value.rule == "nothing_to_correct"


SETTINGS = {"endpoint": "https://a.example", "version": "1.0"}


@pytest.mark.parametrize(
    ("reason", "changed", "released"),
    [
        ("code_6 6: EIC", {"version": "1.1", "endpoint": "https://b.example"}, False),
        ("code_3 3: schema", {"version": "1.1"}, True),
        ("soap_fault Client", {"endpoint": "https://b.example"}, True),
        ("code_8_too_long 8", {"endpoint": "https://b.example"}, True),
        ("message_invalid id_jednotky", {"endpoint": "https://b.example"}, False),
        ("code_6 6: EIC", {}, False),
    ],
)
def test_a_sale_is_released_by_itself_when_the_setting_its_reason_names_has_changed(
    shop: Shop, reason: str, changed: dict[str, str], released: bool
) -> None:
    doc_id = parked(shop, reason)
    assert service.release_after_change(shop, SETTINGS) == 0
    assert service.release_after_change(shop, SETTINGS | changed) == int(released)
    assert record_of(shop, doc_id).state == (FiscalState.WAITING if released else FiscalState.PARKED)
    assert service.release_after_change(shop, SETTINGS | changed) == 0


def test_a_test_is_asked_for_and_answered_once(till: TestShop, shop: Shop) -> None:
    assert service.channel_test(shop) is None
    asked = service.request_test(shop)
    assert "sync" in till.wakes.names
    found = service.channel_test(shop)
    assert found is not None
    assert (found.test_id, found.outcome) == (asked, "")
    done = replace(found, outcome="passed", warnings=("6: unit",), took_ms=3)
    service.finish_test(shop, done)
    assert service.channel_test(shop) == done


def test_an_answer_that_comes_too_late_does_not_answer_the_next_test(shop: Shop) -> None:
    first = service.request_test(shop)
    second = service.request_test(shop)
    service.finish_test(shop, service.ChannelTest(first, outcome="passed"))
    found = service.channel_test(shop)
    assert found is not None
    assert (found.test_id, found.outcome) == (second, "")


def test_the_queue_is_read_in_pages(till: TestShop, shop: Shop) -> None:
    waiting = [sell(shop).doc_id for _ in range(3)]
    refused = parked(shop)
    pages = [service.queue(shop, limit=2, offset=offset) for offset in (0, 2, 4)]
    assert [[sale.doc_id for sale in page] for page in pages] == [[refused, waiting[0]], waiting[1:], []]


def test_a_queue_however_long_is_told_whole(shop: Shop) -> None:
    parked(shop)
    columns = [str(name) for _, name, *_ in rows(shop, "PRAGMA table_info(fiscal_record)") if name != "doc_id"]
    rows(shop, "PRAGMA foreign_keys = 0")
    rows(
        shop,
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1500) "
        f"INSERT INTO fiscal_record (doc_id, {', '.join(columns)}) "
        f"SELECT 'd' || i, {', '.join(columns)} FROM fiscal_record, n",
    )
    assert len(service.queue(shop)) == 1501


def test_of_one_sale_is_told_what_became_of_it(shop: Shop) -> None:
    doc_id = parked(shop, "code_6 6: EIC")
    found = service.reported_sale(shop, doc_id)
    assert found is not None
    assert (found.sale.state, found.sale.reason, found.sale.attempts, found.code) == ("parked", "code_6", 1, "")
    with shop.fact() as tables:
        fiscal.update_record(tables, doc_id, state="confirmed", code="POK", bkp="BKP", warnings="1: a\n2: b")
    found = service.reported_sale(shop, doc_id)
    assert found is not None
    assert (found.sale.state, found.code, found.bkp, found.warnings) == ("confirmed", "POK", "BKP", ("1: a", "2: b"))
    assert service.reported_sale(shop, "unknown") is None
