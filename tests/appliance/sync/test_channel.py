"""One endpoint of the tax office: when it takes records, and when one of them only probes."""

import pytest

from appliance.domain.fiscal import Dialect, Mode
from appliance.eet.outcome import Reason
from appliance.sync.channel import Channel, Key, faults_by_name, worst_fault

OLD, NEW = ("2027-02-01T08:00:00+01:00", "P1A-000001"), ("2027-02-01T08:05:00+01:00", "P1A-000002")


def delay_s(attempt: int) -> float:
    return (5.0, 15.0, 60.0)[min(attempt, 3) - 1]


def failed(fault: str, *, times: int = 1) -> Channel:
    channel = Channel()
    for n in range(times):
        channel.fails(fault, OLD, now=100.0 * n, delay_s=delay_s)
    return channel


def test_a_channel_that_works_takes_every_sale() -> None:
    assert Channel().takes(OLD)


def test_probes_follow_the_schedule() -> None:
    assert [failed("channel:dns", times=n).probe_at for n in (1, 2, 3, 4)] == [5.0, 115.0, 260.0, 360.0]


@pytest.mark.parametrize(
    ("fault", "takes_a_newer_sale"),
    [
        ("channel:connect", True),
        ("channel:dns", True),
        ("channel:tls", True),
        ("channel:server_busy", True),
        ("channel:code_4", False),
        ("channel:unknown_signer", False),
        ("channel:test_answer", False),
        ("channel:live_answer", False),
    ],
)
def test_only_a_sale_made_after_the_failure_finds_out_whether_the_line_is_back(
    fault: str, takes_a_newer_sale: bool
) -> None:
    channel = failed(fault)
    assert not channel.takes(OLD)
    assert channel.takes(NEW) is takes_a_newer_sale


def test_a_channel_that_works_again_has_forgotten_everything() -> None:
    channel = failed("channel:code_4", times=4)
    assert channel.works()
    assert channel == Channel()
    assert not channel.works()


def test_a_person_who_asks_need_not_wait_for_the_probe() -> None:
    channel = failed("channel:code_4")
    channel.hurry()
    assert (channel.probe_at, channel.fault) == (0.0, "channel:code_4")


def test_the_fault_of_live_sales_is_told_before_any_other() -> None:
    playground: Key = (Dialect.V4, Mode.PLAYGROUND)
    live: Key = (Dialect.V4, Mode.LIVE)
    assert worst_fault({}) == ""
    assert worst_fault({playground: failed("channel:dns"), live: Channel()}) == "channel:dns"
    both = {playground: failed("channel:dns"), live: failed("channel:tls")}
    assert worst_fault(both) == "channel:tls"
    assert faults_by_name(both) == {"v4 playground": "channel:dns", "v4 live": "channel:tls"}


@pytest.mark.parametrize(
    ("fault", "reason", "after"),
    [
        ("channel:connect", Reason.SERVER_BUSY, "channel:server_busy"),
        ("channel:dns", Reason.TIMEOUT, "channel:timeout"),
        ("channel:code_4", Reason.TIMEOUT, "channel:code_4"),
        ("channel:unknown_signer", Reason.HTTP_STATUS, "channel:unknown_signer"),
    ],
)
def test_a_probe_that_proved_nothing_tells_how_the_line_is_now(fault: str, reason: Reason, after: str) -> None:
    assert failed(fault).still(reason) == after
