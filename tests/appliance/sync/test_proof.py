"""What the Backoffice says about a closing, said again later."""

from pathlib import Path

from appliance.domain.money import crowns
from appliance.service import shift
from appliance.service.shift import last_closing
from appliance.sync.triggers import COMPARE_S
from tests.appliance.sync.till import make_till
from tests.fake_backoffice import FakeBackoffice


def test_an_incomplete_closing_is_proven_again_with_the_next_comparison(tmp_path: Path, server: FakeBackoffice) -> None:
    till = make_till(tmp_path, server, receipts=3)
    server.books.hidden = 1
    shift.close_shift(till.shop, counted=crowns(1000))
    till.until_quiet()
    first = last_closing(till.shop)
    assert first is not None
    assert (first.complete, first.receipts_held, first.receipts_expected) == (False, 2, 3)

    server.books.hidden = 0
    till.time.now += COMPARE_S[1]
    till.until_quiet()
    till.work()

    second = last_closing(till.shop)
    assert second is not None
    assert (second.complete, second.receipts_held) == (True, 3)
