"""Cuts summaries out of videos of known content, and checks what they show."""

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.media import SAMPLE_RATE_HZ, click_times_s, read_frame_number, read_sound
from vidsumm.config import CutConfig
from vidsumm.video.cut import CutPlan, frame_clock, plan_cut
from vidsumm.video.ffmpeg_binary import find_ffmpeg
from vidsumm.video.info import VideoInfo
from vidsumm.video.render import RenderedFile, render
from vidsumm.video.verify import read_contents

__all__ = [
    "CLICK_TOLERANCE_S",
    "FAST",
    "SMALL",
    "THREE_CLIPS",
    "Options",
    "Seen",
    "assert_as_planned",
    "clicks_in",
    "cut",
    "ffmpeg",
    "look",
    "planned_clicks",
    "planned_numbers",
    "planned_times",
    "spoil",
]

Options = dict[str, Any]
"""Settings of `write_clip`."""

SMALL = (64, 48)
THREE_CLIPS = [(0.7, 1.45), (2.6, 3.5), (3.75, 4.6)]
"""Seconds of a video of 5 s."""
CLICK_TOLERANCE_S = 0.002
FAST = CutConfig(preset="ultrafast")


@dataclass(frozen=True)
class Seen:
    """What a player finds in a file."""

    numbers: list[int]
    """Numbers drawn in the frames, in the order shown."""
    times: list[Fraction]
    """When each frame is shown, seconds."""
    size: tuple[int, int]
    rate: Fraction | None
    sar: Fraction
    rotation: int


def look(path: Path) -> Seen:
    """Decodes the picture of a file."""
    numbers, times, rotation = [], [], 0
    with av.open(path) as container:
        stream = container.streams.video[0]
        base = Fraction(stream.time_base or 1)
        for frame in container.decode(stream):
            numbers.append(read_frame_number(frame.to_ndarray(format="rgb24").astype(np.uint8)))
            times.append((frame.pts or 0) * base)
            rotation = frame.rotation
        size = (stream.codec_context.width, stream.codec_context.height)
        sar = Fraction(stream.sample_aspect_ratio or 1)
        return Seen(numbers, times, size, stream.average_rate, sar, rotation)


def planned_times(plan: CutPlan) -> list[Fraction]:
    """Returns when each frame of a plan is shown in the summary, seconds."""
    times, elapsed = [], 0
    for (begin, end), (first, last) in zip(plan.ticks.tolist(), plan.ranges.tolist(), strict=True):
        times += [elapsed + max(int(tick) - begin, 0) for tick in plan.clock.ticks[first:last]]
        elapsed += end - begin
    return [tick * plan.clock.time_base for tick in times]


def planned_numbers(plan: CutPlan) -> list[int]:
    """Returns the numbers of the frames that a plan shows."""
    return [number for first, last in plan.ranges.tolist() for number in range(first, last)]


def planned_clicks(plan: CutPlan, offset_s: float = 0.0, until_s: float = np.inf) -> NDArray[np.float64]:
    """Returns when the clicks of the source are heard in a summary, seconds.

    Args:
        plan: the summary.
        offset_s: by how much the sound of the source begins after the picture.
        until_s: where the sound of the source ends.
    """
    clicks, elapsed_s = [], 0.0
    for begin_s, end_s in plan.clips_s.tolist():
        heard = np.arange(np.ceil(begin_s - offset_s), end_s - offset_s) + offset_s
        clicks += (heard[heard < until_s] - begin_s + elapsed_s).tolist()
        elapsed_s += end_s - begin_s
    return np.array(clicks)


def clicks_in(path: Path) -> NDArray[np.float64]:
    """Returns when clicks are heard in a file, seconds."""
    samples, first_s = read_sound(path)
    return click_times_s(samples, SAMPLE_RATE_HZ) + first_s


def cut(
    info: VideoInfo, wanted: Sequence[Any], folder: Path, *, config: CutConfig = FAST, **options: Any
) -> tuple[list[CutPlan], list[RenderedFile]]:
    """Cuts summaries and returns their plans and files.

    Args:
        info: the source.
        wanted: the clips of each summary, (begin, end) in seconds.
        folder: where to write.
        config: mode and quality.
        options: other arguments of `render`.
    """
    clock = frame_clock(info)
    plans = [plan_cut(info, clips_s, clock=clock) for clips_s in wanted]
    outputs = [folder / f"summary-{number}.mp4" for number in range(len(plans))]
    settings: dict[str, Any] = {"metadata": [{}] * len(plans), "on_progress": lambda done: None}
    with TemporaryDirectory() as work_dir:
        settings |= {"work_dir": Path(work_dir)}
        return plans, render(info, plans, outputs, config=config, **(settings | options))


def assert_as_planned(plan: CutPlan, file: RenderedFile, *, offset_s: float = 0.0, until_s: float = np.inf) -> Seen:
    """Checks that a file shows the frames and clicks of its plan at the right times; see `planned_clicks`."""
    seen = look(file.path)
    assert seen.numbers == planned_numbers(plan)
    assert seen.times == planned_times(plan)
    assert file.frames == plan.frames
    assert file.duration_s == pytest.approx(plan.duration_s, abs=1e-6)
    if (audio_s := read_contents(file.path).audio_s) is not None:
        assert audio_s == pytest.approx(plan.duration_s, abs=0.001)
        heard, expected = clicks_in(file.path), planned_clicks(plan, offset_s, until_s)
        assert len(heard) == len(expected)
        np.testing.assert_allclose(heard, expected, atol=CLICK_TOLERANCE_S)
    return seen


def ffmpeg(*args: object) -> None:
    """Runs ffmpeg with these arguments."""
    subprocess.run([find_ffmpeg().path, "-v", "error", "-y", *map(str, args)], check=True)


def spoil(path: Path, kind: str) -> None:
    """Overwrites all but the beginning of the largest packet of a stream, if possible one that is no key frame."""
    with av.open(path) as container:
        packets = [packet for packet in container.demux() if packet.stream.type == kind and packet.pos is not None]
    packet = max(packets, key=lambda packet: (kind == "audio" or not packet.is_keyframe, packet.size))
    begin, end = int(packet.pos or 0) + 8, int(packet.pos or 0) + packet.size
    raw = bytearray(path.read_bytes())
    raw[begin:end] = bytes([0xA5]) * (end - begin)
    path.write_bytes(raw)
