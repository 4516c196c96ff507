"""A till that was updated in the middle of its work: a database of schema 1 with open records is opened and goes on."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import apsw
import pytest

from appliance.service import fiscal as service
from appliance.service.errors import Refused
from appliance.service.status import till_status
from appliance.store.migrations import STEPS
from tests.appliance.sync.office import Desk, Material, open_ledger
from tests.shops import make_shop, open_for_sale, rows, sell


def put_back_to_schema_1(path: Path) -> None:
    """The later steps undone, statement by statement: the tables, columns and indices they added are not there."""
    with closing(apsw.Connection(str(path))) as file:
        for statement in reversed([statement for step in STEPS[1:] for statement in step]):
            match statement.split():
                case ["CREATE", "TABLE" | "INDEX" as what, name, *_]:
                    file.execute(f"DROP {what} {name}")
                case ["ALTER", "TABLE", table, "ADD", "COLUMN", column, *_]:
                    file.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
        file.execute("DELETE FROM schema_version WHERE version > 1")


@pytest.fixture
def desk(tmp_path: Path, eet_material: Material) -> Iterator[Desk]:
    """Three sales as the old program left them: one tried twice, one refused, one never tried."""
    before = make_shop(tmp_path)
    open_for_sale(before.shop)
    tried, refused, _ = (sell(before.shop).doc_id for _ in range(3))
    before.store.close()
    put_back_to_schema_1(tmp_path / "till.db")
    with closing(apsw.Connection(str(tmp_path / "till.db"))) as file:
        for uuid, doc_id, outcome in (("u1", tried, "Waiting"), ("u2", tried, ""), ("u3", refused, "Parked")):
            file.execute(
                "INSERT INTO fiscal_attempt (uuid, doc_id, at, outcome) VALUES (?, ?, '2027-02-01T08:00:00+01:00', ?)",
                (uuid, doc_id, outcome),
            )
        file.execute("UPDATE fiscal_record SET attempts = 1, reason = 'timeout' WHERE doc_id = ?", (tried,))
        file.execute(
            "UPDATE fiscal_record SET attempts = 1, state = 'parked', reason = 'code_8 8' WHERE doc_id = ?", (refused,)
        )
    after = make_shop(tmp_path, node=1)
    with open_ledger(tmp_path) as ledger:
        yield Desk(after, eet_material, ledger)
    after.store.close()


def test_open_records_of_schema_1_are_sent_to_the_end(desk: Desk) -> None:
    shop = desk.test_shop.shop
    assert rows(shop, "SELECT max(version) FROM schema_version") == [(len(STEPS),)]
    assert (till_status(shop).eet.waiting, till_status(shop).eet.parked) == (2, 1)
    desk.until_quiet()
    first_sends = {post.number: post.header.prvni_zaslani for post in desk.posts}
    assert first_sends == {"P1A-000001": False, "P1A-000003": True}
    assert desk.states() == ["confirmed", "parked", "confirmed"]
    sell(shop)
    desk.sender.send_fresh()
    assert desk.states() == ["confirmed", "parked", "confirmed", "confirmed"]


def test_a_sale_parked_under_schema_1_can_be_released_and_tries_code_8_for_a_day(desk: Desk) -> None:
    shop, number = desk.test_shop.shop, "P1A-000002"
    desk.until_quiet()
    with pytest.raises(Refused, match="may_be_recorded"):  # nobody wrote down then how its attempt ended
        service.correct(shop, number)
    service.release(shop, number)
    desk.script.append(8)
    desk.backlog()
    assert desk.record(number).state == "waiting"
    desk.until_quiet()
    assert desk.states() == ["confirmed"] * 3


def test_code_8_of_a_record_that_never_said_since_when_it_waits_counts_from_its_first_time(desk: Desk) -> None:
    desk.always = 8
    desk.sender.send_fresh()
    desk.backlog()
    assert desk.record("P1A-000001").tried_since == ""
    desk.pass_time(23 * 3600)
    desk.backlog()
    assert desk.states() == ["waiting", "parked", "waiting"]
    desk.pass_time(3600)
    desk.backlog()
    assert desk.states() == ["parked"] * 3
