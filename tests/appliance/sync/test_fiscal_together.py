"""The two connections at the same time, any sequence of happenings, and the real HTTPS sandbox."""

import threading
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appliance.domain.fiscal import Dialect, Mode
from appliance.eet.client import EetClient
from appliance.eet.sandbox import Sandbox
from appliance.eet.transport import HttpReply
from appliance.eet.v4 import V4
from appliance.sync.fiscal import FiscalOptions, FiscalSender
from tests.appliance.sync.office import (
    HTTP_500,
    NO_DNS,
    REFUSED,
    SCHEDULE_MS,
    TIMED_OUT,
    Desk,
    Happening,
    Killed,
    Material,
    killed,
    lost,
    open_ledger,
)
from tests.shops import make_shop, open_for_sale, rows, sell


def test_two_connections_never_send_one_record_at_the_same_time(desk: Desk) -> None:
    in_flight: set[str] = set()
    overlaps: list[str] = []
    lock = threading.Lock()
    real = desk.receive

    def watched(envelope: bytes, *, dialect: Dialect, fresh: bool) -> HttpReply | object:
        number = envelope.decode().partition('porad_cis="')[2].partition('"')[0]
        with lock:
            if number in in_flight:
                overlaps.append(number)
            in_flight.add(number)
        time.sleep(0.001)
        try:
            return real(envelope, dialect=dialect, fresh=fresh)
        finally:
            with lock:
                in_flight.discard(number)

    desk.receive = watched  # type: ignore[method-assign, assignment]
    desk.script.extend([REFUSED, NO_DNS, HTTP_500, TIMED_OUT, NO_DNS, -1, lost, REFUSED] * 3)
    for _ in range(20):
        sell(desk.test_shop.shop)
    ended = threading.Event()
    failures: list[BaseException] = []

    def work(step: str) -> None:
        try:
            while not ended.is_set():
                if getattr(desk.sender, step)():
                    ended.wait(0.002)
        except BaseException as error:  # noqa: BLE001 -- the test shows it
            failures.append(error)
        finally:
            desk.test_shop.store.close()

    threads = [threading.Thread(target=work, args=(step,)) for step in ("send_fresh", "send_backlog")]
    for thread in threads:
        thread.start()
    for _ in range(2000):
        if "waiting" not in desk.states() or failures:
            break
        desk.time.now += 20
        time.sleep(0.005)
    ended.set()
    for thread in threads:
        thread.join(20)
    assert (failures, overlaps) == ([], [])
    assert desk.states() == ["confirmed"] * 20
    ledger = desk.ledger.report()
    assert ledger["count"] == 20
    assert max(sale["first_sends"] for sale in ledger["sales"]) == 1


HAPPENING = st.sampled_from([REFUSED, TIMED_OUT, HTTP_500, NO_DNS, lost, killed, 4, -1, 8, "stranger", "ok"])
STEP = st.one_of(HAPPENING, st.sampled_from(["sell", "restart", "reboot", "rest"]))


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(script=st.lists(STEP, max_size=25))
def test_any_sequence_ends_with_every_sale_confirmed_once(eet_material: Material, script: list[object]) -> None:
    with TemporaryDirectory() as name, open_ledger(Path(name)) as ledger:
        test_shop = make_shop(Path(name))
        open_for_sale(test_shop.shop)
        desk = Desk(test_shop, eet_material, ledger)
        sold = [sell(desk.test_shop.shop)]
        boots = 1
        for step in script:
            match step:
                case "sell":
                    sold.append(sell(desk.test_shop.shop))
                case "restart":
                    desk.restart()
                case "reboot":
                    boots += 1
                    desk.restart(boot=f"boot-{boots}")
                case "rest":
                    desk.pass_time(60)
                case _:
                    happening: Happening = (lambda reply: reply) if step == "ok" else step  # type: ignore[assignment]
                    desk.script.append(happening)
                    try:
                        desk.sender.send_fresh()
                        desk.pass_time(desk.backlog())
                    except Killed:
                        desk.restart()
        desk.script.clear()
        desk.until_quiet()
        report = ledger.report()
        assert desk.states() == ["confirmed"] * len(sold)
        assert report["count"] == len(sold)
        assert report["sum_haler"] == sum(receipt.paid.haler for receipt in sold)
        for sale in report["sales"]:
            assert sale["first_sends"] <= 1
            assert desk.record(sale["porad_cis"]).code in sale["codes"]
            sent = [post for post in desk.posts if post.number == sale["porad_cis"]]
            assert len({post.data_xml for post in sent}) == 1
            assert [post.header.prvni_zaslani for post in sent].count(True) <= 1
            assert not any(post.header.prvni_zaslani for post in sent[1:])
        desk.test_shop.store.close()


@pytest.fixture
def sandbox_folder(tmp_path: Path, eet_material: Material) -> Path:
    """The room's authorities with a ledger of its own."""
    folder = tmp_path / "sandbox"
    folder.mkdir()
    for path in eet_material.folder.iterdir():
        if path.name != "ledger.jsonl":
            (folder / path.name).symlink_to(path)
    return folder


def test_over_real_https_a_day_with_an_outage_is_confirmed_to_the_haler(
    tmp_path: Path, eet_material: Material, sandbox_folder: Path
) -> None:
    test_shop = make_shop(tmp_path / "till")
    open_for_sale(test_shop.shop)
    sandbox = Sandbox(sandbox_folder, clock=test_shop.clock)
    sandbox.start()
    port, endpoint = sandbox.port, sandbox.endpoint

    def connect(_dialect: Dialect, _mode: Mode, _fresh: bool) -> EetClient:
        tls_ca = sandbox_folder / "tls-ca.pem"
        return EetClient(endpoint, dialect=V4, ca_file=tls_ca, connect_timeout_s=20, read_timeout_s=20)

    now = [0.0]
    sender = FiscalSender(
        test_shop.shop,
        FiscalOptions(SCHEDULE_MS),
        identity=lambda: eet_material.till,
        trust=lambda dialect: eet_material.trust,
        make_client=connect,
        monotonic=lambda: now[0],
        random=lambda: 0.5,
    )
    sold = [sell(test_shop.shop) for _ in range(3)]
    sender.send_fresh()
    sandbox.stop()
    sold += [sell(test_shop.shop) for _ in range(3)]
    sender.send_fresh()
    waiting = rows(test_shop.shop, "SELECT count(*) FROM fiscal_record WHERE state = 'waiting'")
    sandbox = Sandbox(sandbox_folder, port=port, clock=test_shop.clock)
    sandbox.start()
    now[0] += 6
    while sender.send_backlog() == 0.0:
        sender.send_fresh()
    report = sandbox.ledger()
    sandbox.stop()
    sender.close()
    assert waiting == [(3,)]
    assert report["count"] == 6
    assert report["sum_haler"] == sum(receipt.paid.haler for receipt in sold)
    first_sends = {sale["porad_cis"]: sale["first_sends"] for sale in report["sales"]}
    assert [first_sends[receipt.number] for receipt in sold] == [1, 1, 1, 1, 1, 0]  # in the outage one was tried
