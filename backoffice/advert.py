"""The Backoffice says on the local network that it is there: mDNS service `_pokladna._tcp`."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from zeroconf import ServiceInfo, Zeroconf, get_all_addresses

SERVICE_TYPE = "_pokladna._tcp.local."


def own_addresses() -> list[str]:
    """The machine's IPv4 addresses, without loopback."""
    return sorted(address for address in get_all_addresses() if not address.startswith("127."))


def service_info(*, host_name: str, port: int, key_mark: str, addresses: list[str]) -> ServiceInfo:
    """What is announced; `key` lets a till prefer the server whose pairing code it was given."""
    return ServiceInfo(
        SERVICE_TYPE,
        f"Backoffice {host_name}.{SERVICE_TYPE}",
        addresses=[socket.inet_aton(address) for address in addresses],
        port=port,
        properties={"v": "1", "key": key_mark},
        server=f"{host_name}.local.",
    )


@contextmanager
def advertised(info: ServiceInfo) -> Iterator[None]:
    """Announced while the context lasts."""
    zeroconf = Zeroconf()
    try:
        zeroconf.register_service(info, allow_name_change=True)
        yield
    finally:
        zeroconf.unregister_all_services()
        zeroconf.close()
