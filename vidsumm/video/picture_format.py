"""What the pictures of several sources become, so that they can stand in one file; pure arithmetic and filters.

An MP4 has one header for all its pictures. Therefore they need the same size, pixels, colours and coding parameters.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from vidsumm.video.colour import Colour, to_bt709
from vidsumm.video.info import VideoInfo

__all__ = ["CommonPicture", "PictureFormat", "fit", "upright_sar", "upright_size"]


@dataclass(frozen=True)
class CommonPicture:
    """What the pictures of all sources have in common in the file."""

    canvas: tuple[int, int]
    """Width and height in pixels, even."""
    sar: Fraction
    """Width of a pixel over its height."""
    colour: Colour
    time_base: Fraction
    """Seconds per tick of the clock of the file."""
    top_rate: Fraction
    """Highest mean rate of a source, frames per second; it decides the level of H.264."""
    is_steady: bool
    """Whether pictures may be coded in another order than shown (see `FrameClock.is_steady`)."""

    @property
    def header_filter(self) -> str:
        """The bitstream filter that writes all of this into the headers of H.264, with two ticks for each frame."""
        rate, colour = 2 / self.time_base, self.colour
        fields = {
            "tick_rate": f"{rate.numerator}/{rate.denominator}",
            "fixed_frame_rate_flag": 0,
            "sample_aspect_ratio": f"{self.sar.numerator}/{self.sar.denominator}",
            "video_full_range_flag": int(colour.is_full_range),
            "colour_primaries": colour.primaries,
            "transfer_characteristics": colour.transfer,
            "matrix_coefficients": colour.matrix,
            "chroma_sample_loc_type": 0,
        }
        return "h264_metadata=" + ":".join(f"{name}={value}" for name, value in fields.items())


@dataclass(frozen=True)
class PictureFormat:
    """How the pictures of one source become like those of the others."""

    common: CommonPicture
    scaled: tuple[int, int]
    """Width and height in pixels before bars are added; the upright picture's own if it is not scaled."""
    colour: Colour
    """Colours of the source."""

    @property
    def is_converted(self) -> bool:
        """Whether its colours are converted."""
        return self.colour.meaning != self.common.colour.meaning

    @property
    def has_bars(self) -> bool:
        """Whether there is black around the picture, more than the one line that makes an odd size even."""
        return any(full - part > 1 for full, part in zip(self.common.canvas, self.scaled, strict=True))

    def apply(self, picture: Any, info: VideoInfo) -> Any:
        """Adds its filters to a graph of ffmpeg-python that delivers upright pictures of `info`."""
        if self.is_converted:
            picture = to_bt709(picture, self.colour)
        if self.scaled != upright_size(info):
            picture = picture.filter("scale", *self.scaled, flags="lanczos+accurate_rnd")
        if self.scaled != self.common.canvas:
            left, top = ((full - part) // 4 * 2 for full, part in zip(self.common.canvas, self.scaled, strict=True))
            picture = picture.filter("pad", *self.common.canvas, left, top)
        return picture.filter("setsar", f"{self.common.sar.numerator}/{self.common.sar.denominator}")


def upright_size(info: VideoInfo) -> tuple[int, int]:
    """Returns width and height of the picture as a player turns it, in pixels that need not be square."""
    size = info.video.width, info.video.height
    return size[::-1] if info.video.rotation in (90, 270) else size


def upright_sar(info: VideoInfo) -> Fraction:
    """Returns the width of a pixel over its height, as a player turns it."""
    aspect = info.video.sample_aspect_ratio
    return 1 / aspect if info.video.rotation in (90, 270) else aspect


def fit(info: VideoInfo, canvas: tuple[int, int]) -> tuple[int, int]:
    """Returns width and height to which the picture is scaled to be as large as fits on `canvas`, in square pixels.

    Its shape is kept up to the rounding to even numbers. A picture that lacks no more than the line that makes an odd
    size even is not scaled.
    """
    size, sar = upright_size(info), upright_sar(info)
    if sar == 1 and all(0 <= full - part <= 1 for full, part in zip(canvas, size, strict=True)):
        return size
    width, height = size[0] * sar, Fraction(size[1])
    scale = min(canvas[0] / width, canvas[1] / height)
    return _even(width * scale, canvas[0]), _even(height * scale, canvas[1])


def _even(length: Fraction, limit: int) -> int:
    """Returns the nearest even number of pixels from 2 to `limit`."""
    return min(max(2, 2 * round(length / 2)), limit)
