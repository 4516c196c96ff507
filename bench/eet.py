"""EET messages per second against the limit RSA sets, zeep and czech-eet; how long an answer takes to judge.

Every side works on one CPU and is measured in CPU seconds, in short turns, many times: what else the machine does
weighs on all alike. A turn of ours is what the daemon does per attempt: a new uuid and dat_odesl, a message checked,
built, signed and measured. The limit is the same key signing 300 bytes in a loop, in the same process. The peers are
used as their own documentation says. The last message of every turn is verified, outside the time.

The promises: v4 ≥ 0.85 of the limit and ≥ 3 × zeep; v3 (two signatures) ≥ 1.5 × czech-eet; an answer ≤ 2 ms.
"""

import argparse
import base64
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from appliance.domain.clock import iso
from appliance.eet.answer import Confirmed, read_answer
from appliance.eet.codes import control_codes
from appliance.eet.document import parse
from appliance.eet.message import DialectSpec, Header, attributes_xml
from appliance.eet.request import build_request, read_trzba
from appliance.eet.signature import sign_envelope, verify
from appliance.eet.v3 import V3
from appliance.eet.v4 import V4
from bench._eet_material import EIC, Material, make_material
from bench._machine import machine
from script.lib.bench_peers import peers_python

PRAGUE = ZoneInfo("Europe/Prague")
RAW_MESSAGE = bytes(300)
SHARE = {"v4": 1.0, "raw_rsa2048": 1.0, "zeep": 0.4, "v3": 0.5, "v3_repeat": 0.5, "czech_eet": 0.4, "verify": 0.5}
"""Of the messages of one turn, so that turns last about equally long."""


class Ours:
    """Our sides. Each takes how many to make and returns (CPU seconds, the last message)."""

    def __init__(self, material: Material) -> None:
        self._material = material
        self._made = 0
        self._uuid = str(uuid4())
        self._answer = signed_confirmation(material, uuid=self._uuid)
        self.verify_ms: list[float] = []

    def v4(self, messages: int) -> tuple[float, bytes]:
        return self._timed(self._v4_message, messages)

    def v3(self, messages: int) -> tuple[float, bytes]:
        return self._timed(self._v3_message, messages)

    def v3_repeat(self, messages: int) -> tuple[float, bytes]:
        """A sale sent again: its codes were made once and kept, so one signature is left. czech-eet makes both anew."""
        data = _v3_data(self._made)
        codes = control_codes(data, dialect=V3, key=self._material.till.key)

        def repeat(_: int) -> bytes:
            head = Header(str(uuid4()), iso(datetime.now(PRAGUE)), prvni_zaslani=False, overeni=False)
            return build_request(data, head, dialect=V3, signer=self._material.till, codes=codes)

        return self._timed(repeat, messages)

    def raw(self, messages: int) -> tuple[float, bytes]:
        """Nothing but RSA: the limit."""
        key, method, algorithm = self._material.till.key, padding.PKCS1v15(), hashes.SHA256()
        begun = time.process_time()
        for _ in range(messages):
            key.sign(RAW_MESSAGE, method, algorithm)
        return time.process_time() - begun, b""

    def verify(self, answers: int) -> tuple[float, bytes]:
        """Judging a signed confirmation, chain and all; also notes each one's own wall time."""
        begun = time.process_time()
        for _ in range(answers):
            started = time.perf_counter()
            verdict = read_answer(
                self._answer, dialect=V4, sent_uuid=self._uuid, trust=self._material.trust, at=datetime.now(PRAGUE)
            )
            self.verify_ms.append((time.perf_counter() - started) * 1000)
            assert isinstance(verdict, Confirmed), verdict
        return time.process_time() - begun, b""

    def _timed(self, make: Callable[[int], bytes], messages: int) -> tuple[float, bytes]:
        last, begun = b"", time.process_time()
        for _ in range(messages):
            self._made += 1
            last = make(self._made)
        return time.process_time() - begun, last

    def _v4_message(self, n: int) -> bytes:
        now = iso(datetime.now(PRAGUE))
        data = {
            "eic_popl": EIC,
            "id_jednotky": "11",
            "id_pokl": "P1",
            "porad_cis": f"P1A-{n:06d}",
            "dat_trzby": now,
            "celk_trzba": f"{n % 100000 + 1}.50",
        }
        return build_request(data, _header(now), dialect=V4, signer=self._material.till)

    def _v3_message(self, n: int) -> bytes:
        data = _v3_data(n)
        codes = control_codes(data, dialect=V3, key=self._material.till.key)
        return build_request(data, _header(data["dat_trzby"]), dialect=V3, signer=self._material.till, codes=codes)


