"""Several inputs, one after the other: each one's results as they come, the failures at the end."""

import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from vidsumm.cli.exits import exit_code_of, report
from vidsumm.cli.inputs import Failure, Job, plan
from vidsumm.cli.progress import Reporter, reporter_for
from vidsumm.cli.results import failure_as_object, show, summary_as_object
from vidsumm.cli.terminal import console_for, print_json
from vidsumm.cli.wording import printable
from vidsumm.config import SummarizeConfig
from vidsumm.errors import ConfigError, InputError, PartialFailureError
from vidsumm.pipeline.summarizer import Summarizer, Summary

__all__ = ["Manner", "run"]


@dataclass(frozen=True)
class Manner:
    """How a run behaves and speaks, whatever it computes: the flags of the same names."""

    overwrite: bool
    dry_run: bool
    json: bool
    quiet: bool
    verbose: bool

    def __post_init__(self) -> None:
        if self.quiet and self.verbose:
            raise ConfigError("--quiet and --verbose exclude each other", remedy="give one of them")


def run(inputs: Sequence[Path], output: Path | None, settings: SummarizeConfig, manner: Manner) -> None:
    """Summarizes every input; one that fails does not stop the others.

    Raises:
        VidsummError: that of the only input, or `PartialFailureError` where some of several failed.
        SystemExit: all of several inputs failed.
    """
    jobs, unusable = plan(inputs, output)
    with _results_stream(manner) as stream:
        for failure in unusable:
            _tell_failure(failure, stream, manner)
        failures = [*unusable, *_summarize_all(jobs, settings, manner, stream)]
    if failures:
        _conclude(failures, len(jobs) + len(unusable), manner)


@contextmanager
def _results_stream(manner: Manner) -> Iterator[TextIO]:
    """Standard output for results alone: what a library prints there goes to standard error, its warnings nowhere."""
    results = sys.stdout
    with redirect_stdout(sys.stderr), warnings.catch_warnings():
        if not manner.verbose:
            warnings.simplefilter("ignore")
        yield results


def _summarize_all(jobs: Sequence[Job], settings: SummarizeConfig, manner: Manner, stream: TextIO) -> Iterator[Failure]:
    reporter = reporter_for(console_for(sys.stderr), quiet=manner.quiet, verbose=manner.verbose)
    with Summarizer(settings, on_event=reporter) as summarizer:
        for number, job in enumerate(jobs, 1):
            title = printable(job.source) if len(jobs) == 1 else f"[{number}/{len(jobs)}] {printable(job.source)}"
            outcome = _summarize(job, title, summarizer, reporter, manner)
            if isinstance(outcome, Failure):
                _tell_failure(outcome, stream, manner)
                yield outcome
            else:
                _tell_summary(outcome, job, stream, manner)


def _summarize(job: Job, title: str, summarizer: Summarizer, reporter: Reporter, manner: Manner) -> Summary | Failure:
    try:
        with reporter.about(title):
            return summarizer.summarize(job.source, job.output, overwrite=manner.overwrite, dry_run=manner.dry_run)
    except Exception as error:  # noqa: BLE001 even a defect met with one input leaves the others their chance
        return Failure(job.source, error)


def _tell_failure(failure: Failure, stream: TextIO, manner: Manner) -> None:
    if manner.json:
        print_json(failure_as_object(failure), stream)


def _tell_summary(summary: Summary, job: Job, stream: TextIO, manner: Manner) -> None:
    if manner.json:
        print_json(summary_as_object(summary, dry_run=manner.dry_run), stream)
    elif not manner.quiet:
        show(summary, job.output, console_for(stream))


def _conclude(failures: Sequence[Failure], total: int, manner: Manner) -> None:
    if total == 1:
        raise failures[0].error
    for failure in failures:
        report(failure.error, verbose=manner.verbose, subject=printable(failure.source))
    if len(failures) < total:
        raise PartialFailureError(f"{len(failures)} of {total} inputs failed", remedy="the others were summarized")
    codes = {exit_code_of(failure.error) for failure in failures}
    raise SystemExit(codes.pop() if len(codes) == 1 else InputError.exit_code)
