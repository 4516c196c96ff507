"""Draws a paper as it would lie on the counter: dark grey on the off-white of thermal paper, one pixel to a dot."""

from functools import lru_cache
from pathlib import Path

import barcode  # type: ignore[import-untyped]
import segno
from PIL import Image, ImageChops, ImageDraw, ImageFont

from drivers.virtual.document import (
    CHAR_DOTS,
    LINE_DOTS,
    Align,
    BarCode,
    Blank,
    Item,
    Line,
    Paper,
    QrCode,
    Raster,
    Run,
    Style,
)

GROUND, INK, SHADE = (252, 251, 246), (38, 38, 46), (226, 224, 214)
MARGIN_DOTS = 28
HEIGHT_DOTS_MAX = 24_000  # the drawing of a longer paper ends here; its text is complete
FONT_FOLDERS = ("/usr/share/fonts/truetype/dejavu", "/usr/share/fonts/dejavu", "/usr/share/fonts/TTF")
FONT_FILES = {False: "DejaVuSansMono.ttf", True: "DejaVuSansMono-Bold.ttf"}
FONT_SIZE = 20  # the size at which a character of this font is CHAR_DOTS wide
QUIET_MODULES = 3
UNCUT_MARK = "– – –  neodstřiženo  – – –"


def draw(paper: Paper) -> Image.Image:
    """The paper as a picture, its margins included."""
    pieces = [(item, _height(item)) for item in paper.items]
    height = min(HEIGHT_DOTS_MAX, sum(dots for _, dots in pieces)) + 2 * MARGIN_DOTS
    ink = Image.new("L", (paper.width_dots, height), 0)
    top = MARGIN_DOTS
    for item, dots in pieces:
        if top + dots > height - MARGIN_DOTS:
            break
        _draw_item(ink, item, top)
        top += dots
    return _on_thermal_paper(ink, cut=paper.cut)


def _height(item: Item) -> int:
    match item:
        case Line():
            return item.height_dots
        case Blank():
            return item.dots
        case BarCode():
            texts = {"none": 0, "above": 1, "below": 1, "both": 2}[item.digits]
            return item.height_dots + texts * (LINE_DOTS + 4) + 6
        case QrCode():
            return (_qr_size(item) + 2 * QUIET_MODULES) * item.module_dots
        case Raster():
            return len(item.rows) // item.width_bytes


def _draw_item(ink: Image.Image, item: Item, top: int) -> None:
    match item:
        case Line():
            _line(ink, item, top)
        case BarCode():
            _bar_code(ink, item, top)
        case QrCode():
            _qr_code(ink, item, top)
        case Raster():
            _raster(ink, item, top)
        case Blank():
            pass


def _line(ink: Image.Image, line: Line, top: int) -> None:
    """Runs stand on one base line, as in a printer: small characters at the foot of the tall ones."""
    left = _left(ink, line.dots, line.align)
    tallest = max((run.style.height for run in line.runs), default=1)
    for run in line.runs:
        picture = _characters(run)
        ink.paste(picture, (left, top + LINE_DOTS * (tallest - run.style.height)))
        left += run.dots


def _characters(run: Run) -> Image.Image:
    """Each character in its own cell; a width other than the height is stretched, as the print head does it."""
    style = run.style
    scale = style.height
    font = _font(bold=style.bold, size=FONT_SIZE * scale)
    ascent, descent = font.getmetrics()
    base = (LINE_DOTS * scale - ascent - descent) // 2 + ascent
    cell = CHAR_DOTS * scale
    picture = Image.new("L", (cell * len(run.text), LINE_DOTS * scale), 0)
    pen = ImageDraw.Draw(picture)
    for place, character in enumerate(run.text):
        if character.isprintable():
            pen.text((place * cell, base), character, font=font, fill=255, anchor="ls")
    if style.underline:
        pen.rectangle((0, LINE_DOTS * scale - 2, picture.width, LINE_DOTS * scale), fill=255)
    if run.dots != picture.width:
        picture = picture.resize((max(1, run.dots), picture.height), Image.Resampling.BILINEAR)
    return ImageChops.invert(picture) if style.inverse else picture


@lru_cache(maxsize=32)
def _font(*, bold: bool, size: int) -> ImageFont.FreeTypeFont:
    for folder in FONT_FOLDERS:
        path = Path(folder) / FONT_FILES[bold]
        if path.exists():
            return ImageFont.truetype(str(path), size, layout_engine=ImageFont.Layout.BASIC)
    fallback = ImageFont.load_default(size)
    assert isinstance(fallback, ImageFont.FreeTypeFont), "this Pillow was built without FreeType"
    return fallback


