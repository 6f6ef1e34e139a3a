"""Summarizes an input with the whole program and checks what it has written and left behind."""

import json
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import av
import jsonschema
import pytest

from tests.support.processes import children
from tests.support.schema import PATH as SCHEMA
from tests.support.torture.cases import SUMMARY, Case
from vidsumm.cli.inputs import video_files
from vidsumm.config import SummarizeConfig
from vidsumm.errors import VidsummError
from vidsumm.pipeline.summarizer import Summarizer

__all__ = ["CONFIG", "LIMIT_S", "Outcome", "try_out"]

CONFIG = SummarizeConfig().replace(
    samples=2, steps=2, ratio=0.4, min_shot_s=0.2, max_shot_s=1.0, preset="ultrafast", device="cpu", use_cache=False
)
LIMIT_S = 60
"""The longest that an input may take."""


@dataclass(frozen=True)
class Outcome:
    """What happened to an input."""

    code: int
    """Exit code."""
    line: str
    """The message of the error, or what was written."""
    leftovers: tuple[str, ...]
    """Files that should not be there, and child processes that are still alive."""


def try_out(case: Case, summarizer: Summarizer, folder: Path) -> Outcome:
    """Makes the input in an empty folder, summarizes it and checks what was written.

    Raises:
        TimeoutError: it took too long.
        AssertionError: a summary is not what its record says.
        Exception: any error of the program other than a `VidsummError`.
    """
    given, scratch = folder / "given", folder / "scratch"
    given.mkdir()
    scratch.mkdir()
    case.make(given / case.name)
    before = _files(given)
    with pytest.MonkeyPatch.context() as patch, _time_limit():
        patch.setattr(tempfile, "tempdir", str(scratch))
        own = Summarizer(CONFIG.replace(**case.settings)) if case.settings else summarizer
        code, line = _summarize(given / case.name, own, folder / "made")
    left = sorted(_files(given) - before) + sorted(_files(scratch))
    if code != SUMMARY:
        left += sorted(_files(folder / "made"))
    hidden = [path.name for path in folder.iterdir() if path.name not in ("given", "scratch", "made")]
    return Outcome(code, line, (*left, *hidden, *children().values()))


def _summarize(path: Path, summarizer: Summarizer, output: Path) -> tuple[int, str]:
    try:
        if path.is_dir():
            video_files(path)
        summary = summarizer.summarize(path, output)
    except VidsummError as error:
        return error.exit_code, error.what.replace(str(path), path.name)
    jsonschema.validate(json.loads((output / "summary.json").read_text()), json.loads(SCHEMA.read_text()))
    candidates = summary.record.candidates
    for candidate in candidates:
        assert candidate.file is not None
        _check_video(output / candidate.file, candidate.duration_s)
    seconds = summary.record.duration_s
    made = "1 summary" if len(candidates) == 1 else f"{len(candidates)} summaries"
    return SUMMARY, f"{made} of {seconds:.4g} s"


def _check_video(path: Path, duration_s: float) -> None:
    """Checks that a file can be decoded to its end and that its streams last as long as planned."""
    with av.open(path) as container:
        for stream in (*container.streams.video, *container.streams.audio):
            end_s = 0.0
            container.seek(0)
            for frame in container.decode(stream):
                assert isinstance(frame, av.VideoFrame | av.AudioFrame)
                lasts_s = float(frame.duration * frame.time_base) if frame.duration and frame.time_base else 0.0
                end_s = max(end_s, float(frame.time or 0) + lasts_s)
            assert end_s == pytest.approx(duration_s, abs=0.1), f"{stream.type} of {path.name}"


def _files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")} if folder.exists() else set()


@contextmanager
def _time_limit() -> Iterator[None]:
    """Raises a `TimeoutError` in what takes longer than `LIMIT_S`."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise TimeoutError(f"not finished after {LIMIT_S} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(LIMIT_S)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
