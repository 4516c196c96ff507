"""The real processes of the proof: the sandbox, the sync daemon, the seller, and a till's folder set up by commands."""

import json
import shutil
import ssl
import sys
import tempfile
import urllib.request
from pathlib import Path

from appliance.domain.fiscal import Dialect
from appliance.eet.certificate import load_anchors
from appliance.eet.report import Anchors
from appliance.eet.sandbox.ca import SANDBOX_SIGNER
from appliance.eet.sandbox.server import SERVICE_PATHS, SUMMARY_PATH
from demo.processes import DemoFailed, Process, pokladna, run
from demo.shop import EIC, ROOT
from script.lib.faults.weather import READ_TIMEOUT_S, Weather

MARKER = ".pokladna-faults"
RETRY_SCHEDULE_S = (0.005, 0.015, 0.06, 0.3, 0.9)  # a thousandth of the one shops have


class FaultShop:
    """A till in `out`. `processes` by name are eet, sync and seller."""

    def __init__(self, out: Path, *, seed: int, sales: int, pace_s: float, dialect: Dialect) -> None:
        self.out = out.resolve()
        self.till = self.out / "till" / "till.db"
        self.sold = self.out / "sold.jsonl"
        self.eet = self.out / "eet"
        self.log = self.out / "logs"
        self._run_dir = Path(tempfile.mkdtemp(prefix="pokladna-faults-"))  # Unix sockets have short names
        self._ready = self._run_dir / "eet.ready"
        self._dialect = dialect
        command = pokladna("eet", "sandbox", "--dir", str(self.eet), "--eic", EIC, "--port", "0", "--live")
        command += ["--fault", "", "--fault-seed", str(seed), "--ready-file", str(self._ready)]
        seller = [sys.executable, "-m", "script.lib.faults.seller", "--config", str(self.out / "till.toml")]
        seller += ["--sold", str(self.sold), "--sales", str(sales), "--seed", str(seed), "--pace-s", str(pace_s)]
        self.processes = {
            "eet": Process("eet", command, self.log / "eet.log", ready_file=self._ready),
            "sync": Process("sync", self._till("sync"), self.log / "sync.log"),
            "seller": Process("seller", seller, self.log / "seller.log"),
        }

    def prepare(self) -> None:
        """A folder of its own, the certificate and the price list, by the commands of a technician."""
        if self.out.exists() and any(self.out.iterdir()) and not (self.out / MARKER).exists():
            raise DemoFailed(f"{self.out} is not empty and no earlier proof made it; name another folder with --out")
        shutil.rmtree(self.out, ignore_errors=True)
        self.log.mkdir(parents=True)
        (self.out / MARKER).touch()
        self.processes["eet"].start()
        port = self._ready.read_text().split(":")[2].partition("/")[0]
        self.processes["eet"].replace_argument("--port", port)
        self._server = f"https://127.0.0.1:{port}"
        self._write_settings()
        key = self.eet / f"till-{EIC}"
        self.command("eet", "certificate", "import", f"{key}.p12", "--password-file", f"{key}.password")
        self.command("items", "import", str(ROOT / "config" / "example-items.csv"))

    def change_weather(self, weather: Weather) -> None:
        """kill -9 of the sandbox in the middle of whatever it does, and another script."""
        eet = self.processes["eet"]
        eet.kill()
        eet.replace_argument("--fault", weather.script)
        eet.start()

    def has_seen(self, weather: Weather) -> bool:
        """Whether each of its faults has happened at least once."""
        context = ssl.create_default_context(cafile=str(self.eet / "tls-ca.pem"))
        with urllib.request.urlopen(self._server + SUMMARY_PATH, context=context) as reply:
            return weather.labels <= set(json.load(reply)["faults"])

    def command(self, *arguments: str) -> str:
        """A command of the till. Raises DemoFailed."""
        return run(self._till(*arguments), self.log / "commands.log")

    def anchors(self) -> Anchors:
        """Whom the till was told to believe."""
        authorities = load_anchors([(self.eet / "answer-ca.pem").read_bytes()])
        return Anchors(tills=(), answers=authorities, signers={self._dialect: SANDBOX_SIGNER})

    def stop(self) -> None:
        for process in self.processes.values():
            process.stop()
        shutil.rmtree(self._run_dir, ignore_errors=True)

    def _till(self, *arguments: str) -> list[str]:
        return pokladna("--config", str(self.out / "till.toml"), *arguments)

    def _write_settings(self) -> None:
        """The example shop with all delays of EET divided by 1,000, but for the time an answer may take."""
        regime = f'{{ valid_from = 2026-01-01T00:00:00+01:00, mode = "live", dialect = "{self._dialect}" }}'
        own: dict[str, dict[str, object]] = {
            "eet": {
                "eic": EIC,
                "id_jednotky": "1012",
                "id_pokl": "P1",
                "live_url": self._server + SERVICE_PATHS[Dialect.V4],
                "tls_ca_file": str(self.eet / "tls-ca.pem"),
                "answer_trust_files": [str(self.eet / "answer-ca.pem")],
                "answer_signer": SANDBOX_SIGNER.organisation,
                "read_timeout_s": READ_TIMEOUT_S,
                "connect_timeout_s": READ_TIMEOUT_S,
                "retry_schedule_s": list(RETRY_SCHEDULE_S),
            },
            "eet.v3": {
                "dic_popl": EIC,
                "id_provoz": "11",
                "live_url": self._server + SERVICE_PATHS[Dialect.V3],
                "answer_signer": SANDBOX_SIGNER.organisation,
            },
            "paths": {
                "data": str(self.till.parent),
                "secret": str(self.out / "secret"),
                "run": str(self._run_dir),
            },
        }
        lines = [(ROOT / "config" / "example-shop.toml").read_text("utf-8")]
        for section, leafs in own.items():
            lines.append(f"[{section}]")
            # a JSON string, number or list is a TOML one too
            lines += [f"{key} = {json.dumps(value)}" for key, value in leafs.items()]
            lines += [f"regimes = [{regime}]"] if section == "eet" else []
        (self.out / "till.toml").write_text("\n".join(lines) + "\n", "utf-8")
