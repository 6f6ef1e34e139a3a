"""Decodes wanted frames with decord, and trusts it only as far as it can be checked.

decord 0.6 counts frames that are never shown, loses time stamps, and jumps to the wrong frame in some containers
without a word. Hence its clock is compared with the container's beforehand and the pictures it jumps to with PyAV's on
the way.
"""

import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from vidsumm.video.decode_pyav import PictureFinder
from vidsumm.video.decode_request import Picture, Request
from vidsumm.video.probe import open_container

__all__ = ["DecordError", "pictures"]

_CLOCK_TOLERANCE_S = 0.002  # decord keeps seconds as 32-bit floats
_PICTURE_TOLERANCE = 6.0  # mean absolute difference, of 255; that of two scalers stays below 2
_SOURCE_PREFIX = re.compile(r"^(\[[\d:]+\] \S+: )+")


class DecordError(Exception):
    """decord fails, or sees another video than the index of frames."""


def pictures(request: Request) -> Iterator[tuple[Picture, int]]:
    """For each wanted frame its picture (and 0: it is that frame, and no other).

    Raises:
        DecordError: decord cannot be used for this file, or not any longer.
        ImportError: decord is not installed.
    """
    decord: Any = importlib.import_module("decord")  # not to be had on every platform
    decord.logging.set_level(decord.logging.QUIET)
    settings = request.settings
    _check_stream(request)
    try:
        reader = decord.VideoReader(settings.path, width=settings.width, height=settings.height)
        _check_index(reader, request)
        for picture in _checked_pictures(reader, request):
            yield picture, 0
    except (decord.DECORDError, RuntimeError, ValueError) as error:
        raise DecordError(_SOURCE_PREFIX.sub("", str(error).strip().split("\n")[0])) from error


def _checked_pictures(reader: Any, request: Request) -> Iterator[Picture]:
    checked = _checked_positions(request)
    with PictureFinder(request) as finder:
        for position, frame_idx in enumerate(request.wanted_idx.tolist()):
            # one by one: inside a group of pictures decord goes on from where it is, and each frame is a sign of life
            picture = reader.get_batch([frame_idx]).asnumpy()[0]
            if position in checked:
                _check_picture(picture, finder.find(int(request.frame_pts[frame_idx])), position)
            yield picture


def _check_stream(request: Request) -> None:
    with open_container(Path(request.settings.path)) as container:
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
    # it numbers key frames in coding order, so that it jumps wrongly where other frames are shown before them
    if not np.array_equal(reader.get_key_indices(), request.key_idx):
        raise DecordError("it looks for key frames in the wrong places")


def _checked_positions(request: Request) -> frozenset[int]:
    """The first wanted frame, and behind key frames to which decord jumps: the first jumps, then ever rarer ones."""
    group = np.searchsorted(request.key_idx, request.wanted_idx, side="right")
    jumps = np.flatnonzero(np.diff(group, prepend=-1))
    powers = 2 ** np.arange(max(1, len(jumps)).bit_length()) - 1
    return frozenset(jumps[powers[powers < len(jumps)]].tolist()) | {int(jumps[-1])}


def _check_picture(picture: Picture, reference: Picture | None, position: int) -> None:
    if reference is None or picture.shape != reference.shape:
        raise DecordError(f"its picture {position + 1} cannot be checked against PyAV's")
    difference = float(np.abs(picture.astype(np.int16) - reference).mean())
    if difference > _PICTURE_TOLERANCE:
        raise DecordError(f"its picture {position + 1} differs from PyAV's by {difference:.0f} of 255")
