"""The table of a speed run."""

from collections.abc import Sequence
from pathlib import Path

from benchmarks.measuring.contest import SpeedResult
from vidsumm.benchmark.report.provenance import measured_now
from vidsumm.benchmark.report.tables import Metric, Row, Table, Value

__all__ = ["speed_table"]

_COLUMNS = (
    Metric("seconds", "seconds", better="neither"),
    Metric("other_s", "other, s", better="neither"),
    Metric("ratio", "ratio", better="neither", digits=4),
    Metric("target", "target", better="neither", digits=4),
    Metric("mib", "MiB", better="neither", digits=0),
    Metric("other_mib", "other, MiB", better="neither", digits=0),
)


def speed_table(results: Sequence[SpeedResult], path: Path, *, runs: int, command: str, ffmpeg: str) -> Table:
    """Returns a row for each stage: our seconds and memory, those of the rival or limit, the ratio and its target.

    Args:
        results: what was measured.
        path: the video.
        runs: timed runs of each stage.
        command: the command that was typed.
        ffmpeg: version of ffmpeg.
    """
    return Table(
        "Speed",
        _COLUMNS,
        [_row(result) for result in results],
        measured_now(
            protocol=f"medians of {runs} runs, both ways in turns; ratio: our time by the other; MiB: resident memory "
            "beyond what was held before",
            dataset=path.name,
            command=command,
            ffmpeg=ffmpeg,
        ),
    )


def _row(result: SpeedResult) -> Row:
    numbers = {
        "seconds": result.seconds,
        "other_s": result.other_s,
        "ratio": result.ratio,
        "target": result.target,
        "mib": result.mib,
        "other_mib": result.other_mib,
    }
    values: dict[str, Value] = {name: (number, None) for name, number in numbers.items() if number is not None}
    verdict = "" if result.target is None else ": met" if result.is_met else ": missed"
    return Row(result.stage, values, note=f"against {result.rival}{verdict}")
