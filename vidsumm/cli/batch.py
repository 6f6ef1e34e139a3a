"""Summarizes several inputs one after the other: prints each result as it comes, and all failures at the end."""

import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from vidsumm.cli.exits import exit_code_of, report
from vidsumm.cli.inputs import Failure, VideoTask, list_tasks
from vidsumm.cli.progress import Reporter, reporter_for
from vidsumm.cli.results import failure_as_object, print_summary, summary_as_object
from vidsumm.cli.terminal import console_for, print_json
from vidsumm.cli.wording import printable
from vidsumm.config import SummarizeConfig
from vidsumm.errors import ConfigError, InputError, PartialFailureError
from vidsumm.pipeline.summarizer import Summarizer, Summary

__all__ = ["RunFlags", "run"]


@dataclass(frozen=True)
class RunFlags:
    """The options that say what a run writes and prints, not what it computes."""

    overwrite: bool
    dry_run: bool
    json: bool
    quiet: bool
    verbose: bool

    def __post_init__(self) -> None:
        if self.quiet and self.verbose:
            raise ConfigError("--quiet and --verbose exclude each other", remedy="give one of them")


def run(inputs: Sequence[Path], output: Path | None, settings: SummarizeConfig, flags: RunFlags) -> None:
    """Summarizes every input; one that fails does not stop the others.

    Args:
        inputs: video files and folders.
        output: the folder to write to; None for the default.
        settings: how to summarize.
        flags: what to write and print.

    Raises:
        VidsummError: the error of the only input, or `PartialFailureError` where some of several failed.
        SystemExit: all of several inputs failed.
    """
    tasks, unusable = list_tasks(inputs, output)
    with _results_stream(flags) as stream:
        for failure in unusable:
            _print_failure(failure, stream, flags)
        failures = [*unusable, *_summarize_all(tasks, settings, flags, stream)]
    if failures:
        _report_failures(failures, len(tasks) + len(unusable), flags)


@contextmanager
def _results_stream(flags: RunFlags) -> Iterator[TextIO]:
    """Yields standard output and keeps it free for results.

    Inside the block, what libraries print goes to standard error, and their warnings are dropped unless --verbose.
    """
    results = sys.stdout
    with redirect_stdout(sys.stderr), warnings.catch_warnings():
        if not flags.verbose:
            warnings.simplefilter("ignore")
        yield results


def _summarize_all(
    tasks: Sequence[VideoTask], settings: SummarizeConfig, flags: RunFlags, stream: TextIO
) -> Iterator[Failure]:
    """Summarizes the videos and prints the results; yields the failures."""
    reporter = reporter_for(console_for(sys.stderr), quiet=flags.quiet, verbose=flags.verbose)
    with Summarizer(settings, on_event=reporter) as summarizer:
        for number, task in enumerate(tasks, 1):
            title = printable(task.source) if len(tasks) == 1 else f"[{number}/{len(tasks)}] {printable(task.source)}"
            result = _summarize(task, title, summarizer, reporter, flags)
            if isinstance(result, Failure):
                _print_failure(result, stream, flags)
                yield result
            else:
                _print_summary(result, task, stream, flags)


def _summarize(
    task: VideoTask, title: str, summarizer: Summarizer, reporter: Reporter, flags: RunFlags
) -> Summary | Failure:
    try:
        with reporter.about(title):
            return summarizer.summarize(task.source, task.output, overwrite=flags.overwrite, dry_run=flags.dry_run)
    except Exception as error:  # noqa: BLE001 even an unexpected error must not stop the other inputs
        return Failure(task.source, error)


def _print_failure(failure: Failure, stream: TextIO, flags: RunFlags) -> None:
    if flags.json:
        print_json(failure_as_object(failure), stream)


def _print_summary(summary: Summary, task: VideoTask, stream: TextIO, flags: RunFlags) -> None:
    if flags.json:
        print_json(summary_as_object(summary, dry_run=flags.dry_run), stream)
    elif not flags.quiet:
        print_summary(summary, task.output, console_for(stream))


def _report_failures(failures: Sequence[Failure], total: int, flags: RunFlags) -> None:
    """Ends the run: reports each failure and raises what `run` documents."""
    if total == 1:
        raise failures[0].error
    for failure in failures:
        report(failure.error, verbose=flags.verbose, subject=printable(failure.source))
    if len(failures) < total:
        raise PartialFailureError(f"{len(failures)} of {total} inputs failed", remedy="the others were summarized")
    codes = {exit_code_of(failure.error) for failure in failures}
    raise SystemExit(codes.pop() if len(codes) == 1 else InputError.exit_code)
