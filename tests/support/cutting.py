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
from vidsumm.timeline import Timeline
from vidsumm.video.cut import frame_clock, plan_timeline
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
    "begins_of",
    "clicks_in",
    "clips_s",
    "cut",
    "cut_together",
    "ffmpeg",
    "look",
    "plan",
    "planned_clicks",
    "planned_numbers",
    "planned_times",
    "ranges",
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


def plan(info: VideoInfo, clips_s: Any) -> Timeline:
    """Returns the timeline of clips (begin, end), in seconds, of one source."""
    return plan_timeline([info], [(0, *clip) for clip in clips_s])


def ranges(timeline: Timeline) -> list[list[int]]:
    """Returns the frames [first, last) of each clip."""
    return [[clip.first_frame, clip.last_frame_exclusive] for clip in timeline.clips]


def clips_s(timeline: Timeline) -> NDArray[np.float64]:
    """Returns (P, 2) the beginning and end of each clip in its source, seconds."""
    return np.array([timeline.clip_s(clip) for clip in timeline.clips])


def begins_of(timeline: Timeline) -> list[Fraction]:
    """Returns when each clip begins in the summary, seconds."""
    lengths = [timeline.clip_duration(clip) for clip in timeline.clips]
    return [sum(lengths[:number], Fraction(0)) for number in range(len(lengths))]


def planned_times(timeline: Timeline, *infos: VideoInfo) -> list[Fraction]:
    """Returns when each frame of a timeline of these sources is shown in the summary, seconds."""
    times = []
    for begin, clip in zip(begins_of(timeline), timeline.clips, strict=True):
        clock = frame_clock(infos[clip.source])
        ticks = clock.ticks[clip.first_frame : clip.last_frame_exclusive].tolist()
        times += [begin + max(tick - clip.start_tick, 0) * clock.time_base for tick in ticks]
    return times


def planned_numbers(timeline: Timeline) -> list[int]:
    """Returns the numbers of the frames that a timeline shows."""
    return [number for first, last in ranges(timeline) for number in range(first, last)]


def planned_clicks(timeline: Timeline, offset_s: float = 0.0, until_s: float = np.inf) -> NDArray[np.float64]:
    """Returns when the clicks of the source are heard in a summary, seconds.

    Args:
        timeline: the summary.
        offset_s: by how much the sound of the source begins after the picture.
        until_s: where the sound of the source ends.
    """
    clicks = []
    for begin, clip in zip(begins_of(timeline), timeline.clips, strict=True):
        begin_s, end_s = timeline.clip_s(clip)
        heard = np.arange(np.ceil(begin_s - offset_s), end_s - offset_s) + offset_s
        is_heard = (heard < until_s) & (clip.sound_ticks is not None)
        clicks += (heard[is_heard] - begin_s + float(begin)).tolist()
    return np.array(clicks)


def clicks_in(path: Path) -> NDArray[np.float64]:
    """Returns when clicks are heard in a file, seconds."""
    samples, first_s = read_sound(path)
    return click_times_s(samples, SAMPLE_RATE_HZ) + first_s


def cut(
    info: VideoInfo, wanted: Sequence[Any], folder: Path, *, config: CutConfig = FAST, **options: Any
) -> tuple[list[Timeline], list[RenderedFile]]:
    """Cuts summaries of one source and returns their timelines and files.

    Args:
        info: the source.
        wanted: the clips of each summary, (begin, end) in seconds.
        folder: where to write.
        config: mode and quality.
        options: other arguments of `render`.
    """
    timelines = [plan(info, clips) for clips in wanted]
    return timelines, cut_together([info], timelines, folder, config=config, **options)


def cut_together(
    infos: Sequence[VideoInfo], timelines: Sequence[Timeline], folder: Path, **options: Any
) -> list[RenderedFile]:
    """Cuts timelines of several sources; `options` are arguments of `render`."""
    settings: dict[str, Any] = {
        "outputs": [folder / f"summary-{number}.mp4" for number in range(len(timelines))],
        "config": FAST,
        "metadata": [{}] * len(timelines),
        "on_progress": lambda done: None,
        "on_notice": lambda text, number: None,
    }
    with TemporaryDirectory() as work_dir:
        settings |= {"work_dir": Path(work_dir)}
        return render(infos, timelines, **(settings | options))


def assert_as_planned(
    info: VideoInfo, timeline: Timeline, file: RenderedFile, *, offset_s: float = 0.0, until_s: float = np.inf
) -> Seen:
    """Checks that a file shows the frames and clicks of its timeline at the right times; see `planned_clicks`."""
    seen, duration_s = look(file.path), float(timeline.duration)
    assert seen.numbers == planned_numbers(timeline)
    assert seen.times == planned_times(timeline, info)
    assert file.timeline == timeline
    assert file.frames == timeline.frames
    assert file.duration_s == pytest.approx(duration_s, abs=1e-6)
    if (audio_s := read_contents(file.path).audio_s) is not None:
        assert audio_s == pytest.approx(duration_s, abs=0.001)
        heard, expected = clicks_in(file.path), planned_clicks(timeline, offset_s, until_s)
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
