"""Decodes wanted frames with decord, and checks what it delivers.

decord 0.6 counts frames that are never shown, loses time stamps, and in some containers silently seeks to the wrong
frame. Therefore its time stamps are compared with the container's beforehand, and some of the pictures that it seeks to
with PyAV's.
"""

import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from vidsumm.video.container import open_source
from vidsumm.video.decode_pyav import PictureFinder
from vidsumm.video.decode_request import Picture, Request

__all__ = ["DecordError", "pictures"]

_CLOCK_TOLERANCE_S = 0.002
"""Largest difference between time stamps; decord keeps seconds as 32-bit floats."""
_PICTURE_TOLERANCE = 6.0
"""Largest mean absolute difference between pictures, of 255; different ways of scaling account for less than 2."""
_SOURCE_PREFIX = re.compile(r"^(\[[\d:]+\] \S+: )+")
"""Time and place in decord's source code, at the beginning of its error messages."""


class DecordError(Exception):
    """decord fails, or what it reads does not agree with the container."""


def pictures(request: Request) -> Iterator[tuple[Picture, int]]:
    """Yields the picture of each wanted frame in order, and 0, because it is always the wanted frame itself.

    Raises:
        DecordError: decord cannot be used for this file, or failed on the way.
        ImportError: decord is not installed.
    """
    decord: Any = importlib.import_module("decord")  # optional: it does not exist for every platform
    decord.logging.set_level(decord.logging.QUIET)
    settings = request.settings
    _check_stream(request)
    try:
        reader = decord.VideoReader(settings.path, width=settings.width, height=settings.height)
        _check_index(reader, request)
        for picture in _read_and_check(reader, request):
            yield picture, 0
    except (decord.DECORDError, RuntimeError, ValueError) as error:
        raise DecordError(_SOURCE_PREFIX.sub("", str(error).strip().split("\n")[0])) from error


def _read_and_check(reader: Any, request: Request) -> Iterator[Picture]:
    to_check = _positions_to_check(request)
    with PictureFinder(request) as finder:
        for position, frame_idx in enumerate(request.wanted_idx.tolist()):
            # one by one, so that each frame is a sign of progress; decord reads on without seeking inside a group of
            # pictures
            picture = reader.get_batch([frame_idx]).asnumpy()[0]
            if position in to_check:
                _check_picture(picture, finder.find(int(request.frame_pts[frame_idx])), position)
            yield picture


def _check_stream(request: Request) -> None:
    with open_source(Path(request.settings.path)) as container:
        best = container.streams.best("video")
        if best is None or best.index != request.settings.stream_index:
            raise DecordError("it opens another video stream")


def _check_index(reader: Any, request: Request) -> None:
    count = len(request.frame_pts)
    if len(reader) != count:
        raise DecordError(f"it counts {len(reader)} frames, the container {count}")
    starts_s = np.asarray(reader.get_frame_timestamp(np.arange(count)))[:, 0].astype(np.float64)
    times_s = (request.frame_pts - request.frame_pts[0]) * request.settings.seconds_per_tick
    if not np.abs(starts_s - starts_s[0] - times_s).max() <= _CLOCK_TOLERANCE_S:
        raise DecordError("its time stamps are not the container's")
    # decord numbers key frames in coding order; where frames coded later are shown earlier, it seeks to the wrong frame
    if not np.array_equal(reader.get_key_indices(), request.key_idx):
        raise DecordError("it looks for key frames in the wrong places")


def _positions_to_check(request: Request) -> frozenset[int]:
    """Returns the positions of the wanted frames to compare with PyAV's.

    Those are the first wanted frame after decord's first, second, fourth, eighth ... and last seek to a key frame.
    """
    group = np.searchsorted(request.key_idx, request.wanted_idx, side="right")
    seeks = np.flatnonzero(np.diff(group, prepend=-1))
    powers = 2 ** np.arange(max(1, len(seeks)).bit_length()) - 1
    return frozenset(seeks[powers[powers < len(seeks)]].tolist()) | {int(seeks[-1])}


def _check_picture(picture: Picture, reference: Picture | None, position: int) -> None:
    if reference is None or picture.shape != reference.shape:
        raise DecordError(f"its picture {position + 1} cannot be checked against PyAV's")
    difference = float(np.abs(picture.astype(np.int16) - reference).mean())
    if difference > _PICTURE_TOLERANCE:
        raise DecordError(f"its picture {position + 1} differs from PyAV's by {difference:.0f} of 255")
