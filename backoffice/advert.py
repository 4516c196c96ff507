"""The Backoffice says on the local network that it is there: mDNS service `_pokladna._tcp`."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import ifaddr
import zeroconf

SERVICE_TYPE = "_pokladna._tcp.local."


def own_addresses() -> list[str]:
    """The machine's IPv4 addresses, without loopback."""
    found = {str(ip.ip) for adapter in ifaddr.get_adapters() for ip in adapter.ips if ip.is_IPv4}
    return sorted(address for address in found if not address.startswith("127."))


def service_info(*, host_name: str, port: int, key_mark: str, addresses: list[str]) -> zeroconf.ServiceInfo:
    """What is announced; `key` lets a till prefer the server whose pairing code it was given."""
    return zeroconf.ServiceInfo(
        SERVICE_TYPE,
        f"Backoffice {host_name}.{SERVICE_TYPE}",
        addresses=[socket.inet_aton(address) for address in addresses],
        port=port,
        properties={"v": "1", "key": key_mark},
        server=f"{host_name}.local.",
    )


@contextmanager
def advertised(info: zeroconf.ServiceInfo) -> Iterator[None]:
    """Announced while the context lasts."""
    announcer = zeroconf.Zeroconf()
    try:
        announcer.register_service(info, allow_name_change=True)
        yield
    finally:
        announcer.unregister_all_services()
        announcer.close()
