"""The one theme: colours, type scale, spacing and touch sizes; light and dark, for the three display sizes.

`T` is filled once by `use_theme` before the first widget is made and read by every `.kv` file.
"""

from dataclasses import dataclass, field

Colour = tuple[float, float, float, float]

# Type sizes at 800 px height. Small displays are looked at from nearer, so type shrinks half as fast as the height.
TYPE_SIZES = (14, 16, 20, 28, 48)
FULL_HEIGHT = 800
TYPE_SIZE_MIN = 12

LIGHT = {
    "ground": "#F4F5F7", "surface": "#FFFFFF", "text": "#1B1F24", "quiet": "#5B6570", "line": "#D9DEE4",
    "accent": "#0F6FDE", "on_accent": "#FFFFFF", "pay": "#14804A", "on_pay": "#FFFFFF",
    "warning": "#8A5000", "warning_ground": "#FFF3DC", "danger": "#B3261E", "danger_ground": "#FCE8E6",
    "selected": "#E8F1FE", "on_selected": "#0B5BB8",
    "pressed": "#DDE3EA", "disabled": "#ECEEF1", "disabled_text": "#6B747E",
    "good": "#11703F", "good_ground": "#E3F4EA", "key": "#E9ECF0", "scrim": "#1B1F2480",
}  # fmt: skip
DARK = {
    "ground": "#14171B", "surface": "#1E2329", "text": "#F1F3F5", "quiet": "#A3ADB8", "line": "#2E353D",
    "accent": "#5AA2FF", "on_accent": "#0B1420", "pay": "#2FA56A", "on_pay": "#06140C",
    "warning": "#F2B84B", "warning_ground": "#3A2E14", "danger": "#FF6B61", "danger_ground": "#3B1D1B",
    "selected": "#1F3149", "on_selected": "#6FAFFF",
    "pressed": "#36404A", "disabled": "#22272D", "disabled_text": "#89929C",
    "good": "#4CC38A", "good_ground": "#15301F", "key": "#2A3038", "scrim": "#000000A0",
}  # fmt: skip
THEMES = {"light": LIGHT, "dark": DARK}


def colour(text: str) -> Colour:
    """`#RRGGBB` or `#RRGGBBAA` as Kivy wants it."""
    parts = [int(text[i : i + 2], 16) / 255 for i in range(1, len(text), 2)]
    return (parts[0], parts[1], parts[2], parts[3] if len(parts) > 3 else 1.0)


@dataclass
class Tokens:
    """What the widgets read. Lengths in pixels; `grid` is columns × rows of item tiles."""

    name: str = "light"
    width: int = 1280
    height: int = 800
    colours: dict[str, Colour] = field(default_factory=dict)
    tiny: float = 14
    small: float = 16
    body: float = 20
    large: float = 28
    huge: float = 48
    touch: float = 56
    bar: float = 48
    gap: float = 8
    pad: float = 12
    radius: float = 8
    grid: tuple[int, int] = (5, 4)
    last_used: int = 5
    short: bool = False  # too low for a row of its own for what is only handy

    def __getattr__(self, name: str) -> Colour:
        try:
            return self.colours[name]
        except KeyError:
            raise AttributeError(name) from None


T = Tokens()


def use_theme(name: str, width: int, height: int) -> Tokens:
    """Fill `T` for this display. Raises KeyError for an unknown theme."""
    scale = (1 + height / FULL_HEIGHT) / 2
    T.colours = {key: colour(text) for key, text in THEMES[name].items()}
    T.name, T.width, T.height = name, width, height
    T.tiny, T.small, T.body, T.large, T.huge = (float(max(TYPE_SIZE_MIN, round(s * scale))) for s in TYPE_SIZES)
    compact = height < 560
    T.short = height < 700
    T.touch, T.bar = (48.0, 40.0) if compact else (56.0, 48.0)
    T.gap, T.pad = (4.0, 8.0) if compact else (8.0, 12.0)
    T.grid = (3, 3) if compact else (5, 4) if width >= 1200 else (4, 4)
    T.last_used = 0 if T.short else T.grid[0]
    return T
