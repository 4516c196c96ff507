from appliance.eet.sandbox.faults import FaultKind, parse_script
from script.lib.faults.weather import PROBABILITY, ROUND, forecast, labels


def test_every_fault_the_sandbox_knows_has_its_weather_with_the_same_probability() -> None:
    faults = [fault for weather, _ in ROUND for fault in parse_script(weather.script)]
    assert {fault.kind for fault in faults} == {kind for kind in FaultKind if not kind.startswith("renewal")}
    assert {fault.probability for fault in faults} == {PROBABILITY}
    assert {"error=-1", "error=2", "error=3", "error=4", "error=6", "error=7", "error=8"} < set(labels())


def test_a_long_day_has_all_weathers_twice_and_a_short_one_once() -> None:
    day, short = forecast(2000), forecast(150)
    assert [(at, weather.name) for at, weather in short] == [
        (0, "refusals"),
        (24, "storm"),
        (90, "slow"),
        (114, "strangers"),
    ]
    assert [weather for _, weather in day] == [weather for _, weather in short] * 2
    assert [at for at, _ in day] == [0, 160, 600, 760, 1000, 1160, 1600, 1760]
