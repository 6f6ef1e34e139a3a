"""Clips of all kinds to decode, and what must come out of decoding them."""

import sys
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.media import Clip, read_frame_number
from tests.support.processes import children
from vidsumm.config import DecoderName
from vidsumm.video import decode_client
from vidsumm.video.frames import FrameBatch, open_frames
from vidsumm.video.info import VideoInfo
from vidsumm.video.sampling import SamplePlan

__all__ = [
    "CLIPS",
    "HANG",
    "SIZE",
    "STALL_S",
    "WRONG_IN_DECORD",
    "all_pictures",
    "check_delivery",
    "frame_numbers",
    "read_frames",
    "sabotage",
]

SIZE = (96, 64)
"""Size of the pictures, both in the clips and as decoded."""
STALL_S = 60.0


def _uneven_times(frames: int) -> list[float]:
    steps_s = np.random.default_rng(3).uniform(0.01, 0.3, frames - 1)
    return [0.0, *np.cumsum(steps_s).tolist()]


CLIPS: dict[str, dict[str, Any]] = {
    "constant.mp4": {},
    "ntsc.mp4": {"fps": Fraction(30_000, 1001), "gop": 250},
    "b-frames.mp4": {"bframes": 3, "gop": 24},
    "variable.mp4": {"times_s": _uneven_times(24), "bframes": 2, "gop": 8},
    "late.mp4": {"start_s": 1.5, "bframes": 2},
    "slow.mp4": {"fps": 1, "seconds": 6},
    "aspect.mp4": {"sar": Fraction(4, 3)},
    "turned-90.mp4": {"rotation": 90},
    "turned-180.mp4": {"rotation": 180},
    "turned-270.mp4": {"rotation": 270},
    "vp9.webm": {"vcodec": "libvpx-vp9", "gop": 20},
    "rounded.mkv": {"bframes": 3, "fps": 24},
    "open-gop.mp4": {"bframes": 3, "gop": 24, "options": {"x264-params": "open-gop=1"}},
    "stream.ts": {"bframes": 3, "gop": 20},
    "hevc.mp4": {"vcodec": "libx265", "bframes": 3, "options": {"x265-params": "log-level=none"}},
    "mpeg4.avi": {"vcodec": "mpeg4", "bframes": 2},
    "mpeg2.mpg": {"vcodec": "mpeg2video", "bframes": 2},
}
"""Settings of `write_clip` by file name."""
WRONG_IN_DECORD = ["open-gop.mp4", "stream.ts", "hevc.mp4", "mpeg4.avi", "mpeg2.mpg"]
"""Clips in which decord seeks to wrong frames or lacks time stamps."""

_SABOTAGE = """
import ctypes, os, signal, sys, time
from vidsumm.video import decode_decord, decode_pyav, decode_worker
def sabotage(module):
    real = module.pictures
    def pictures(request, *on_progress):
        for number, item in enumerate(real(request, *on_progress)):
            if number == 5:
                {deed}
            yield item
    module.pictures = pictures
sabotage(decode_pyav)
if {both}:
    sabotage(decode_decord)
decode_worker.main()
"""
"""A child process like the real one, in which decoding misbehaves at the sixth picture."""
HANG = "ctypes.PyDLL(None).sleep(1000)"
"""PyDLL keeps the interpreter locked while C code sleeps, as a decoder may do when it hangs."""


def read_frames(
    info: VideoInfo, plan: SamplePlan, decoder: DecoderName, *, stall_s: float = STALL_S, batch: int = 4
) -> tuple[list[FrameBatch], list[str]]:
    """Returns all batches and the notices, and checks that no child process is left."""
    notices: list[str] = []
    with open_frames(
        info, plan, size=SIZE, decoder=decoder, stall_s=stall_s, on_notice=notices.append, batch=batch
    ) as source:
        batches = list(source)
    assert children() == {}
    return batches, notices


def frame_numbers(batches: list[FrameBatch]) -> list[int]:
    """Returns the numbers that are drawn in the frames."""
    return [read_frame_number(picture) for batch in batches for picture in batch.frames]


def all_pictures(batches: list[FrameBatch]) -> NDArray[np.uint8]:
    """Returns the frames of all batches (U, H, W, 3)."""
    return np.concatenate([batch.frames for batch in batches])


def check_delivery(clip: Clip, plan: SamplePlan, batches: list[FrameBatch]) -> None:
    """Checks that the batches hold the distinct frames of the plan in order, each with its time."""
    assert frame_numbers(batches) == plan.unique_idx.tolist()
    np.testing.assert_array_equal(np.concatenate([batch.idx for batch in batches]), np.arange(len(plan.unique_idx)))
    times_s = np.concatenate([batch.times_s for batch in batches])
    np.testing.assert_allclose(times_s, clip.times_s[plan.unique_idx], atol=1.1e-3)
    for batch in batches:
        assert batch.frames.shape == (len(batch.idx), SIZE[1], SIZE[0], 3)
        assert batch.frames.dtype == np.uint8


def sabotage(monkeypatch: pytest.MonkeyPatch, deed: str, *, both: bool = False) -> None:
    """Makes PyAV, or both decoders, do something at the sixth picture.

    Args:
        monkeypatch: ends it after the test.
        deed: what to do, a line of Python.
        both: in both decoders.
    """
    command = [sys.executable, "-c", _SABOTAGE.format(deed=deed, both=both)]
    monkeypatch.setattr(decode_client, "worker_command", lambda: command)
