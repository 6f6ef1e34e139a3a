"""Which colours the numbers of a picture stand for, and the filters that convert them to BT.709.

Codes are those of ITU-T H.273, which libav uses, too. What a stream does not declare is guessed as players do it.
"""

import re
from dataclasses import dataclass
from typing import Any

from vidsumm.video.container import open_input
from vidsumm.video.info import VideoInfo

__all__ = ["BT709", "Colour", "is_rgb", "read_colour", "to_bt709"]

_FULL_RANGE = 2
_HD_WIDTH, _HD_HEIGHT = 1280, 577
"""From this width or height on, pictures that declare nothing have the matrix of BT.709, smaller ones BT.601's."""
_BT709, _BT470BG, _SMPTE170M, _BT2020 = 1, 5, 6, 9
_KNOWN_PRIMARIES = frozenset({1, 4, 5, 6, 7, 8, 9, 11, 12})
_KNOWN_MATRICES = frozenset({1, 4, 5, 6, 7, 9})
_LIKE_BT709 = frozenset({1, 6, 14, 15})
"""Transfer functions with the curve of BT.709."""
_KNOWN_TRANSFERS = _LIKE_BT709 | {4, 5, 7, 11, 13}
_PQ, _HLG = 16, 18
_HDR = {_PQ: "smpte2084", _HLG: "arib-std-b67"}
"""Transfer functions of a high dynamic range, as the filter zscale names them."""
_SDR_WHITE_NITS = 203
"""Luminance of a high-dynamic-range picture that is shown as white (ITU-R BT.2408)."""


@dataclass(frozen=True)
class Colour:
    """What the numbers of a picture mean."""

    primaries: int
    transfer: int
    matrix: int
    is_full_range: bool = False
    """Whether luma uses all values from 0 to 255, instead of 16 to 235."""

    @property
    def meaning(self) -> "Colour":
        """The same with one code for each meaning: equal ones need no conversion."""
        return Colour(
            self.primaries,
            _BT709 if self.transfer in _LIKE_BT709 else self.transfer,
            _BT470BG if self.matrix == _SMPTE170M else self.matrix,
            self.is_full_range,
        )


BT709 = Colour(_BT709, _BT709, _BT709)


def is_rgb(pixel_format: str) -> bool:
    """Returns whether pictures of this format hold red, green and blue, and not luma and chroma."""
    return re.search("rgb|bgr|gbr|pal8", pixel_format) is not None


def read_colour(info: VideoInfo) -> Colour:
    """Reads what the pictures of a source mean once they are luma and chroma; RGB becomes BT.709.

    Raises:
        av.FFmpegError: the source cannot be read.
    """
    if is_rgb(info.video.pixel_format):
        return BT709
    with open_input(info.path, formats=info.container) as container:
        stream = next(stream for stream in container.streams.video if stream.index == info.video.index)
        context = stream.codec_context
        declared = int(context.color_primaries), int(context.color_trc), int(context.colorspace)
        is_full_range = int(context.color_range) == _FULL_RANGE or info.video.pixel_format.startswith("yuvj")
    return _complete(*declared, is_full_range=is_full_range, size=(info.video.width, info.video.height))


def to_bt709(picture: Any, colour: Colour) -> Any:
    """Adds the filters that convert pictures of `colour` to BT.709 in the limited range, to a graph of ffmpeg-python.

    A high dynamic range is compressed to the standard one.
    """
    if colour.transfer not in _HDR:
        given = {"iprimaries": colour.primaries, "itrc": colour.transfer, "ispace": colour.matrix}
        irange = "pc" if colour.is_full_range else "tv"
        return picture.filter("colorspace", all="bt709", range="tv", format="yuv420p", irange=irange, **given)
    linear = picture.filter(
        "zscale",
        primariesin="2020",
        matrixin="2020_ncl",
        rangein="full" if colour.is_full_range else "limited",
        transferin=_HDR[colour.transfer],
        transfer="linear",
        npl=_SDR_WHITE_NITS,
    )
    linear = linear.filter("format", "gbrpf32le").filter("zscale", primaries="709").filter("tonemap", "mobius", desat=0)
    return linear.filter("zscale", transfer="709", matrix="709", range="limited").filter("format", "yuv420p")


def _complete(primaries: int, transfer: int, matrix: int, *, is_full_range: bool, size: tuple[int, int]) -> Colour:
    """Returns the colour with a guess for each code that is not declared or not known to the filters."""
    if matrix not in _KNOWN_MATRICES:
        matrix = primaries if primaries in (_BT709, _BT470BG, _SMPTE170M, _BT2020) else _usual_matrix(*size)
    if primaries not in _KNOWN_PRIMARIES:
        primaries = _BT2020 if matrix == _BT2020 else _BT709
    if transfer not in _KNOWN_TRANSFERS and transfer not in _HDR:
        transfer = _BT709
    return Colour(primaries, transfer, matrix, is_full_range)


def _usual_matrix(width: int, height: int) -> int:
    return _BT709 if width >= _HD_WIDTH or height >= _HD_HEIGHT else _SMPTE170M
