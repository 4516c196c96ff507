"""What only the wiring decides: a key that cannot be read, secrets on disk, a till of another board."""

import json
import stat
import time
from pathlib import Path
from uuid import RFC_4122, UUID

import pytest

from appliance.bootstrap import open_shop
from appliance.bootstrap.backoffice import paired_link
from appliance.bootstrap.certificates import CertificateDesk
from appliance.bootstrap.durable import write_secret
from appliance.bootstrap.shop import new_id, new_message_id
from appliance.config import Config, EetConfig, PathsConfig
from appliance.dropbox import DropBox
from appliance.service.key_files import ImportFailed
from appliance.store import journal
from appliance.wake import WakeListener


def config_in(folder: Path, eic: str = "CZ00000019") -> Config:
    paths = PathsConfig(data=folder / "data", secret=folder / "secret", run=folder / "run")
    return Config(paths=paths, eet=EetConfig(eic=eic))


def test_a_secret_is_replaced_whole_and_readable_by_its_owner_only(tmp_path: Path) -> None:
    secret = tmp_path / "secret" / "token.json"
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "token.new").write_text("left by a power cut")
    for content in (b"one", b"two"):
        write_secret(secret, content)
        assert secret.read_bytes() == content
    assert stat.S_IMODE(secret.stat().st_mode) == 0o400
    assert [path.name for path in secret.parent.iterdir()] == ["token.json"]


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"token"', '"text"', "\udcff", '{"token":"t","account":"a","pins":["short"]}']
)
def test_a_damaged_pairing_asks_to_be_made_again_and_stops_nothing(
    tmp_path: Path, content: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The same daemon reports the sales to the tax office."""
    config = config_in(tmp_path)
    config = config.model_copy(update={"backoffice": config.backoffice.model_copy(update={"url": "https://x"})})
    config.paths.secret.mkdir()
    (config.paths.secret / "backoffice.json").write_bytes(content.encode(errors="surrogateescape"))
    assert paired_link(config) is None
    assert "pair again" in caplog.text


def test_a_pairing_is_kept_as_token_and_account(tmp_path: Path) -> None:
    config = config_in(tmp_path)
    config = config.model_copy(update={"backoffice": config.backoffice.model_copy(update={"url": "https://x"})})
    assert paired_link(config) is None
    content = json.dumps({"token": "secret", "account": "eva@example.cz"}).encode()
    write_secret(config.paths.secret / "backoffice.json", content)
    link = paired_link(config)
    assert link is not None
    link.close()


def test_a_till_finds_itself_again_at_the_next_start(tmp_path: Path) -> None:
    first = open_shop(config_in(tmp_path))
    identity = journal.the_till(first.tables)
    first.store.close()
    second = open_shop(config_in(tmp_path))
    assert journal.the_till(second.tables) == identity
    second.store.close()


@pytest.fixture
def desk(tmp_path: Path) -> CertificateDesk:
    (tmp_path / "media" / "STICK").mkdir(parents=True)
    (tmp_path / "media" / "STICK" / "till.p12").write_bytes(b"key store")
    return CertificateDesk(tmp_path / "run", [tmp_path / "media"], new_id=lambda: "request-1")


def test_a_key_store_from_a_stick_gets_to_the_daemon_and_wakes_it(desk: CertificateDesk, tmp_path: Path) -> None:
    box, ear = DropBox(tmp_path / "run"), WakeListener(tmp_path / "run", "sync")
    (file,) = desk.files().found
    assert desk.somebody_answers()
    assert desk.hand_over(file.path, "secret") == "request-1"
    assert ear.wait(0)
    (dropped,) = box.take()
    assert (dropped.request_id, dropped.p12, dropped.password) == ("request-1", b"key store", "secret")
    ear.close()


def test_without_a_daemon_nothing_is_left_lying_about(desk: CertificateDesk, tmp_path: Path) -> None:
    box = DropBox(tmp_path / "run")  # of a daemon that is gone
    (file,) = desk.files().found
    assert not desk.somebody_answers()
    with pytest.raises(ImportFailed, match="no_daemon"):
        desk.hand_over(file.path, "secret")
    assert list(box.take()) == []


def test_a_daemon_without_an_import_folder_is_none(desk: CertificateDesk, tmp_path: Path) -> None:
    ear = WakeListener(tmp_path / "run", "sync")
    (file,) = desk.files().found
    with pytest.raises(ImportFailed, match="no_daemon"):
        desk.hand_over(file.path, "secret")
    ear.close()


def test_a_stick_pulled_out_meanwhile_is_told_so(desk: CertificateDesk) -> None:
    (file,) = desk.files().found
    file.path.unlink()
    with pytest.raises(ImportFailed, match="file_gone"):
        desk.hand_over(file.path, "secret")


def test_ids_of_documents_grow_with_time_and_are_unique_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    ids = []
    for at_ms in (-1, 0, 5, 5, 6, 2**41):
        monkeypatch.setattr(time, "time_ns", lambda at=at_ms: at * 1_000_000)
        ids.append(UUID(new_id()))
    assert {each.version for each in ids} == {7}
    assert {each.variant for each in ids} == {RFC_4122}
    assert len(set(ids)) == len(ids), "two of one millisecond, too"
    assert [each.int >> 80 for each in ids] == [2**48 - 1, 0, 5, 5, 6, 2**41], "a clock before 1970 makes ids, too"


def test_a_message_to_the_tax_office_has_an_id_that_its_schema_knows() -> None:
    made = {UUID(new_message_id()) for _ in range(100)}
    assert {each.version for each in made} == {4}
    assert len(made) == 100
