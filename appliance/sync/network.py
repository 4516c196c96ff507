"""Whether something has changed about this machine's network: the kernel says so by itself (netlink)."""

import errno
import socket

NETLINK_ROUTE = 0
# linux/rtnetlink.h: links, IPv4 addresses, IPv4 routes, IPv6 addresses, IPv6 routes
GROUPS = 0x1 | 0x10 | 0x40 | 0x100 | 0x400
READ_BYTES = 16 * 1024


class NetworkWatch:
    """A cable plugged in, an address given, a route made."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_ROUTE)
        self._socket.setblocking(False)
        self._socket.bind((0, GROUPS))

    def changed(self) -> bool:
        """Whether anything has happened since the last call. A full buffer counts: something did."""
        seen = False
        while True:
            try:
                self._socket.recv(READ_BYTES)
            except BlockingIOError:
                return seen
            except OSError as error:
                if error.errno != errno.ENOBUFS:
                    raise
            seen = True

    def close(self) -> None:
        self._socket.close()
