"""The renewal over real HTTPS against the sandbox, which checks every token: killed, and with replies lost."""

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import pytest

from appliance.bootstrap.durable import write_secret
from appliance.domain.clock import parse_iso
from appliance.eet.certificate import Identity, load_p12
from appliance.eet.keyfolder import KeyFolder
from appliance.eet.renewal import CallFailed, IssuedKeyStore, RenewalClient, RequestStatus
from appliance.eet.sandbox import Sandbox
from appliance.eet.sandbox.ca import issue_certificate, make_server_material
from appliance.eet.sandbox.faults import Faults, parse_script
from appliance.service.certificates import RenewalState, certificate_state
from appliance.sync.renewal import Renewal
from tests.appliance.sync.renewals import BEFORE, Killed
from tests.shops import OPENING, TestShop, make_shop

Value = TypeVar("Value")


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sandbox")
    make_server_material(folder, host="127.0.0.1")
    return folder


@dataclass
class Till:
    """A till whose certificate ends in eleven days, and its line to the office."""

    test_shop: TestShop
    folder: Path
    office: Path
    client: RenewalClient
    around: Callable[[str], None] = lambda _: None
    first: int = field(init=False)

    def __post_init__(self) -> None:
        at = OPENING - timedelta(days=355)
        issued = issue_certificate(self.office, eic="CZ00000019", at=at, playground=True)
        self.restart()
        self.keys.keep(load_p12(issued.p12, issued.password, at=OPENING))
        self.first = self.serial

    def restart(self) -> None:
        self.keys = KeyFolder(self.folder, write_secret=write_secret)
        self.renewal = Renewal(
            self.test_shop.shop, self.keys, office=lambda _: self, before=BEFORE, random=lambda: 0.5
        )  # fmt: skip

    def renew(self, signer: Identity) -> str | CallFailed:
        return self._call("renew", lambda: self.client.renew(signer))

    def status(self, req_id: str, signer: Identity) -> RequestStatus | CallFailed:
        return self._call("status", lambda: self.client.status(req_id, signer))

    def claim(self, req_id: str, signer: Identity) -> IssuedKeyStore | CallFailed:
        return self._call("claim", lambda: self.client.claim(req_id, signer))

    def acknowledge(self, req_id: str, signer: Identity) -> bool | CallFailed:
        return self._call("acknowledge", lambda: self.client.acknowledge(req_id, signer))

    def not_finished(self, signer: Identity) -> tuple[str, ...] | CallFailed:
        return self._call("not_finished", lambda: self.client.not_finished(signer))

    def _call(self, name: str, do: Callable[[], Value]) -> Value:
        self.around(f"before {name}")
        found = do()
        self.around(f"after {name}")
        return found

    @property
    def serial(self) -> int:
        current = self.keys.current()
        assert current is not None
        return current.certificate.serial_number

    @property
    def state(self) -> RenewalState:
        return certificate_state(self.test_shop.shop).renewal

    def until_done(self) -> None:
        for _ in range(300):
            try:
                wait_s = self.renewal.step()
            except Killed:
                self.restart()
                continue
            if self.state.phase == "done":
                return
            later = self.test_shop.clock() + timedelta(seconds=wait_s)
            due = self.state.next_at
            self.test_shop.clock.at = max(later, parse_iso(due)) if due else later
        raise AssertionError(self.state)

    def assert_renewed(self) -> None:
        assert self.serial != self.first
        assert [path.name for path in self.folder.iterdir()] == ["eet.pem"]
        current = self.keys.current()
        assert current is not None
        assert current.certificate.not_valid_after_utc > OPENING + timedelta(days=300)
        assert self.client.not_finished(current) == ()
        assert (self.state.phase, self.state.fault) == ("done", "")


@contextmanager
def a_till(folder: Path, material: Path, faults: Faults | None = None) -> Iterator[Till]:
    folder.mkdir(exist_ok=True)
    for path in (material / "renewals").glob("*.json"):
        path.unlink()
    test_shop = make_shop(folder)
    sandbox = Sandbox(material, clock=test_shop.clock, faults=faults)
    sandbox.start()
    client = RenewalClient(
        sandbox.renewal_url,
        ca_file=material / "tls-ca.pem",
        connect_timeout_s=20,
        read_timeout_s=20,
        now=test_shop.clock,
    )
    try:
        yield Till(test_shop, folder / "secret", material, client)
    finally:
        client.close()
        sandbox.stop()
        test_shop.store.close()


def test_killed_around_any_call_it_ends_with_one_new_certificate_and_nothing_left_at_the_office(
    tmp_path: Path, material: Path
) -> None:
    for n in itertools.count():
        points: list[str] = []

        def dies(point: str, points: list[str] = points, n: int = n) -> None:
            points.append(point)
            if len(points) == n + 1:
                raise Killed

        with a_till(tmp_path / f"{n}", material) as till:
            till.around = dies
            till.until_done()
            till.assert_renewed()
            requests = len(list((material / "renewals").glob("*.json")))
        assert requests == 1
        if len(points) <= n:
            break
    assert n == 12


@pytest.mark.parametrize("seed", range(4))
def test_with_requests_and_replies_lost_and_errors_it_ends_with_one_new_certificate(
    tmp_path: Path, material: Path, seed: int
) -> None:
    script = "renewal-drop-request=0.2,renewal-drop-reply=0.3,renewal-error=503:0.2"
    faults = Faults(parse_script(script), seed=seed)
    with a_till(tmp_path, material, faults) as till:
        till.until_done()
        states = [path.read_text() for path in (material / "renewals").glob("*.json")]
        assert till.serial != till.first
        assert [path.name for path in (tmp_path / "secret").iterdir()] == ["eet.pem"]
        assert [text.count('"state": "FINISHED"') for text in states] == [1]
