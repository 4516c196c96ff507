"""Looking for a Backoffice on the local network: mDNS, service `_pokladna._tcp`."""

import ipaddress
import threading
from collections.abc import Sequence
from typing import Any

import zeroconf

from drivers.ports import FoundService

SERVICE_TYPE = "_pokladna._tcp.local."
SERVICES_MAX = 16
TEXT_CHARS_MAX = 64
ASK_MS = 1000


class MdnsFinder:
    """Browses on demand. `interfaces`: addresses to ask through; all of them unless told."""

    def __init__(self, interfaces: Sequence[str] = ()) -> None:
        self._interfaces: Any = list(interfaces) or zeroconf.InterfaceChoice.All

    def find(self, *, within_s: float, key_mark: str = "") -> list[FoundService]:
        """What answers within that time; ends early with the one whose mark is `key_mark`, which then stands first.

        A network that is not there is one on which nothing answers.
        """
        try:
            asking = zeroconf.Zeroconf(interfaces=self._interfaces)
        except OSError:
            return []
        hearing = _Hearing(key_mark)
        try:
            browser = zeroconf.ServiceBrowser(asking, SERVICE_TYPE, handlers=[hearing.changed])
            hearing.enough.wait(within_s)
            browser.cancel()
        finally:
            asking.close()
        return sorted(hearing.found(), key=lambda each: (each.key_mark != key_mark, each.name, each.host))


class _Hearing:
    def __init__(self, key_mark: str) -> None:
        self._key_mark = key_mark
        self._found: dict[str, FoundService] = {}
        self._lock = threading.Lock()
        self.enough = threading.Event()

    def changed(
        self,
        zeroconf: zeroconf.Zeroconf,
        service_type: str,
        name: str,
        state_change: "zeroconf.ServiceStateChange",
    ) -> None:
        """Called by the library, with these names, on its own thread."""
        if state_change.name == "Removed" or len(self._found) >= SERVICES_MAX:
            return
        info = zeroconf.get_service_info(service_type, name, timeout=ASK_MS)
        service = service_of(info) if info else None
        if service is None:
            return
        with self._lock:
            self._found[name] = service
        if self._key_mark and service.key_mark == self._key_mark:
            self.enough.set()

    def found(self) -> list[FoundService]:
        with self._lock:
            return list(self._found.values())


def service_of(info: zeroconf.ServiceInfo) -> FoundService | None:
    """None for one that cannot be reached: without a port or an address."""
    hosts = sorted(info.parsed_addresses(), key=lambda text: ipaddress.ip_address(text.split("%")[0]).version)
    if not hosts or not info.port:
        return None
    said = {key: value or "" for key, value in info.decoded_properties.items()}
    name = info.name.removesuffix("." + SERVICE_TYPE)
    return FoundService(_plain(name), hosts[0], info.port, _plain(said.get("key", "")))


def _plain(text: str) -> str:
    """A stranger's words, fit to be shown."""
    return "".join(char for char in text if char.isprintable())[:TEXT_CHARS_MAX]
