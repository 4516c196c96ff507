"""Running the Backoffice: sockets, TLS, the ready file, the announcement on the network."""

import gc
import os
import socket
import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import uvicorn

from backoffice.accounts import forget_setup_code, has_account, setup_code
from backoffice.advert import advertised, own_addresses, service_info
from backoffice.app import create_app
from backoffice.patience import PatientProtocol
from backoffice.settings import BackofficeSettings
from backoffice.site import Site

GRACE_S = 3  # event streams never end by themselves
GARBAGE_THRESHOLD = 50_000
CONNECTIONS_MAX = 500


class ReadyServer(uvicorn.Server):
    """Writes the ready file (one line: the address) once connections are taken."""

    def __init__(self, config: uvicorn.Config, *, ready_file: Path | None, address: str) -> None:
        super().__init__(config)
        self._ready_file = ready_file
        self._address = address

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        if self._ready_file is not None and self.started:
            draft = self._ready_file.with_name(self._ready_file.name + ".new")
            draft.write_text(self._address + "\n", encoding="utf-8")
            draft.rename(self._ready_file)


def serve(settings: BackofficeSettings, *, ready_file: Path | None = None) -> None:
    """Serve until a signal ends it."""
    app = create_app(settings)
    site: Site = app.state.site
    listening = bound_socket(settings)
    port = listening.getsockname()[1]
    address = shown_address(site, port)
    _say_setup(site, address)
    config = uvicorn.Config(
        app,
        ssl_keyfile=str(site.trust.key_file) if site.trust else None,
        ssl_certfile=str(site.trust.certificate_file) if site.trust else None,
        http=PatientProtocol,
        server_header=False,
        log_level="warning",
        limit_concurrency=CONNECTIONS_MAX,
        timeout_graceful_shutdown=GRACE_S,
        proxy_headers=not settings.tls,
    )
    server = ReadyServer(config, ready_file=ready_file, address=address)
    _collect_garbage_less_often()
    with _announcement(site, port):
        server.run(sockets=[listening])


def _collect_garbage_less_often() -> None:
    """A till's batch makes a hundred thousand objects and no circles; looking for circles after each 700 of them takes
    a sixth of the time. What is loaded now stays and is not looked through again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE_THRESHOLD)


def bound_socket(settings: BackofficeSettings) -> socket.socket:
    """Bound before anything is announced, so that port 0 has a number."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listening = socket.socket(family)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind((settings.host, settings.port))
    return listening


def shown_address(site: Site, port: int) -> str:
    """Where a browser should go; the first name of the certificate unless a public name is set."""
    settings = site.settings
    if settings.public_name:
        name = settings.public_name
    elif settings.on_loopback or site.trust is None:
        name = "localhost" if settings.host in {"0.0.0.0", "::"} else settings.host  # noqa: S104 -- compared only
    else:
        name = site.trust.names.dns[0]
    name = f"[{name}]" if ":" in name else name
    return f"{'https' if settings.tls else 'http'}://{name}:{port}"


def _say_setup(site: Site, address: str) -> None:
    """On the server's own terminal or journal, never in a page."""
    if has_account(site.tables):
        forget_setup_code(site.settings.data_dir)
        return
    code = setup_code(site.settings.data_dir)
    sys.stderr.write(f"No account yet. Create the first one at {address}/setup?code={code}\n")


def _announcement(site: Site, port: int) -> AbstractContextManager[None]:
    if site.settings.on_loopback or not site.settings.advertise or site.trust is None:
        return nullcontext()
    host = site.settings.host_name or os.uname().nodename.split(".")[0]
    return advertised(service_info(host_name=host, port=port, key_mark=site.key_mark, addresses=own_addresses()))
