import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from appliance import config
from appliance.config import Config, ConfigError, load_config
from appliance.domain.fiscal import Dialect, Mode
from appliance.domain.vat import VatStatus
from tests.shared import ROOT

DEFAULTS = ROOT / "config" / "pokladna.toml"


@pytest.fixture(autouse=True)
def no_files_of_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "VENDOR_FILE", tmp_path / "vendor.toml")
    monkeypatch.setattr(config, "OPERATOR_FILE", tmp_path / "etc.toml")
    monkeypatch.delenv(config.ENVIRONMENT_VARIABLE, raising=False)


def write(path: Path, text: str) -> Path:
    path.write_text(text, "utf-8")
    return path


def leaves(tree: dict[str, Any], prefix: str = "") -> set[str]:
    found: set[str] = set()
    for key, value in tree.items():
        found |= leaves(value, f"{prefix}{key}.") if isinstance(value, dict) else {prefix + key}
    return found


def leaves_of_model(model: Any, prefix: str = "") -> set[str]:
    found: set[str] = set()
    for key, field in model.model_fields.items():
        nested = hasattr(field.annotation, "model_fields")
        found |= leaves_of_model(field.annotation, f"{prefix}{key}.") if nested else {prefix + key}
    return found


def test_the_vendors_file_names_exactly_the_settings_there_are() -> None:
    text = DEFAULTS.read_text("utf-8")
    stated = leaves(tomllib.loads(text))
    section = ""
    for line in text.splitlines():  # a setting without a default stands as a comment
        heading = re.match(r"\[([\w.]+)\]", line)
        section = heading[1] if heading else section
        commented = re.match(r"# (\w+)\s+#", line)
        if commented:
            stated.add(f"{section}.{commented[1]}")
    assert stated == leaves_of_model(Config)


def test_the_vendors_file_changes_no_default() -> None:
    assert load_config(DEFAULTS) == Config() == load_config()


def test_the_operator_overrides_the_vendor_key_by_key(tmp_path: Path) -> None:
    write(config.VENDOR_FILE, '[till]\nname = "Vendor"\nuser = "V"\n[printer]\nport = 9101\n')
    loaded = load_config(
        write(tmp_path / "mine.toml", '[till]\nname = "Kasa 2"\n[shop]\nvat_status = "vat_payer"\ndic = "CZ12345679"\n')
    )
    assert (loaded.till.name, loaded.till.user, loaded.printer.port) == ("Kasa 2", "V", 9101)
    assert loaded.shop.vat_status == VatStatus.VAT_PAYER


def test_the_operator_overrides_a_table_within_a_section_key_by_key_too(tmp_path: Path) -> None:
    write(config.VENDOR_FILE, '[eet]\neic = "CZ00000019"\n[eet.v3]\ndic_popl = "CZ00000019"\nid_provoz = "11"\n')
    eet = load_config(write(tmp_path / "mine.toml", '[eet]\nid_jednotky = "141"\n[eet.v3]\nid_provoz = "273"\n')).eet
    assert (eet.eic, eet.id_jednotky, eet.v3.dic_popl, eet.v3.id_provoz) == ("CZ00000019", "141", "CZ00000019", "273")


