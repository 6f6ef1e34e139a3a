"""The report of ``vidsumm data check``, as tables for readers and as an object for programs."""

import dataclasses
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from rich.console import Console

from vidsumm.cli.tables import Column, print_table
from vidsumm.cli.wording import clock, printable
from vidsumm.datasets.report import FileProblem, FileReport

__all__ = ["print_report", "report_as_object"]

_MOST_VIDEOS = 60  # shown in the table; of more videos, only the first _FEW are shown
_FEW = 10
_RANGE_TITLES = {"norms": "feature length", "scores": "targets"}


def print_report(report: FileReport, console: Console) -> None:
    """Prints a table of facts, a table of videos, the problems and a line that says whether the file is usable."""
    print_table(console, (Column("file"), Column(printable(report.path.name))), list(_facts(report)))
    if report.videos:
        columns = [Column("video"), *(Column(name, "right") for name in ("samples", "annotators", "shots", "length"))]
        shown = report.videos[: _MOST_VIDEOS if len(report.videos) <= _MOST_VIDEOS else _FEW]
        rows = [
            (
                printable(v.key),
                f"{v.samples:,}",
                str(v.annotators),
                str(v.shots),
                _length(v.duration_s),
                printable(v.name),
            )
            for v in shown
        ]
        print_table(console, [*columns, Column("name")], rows)
        if len(shown) < len(report.videos):
            console.print(f"and {len(report.videos) - len(shown):,} more videos: --json lists them all")
    for line in _problem_lines(report.problems):
        console.print(printable(line))
    console.print(_verdict(report))


def report_as_object(report: FileReport) -> dict[str, Any]:
    """Returns what ``vidsumm data check --json`` prints."""
    found = dataclasses.asdict(report)
    found |= {"path": str(report.path), "is_usable": report.is_usable, "has_features": report.has_features}
    del found["feature_info"]
    if report.feature_info is None:
        return found | {"feature_id": None, "null_length": None, "provenance": {}}
    return found | {
        "feature_id": report.feature_info.feature_id,
        "null_length": report.null_length,
        "provenance": report.feature_info.provenance,
    }


def _verdict(report: FileReport) -> str:
    if not report.is_usable:
        return "not usable"
    return "usable to train on" if report.has_features else "usable as annotations; `vidsumm features` adds features"


def _facts(report: FileReport) -> Iterator[tuple[str, str]]:
    """Returns the rows about the file as a whole."""
    videos = report.videos
    lengths = [video.duration_s for video in videos if video.duration_s is not None]
    annotators = sorted({video.annotators for video in videos})
    channels = sorted({video.channels for video in videos if video.channels is not None})
    yield "size", f"{report.size_bytes / 2**20:,.1f} MiB"
    yield "videos", f"{len(videos):,}" + (f", {', '.join(sorted({v.kind for v in videos}))}" if videos else "")
    if lengths:
        known = "" if len(lengths) == len(videos) else f" (of the {len(lengths):,} videos with fps)"
        yield "length", f"{clock(sum(lengths))}{known}"
    if videos:
        yield "samples", f"{sum(v.samples for v in videos):,}"
        yield "annotators", str(annotators[0]) if len(annotators) == 1 else f"{annotators[0]} to {annotators[-1]}"
    if channels:
        yield "channels", ", ".join(map(str, channels))
    for name, found in report.ranges.items():
        yield _RANGE_TITLES.get(name, name), f"{found.low:.3g} to {found.high:.3g}"
    if report.feature_info is not None:
        yield "feature id", printable(report.feature_info.feature_id)
        yield "null features", f"length {report.null_length:.3g}"
        for name, value in sorted(report.feature_info.provenance.items()):
            yield f"made: {printable(name)}", printable(_brief(value))


def _brief(value: Any) -> str:
    """Returns a value of the provenance on one line."""
    if not isinstance(value, dict):
        return str(value)
    counts = Counter(map(str, value.values()))
    if len(value) > _FEW and len(counts) <= _FEW:
        return ", ".join(f"{count} {text}" for text, count in counts.most_common())
    return ", ".join(f"{name} {part}" for name, part in value.items())


def _length(duration_s: float | None) -> str:
    return "" if duration_s is None else clock(round(duration_s))


def _problem_lines(problems: Sequence[FileProblem]) -> Iterator[str]:
    """Returns a line for each problem; of many videos that share one, only the first and how many more there are."""
    by_text: dict[tuple[bool, str], list[str]] = {}
    for problem in problems:
        by_text.setdefault((problem.is_fatal, problem.text), []).append(problem.key)
    for (is_fatal, text), keys in sorted(by_text.items(), key=lambda item: not item[0][0]):
        level = "error" if is_fatal else "warning"
        for key in keys[:_FEW]:
            yield f"{level}: {key}: {text}" if key else f"{level}: {text}"
        if len(keys) > _FEW:
            yield f"{level}: {len(keys) - _FEW:,} more videos: {text}"