def _v3_data(n: int) -> dict[str, str]:
    total = n % 100000 + 1.5
    return {
        "dic_popl": EIC,
        "id_provoz": "11",
        "id_pokl": "P1",
        "porad_cis": f"P1A-{n:06d}",
        "dat_trzby": iso(datetime.now(PRAGUE)),
        "celk_trzba": f"{total:.2f}",
        "zakl_dan1": f"{total / 1.21:.2f}",
        "dan1": f"{total / 5.76:.2f}",
        "rezim": "0",
    }


def _header(now: str) -> Header:
    return Header(str(uuid4()), now, prvni_zaslani=True, overeni=False)


def signed_confirmation(material: Material, *, uuid: str) -> bytes:
    """What the server answers when all is well."""
    head = {"uuid_zpravy": uuid, "dat_prij": iso(datetime.now(PRAGUE))}
    values = {V4.code: f"{uuid4()}-ff", "test": "true"}
    content = (
        f'<e:Odpoved xmlns:e="{V4.namespace}"><e:Hlavicka{attributes_xml(head)}></e:Hlavicka>'
        f"<e:Potvrzeni{attributes_xml(values)}></e:Potvrzeni></e:Odpoved>"
    )
    return sign_envelope(content, message_id=str(uuid4()), signer=material.signer)


class Peers:
    """The other libraries, in a process of their own (bench/_eet_peers.py says how to talk to it)."""

    def __init__(self, command: Sequence[str]) -> None:
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.versions: dict[str, str] = self._read()["versions"]

    def zeep(self, messages: int) -> tuple[float, bytes]:
        return self._order("zeep", messages)

    def czech_eet(self, messages: int) -> tuple[float, bytes]:
        return self._order("czech_eet", messages)

    def _order(self, peer: str, messages: int) -> tuple[float, bytes]:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"peer": peer, "messages": messages}) + "\n")
        self._process.stdin.flush()
        made = self._read()
        return made["cpu_s"], base64.b64decode(made["last"])

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            sys.exit("the process of the peers ended; its messages are above")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def __enter__(self) -> "Peers":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        with self._process:  # closes its stdin, which ends it, and waits
            pass


def measure(ours: Ours, peers: Peers, *, rounds: int, messages: int) -> dict[str, list[float]]:
    """Side → messages per CPU second, one value a round. Every second round goes through the sides backwards."""
    sides = {
        "zeep": peers.zeep,
        "v4": ours.v4,
        "raw_rsa2048": ours.raw,
        "v3": ours.v3,
        "v3_repeat": ours.v3_repeat,
        "czech_eet": peers.czech_eet,
        "verify": ours.verify,
    }
    written_in = {"zeep": V4, "v4": V4, "v3": V3, "v3_repeat": V3, "czech_eet": V3}
    turns = {name: max(2, round(messages * SHARE[name])) for name in sides}
    for name, side in sides.items():  # the first turn loads what is loaded once
        side(turns[name])
    ours.verify_ms.clear()
    rates: dict[str, list[float]] = {name: [] for name in sides}
    for number in range(rounds):
        for name in list(sides) if number % 2 == 0 else reversed(sides):
            cpu_s, last = sides[name](turns[name])
            rates[name].append(turns[name] / cpu_s)
            if name in written_in:
                must_be_a_message(last, dialect=written_in[name])
        print(f"bench: round {number + 1} of {rounds}", file=sys.stderr)
    return rates


