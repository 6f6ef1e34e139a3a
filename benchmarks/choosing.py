"""Measures how long a choice takes once a video is analysed: ``python -m benchmarks.choosing VIDEO...``."""

import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.command import Output, Runs, called_as, command
from vidsumm.benchmark.report.provenance import measured_now
from vidsumm.benchmark.report.tables import Metric, Row, Table, Value
from vidsumm.cli import options
from vidsumm.cli.bench_output import write
from vidsumm.cli.progress import reporting
from vidsumm.config import SummarizeConfig
from vidsumm.events import EventSink, ignore
from vidsumm.files import make_folder
from vidsumm.pipeline.analysis import Analysis
from vidsumm.pipeline.summarizer import Summarizer

__all__ = ["ChoiceTimes", "app", "choice_table", "measure_choices"]

_RATIOS = (0.05, 0.1, 0.15, 0.2, 0.4)
"""Lengths of the summaries, as shares of the video."""


@dataclass(frozen=True)
class ChoiceTimes:
    """How long choices from one video take."""

    name: str
    minutes: float
    shots: int
    first_s: float
    """Time of the first choice, which loads the model, draws curves and bounds shots."""
    second_s: Mapping[float, float]
    """Median time of another choice, by ratio."""


def measure_choices(
    paths: Sequence[Path], *, runs: int = 5, config: SummarizeConfig | None = None, on_event: EventSink = ignore
) -> list[ChoiceTimes]:
    """Analyses each video, or takes the analysis from the cache, and chooses from it again and again without the cache.

    Args:
        paths: the videos.
        runs: timed choices of each length; their median counts.
        config: settings.
        on_event: receives the progress of the analyses.

    Raises:
        VidsummError: a video cannot be used.
    """
    config, found = config or SummarizeConfig(), []
    for path in paths:
        with Summarizer(config, on_event=on_event) as analysing:
            analysis = analysing.analyse(path)
        with Summarizer(config.replace(use_cache=False)) as summarizer:
            first_s, shots = _time_choice(summarizer, analysis, 0.5)
            second_s = {
                ratio: statistics.median(_time_choice(summarizer, analysis, ratio)[0] for _ in range(runs))
                for ratio in _RATIOS
            }
        found.append(ChoiceTimes(path.name, analysis.info.duration_s / 60, shots, first_s, second_s))
    return found


def _time_choice(summarizer: Summarizer, analysis: Analysis, ratio: float) -> tuple[float, int]:
    """Returns the time of a choice, and the number of shots that it is made from."""
    begin = time.perf_counter()
    choice = summarizer.choose(analysis, ratio=ratio)
    return time.perf_counter() - begin, len(choice.budget.lengths)


def choice_table(times: Sequence[ChoiceTimes], command: str) -> Table:
    """Returns a column for each video, and rows for its shots, the first choice and further ones."""
    columns = [Metric(f"video_{k}", f"{one.name}, {one.minutes:.0f} min", "neither", 4) for k, one in enumerate(times)]

    def row(name: str, values: Sequence[float]) -> Row:
        cells: dict[str, Value] = {column.key: (value, None) for column, value in zip(columns, values, strict=True)}
        return Row(name, cells)

    rows = [
        row("shots", [one.shots for one in times]),
        row("first choice, s", [one.first_s for one in times]),
        *(
            row(f"another choice, {ratio:.0%} of the video, s", [one.second_s[ratio] for one in times])
            for ratio in _RATIOS
        ),
    ]
    meta = measured_now(
        protocol="five summaries; median of the timed choices; no curve from the cache",
        dataset=", ".join(one.name for one in times),
        command=command,
    )
    return Table("Choosing from an analysis", columns, rows, meta)


@options.with_settings("device")
def choosing(
    videos: Annotated[list[Path], typer.Argument(metavar="VIDEO...", show_default=False, help="The videos")],
    runs: Runs = 5,
    output: Output = Path("results/speed"),
    *,
    settings: SummarizeConfig,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Measure the first choice from an analysed video, and further ones of other lengths."""
    make_folder(output)
    with reporting(", ".join(map(str, videos)), quiet=quiet, verbose=verbose) as reporter:
        times = measure_choices(videos, runs=runs, config=settings, on_event=reporter)
    write(choice_table(times, called_as("benchmarks.choosing")), output, "choosing", quiet=quiet)


app = command(choosing)

if __name__ == "__main__":
    app()
