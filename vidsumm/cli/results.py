"""The summaries that were made, as a table for readers and as an object for programs."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from vidsumm.cli.exits import defect_remedy, exit_code_of
from vidsumm.cli.flags import message, with_flags
from vidsumm.cli.inputs import Failure
from vidsumm.cli.tables import Column, print_table
from vidsumm.cli.wording import clock, printable
from vidsumm.errors import VidsummError
from vidsumm.export.record import CandidateRecord, as_dict
from vidsumm.pipeline.writing import Summary
from vidsumm.versions import loaded_versions

__all__ = ["failure_as_object", "print_summary", "summary_as_object"]

_COLUMNS = (
    Column("file"),
    Column("length", "right"),
    Column("shots", "right"),
    Column("agreement", "right"),
    Column("favours"),
)


def print_summary(summary: Summary, output: Path, console: Console) -> None:
    """Prints a heading and a table with one row for each summary.

    Args:
        summary: the summaries of one video, or of several together.
        output: the folder that was asked for; after a dry run, nothing is in it.
        console: where to print.
    """
    console.print(_heading(summary, output))
    print_table(console, _COLUMNS, map(_row, summary.record.candidates))
    if not console.is_terminal:  # on a terminal they have been shown during the run
        for notice in summary.record.notices:
            console.print(f"warning: {message(notice)}")


def _heading(summary: Summary, output: Path) -> str:
    record = summary.record
    count = len(record.candidates)
    made = f"{count} {'summary' if count == 1 else 'summaries'} of at most {clock(record.budget.seconds)}"
    place = "would go to" if summary.output is None else "in"
    return f"{_subject(summary.sources)}, {clock(record.duration_s)}: {made} {place} {printable(output)}"


def _subject(sources: Sequence[Path]) -> str:
    return printable(sources[0]) if len(sources) == 1 else f"{len(sources)} videos"


def _row(candidate: CandidateRecord) -> tuple[str, ...]:
    return (
        candidate.file or f"summary-{candidate.rank}.mp4",
        clock(candidate.duration_s),
        str(len(candidate.shots)),
        f"{candidate.agreement:.2f}",
        candidate.description,
    )


def summary_as_object(summary: Summary, *, dry_run: bool) -> dict[str, Any]:
    """Returns what --json prints about summarized inputs; ``summary`` is the content of ``summary.json``."""
    return {
        "inputs": [str(path) for path in summary.sources],
        "output": None if summary.output is None else str(summary.output),
        "files": [str(path) for path in summary.files],
        "dry_run": dry_run,
        "summary": as_dict(summary.record),
    }


def failure_as_object(failure: Failure) -> dict[str, Any]:
    """Returns what --json prints about an input that failed."""
    error = failure.error
    what, remedy = (error.what, error.remedy) if isinstance(error, VidsummError) else (str(error), defect_remedy())
    what, remedy = with_flags(what), with_flags(remedy)
    about = {"kind": type(error).__name__, "what": what, "remedy": remedy, "exit_code": exit_code_of(error)}
    if not isinstance(error, VidsummError):
        about["versions"] = loaded_versions()
    return {"inputs": [str(path) for path in failure.sources], "error": about}
