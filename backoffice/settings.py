"""What one Backoffice server is told at its start."""

from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, field_validator

LOOPBACK_HOSTS = frozenset({"127.0.0.1", "::1", "localhost"})


class BackofficeSettings(BaseModel):
    """One frozen value; a second instance in the same process simply gets another one.

    `database_url` is empty for SQLite in `data_dir`, or `postgresql://…`. `port` 0 takes a free one. `public_name` is
    the name browsers use when it is not `<host>.local`; `host_name` overrides the machine's own name. Without `tls` a
    proxy in front has to provide HTTPS, because the session cookie is sent over HTTPS only.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    data_dir: Path
    database_url: str = ""
    host: str = "0.0.0.0"  # noqa: S104 -- tills and browsers of the shop's network come here
    port: int = Field(default=8443, ge=0, le=65535)
    host_name: str = Field(default="", max_length=63, pattern="^[A-Za-z0-9-]*$")
    public_name: str = Field(default="", max_length=253)
    tls: bool = True
    advertise: bool = True
    timezone: str = "Europe/Prague"

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        ZoneInfo(value)
        return value

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: str) -> str:
        if value and not value.startswith("postgresql://"):
            raise ValueError("must be empty (SQLite in data_dir) or start with postgresql://")
        return value

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def on_loopback(self) -> bool:
        return self.host in LOOPBACK_HOSTS
