"""The shop's machines on one machine: Backoffice, EET sandbox, printer, and a till whose cables can be pulled."""

import secrets
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from demo.processes import DemoFailed, Process, pokladna, run
from demo.proxy import Line, Proxy
from demo.settings import toml_of

ROOT = Path(__file__).resolve().parent.parent
MARKER = ".pokladna-demo"
OWNER = "majitel@example.cz"
EIC = "CZ12345679"
EET_PATH = "/eet/services/EETServiceSOAP/v4"
EET_SIGNER = "Pokladna Pi"  # the organisation in the sandbox's own signing certificate


@dataclass(frozen=True)
class Plan:
    """What the demo is asked for. `width`, `height`: the till's window.

    `password` is the owner's, made up when empty; `host_name` the Backoffice's, the machine's own when empty.
    """

    out: Path
    items: Path
    width: int
    height: int
    regime: str = "live"
    owner: str = OWNER
    password: str = ""
    host_name: str = ""


def prepare_folder(out: Path) -> None:
    """An empty folder; a folder that is not a demo's own is never touched."""
    if out.exists() and any(out.iterdir()) and not (out / MARKER).exists():
        raise DemoFailed(f"{out} is not empty and no earlier demo made it; name another folder with --out")
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    (out / MARKER).touch()


class DemoShop:
    """Everything that runs; `processes` by name are print, sync, ui, backoffice, eet, printer."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.out = plan.out.resolve()
        # Unix sockets have short names, whatever the folder of the demo is called
        self.run_dir = Path(tempfile.mkdtemp(prefix="pokladna-demo-"))
        self.inspect_socket = self.run_dir / "screen"
        self.log = self.out / "logs"
        self.password = plan.password or secrets.token_urlsafe(12)
        self.processes: dict[str, Process] = {}
        self.proxies: dict[str, Proxy] = {}
        self.page_port = 0

    def prepare(self) -> None:
        prepare_folder(self.out)
        for folder in (self.log, self.out / "screens"):
            folder.mkdir(parents=True)

    def start_servers(self) -> None:
        """Backoffice, EET sandbox and printer, and the cables between them and the till."""
        self._start_printer()
        eet_port = self._start_eet()
        backoffice_port = self._start_backoffice()
        self.proxies = {
            "eet": Proxy(("127.0.0.1", eet_port)),
            "backoffice": Proxy(("127.0.0.1", backoffice_port)),
        }
        self.backoffice_url = f"https://localhost:{backoffice_port}"
        self.eet_ledger_url = f"https://127.0.0.1:{eet_port}/ledger"

    def install_till(self) -> None:
        """Settings, certificate, price list and pairing, by the same commands a technician uses."""
        self._write_settings()
        log = self.log / "install.log"
        till = self.out / "eet" / f"till-{EIC}"
        run(self._till("eet", "certificate", "import", f"{till}.p12", "--password-file", f"{till}.password"), log)
        run(self._till("items", "import", str(self.plan.items)), log)
        code = run(
            pokladna("backoffice", "pairing-code", *self._backoffice_options(), "--account", self.plan.owner), log
        ).strip()
        run(self._till("pair", code), log)

    def start_till(self, environment: dict[str, str]) -> None:
        for name in ("print", "sync", "ui"):
            ready = self.inspect_socket if name == "ui" else None
            process = Process(
                name, self._till(name), self.log / f"{name}.log", environment=environment, ready_file=ready
            )
            self.processes[name] = process
            process.start()

    def cut(self, line: Line) -> None:
        for proxy in self.proxies.values():
            proxy.set_line(line)

    def ended(self) -> list[str]:
        """Who was started, and ended without being asked to."""
        return [
            f"{name} ended by itself; see {process.log}"
            for name, process in self.processes.items()
            if not process.running
        ]

    def stop(self) -> None:
        for process in reversed(list(self.processes.values())):
            process.stop()
        for proxy in self.proxies.values():
            proxy.stop()
        shutil.rmtree(self.run_dir, ignore_errors=True)

    def _start_printer(self) -> None:
        ready = self.run_dir / "printer.ready"
        command = [sys.executable, "-m", "drivers.virtual", "--dir", str(self.out), "--port", "0", "--page-port", "0"]
        self._start("printer", [*command, "--ready-file", str(ready)], ready)
        _, port, page_port = ready.read_text().split()
        self.printer_port, self.page_port = int(port), int(page_port)

    def _start_eet(self) -> int:
        ready = self.run_dir / "eet.ready"
        command = pokladna("eet", "sandbox", "--dir", str(self.out / "eet"), "--eic", EIC, "--port", "0")
        live = ["--live"] if self.plan.regime == "live" else []
        self._start("eet", [*command, *live, "--ready-file", str(ready)], ready)
        port = int(ready.read_text().split(":")[2].partition("/")[0])
        self._pin_port("eet", port)
        return port

    def _start_backoffice(self) -> int:
        ready = self.run_dir / "backoffice.ready"
        password_file = self.run_dir / "password"
        password_file.write_text(self.password + "\n")
        (self.out / "backoffice").mkdir()
        options = self._backoffice_options()
        create = pokladna(
            "backoffice", "owner", "create", *options, self.plan.owner, "--password-file", str(password_file)
        )
        run(create, self.log / "install.log")
        command = pokladna("backoffice", "serve", *options, "--host", "127.0.0.1", "--no-advertise", "--port", "0")
        self._start("backoffice", [*command, "--ready-file", str(ready)], ready)
        port = int(ready.read_text().strip().rstrip("/").rpartition(":")[2])
        self._pin_port("backoffice", port)
        return port

    def _start(self, name: str, command: list[str], ready: Path) -> None:
        self.processes[name] = Process(name, command, self.log / f"{name}.log", ready_file=ready)
        self.processes[name].start()

    def _pin_port(self, name: str, port: int) -> None:
        """The same port after a kill: the cable is plugged in there."""
        self.processes[name].replace_argument("--port", str(port))

    def _backoffice_options(self) -> list[str]:
        name = ["--host-name", self.plan.host_name] if self.plan.host_name else []
        return ["--data-dir", str(self.out / "backoffice"), *name]

    def _till(self, *arguments: str) -> list[str]:
        return pokladna("--config", str(self.out / "till.toml"), *arguments)

    def _write_settings(self) -> None:
        """The example shop, and where its servers are, as a technician would write them."""
        eet = f"https://127.0.0.1:{self.proxies['eet'].port}{EET_PATH}"
        example = (ROOT / "config" / "example-shop.toml").read_text("utf-8")
        own: dict[str, dict[str, object]] = {
            "eet": {
                "eic": EIC,
                "id_jednotky": "1012",
                "id_pokl": "P1",
                "live_url": eet,
                "playground_url": eet,
                "tls_ca_file": str(self.out / "eet" / "tls-ca.pem"),
                "answer_trust_files": [str(self.out / "eet" / "answer-ca.pem")],
                "answer_signer": EET_SIGNER,
                "retry_schedule_s": [1, 2, 5],
            },
            "backoffice": {
                "url": f"https://localhost:{self.proxies['backoffice'].port}",
                "ca_file": str(self.out / "backoffice" / "tls" / "ca.pem"),
            },
            "printer": {"host": "127.0.0.1", "port": self.printer_port},
            "paths": {
                "data": str(self.out / "till"),
                "secret": str(self.out / "secret"),
                "run": str(self.run_dir),
            },
            "ui": {
                "width": self.plan.width,
                "height": self.plan.height,
                "fullscreen": False,
                "inspect_socket": str(self.inspect_socket),
            },
        }
        regime = f'[[eet.regimes]]\nvalid_from = 2026-01-01T00:00:00+01:00\nmode = "{self.plan.regime}"\n'
        (self.out / "till.toml").write_text("\n".join((example, toml_of(own), regime)), "utf-8")
