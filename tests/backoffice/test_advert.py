from backoffice.advert import own_addresses, service_info


def test_the_announcement_names_address_port_and_the_mark_of_the_key() -> None:
    info = service_info(host_name="obchod", port=8443, key_mark="ABCD2345", addresses=["192.168.1.20"])
    assert info.type == "_pokladna._tcp.local."
    assert (info.server, info.port) == ("obchod.local.", 8443)
    assert info.parsed_addresses() == ["192.168.1.20"]
    assert info.decoded_properties == {"v": "1", "key": "ABCD2345"}


def test_loopback_is_never_announced() -> None:
    assert [address for address in own_addresses() if address.startswith("127.")] == []