def must_be_a_message(raw: bytes, *, dialect: DialectSpec) -> None:
    """Whoever made it, it is signed and the official schema takes it: nobody is fast by doing less."""
    read_trzba(verify(parse(raw)).body, dialect=dialect)


def report(
    rates: Mapping[str, Sequence[float]], verify_ms: Sequence[float], extra: Mapping[str, Any]
) -> dict[str, Any]:
    per_s = {name: statistics.median(values) for name, values in rates.items()}
    return {
        "bench": "eet",
        "machine": machine(),
        "metrics": {
            "v4_per_s": round(per_s["v4"], 1),
            "raw_rsa2048_per_s": round(per_s["raw_rsa2048"], 1),
            "ratio_to_limit": round(per_s["v4"] / per_s["raw_rsa2048"], 3),
            "zeep_per_s": round(per_s["zeep"], 1),
            "ratio_to_zeep": round(per_s["v4"] / per_s["zeep"], 2),
            "v3_per_s": round(per_s["v3"], 1),
            "czech_eet_per_s": round(per_s["czech_eet"], 1),
            "ratio_to_czech_eet": round(per_s["v3"] / per_s["czech_eet"], 2),
            "verify_p50_ms": round(statistics.median(verify_ms), 3),
        },
        "extra": {
            "v3_repeat_per_s": round(per_s["v3_repeat"], 1),
            # of a library that spends no time on anything but the two signatures
            "highest_possible_ratio_to_czech_eet": round(per_s["raw_rsa2048"] / 2 / per_s["czech_eet"], 2),
            "spread_per_s": {name: [round(min(values), 1), round(max(values), 1)] for name, values in rates.items()},
            **extra,
        },
    }


def openssl_speed() -> float | None:
    """RSA-2048 signatures per second by Debian's openssl: another build of the library, only to cross-check."""
    command = ["openssl", "speed", "-mr", "-seconds", "1", "rsa2048"]
    try:
        run = subprocess.run(command, capture_output=True, text=True, check=True)
        return next(float(line.split(":")[3]) for line in run.stdout.splitlines() if line.startswith("+F2:"))
    except (OSError, subprocess.CalledProcessError, StopIteration, IndexError, ValueError):
        return None


@contextmanager
def one_cpu() -> Iterator[None]:
    """This process, and those it starts meanwhile, on one CPU: nobody wanders, and no two work at once."""
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(allowed)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)


def real_peers(material: Material) -> list[str]:
    program = str(Path(__file__).with_name("_eet_peers.py"))
    files = [str(material.key_file), str(material.certificate_file)]
    return [str(peers_python()), "-P", "-W", "ignore", program, *files]


def main(
    argv: Sequence[str] | None = None,
    *,
    peers_command: Callable[[Material], Sequence[str]] = real_peers,
    signer_bits: int = 4096,
) -> None:
    """`signer_bits`: of who signs answers; the official one has 4096."""
    arguments = _arguments(argv)
    with ExitStack() as stack:
        material = make_material(Path(stack.enter_context(TemporaryDirectory())), answer_bits=signer_bits)
        command = peers_command(material)
        stack.enter_context(one_cpu())
        peers = stack.enter_context(Peers(command))
        ours = Ours(material)
        load_before = os.getloadavg()[0]
        rates = measure(ours, peers, rounds=arguments.rounds, messages=arguments.messages)
        extra = {
            "rounds": arguments.rounds,
            "openssl_speed_rsa2048_per_s": openssl_speed(),
            "versions": peers.versions,
            "load_average_before": load_before,
        }
    result = report(rates, ours.verify_ms, extra)
    if arguments.json:
        print(json.dumps(result))
    else:
        for name, value in {**result["metrics"], **result["extra"]}.items():
            print(f"{name:<28} {value}")


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=31)
    parser.add_argument("--messages", type=int, default=150, help="in one turn of the fastest side")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args(argv)


if __name__ == "__main__":
    main()
