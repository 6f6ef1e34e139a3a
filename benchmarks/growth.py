"""Measures time and memory of the main job by the length of the video: ``python -m benchmarks.growth VIDEO``."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import ffmpeg
import numpy as np
import typer
from matplotlib.figure import Figure

from benchmarks.command import Output, called_as, command
from benchmarks.measuring.meter import watch_memory
from benchmarks.measuring.program import ProgramRun
from vidsumm.benchmark.report.figures.style import GREY, MARKERS, PALETTE, house_style, new_figure, save_figure
from vidsumm.benchmark.report.provenance import measured_now
from vidsumm.benchmark.report.tables import Metric, Row, Table, Value
from vidsumm.cli import options
from vidsumm.cli.bench_output import numbers, require_ascending, write
from vidsumm.cli.progress import reporting
from vidsumm.events import EventSink, ignore
from vidsumm.files import make_folder
from vidsumm.progress import Progress
from vidsumm.video.ffmpeg_binary import find_ffmpeg
from vidsumm.video.ffmpeg_commands import FileUrl, source_input
from vidsumm.video.ffmpeg_process import run_ffmpeg
from vidsumm.video.info import VideoInfo
from vidsumm.video.probe import probe

__all__ = ["GrowthPoint", "app", "exponent", "growth_figure", "growth_table", "measure_growth"]

_SMALL_S = 0.1  # a stage that never lasts longer is not drawn
_WHOLE = "whole"


@dataclass(frozen=True)
class GrowthPoint:
    """The main job on a video of one length."""

    minutes: float
    """Real length of the video, which may differ a little from the one asked for."""
    seconds: Mapping[str, float]
    """Time of each stage, and of the ``whole`` program with its start."""
    peak_mib: float
    """Peak of the resident memory of the program and its children."""


def measure_growth(
    path: Path, minutes: Sequence[float], *, folder: Path | None = None, on_event: EventSink = ignore
) -> list[GrowthPoint]:
    """Summarizes videos of several lengths, which are made by repeating one without encoding it again.

    Args:
        path: the video that is repeated.
        minutes: the lengths.
        folder: where the long videos are made and removed again; None takes the system's temporary folder.
        on_event: receives the progress.

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
    """Writes a video of this length by repeating one; its last repetition is cut off."""
    source = source_input(info, stream_loop=math.ceil(seconds / info.duration_s) - 1)
    tracks = [source[str(info.video.index)]] + ([source[str(info.audio.index)]] if info.audio else [])
    url = FileUrl(f"file:{target.absolute()}")
    run_ffmpeg(
        ffmpeg.output(*tracks, url, c="copy", t=seconds, format="matroska"), find_ffmpeg(), "repeating the video"
    )


def _measure(path: Path, output: Path) -> GrowthPoint:
    with watch_memory() as memory:
        record, seconds = ProgramRun(path, output, ("--no-cache",)).timed()
    return GrowthPoint(record.duration_s / 60, {**record.timings_s, _WHOLE: seconds}, memory.growth_mib)


def exponent(points: Sequence[GrowthPoint], stage: str) -> float:
    """Returns the power of the length by which the time of a stage grows.

    It is the slope of a straight line through the logarithms.
    """
    lengths = np.log([point.minutes for point in points])
    return float(np.polyfit(lengths, np.log([point.seconds[stage] for point in points]), 1)[0])


def growth_table(points: Sequence[GrowthPoint], path: Path, command: str) -> Table:
    """Returns a row for each stage and for the memory, with a column for each length and one for the exponent."""
    columns = [Metric(f"at_{point.minutes:.0f}", f"{point.minutes:.0f} min", "neither", 2) for point in points]
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
    meta = measured_now(
        protocol="one run for each length; exponent: the power of the length by which the seconds grow, by least "
        "squares on logarithms",
        dataset=f"{path.name}, repeated",
        command=command,
        ffmpeg=find_ffmpeg().version,
    )
    return Table("Growth with length", (*columns, Metric("exponent", "exponent", "neither", 2)), rows, meta)


@house_style()
def growth_figure(points: Sequence[GrowthPoint]) -> Figure:
    """Draws the seconds of the longer stages against the length, both logarithmic, and the peak memory beside them."""
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
    video: Annotated[Path, typer.Argument(metavar="VIDEO", show_default=False, help="The video that is repeated")],
    minutes: Annotated[str, typer.Option("--minutes", metavar="A,B,...", help="Lengths, ascending")] = "5,20,60,120",
    output: Output = Path("results/speed"),
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Measure how the time and memory of the main job grow with the length of a video."""
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
