"""One frozen tree of settings, read at start from the vendor's file and then the operator's.

A bad value is one line naming file, key, value and what is allowed. Every leaf stands with a comment in
`config/pokladna.toml` (a house-rule test compares them).
"""

import os
import tomllib
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from appliance.domain.fiscal import Dialect, Mode
from appliance.domain.vat import VatStatus

VENDOR_FILE = Path("/usr/lib/pokladna/pokladna.toml")
OPERATOR_FILE = Path("/etc/pokladna/pokladna.toml")
ENVIRONMENT_VARIABLE = "POKLADNA_CONFIG"

Text = Annotated[str, Field(max_length=200)]
HttpsUrl = Annotated[str, Field(max_length=200, pattern="^https://.+")]
Hours = Annotated[float, Field(ge=0.001, le=48)]
Port = Annotated[int, Field(ge=1, le=65535)]


PINNED_ANCHORS = (
    "df5baf6d7e1a7d14e9911c5b8c676ec6ebcad9354a74f4ac7314e133e07a94de",  # I.CA Public CA/RSA 06/2022
    "076abc2269327eef500a0c57527262bac831f9d2df4ef2d439e74ce17036aa3a",  # I.CA Qualified 2 CA/RSA 02/2016
    "639554d87815d6893eca4419ec25e8c919984a3d89e92f144cecaeb611197a2f",  # EET 2.0 root
    "9f54d1fe6df6869d3565e15b86c4eb2d9b93b558420ea1a046f1bc85bc884ae0",  # EET 2.0 issuing CA
    "61c1e3c7229e9d3289f56d5293db2d7909b849ffce871b5ea01c690a7c604619",  # EET 2.0 root of the playground
    "464ffc1fc4810caef379310c857b163be1ca3288ebbe3a5de3413e24d60627ca",  # EET 2.0 issuing CA of the playground
)


class ConfigError(Exception):
    """One line for the operator."""


