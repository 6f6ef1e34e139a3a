"""Summarizes several inputs, each for itself or all together: prints results as they come, and failures at the end."""

import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TextIO, TypeVar

from vidsumm.cli.exits import exit_code_of, report
from vidsumm.cli.inputs import Failure, VideoTask, list_tasks
from vidsumm.cli.progress import Reporter, reporter_for
from vidsumm.cli.results import failure_as_object, print_summary, summary_as_object
from vidsumm.cli.terminal import console_for, print_json
from vidsumm.cli.wording import printable
from vidsumm.config import SummarizeConfig
from vidsumm.errors import ConfigError, InputError, PartialFailureError
from vidsumm.pipeline.summarizer import Summarizer, default_folder
from vidsumm.pipeline.writing import Summary

if TYPE_CHECKING:
    from vidsumm.pipeline.analysis import Analysis

__all__ = ["RunFlags", "run"]

T = TypeVar("T")


@dataclass(frozen=True)
class RunFlags:
    """The options that say what a run writes and prints, not what it computes."""

    overwrite: bool
    dry_run: bool
    json: bool
    quiet: bool
    verbose: bool
    together: bool = False

    def __post_init__(self) -> None:
        if self.quiet and self.verbose:
            raise ConfigError("--quiet and --verbose exclude each other", remedy="give one of them")


def run(inputs: Sequence[Path], output: Path | None, settings: SummarizeConfig, flags: RunFlags) -> None:
    """Summarizes every input, or all of them together; one that fails does not stop the others.

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
        summarize = _summarize_together if flags.together else _summarize_all
        failures = [*unusable, *summarize(tasks, output, settings, flags, stream)]
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
    tasks: Sequence[VideoTask], output: Path | None, settings: SummarizeConfig, flags: RunFlags, stream: TextIO
) -> Iterator[Failure]:
    """Summarizes the videos one after the other and prints the results; yields the failures."""
    del output  # each task has its own
    reporter = reporter_for(console_for(sys.stderr), quiet=flags.quiet, verbose=flags.verbose)
    with Summarizer(settings, on_event=reporter) as summarizer:
        for title, task in _titled(tasks):
            summarize = partial(
                summarizer.summarize, task.source, task.output, overwrite=flags.overwrite, dry_run=flags.dry_run
            )
            result = _try(summarize, task.source, title, reporter)
            if isinstance(result, Failure):
                _print_failure(result, stream, flags)
                yield result
            else:
                _print_summary(result, task.output, stream, flags)


def _summarize_together(
    tasks: Sequence[VideoTask], output: Path | None, settings: SummarizeConfig, flags: RunFlags, stream: TextIO
) -> Iterator[Failure]:
    """Summarizes the videos as if they were one and prints the result; yields the videos that cannot be used.

    Raises:
        VidsummError: there is no summary of the others.
    """
    reporter = reporter_for(console_for(sys.stderr), quiet=flags.quiet, verbose=flags.verbose)
    folder = output or default_folder([task.source for task in tasks])
    with Summarizer(settings, on_event=reporter) as summarizer:
        summarizer.require_ready(None if flags.dry_run else folder, overwrite=flags.overwrite)
        found: list[Analysis] = []
        for title, task in _titled(tasks):
            result = _try(partial(summarizer.analyse, task.source), task.source, title, reporter)
            if isinstance(result, Failure):
                _print_failure(result, stream, flags)
                yield result
            else:
                found.append(result)
        if found:
            with reporter.about(f"{len(found)} videos together" if len(found) > 1 else "together"):
                choice = summarizer.choose(found)
                summary = (
                    Summary(choice.reel.paths, None, choice.record(), ())
                    if flags.dry_run
                    else choice.write(folder, overwrite=flags.overwrite, on_event=reporter)
                )
            _print_summary(summary, folder, stream, flags)


def _titled(tasks: Sequence[VideoTask]) -> Iterator[tuple[str, VideoTask]]:
    for number, task in enumerate(tasks, 1):
        title = printable(task.source)
        yield (title if len(tasks) == 1 else f"[{number}/{len(tasks)}] {title}"), task


def _try(work: Callable[[], T], source: Path, title: str, reporter: Reporter) -> T | Failure:
    try:
        with reporter.about(title):
            return work()
    except Exception as error:  # noqa: BLE001 even an unexpected error must not stop the other inputs
        return Failure(source, error)


def _print_failure(failure: Failure, stream: TextIO, flags: RunFlags) -> None:
    if flags.json:
        print_json(failure_as_object(failure), stream)


def _print_summary(summary: Summary, output: Path, stream: TextIO, flags: RunFlags) -> None:
    if flags.json:
        print_json(summary_as_object(summary, dry_run=flags.dry_run), stream)
    elif not flags.quiet:
        print_summary(summary, output, console_for(stream))


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