def test_the_file_is_the_named_one_then_that_of_the_environment_then_that_in_etc(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(config.OPERATOR_FILE, '[till]\nuser = "etc"\n')
    assert load_config().till.user == "etc"
    monkeypatch.setenv(config.ENVIRONMENT_VARIABLE, str(write(tmp_path / "env.toml", '[till]\nuser = "env"\n')))
    assert load_config().till.user == "env"
    assert load_config(write(tmp_path / "named.toml", '[till]\nuser = "named"\n')).till.user == "named"


REGIME = '[[eet.regimes]]\nvalid_from = 2027-01-01T00:00:00+01:00\nmode = "live"\n'
REGIME_V3 = REGIME + 'dialect = "v3"\n'
EET_V3 = '[eet.v3]\ndic_popl = "CZ00000019"\nid_provoz = "273"\n'
EET = '[eet]\neic = "CZ00000019"\nid_jednotky = "141"\n'


def test_a_regime_is_read_with_its_moment(tmp_path: Path) -> None:
    (regime,) = load_config(write(tmp_path / "mine.toml", EET + REGIME)).eet.regimes
    assert (regime.mode, regime.valid_from.isoformat()) == (Mode.LIVE, "2027-01-01T00:00:00+01:00")


def test_a_regime_of_the_old_dialect_needs_the_old_numbers_only(tmp_path: Path) -> None:
    (regime,) = load_config(write(tmp_path / "mine.toml", EET_V3 + REGIME_V3)).eet.regimes
    assert (regime.mode, regime.dialect) == (Mode.LIVE, Dialect.V3)


def test_a_regime_that_is_off_needs_no_numbers(tmp_path: Path) -> None:
    (regime,) = load_config(write(tmp_path / "mine.toml", REGIME.replace("live", "off"))).eet.regimes
    assert regime.mode == Mode.OFF


@pytest.mark.parametrize(
    ("text", "key", "value", "allowed"),
    [
        ('[till]\nprefix = "p1"\n', "till.prefix", "'p1'", "A-Z0-9"),
        ('[shop]\nico = "123"\n', "shop.ico", "'123'", "[0-9]{8}"),
        ('[shop]\ndic = "12345678"\n', "shop.dic", "'12345678'", "CZ[0-9]{8,10}"),
        ('[shop]\nvat_status = "vat_payer"\n', "shop.dic", "''", "VAT payer"),
        ('[shop]\nvat_status = "maybe"\n', "shop.vat_status", "'maybe'", "'vat_payer', 'non_payer' or 'identified_"),
        ('[printer]\nwidth_chars = 40\n', "printer.width_chars", "40", "32, 42 or 48"),
        ("[printer]\nport = 70000\n", "printer.port", "70000", "less than or equal to 65535"),
        ("[eet]\nresponse_wait_s = 1\n", "eet.response_wait_s", "1", "greater than or equal to 2"),
        ("[eet]\nresponse_wait_s = 11\n", "eet.response_wait_s", "11", "less than or equal to 10"),
        ("[eet]\nretry_schedule_s = []\n", "eet.retry_schedule_s", "[]", "at least 1 item"),
        ("[eet]\nretry_schedule_s = [5, 0]\n", "eet.retry_schedule_s.1", "0", "greater than or equal to 0.001"),
        ("[eet]\nretry_schedule_s = [nan]\n", "eet.retry_schedule_s.0", "nan", "less than or equal to 86400"),
        ('[backoffice]\nurl = "http://shop.local"\n', "backoffice.url", "'http://shop.local'", "https://"),
        ("[backoffice]\npoll_s = 16\n", "backoffice.poll_s", "16", "less than or equal to 15"),
        ('[ui]\ntheme = "pink"\n', "ui.theme", "'pink'", "'light' or 'dark'"),
        ("[ui]\nwidth = 100\n", "ui.width", "100", "greater than or equal to 800"),
        ('[till]\nnmae = "x"\n', "till.nmae", "'x'", "not permitted"),
        ("[tlil]\n", "tlil", "{}", "not permitted"),
        ("till = 3\n", "till", "3", "dictionary"),
        (f'[till]\nname = "{"x" * 201}"\n', "till.name", "'xxx", "at most 200 characters"),
        (EET + '[[eet.regimes]]\nvalid_from = 2027-01-01T00:00:00\nmode = "off"\n', "eet.regimes.0.valid_from",
         "2027-01-01T00:00:00", "offset"),
        (EET + '[[eet.regimes]]\nvalid_from = 2027-01-01T00:00:00+01:00\nmode = "on"\n', "eet.regimes.0.mode", "'on'",
         "'off', 'verification', 'playground' or 'live'"),
        (REGIME, "eet.eic", "''", "must be set for the mode live"),
        ('[eet]\neic = "CZ00000019"\n' + REGIME, "eet.id_jednotky", "''", "must be set for the mode live"),
        (EET + REGIME_V3, "eet.v3.dic_popl", "''", "must be set for the mode live of the dialect v3"),
        ('[eet.v3]\ndic_popl = "CZ00000019"\n' + REGIME_V3, "eet.v3.id_provoz", "''", "must be set for the mode live"),
        (EET_V3 + REGIME, "eet.eic", "''", "must be set for the mode live of the dialect v4"),
        ('[eet.v3]\nid_provoz = "0"\n', "eet.v3.id_provoz", "'0'", "[1-9][0-9]{0,5}"),
        (EET + REGIME + REGIME.replace("live", "off").replace("T00:00:00+01:00", "T00:30:00+01:30"),
         "eet.regimes.1.valid_from", "2027-01-01T00:30:00+01:30", "another regime begins then already"),
    ],
)  # fmt: skip
def test_a_bad_value_is_one_line_with_file_key_value_and_what_is_allowed(
    tmp_path: Path, text: str, key: str, value: str, allowed: str
) -> None:
    path = write(tmp_path / "mine.toml", text)
    with pytest.raises(ConfigError) as refused:
        load_config(path)
    line = str(refused.value)
    assert "\n" not in line
    assert line.startswith(f"{path}: {key} = {value}")
    assert allowed in line


def test_a_bad_value_in_the_vendors_file_is_told_with_that_file(tmp_path: Path) -> None:
    write(config.VENDOR_FILE, "[printer]\nport = 0\n")
    with pytest.raises(ConfigError, match=re.escape(f"{config.VENDOR_FILE}: printer.port = 0")):
        load_config(write(tmp_path / "mine.toml", ""))


@pytest.mark.parametrize(("content", "why"), [(b"[till", "not a TOML file"), (b"\xff", "not a TOML file")])
def test_a_file_that_is_not_toml_is_told(tmp_path: Path, content: bytes, why: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=why):
        load_config(path)


def test_a_named_file_that_is_missing_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"mine\.toml: cannot be read: No such file"):
        load_config(tmp_path / "mine.toml")


def test_the_settings_cannot_be_changed_afterwards() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load_config().till.name = "x"


def test_the_window_of_the_comparison_is_told_when_it_is_the_wrong_way_round(tmp_path: Path) -> None:
    file = tmp_path / "till.toml"
    file.write_text("[backoffice]\ncompare_h = [12, 6]\n")
    with pytest.raises(ConfigError, match="earlier bound first"):
        load_config(file)
