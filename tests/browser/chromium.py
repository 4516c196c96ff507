"""A real Chromium that trusts our CA the way a person makes it trust it: by importing the certificate."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

HOST = "pokladna-test"
NAME = f"{HOST}.local"


def chromium_path() -> str:
    for name in ("chromium", "chromium-browser", "google-chrome"):
        found = shutil.which(name)
        if found:
            return found
    pytest.skip("no Chromium is installed")


def import_ca(home: Path, ca_file: Path) -> None:
    """Into the NSS database that Chromium reads on Linux."""
    certutil = shutil.which("certutil")
    if certutil is None:
        pytest.skip("certutil is not installed (libnss3-tools)")
    store = home / ".pki" / "nssdb"
    store.mkdir(parents=True)
    database = f"sql:{store}"
    subprocess.run([certutil, "-N", "-d", database, "--empty-password"], check=True)
    subprocess.run([certutil, "-A", "-d", database, "-n", "pokladna", "-t", "C,,", "-i", str(ca_file)], check=True)


@contextmanager
def browser(folder: Path, *, ca_file: Path, origin: str) -> Iterator["BrowserContext"]:
    """Certificate errors count; notifications are allowed for our origin as if the owner had said yes."""
    from playwright.sync_api import sync_playwright

    home = folder / "home"
    import_ca(home, ca_file)
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            folder / "profile",
            executable_path=chromium_path(),
            env={"HOME": str(home), "PATH": "/usr/bin:/bin", "LANG": "cs_CZ.UTF-8"},
            args=[
                "--no-sandbox",
                "--disable-quic",
                "--disable-background-networking",
                f"--host-resolver-rules=MAP {NAME} 127.0.0.1",
            ],
            locale="cs-CZ",
            timeout=90_000,
        )
        context.set_default_timeout(30_000)
        context.grant_permissions(["notifications"], origin=origin)
        try:
            yield context
        finally:
            context.close()
