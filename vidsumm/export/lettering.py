"""Text on a Matplotlib figure laid out in pixels, in the font that Matplotlib brings along."""

from functools import cache
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, get_font
from matplotlib.text import Text

__all__ = ["font", "printable", "shorten", "width_px", "write"]

_UNKNOWN = "□"


@cache
def _font_file(bold: bool) -> Path:
    return Path(mpl.get_data_path()) / "fonts" / "ttf" / ("DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf")


def font(size_pt: float, *, bold: bool = False) -> FontProperties:
    """Returns the bundled sans-serif font, whatever fonts and settings the machine has."""
    return FontProperties(fname=_font_file(bold), size=size_pt)


def printable(text: str) -> str:
    """Returns `text` with a box for every character that the font cannot draw; Matplotlib would warn of each."""
    faces = [get_font(_font_file(bold)) for bold in (False, True)]
    return "".join(
        c if c.isprintable() and all(face.get_char_index(ord(c)) for face in faces) else _UNKNOWN for c in text
    )


def write(
    figure: Figure,
    place_px: tuple[float, float],
    text: str,
    *,
    size_pt: float,
    colour: str,
    bold: bool = False,
    align: str = "left",
) -> Text:
    """Writes one line; `place_px` is (x, y) of its baseline from the figure's upper left corner."""
    width, height = figure.bbox.size
    x, y = place_px
    return figure.text(
        x / width,
        1 - y / height,
        printable(text),
        fontproperties=font(size_pt, bold=bold),
        color=colour,
        horizontalalignment=align,
        verticalalignment="baseline",
        parse_math=False,
    )


def width_px(text: Text) -> float:
    """Returns the width of a written line, pixels."""
    return text.get_window_extent().width


def shorten(text: Text, limit_px: float, *, keep_end: int = 0) -> Text:
    """Replaces characters before the last `keep_end` ones by an ellipsis until the line fits into `limit_px`."""
    whole = text.get_text()
    head, tail = whole[: len(whole) - keep_end], whole[len(whole) - keep_end :]
    while width_px(text) > limit_px and head:
        surplus = max(1, int(len(head) * (1 - limit_px / width_px(text)) / 2))
        head = head[:-surplus]
        text.set_text(f"{head.rstrip()}…{tail}")
    return text