def _bar_code(ink: Image.Image, code: BarCode, top: int) -> None:
    modules = _bars(code)
    if modules is None:
        _caption(ink, f"{code.kind} {code.data} ?", top, code.align)
        return
    width = len(modules) * code.module_dots
    left = _left(ink, width, code.align)
    pen = ImageDraw.Draw(ink)
    if code.digits in ("above", "both"):
        _caption(ink, code.data, top, code.align, within=(left, width))
        top += LINE_DOTS + 4
    for place, module in enumerate(modules):
        if module == "1":
            x = left + place * code.module_dots
            pen.rectangle((x, top, x + code.module_dots - 1, top + code.height_dots - 1), fill=255)
    if code.digits in ("below", "both"):
        _caption(ink, code.data, top + code.height_dots + 4, code.align, within=(left, width))


def _bars(code: BarCode) -> str | None:
    """The modules as "0" and "1"; None where the printer would not print this data either."""
    lengths = {"EAN13": (12, 13), "EAN8": (7, 8)}
    if code.kind in lengths and not (code.data.isdigit() and len(code.data) in lengths[code.kind]):
        return None
    data = code.data[: lengths[code.kind][0]] if code.kind in lengths else code.data
    try:
        return str(barcode.get_barcode_class(code.kind.lower())(data).build()[0])
    except (barcode.errors.BarcodeError, KeyError, ValueError):
        return None


def _caption(ink: Image.Image, text: str, top: int, align: Align, *, within: tuple[int, int] | None = None) -> None:
    picture = _characters(Run(text, Style()))
    left = within[0] + (within[1] - picture.width) // 2 if within else _left(ink, picture.width, align)
    ink.paste(picture, (left, top))


def _qr_size(code: QrCode) -> int:
    return len(_qr_modules(code))


@lru_cache(maxsize=16)
def _qr_modules(code: QrCode) -> tuple[bytes, ...]:
    """Rows of 0 and 1; none when no QR code holds this much, of which the printer would print nothing either."""
    try:
        made = segno.make(code.data, error=code.level, micro=False, boost_error=False, encoding="utf-8")
    except segno.DataOverflowError:
        return ()
    return tuple(bytes(row) for row in made.matrix)


def _qr_code(ink: Image.Image, code: QrCode, top: int) -> None:
    modules = _qr_modules(code)
    size = code.module_dots
    left = _left(ink, len(modules) * size, code.align)
    pen = ImageDraw.Draw(ink)
    for y, row in enumerate(modules, start=QUIET_MODULES):
        for x, module in enumerate(row):
            if module:
                corner = (left + x * size, top + y * size)
                pen.rectangle((*corner, corner[0] + size - 1, corner[1] + size - 1), fill=255)


def _raster(ink: Image.Image, raster: Raster, top: int) -> None:
    height = len(raster.rows) // raster.width_bytes
    size = (raster.width_bytes * 8, height)
    picture = Image.frombytes("1", size, raster.rows[: raster.width_bytes * height]).convert("L")
    ink.paste(picture, (_left(ink, size[0], raster.align), top))


def _left(ink: Image.Image, width: int, align: Align) -> int:
    free = max(0, ink.width - width)
    return {"left": 0, "center": free // 2, "right": free}[align]


def _on_thermal_paper(ink: Image.Image, *, cut: bool) -> Image.Image:
    """The ground with its margins, a slightly uneven lower edge from the knife, or the mark of a paper not cut."""
    paper = Image.new("RGB", (ink.width + 2 * MARGIN_DOTS, ink.height + MARGIN_DOTS), GROUND)
    paper.paste(Image.new("RGB", ink.size, INK), (MARGIN_DOTS, 0), ink)
    pen = ImageDraw.Draw(paper)
    if cut:
        for x in range(0, paper.width, 8):
            foot = paper.height
            pen.polygon([(x, foot), (x + 4, foot - 4), (x + 8, foot)], fill=SHADE)
    else:
        font = _font(bold=False, size=FONT_SIZE)
        place = (paper.width // 2, paper.height - MARGIN_DOTS)
        pen.text(place, UNCUT_MARK, font=font, fill=(150, 146, 130), anchor="mm")
    return paper
