"""The line between a till and the Backoffice: loses, repeats, delays; and is cut for hours."""

import gzip
from collections.abc import Callable
from typing import Any, TypeVar

import appliance.sync.link as real
from appliance.sync.link import BackofficeLink, Failed, Packed, Refusal
from appliance.wire import Wire
from tests.sim.server import Server, ServerFell
from tests.sim.world import Owner, World

Reply = TypeVar("Reply", bound=Wire)
UNREACHABLE = Failed("unreachable", "lost")


class _Response:
    """What the link's own reading of a reply looks at."""

    def __init__(self, status: int) -> None:
        self.status_code = status
        self.headers = {"Content-Type": "application/json"}


class SimLink(BackofficeLink):
    """The real link's methods over a line made of chance; texts travel as JSON both ways."""

    def __init__(self, world: World, server: Server, machine: Any, token: str) -> None:
        self._world = world
        self._server = server
        self._machine: Owner = machine
        self._token = token

    def close(self) -> None:
        """There is no connection."""

    def _begin(
        self, method: str, path: str, reply_type: type[Reply], body: Packed
    ) -> Callable[[], Reply | Refusal | Failed]:
        """There are no threads: the whole exchange, then whatever is done meanwhile."""
        reply = self._call(method, path, reply_type, body)
        return lambda: reply

    def _call(
        self, method: str, path: str, reply_type: type[Reply], body: Packed | None = None
    ) -> Reply | Refusal | Failed:
        world, rates, calm = self._world, self._server.scenario, self._server.calm
        data = body.data if body is not None else b""
        data = gzip.decompress(data) if body is not None and "Content-Encoding" in body.headers else data
        what = f"{method} {path.partition('/')[2].partition('/')[2].partition('/')[2][:40] or path}"
        world.sleep(world.random.choice((0.02, 0.1, 0.5, 3.0)), self._machine)
        if self._machine.cut_off or (not calm and world.chance(rates.request_lost)):  # type: ignore[attr-defined]
            world.note(self._machine.name, f"{what}: lost on the way")
            return UNREACHABLE
        if not calm and world.chance(rates.late):
            self._come_late(method, path, data, what)
        reply = self._deliver(method, path, data, what)
        if reply is not None and not calm and world.chance(rates.repeated):
            reply = self._deliver(method, path, data, what + " again")
        world.sleep(world.random.choice((0.02, 0.1, 2.0)), self._machine)
        if reply is None or (not calm and world.chance(rates.reply_lost)):
            world.note(self._machine.name, f"{what}: answer lost")
            return UNREACHABLE
        status, content = reply
        response: Any = _Response(status)
        return real._understand(response, content, reply_type)

    def _deliver(self, method: str, path: str, data: bytes, what: str) -> tuple[int, bytes] | None:
        try:
            status, content = self._server.answer(method, path, self._token, data)
        except ServerFell:
            return None
        said = "" if status == 200 else content[:60].decode()
        self._world.note(self._machine.name, f"{what}: {status} {said}")
        return status, content

    def _come_late(self, method: str, path: str, data: bytes, what: str) -> None:
        def arrive() -> float:
            self._deliver(method, path, data, what + " late")
            return float("inf")

        self._world.add("late", arrive, after_s=self._world.random.uniform(1, 600))
