"""Two short sounds, for a code that was found and one that was not; silent where there is no sound device."""

import math
import wave
from array import array
from pathlib import Path
from typing import Any

from kivy.core.audio import SoundLoader

RATE_HZ = 22_050
VOLUME = 9_000  # of 32 767
FADE_S = 0.005  # without it a tone begins and ends with a click
TONES: dict[str, tuple[tuple[int, float], ...]] = {  # (Hz, seconds) one after another
    "found": ((1_760, 0.06),),
    "not_found": ((330, 0.12), (220, 0.18)),
}


def samples(tones: tuple[tuple[int, float], ...]) -> "array[int]":
    """16-bit mono."""
    made: array[int] = array("h")
    for pitch_hz, length_s in tones:
        n = int(RATE_HZ * length_s)
        fade = int(RATE_HZ * FADE_S)
        for i in range(n):
            loudness = min(1.0, i / fade, (n - i) / fade)
            made.append(int(VOLUME * loudness * math.sin(2 * math.pi * pitch_hz * i / RATE_HZ)))
    return made


class Sounds:
    """`folder` keeps the generated files; `devices` is where the kernel lists what can play."""

    def __init__(self, folder: Path, devices: Path = Path("/dev/snd")) -> None:
        self._sounds: dict[str, Any] = {}
        if not any(devices.glob("pcm*p")):
            return
        for name, tones in TONES.items():
            path = folder / f"{name}.wav"
            with wave.open(str(path), "wb") as file:
                file.setnchannels(1)
                file.setsampwidth(2)
                file.setframerate(RATE_HZ)
                file.writeframes(samples(tones).tobytes())
            self._sounds[name] = SoundLoader.load(str(path))

    def play(self, name: str) -> None:
        sound = self._sounds.get(name)
        if sound is not None:
            sound.play()
