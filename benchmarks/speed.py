"""Measures each stage of the main job against its floor or rival: ``python -m benchmarks.speed VIDEO``."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.command import Output, Runs, called_as, command
from benchmarks.measuring.contest import SpeedResult
from benchmarks.measuring.speed_table import speed_table
from benchmarks.measuring.stages import PARTS, measure_speed
from vidsumm.benchmark.report.formats import write_table
from vidsumm.benchmark.report.tables import Table
from vidsumm.cli import options
from vidsumm.cli.bench_output import write
from vidsumm.cli.progress import reporting
from vidsumm.config import SummarizeConfig
from vidsumm.files import make_folder
from vidsumm.video.ffmpeg_binary import find_ffmpeg

__all__ = ["app"]


@options.with_settings("device")
def speed(
    video: Annotated[
        Path,
        typer.Argument(metavar="VIDEO", show_default=False, help="Best ten minutes of 720p, as the targets"),
    ],
    part: Annotated[
        list[str] | None,
        typer.Option(
            "--part", metavar="NAME", show_default=False, help=f"Only this: {', '.join(PARTS)}; may be repeated"
        ),
    ] = None,
    runs: Runs = 5,
    output: Output = Path("results/speed"),
    *,
    settings: SummarizeConfig,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Measure each stage of the main job against its floor or rival, in the same run.

    Nothing else should run on the machine meanwhile. With ten minutes of 720p it takes an hour on two cores.
    """

    def table_of(results: Sequence[SpeedResult]) -> Table:
        return speed_table(
            results, video, runs=runs, command=called_as("benchmarks.speed"), ffmpeg=find_ffmpeg().version
        )

    def keep(results: Sequence[SpeedResult]) -> None:  # so that an interruption loses no results
        write_table(table_of(results), output, "speed")

    make_folder(output)
    with reporting(str(video), quiet=quiet, verbose=verbose) as reporter:
        results = measure_speed(
            video, parts=part or PARTS, runs=runs, config=settings, on_event=reporter, on_results=keep
        )
    write(table_of(results), output, "speed", quiet=quiet)


app = command(speed)

if __name__ == "__main__":
    app()
