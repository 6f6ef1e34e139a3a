"""``vidsumm bench speed`` and ``growth``: the main job against the machine, and by length."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vidsumm.cli import bench_options as given
from vidsumm.cli import options
from vidsumm.cli.bench_output import command_line, numbers, reporting, require_ascending, write
from vidsumm.cli.exits import guarded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vidsumm.benchmark.speed.contest import Standing
    from vidsumm.evaluation.tables import Table

__all__ = ["growth", "speed"]


@guarded
def speed(
    file: Annotated[Path, typer.Argument(metavar="VIDEO", show_default=False, help="Best ten minutes of 720p")],
    part: Annotated[
        list[str] | None,
        typer.Option(
            "--part",
            metavar="NAME",
            show_default=False,
            help="Only this: start, knapsack, kts, curves, decode, features, cut or whole; may be repeated",
        ),
    ] = None,
    runs: Annotated[int, typer.Option("--runs", metavar="N", min=1, help="Timed runs; their median counts")] = 5,
    output: given.Folder = Path("results/speed"),
    device: options.Device = None,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Measure the main job against what the machine can do and against the naive way, in the same run.

    Leave the machine alone meanwhile. With ten minutes of 720p it takes an hour on two cores.
    """
    from vidsumm.benchmark.report import write_table
    from vidsumm.benchmark.speed.report import speed_table
    from vidsumm.benchmark.speed.speed import PARTS, measure_speed
    from vidsumm.benchmark.units import make_folder
    from vidsumm.video.ffmpeg_binary import find_ffmpeg

    def keep(known: "Sequence[Standing]") -> None:  # an hour is not lost at its end
        write_table(table_of(known), folder, "speed")

    def table_of(found: "Sequence[Standing]") -> "Table":
        return speed_table(found, file, runs=runs, command=command_line(), ffmpeg=find_ffmpeg().version)

    config = options.settings_from(None, device=device)
    folder = output or Path("results/speed")
    make_folder(folder)
    with reporting(str(file), quiet=quiet, verbose=verbose) as reporter:
        found = measure_speed(
            file,
            parts=part or PARTS,
            runs=runs,
            config=config,
            on_event=reporter,
            on_standings=keep,
        )
    write(table_of(found), folder, "speed", quiet=quiet)


@guarded
def growth(
    file: Annotated[Path, typer.Argument(metavar="VIDEO", show_default=False, help="Played again and again")],
    minutes: Annotated[str, typer.Option("--minutes", metavar="A,B,...", help="Lengths, ascending")] = "5,20,60,120",
    output: given.Folder = Path("results/speed"),
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Measure how time and memory of the main job grow with the length of a video."""
    from vidsumm.benchmark.speed.growth import growth_figure, growth_table, measure_growth
    from vidsumm.benchmark.units import make_folder
    from vidsumm.evaluation.figures.style import save_figure

    lengths = numbers("--minutes", minutes)
    require_ascending("--minutes", lengths)
    folder = output or Path("results/speed")
    make_folder(folder)
    with reporting(str(file), quiet=quiet, verbose=verbose) as reporter:
        points = measure_growth(file, lengths, on_event=reporter)
    write(growth_table(points, file, command_line()), folder, "growth", quiet=quiet)
    save_figure(growth_figure(points), folder / "growth.png", {"command": command_line()})
