"""The Backoffice says on the local network that it is there: mDNS service `_pokladna._tcp`."""

import fcntl
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager

import zeroconf

SIOCGIFADDR = 0x8915  # linux/sockios.h
INTERFACE_NAME_MAX = 15
SERVICE_TYPE = "_pokladna._tcp.local."


def own_addresses() -> list[str]:
    """The machine's IPv4 addresses, one per network interface, without loopback (Linux)."""
    found = set()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        for _, name in socket.if_nameindex():
            try:
                answer = fcntl.ioctl(asking, SIOCGIFADDR, struct.pack("256s", name.encode()[:INTERFACE_NAME_MAX]))
            except OSError:
                continue  # an interface without an address
            found.add(socket.inet_ntoa(answer[20:24]))
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
