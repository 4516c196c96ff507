"""`pokladna eet test`: one made-up sale, asked for by a person, sent by the daemon."""

from dataclasses import replace
from pathlib import Path

import pytest

from appliance.domain.fiscal import Dialect, Mode, Regime
from appliance.service import fiscal as service
from appliance.service.fiscal import ChannelTest
from appliance.sync.rehearsal import Rehearsal
from tests.appliance.sync.office import NO_DNS, Desk, Happening, Material, open_ledger
from tests.shops import PLAYGROUND, TAXPAYER, make_shop

V3_TAXPAYER = replace(TAXPAYER, dic_popl="CZ00000019", id_provoz="273")


def rehearse(
    tmp_path: Path,
    material: Material,
    regimes: tuple[Regime, ...],
    *,
    happening: Happening | None = None,
    certificate: bool = True,
) -> tuple[ChannelTest, Desk, int]:
    """One test from the request to its result; how many sales the office has then."""
    test_shop = make_shop(tmp_path, regimes=regimes)
    test_shop = replace(test_shop, shop=replace(test_shop.shop, taxpayer=V3_TAXPAYER))
    live = bool(regimes) and regimes[0].mode is Mode.LIVE
    with open_ledger(tmp_path) as ledger:
        desk = Desk(test_shop, material, ledger, live=live)
        desk.always = happening
        rehearsal = Rehearsal(
            test_shop.shop,
            identity=lambda: material.till if certificate else None,
            trust=lambda dialect: material.trust,
            make_client=desk._client,
            monotonic=lambda: 0.0,
        )
        assert rehearsal.step() == 15.0  # nobody has asked
        assert desk.posts == []
        service.request_test(test_shop.shop)
        rehearsal.step()
        rehearsal.step()  # answered once
        found = service.channel_test(test_shop.shop)
        assert found is not None
        return found, desk, ledger.report()["count"]


@pytest.mark.parametrize("dialect", list(Dialect))
def test_on_the_playground_it_is_a_sale_whose_signed_answer_is_verified(
    tmp_path: Path, eet_material: Material, dialect: Dialect
) -> None:
    found, desk, count = rehearse(tmp_path, eet_material, (replace(PLAYGROUND, dialect=dialect),))
    assert (found.outcome, found.dialect, found.mode, count) == ("passed", dialect, "playground", 1)
    assert len(found.detail) == 39
    (post,) = desk.posts
    assert (post.data["porad_cis"], post.data["celk_trzba"], post.header.overeni) == ("TEST", "1.00", False)


@pytest.mark.parametrize("mode", [Mode.LIVE, Mode.VERIFICATION])
def test_the_live_server_records_nothing_of_it(tmp_path: Path, eet_material: Material, mode: Mode) -> None:
    found, desk, count = rehearse(tmp_path, eet_material, (replace(PLAYGROUND, mode=mode),))
    assert (found.outcome, found.detail, count) == ("passed", "", 0)
    assert [post.header.overeni for post in desk.posts] == [True]


@pytest.mark.parametrize(
    ("happening", "outcome"),
    [(NO_DNS, "dns"), (4, "code_4"), (3, "code_3"), (-1, "server_busy"), ("stranger", "unknown_signer")],
)
def test_what_went_wrong_is_named(tmp_path: Path, eet_material: Material, happening: Happening, outcome: str) -> None:
    found, desk, _ = rehearse(tmp_path, eet_material, (PLAYGROUND,), happening=happening)
    assert (found.outcome, len(desk.posts)) == (outcome, 1)


def test_without_a_certificate_or_a_regime_nothing_is_sent(tmp_path: Path, eet_material: Material) -> None:
    found, desk, _ = rehearse(tmp_path / "a", eet_material, (PLAYGROUND,), certificate=False)
    assert (found.outcome, desk.posts) == ("no_certificate", [])
    found, desk, _ = rehearse(tmp_path / "b", eet_material, ())
    assert (found.outcome, desk.posts) == ("off", [])


def test_before_the_first_day_the_coming_regime_is_tried(tmp_path: Path, eet_material: Material) -> None:
    coming = replace(PLAYGROUND, valid_from=PLAYGROUND.valid_from.replace(year=2028), mode=Mode.LIVE)
    found, _, count = rehearse(tmp_path, eet_material, (coming,))
    assert (found.outcome, found.mode, count) == ("passed", "live", 0)
