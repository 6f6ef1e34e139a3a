"""The table of a speed run."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.measuring.contest import Standing
from vidsumm.benchmark.report.comparison import machine
from vidsumm.benchmark.report.tables import Column, Meta, Row, Table, Value
from vidsumm.versions import result_versions

__all__ = ["speed_table"]

_COLUMNS = (
    Column("seconds", "seconds", better="neither"),
    Column("other_s", "other, s", better="neither"),
    Column("ratio", "ratio", better="neither", digits=4),
    Column("target", "target", better="neither", digits=4),
    Column("mib", "MiB", better="neither", digits=0),
    Column("other_mib", "other, MiB", better="neither", digits=0),
)


def speed_table(standings: Sequence[Standing], path: Path, *, runs: int, command: str, ffmpeg: str) -> Table:
    """Rows of stages: our seconds and memory, those of the floor or rival, the ratio and what it should be.

    Args:
        standings: what was measured.
        path: the video.
        runs: timed runs of each.
        command: how it was called.
        ffmpeg: its version.
    """
    return Table(
        "Speed",
        _COLUMNS,
        [_row(standing) for standing in standings],
        Meta(
            protocol=f"medians of {runs} runs, both ways in turns; ratio: our time by the other; MiB: resident memory "
            "beyond what was held before",
            dataset=path.name,
            versions=result_versions(ffmpeg) | {"machine": machine()},
            command=command,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
        ),
    )


def _row(standing: Standing) -> Row:
    found = {
        "seconds": standing.seconds,
        "other_s": standing.other_s,
        "ratio": standing.ratio,
        "target": standing.target,
        "mib": standing.mib,
        "other_mib": standing.other_mib,
    }
    values: dict[str, Value] = {name: (number, None) for name, number in found.items() if number is not None}
    kept = "" if standing.target is None else ": met" if standing.is_met else ": missed"
    return Row(standing.stage, values, note=f"against {standing.rival}{kept}")
