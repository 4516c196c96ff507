"""The finder against the Backoffice's own announcement, over real mDNS on loopback."""

import socket

import zeroconf

from drivers.discovery import MdnsFinder, service_of
from drivers.ports import FoundService

LOOPBACK = "127.0.0.1"


def info(
    name: str = "obchod", *, key: str = "ABCD2345", port: int = 8443, address: str = LOOPBACK
) -> zeroconf.ServiceInfo:
    kind = "_pokladna._tcp.local."
    return zeroconf.ServiceInfo(
        kind,
        f"Backoffice {name}.{kind}",
        addresses=[socket.inet_aton(address)],
        port=port,
        properties={"v": "1", "key": key},
        server=f"{name}.local.",
    )


def test_a_service_is_read_as_name_address_port_and_mark() -> None:
    assert service_of(info()) == FoundService("Backoffice obchod", LOOPBACK, 8443, "ABCD2345")


def test_a_strangers_words_are_fit_to_be_shown() -> None:
    found = service_of(info(key="A\x1b[2J" + "B" * 200))
    assert found is not None
    assert found.key_mark.isprintable()
    assert len(found.key_mark) == 64


def test_a_service_without_an_address_is_none() -> None:
    kind = "_pokladna._tcp.local."
    assert service_of(zeroconf.ServiceInfo(kind, f"x.{kind}", addresses=[], port=1, server="x.local.")) is None


def test_a_backoffice_on_this_network_is_found_and_the_search_ends_with_it() -> None:
    announcer = zeroconf.Zeroconf(interfaces=[LOOPBACK])
    try:
        announcer.register_service(info("obchod", key="ABCD2345"))
        announcer.register_service(info("sklad", key="ZZZZ2222", port=9000))
        found = MdnsFinder([LOOPBACK]).find(within_s=10, key_mark="ZZZZ2222")
    finally:
        announcer.unregister_all_services()
        announcer.close()
    assert found[0] == FoundService("Backoffice sklad", LOOPBACK, 9000, "ZZZZ2222")


def test_where_nothing_answers_nothing_is_found_in_the_time_allowed() -> None:
    assert MdnsFinder([LOOPBACK]).find(within_s=0.3, key_mark="QQQQ7777") == []
