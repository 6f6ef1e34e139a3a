"""Summarizes several inputs, each for itself or all together: prints results as they come, and failures at the end."""

import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, redirect_stdout
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TextIO, TypeVar

from vidsumm.cli.exits import exit_code_of, report
from vidsumm.cli.inputs import Failure, VideoTask, list_tasks
from vidsumm.cli.progress import Reporter, reporter_for
from vidsumm.cli.results import failure_as_object, print_summary, summary_as_object
from vidsumm.cli.terminal import console_for, print_json
from vidsumm.cli.wording import printable
from vidsumm.config import SummarizeConfig
from vidsumm.errors import ConfigError, InputError, PartialFailureError
from vidsumm.pipeline.analysis import Analysis
from vidsumm.pipeline.summarizer import Summarizer, default_folder
from vidsumm.pipeline.writing import Summary

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
        batch = _Batch(settings, flags, stream, _reporter(flags))
        for failure in unusable:
            batch.tell(failure)
        if flags.together:
            failed = batch.summarize_together(tasks, output or _together_folder(inputs, tasks))
        else:
            failed = batch.summarize_each(tasks)
    failures = [*unusable, *failed]
    if failures:
        _report_failures(failures, len(tasks) + len(unusable), flags)


def _together_folder(inputs: Sequence[Path], tasks: Sequence[VideoTask]) -> Path:
    """Returns the default folder for summaries of all videos as one, named by the folder that was given, if it is one.

    Otherwise it is that of a single video, or of `default_folder`.
    """
    given = inputs[0].resolve()
    if len(inputs) == 1 and given.is_dir():
        return Path(f"{given.name.strip('.') or 'together'}-summary")
    if len(tasks) == 1 and not given.is_dir():
        return tasks[0].output
    return default_folder([task.source for task in tasks])


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


def _reporter(flags: RunFlags) -> Reporter:
    return reporter_for(console_for(sys.stderr), quiet=flags.quiet, verbose=flags.verbose)


@dataclass(frozen=True)
class _Batch:
    """Summarizes videos, and prints each result and each failure when it is known."""

    settings: SummarizeConfig
    flags: RunFlags
    stream: TextIO
    reporter: Reporter

    def summarize_each(self, tasks: Sequence[VideoTask]) -> list[Failure]:
        """Summarizes the videos one after the other; returns the failures."""
        failures: list[Failure] = []
        with Summarizer(self.settings, on_event=self.reporter) as summarizer:
            for title, task in _titled(tasks):
                how = {"overwrite": self.flags.overwrite, "dry_run": self.flags.dry_run}
                work = partial(summarizer.summarize, task.source, task.output, **how)
                result = self._attempt(work, (task.source,), title)
                if isinstance(result, Failure):
                    failures.append(result)
                else:
                    self._show(result, task.output)
        return failures

    def summarize_together(self, tasks: Sequence[VideoTask], folder: Path) -> list[Failure]:
        """Summarizes the videos as if they were one; returns those that cannot be used, or why there is no result."""
        failures, found = [], []
        with Summarizer(self.settings, on_event=self.reporter) as summarizer:
            place = None if self.flags.dry_run else folder
            ready = partial(summarizer.require_ready, place, overwrite=self.flags.overwrite)
            unready = self._attempt(ready, tuple(task.source for task in tasks), "") if tasks else None
            if isinstance(unready, Failure):
                return [unready]
            for title, task in _titled(tasks):
                analysed = self._attempt(partial(summarizer.analyse, task.source), (task.source,), title)
                if isinstance(analysed, Failure):
                    failures.append(analysed)
                else:
                    found.append(analysed)
            if found:
                sources = tuple(analysis.info.path for analysis in found)
                title = "1 video" if len(found) == 1 else f"{len(found)} videos together"
                result = self._attempt(partial(self._join, summarizer, found, folder), sources, title)
                if isinstance(result, Failure):
                    failures.append(result)
                else:
                    self._show(result, folder)
        return failures

    def tell(self, failure: Failure) -> None:
        """Prints a failure as JSON, if that is asked for."""
        if self.flags.json:
            print_json(failure_as_object(failure), self.stream)

    def _join(self, summarizer: Summarizer, found: Sequence[Analysis], folder: Path) -> Summary:
        choice = summarizer.choose(found)
        return choice.planned() if self.flags.dry_run else choice.write(folder, overwrite=self.flags.overwrite)

    def _attempt(self, work: Callable[[], T], sources: tuple[Path, ...], title: str) -> T | Failure:
        """Does some work and shows its events under a title, if it has one; returns what it gives, or why it failed."""
        try:
            with self.reporter.about(title) if title else nullcontext():
                return work()
        except Exception as error:  # noqa: BLE001 even an unexpected error must not stop the other inputs
            failure = Failure(sources, error)
            self.tell(failure)
            return failure

    def _show(self, summary: Summary, output: Path) -> None:
        if self.flags.json:
            print_json(summary_as_object(summary, dry_run=self.flags.dry_run), self.stream)
        elif not self.flags.quiet:
            print_summary(summary, output, console_for(self.stream))


def _titled(tasks: Sequence[VideoTask]) -> Iterator[tuple[str, VideoTask]]:
    for number, task in enumerate(tasks, 1):
        title = printable(task.source)
        yield (title if len(tasks) == 1 else f"[{number}/{len(tasks)}] {title}"), task


def _report_failures(failures: Sequence[Failure], total: int, flags: RunFlags) -> None:
    """Ends the run: reports each failure and raises what `run` documents."""
    failed = len({path for failure in failures for path in failure.sources})
    if len(failures) == 1 and failed == total:
        raise failures[0].error
    for failure in failures:
        report(failure.error, verbose=flags.verbose, subject=failure.subject)
    if failed < total:
        raise PartialFailureError(f"{failed} of {total} inputs failed", remedy="the others were summarized")
    codes = {exit_code_of(failure.error) for failure in failures}
    raise SystemExit(codes.pop() if len(codes) == 1 else InputError.exit_code)