class Leafs(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TillConfig(Leafs):
    name: Text = "Pokladna 1"
    prefix: str = Field(default="P1", pattern="^[A-Z0-9]{1,4}$")
    user: Text = "Obsluha"


class ShopConfig(Leafs):
    name: Text = "Můj obchod"
    address: tuple[Text, ...] = ()
    ico: str = Field(default="", pattern="^([0-9]{8})?$")
    dic: str = Field(default="", pattern="^(CZ[0-9]{8,10})?$")
    vat_status: VatStatus = VatStatus.NON_PAYER
    footer: tuple[Text, ...] = ("Děkujeme za nákup",)


class RegimeConfig(Leafs):
    valid_from: datetime
    mode: Mode
    dialect: Dialect = Dialect.V4


class EetV3Config(Leafs):
    dic_popl: str = Field(default="", pattern="^(CZ[0-9]{8,10})?$")
    id_provoz: str = Field(default="", pattern="^([1-9][0-9]{0,5})?$")
    live_url: HttpsUrl = "https://prod.eet.cz/eet/services/EETServiceSOAP/v3"
    playground_url: HttpsUrl = "https://pg.eet.cz/eet/services/EETServiceSOAP/v3"
    answer_signer: Annotated[str, Field(min_length=1, max_length=200)] = (
        "Česká republika - Generální finanční ředitelství"
    )


class EetConfig(Leafs):
    eic: str = Field(default="", pattern="^(CZ[0-9]{8,10})?$")
    id_jednotky: str = Field(default="", pattern="^([1-9][0-9]{0,8})?$")
    id_pokl: str = Field(default="1", pattern=r"^[0-9a-zA-Z.,:;/#\-_ ]{1,20}$")
    povereni_vice_popl: bool = False
    regimes: tuple[RegimeConfig, ...] = ()
    live_url: HttpsUrl = "https://trzbyeet.gov.cz/eet/services/EETServiceSOAP/v4"
    playground_url: HttpsUrl = "https://pg.trzbyeet.gov.cz/eet/services/EETServiceSOAP/v4"
    tls_ca_file: Path | None = None
    answer_trust_files: tuple[Path, ...] = ()
    answer_signer: Annotated[str, Field(min_length=1, max_length=200)] = "Generální finanční ředitelství"
    pinned_anchors: tuple[Annotated[str, Field(pattern="^[0-9a-f]{64}$")], ...] = PINNED_ANCHORS
    renewal_url: HttpsUrl = "https://caeet.gov.cz/api"
    renewal_playground_url: HttpsUrl = "https://zkus.caeet.gov.cz/api"
    renew_before_days: Annotated[int, Field(ge=7, le=90)] = 21
    response_wait_s: Annotated[int, Field(ge=2, le=10)] = 2
    connect_timeout_s: Annotated[float, Field(gt=0, le=60)] = 5
    read_timeout_s: Annotated[float, Field(gt=0, le=120)] = 20
    retry_schedule_s: tuple[Annotated[float, Field(ge=0.001, le=86400)], ...] = Field(
        default=(5, 15, 60, 300, 900), min_length=1
    )
    answers_kept_days: Annotated[int, Field(ge=7, le=3650)] = 90
    v3: EetV3Config = EetV3Config()


class BackofficeConfig(Leafs):
    url: str = Field(default="", pattern="^(https://.+)?$")
    ca_file: Path | None = None
    poll_s: Annotated[int, Field(ge=1, le=15)] = 15
    status_s: Annotated[int, Field(ge=5, le=600)] = 60
    compare_h: tuple[Hours, Hours] = (6, 12)

    @model_validator(mode="after")
    def _check_window(self) -> Self:
        if self.compare_h[0] > self.compare_h[1]:
            raise ValueError("compare_h must name the earlier bound first")
        return self


class PrinterConfig(Leafs):
    host: Text = ""
    port: Port = 9100
    width_chars: Literal[32, 42, 48] = 48
    stall_timeout_s: Annotated[float, Field(gt=0, le=120)] = 15


class PathsConfig(Leafs):
    data: Path = Path("/var/lib/pokladna")
    secret: Path = Path("/data/secret")
    run: Path = Path("/run/pokladna")


class BackupConfig(Leafs):
    folders: tuple[Path, ...] = Field(default=(Path("backup"),), min_length=1)
    kept: Annotated[int, Field(ge=1, le=1000)] = 14


class UiConfig(Leafs):
    theme: Literal["light", "dark"] = "light"
    language: Literal["cs", "en"] = "cs"
    width: Annotated[int, Field(ge=800, le=3840)] = 1280
    height: Annotated[int, Field(ge=480, le=2160)] = 800
    fullscreen: bool = True
    inspect_socket: Path | None = None
    import_folders: tuple[Path, ...] = (Path("/media"), Path("/run/media"))


class Config(Leafs):
    till: TillConfig = TillConfig()
    shop: ShopConfig = ShopConfig()
    eet: EetConfig = EetConfig()
    backoffice: BackofficeConfig = BackofficeConfig()
    printer: PrinterConfig = PrinterConfig()
    paths: PathsConfig = PathsConfig()
    backup: BackupConfig = BackupConfig()
    ui: UiConfig = UiConfig()


def load_config(operator_file: Path | None = None) -> Config:
    """The vendor's settings overlaid by the operator's, key by key. Raises ConfigError.

    The operator's file is the one named, else `$POKLADNA_CONFIG`, else /etc/pokladna/pokladna.toml if it is there.
    """
    named = operator_file or (Path(os.environ[ENVIRONMENT_VARIABLE]) if os.environ.get(ENVIRONMENT_VARIABLE) else None)
    tree: dict[str, Any] = {}
    for path, required in ((VENDOR_FILE, False), (named or OPERATOR_FILE, named is not None)):
        if required or path.exists():
            layer = _read(path)
            _validated(layer, path)
            _overlay(tree, layer)
    config = _validated(tree, named or OPERATOR_FILE)
    _check_regimes(config.eet, named or OPERATOR_FILE)
    if config.shop.vat_status == VatStatus.VAT_PAYER and not config.shop.dic:
        raise ConfigError(f"{named or OPERATOR_FILE}: shop.dic = '': a VAT payer's receipts must carry it")
    return config


def _overlay(tree: dict[str, Any], layer: dict[str, Any]) -> None:
    """Put a layer over the tree, key by key at every depth; a list replaces a list."""
    for key, value in layer.items():
        if isinstance(value, dict):
            _overlay(tree.setdefault(key, {}), value)
        else:
            tree[key] = value


def _check_regimes(eet: EetConfig, path: Path) -> None:
    needed = {
        Dialect.V4: (("eet.eic", eet.eic), ("eet.id_jednotky", eet.id_jednotky)),
        Dialect.V3: (("eet.v3.dic_popl", eet.v3.dic_popl), ("eet.v3.id_provoz", eet.v3.id_provoz)),
    }
    for n, regime in enumerate(eet.regimes):
        if regime.valid_from.tzinfo is None:
            key = f"eet.regimes.{n}.valid_from"
            wanted = "must carry an offset, such as 2027-01-01T00:00:00+01:00"
            raise ConfigError(f"{path}: {key} = {regime.valid_from.isoformat()}: {wanted}")
        if any(regime.valid_from == earlier.valid_from for earlier in eet.regimes[:n]):
            key = f"eet.regimes.{n}.valid_from"
            raise ConfigError(f"{path}: {key} = {regime.valid_from.isoformat()}: another regime begins then already")
        for key, value in needed[regime.dialect]:
            if regime.mode != Mode.OFF and not value:
                wanted = f"must be set for the mode {regime.mode} of the dialect {regime.dialect}"
                raise ConfigError(f"{path}: {key} = '': {wanted}")


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not a TOML file: {error}") from error


def _validated(tree: dict[str, Any], path: Path) -> Config:
    try:
        return Config.model_validate(tree)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise ConfigError(f"{path}: {key} = {first['input']!r}: {first['msg']}") from error
