"""Measures time and memory of the main job by the length of the video: ``python -m benchmarks.growth VIDEO``."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import ffmpeg
import numpy as np
import typer
from matplotlib.figure import Figure

from benchmarks.command import Output, called_as, command
from benchmarks.measuring.jobs import WholeJob
from benchmarks.measuring.meter import watch_memory
from vidsumm.benchmark.protocols.store import make_folder
from vidsumm.benchmark.report.comparison import machine
from vidsumm.benchmark.report.figures.style import GREY, MARKERS, PALETTE, house_style, new_figure, save_figure
from vidsumm.benchmark.report.tables import Column, Meta, Row, Table, Value
from vidsumm.cli import options
from vidsumm.cli.bench_output import numbers, reporting, require_ascending, write
from vidsumm.events import EventSink, ignore
from vidsumm.progress import Progress
from vidsumm.versions import result_versions
from vidsumm.video.ffmpeg import FileUrl, run_job, source_of
from vidsumm.video.ffmpeg_binary import find_ffmpeg
from vidsumm.video.info import VideoInfo
from vidsumm.video.probe import probe

__all__ = ["GrowthPoint", "app", "exponent", "growth_figure", "growth_table", "measure_growth"]

_SMALL_S = 0.1  # stages that never last longer are not drawn
_WHOLE = "whole"


@dataclass(frozen=True)
class GrowthPoint:
    """The whole job on a video of one length."""

    minutes: float
    """As long as the video really is."""
    seconds: Mapping[str, float]
    """Of each stage, and of the ``whole`` program with its start."""
    peak_mib: float
    """Resident memory of the program and its children at most."""


def measure_growth(
    path: Path, minutes: Sequence[float], *, folder: Path | None = None, on_event: EventSink = ignore
) -> list[GrowthPoint]:
    """Summarizes videos of several lengths, made by playing one again and again without encoding it.

    Args:
        path: the video that is repeated.
        minutes: the lengths.
        folder: where the long videos are made for the time being; None takes the system's.
        on_event: told what is being measured.

    Raises:
        VidsummError: the video cannot be used or repeated.
    """
    info, progress = probe(path), Progress(on_event)
    points = []
    for length in minutes:
        with TemporaryDirectory(prefix="vidsumm-growth-", dir=folder) as name, progress.stage("measure") as done:
            longer = Path(name) / "video.mkv"
            _repeat(info, length * 60, longer)
            points.append(_measure(longer, Path(name) / "out"))
            done(f"{length:g} min: {points[-1].seconds[_WHOLE]:.1f} s, {points[-1].peak_mib:.0f} MiB")
    return points


def _repeat(info: VideoInfo, seconds: float, target: Path) -> None:
    source = source_of(info, stream_loop=math.ceil(seconds / info.duration_s) - 1)
    tracks = [source[str(info.video.index)]] + ([source[str(info.audio.index)]] if info.audio else [])
    url = FileUrl(f"file:{target.absolute()}")
    run_job(ffmpeg.output(*tracks, url, c="copy", t=seconds, format="matroska"), find_ffmpeg(), "repeating the video")


def _measure(path: Path, output: Path) -> GrowthPoint:
    whole = WholeJob(path, output, ("--no-cache",))
    with watch_memory() as memory:
        record, seconds = whole.timed()
    return GrowthPoint(record.source.duration_s / 60, {**record.timings_s, _WHOLE: seconds}, memory.growth_mib)


def exponent(points: Sequence[GrowthPoint], stage: str) -> float:
    """The power of the length by which a stage grows: the slope of a straight line through the logarithms."""
    lengths = np.log([point.minutes for point in points])
    return float(np.polyfit(lengths, np.log([point.seconds[stage] for point in points]), 1)[0])


def growth_table(points: Sequence[GrowthPoint], path: Path, command: str) -> Table:
    """Rows of stages, columns of lengths, and the fitted exponents."""
    columns = [Column(f"at_{point.minutes:.0f}", f"{point.minutes:.0f} min", "neither", 2) for point in points]
    rows = []
    for stage in points[0].seconds:
        values: dict[str, Value] = {
            column.key: (point.seconds[stage], None) for column, point in zip(columns, points, strict=True)
        }
        rows.append(Row(f"{stage}, s", values | {"exponent": (exponent(points, stage), None)}))
    memory: dict[str, Value] = {
        column.key: (point.peak_mib, None) for column, point in zip(columns, points, strict=True)
    }
    rows.append(Row("peak memory, MiB", memory))
    meta = Meta(
        protocol="one run for each length; exponent: the power of the length by which the seconds grow, by least "
        "squares on logarithms",
        dataset=f"{path.name}, repeated",
        versions=result_versions(find_ffmpeg().version) | {"machine": machine()},
        command=command,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    return Table("Growth with length", (*columns, Column("exponent", "exponent", "neither", 2)), rows, meta)


@house_style()
def growth_figure(points: Sequence[GrowthPoint]) -> Figure:
    """Seconds of the larger stages against minutes, both logarithmic, and the peak memory beside."""
    figure = new_figure(8.6, 3.4)
    left, right = figure.subplots(1, 2, width_ratios=(4, 2))
    minutes = [point.minutes for point in points]
    stages = [stage for stage in points[0].seconds if max(point.seconds[stage] for point in points) > _SMALL_S]
    for stage, colour, marker in zip(stages, PALETTE, MARKERS, strict=False):
        seconds = [point.seconds[stage] for point in points]
        label = f"{stage} ({exponent(points, stage):.2f})"
        left.plot(minutes, seconds, color=colour, marker=marker, markersize=4.5, label=label)
    left.set(title="Seconds of each stage (exponent)", xscale="log", yscale="log", xlabel="minutes of video")
    left.yaxis.set_major_formatter("{x:g}")
    left.legend(fontsize=8, labelcolor=GREY, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    peaks = [point.peak_mib for point in points]
    right.plot(minutes, peaks, color=PALETTE[0], marker=MARKERS[0], markersize=4.5)
    right.set(title="Peak memory", xscale="log", xlabel="minutes of video", ylabel="MiB", ylim=(0, 1.05 * max(peaks)))
    for axes in (left, right):
        axes.set_xticks(minutes, [f"{length:.0f}" for length in minutes])
        axes.minorticks_off()
        axes.grid(axis="y")
    return figure


def growth(
    video: Annotated[Path, typer.Argument(metavar="VIDEO", show_default=False, help="Played again and again")],
    minutes: Annotated[str, typer.Option("--minutes", metavar="A,B,...", help="Lengths, ascending")] = "5,20,60,120",
    output: Output = Path("results/speed"),
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Measure how time and memory of the main job grow with the length of a video."""
    lengths = numbers("--minutes", minutes)
    require_ascending("--minutes", lengths)
    make_folder(output)
    with reporting(str(video), quiet=quiet, verbose=verbose) as reporter:
        points = measure_growth(video, lengths, on_event=reporter)
    called = called_as("benchmarks.growth")
    write(growth_table(points, video, called), output, "growth", quiet=quiet)
    save_figure(growth_figure(points), output / "growth.png", {"command": called})


app = command(growth)

if __name__ == "__main__":
    app()
