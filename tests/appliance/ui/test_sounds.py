from pathlib import Path

import pytest

from appliance.ui.sounds import RATE_HZ, TONES, VOLUME, Sounds, samples


@pytest.mark.parametrize("name", ["found", "not_found"])
def test_a_sound_is_short_and_not_too_loud(name: str) -> None:
    made = samples(TONES[name])
    assert len(made) < RATE_HZ // 2
    assert 0 < max(made) <= VOLUME


def test_without_a_sound_device_the_till_is_silent_and_sells(tmp_path: Path) -> None:
    sounds = Sounds(tmp_path, devices=tmp_path / "none")
    sounds.play("found")
    assert list(tmp_path.iterdir()) == []


def test_with_a_device_that_plays_nothing_it_is_silent_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("appliance.ui.sounds.SoundLoader.load", lambda path: None)
    (tmp_path / "pcmC0D0p").touch()
    Sounds(tmp_path, devices=tmp_path).play("found")
    assert sorted(path.name for path in tmp_path.glob("*.wav")) == ["found.wav", "not_found.wav"]
