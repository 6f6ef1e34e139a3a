"""The whole program, as a user starts it."""

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from vidsumm.errors import VidsummError
from vidsumm.export.record import SummaryRecord, read_record

__all__ = ["JobFailedError", "WholeJob", "help_cpu_s", "imports_torch"]

_WORDS = 2000  # characters of a failed program's complaint


class JobFailedError(VidsummError):
    """A run of the program failed."""


@dataclass(frozen=True)
class WholeJob:
    """`vidsumm summarize` in a process of its own."""

    path: Path
    output: Path
    options: tuple[str, ...] = ()

    def timed(self) -> tuple[SummaryRecord, float]:
        """As `run`, with the seconds it took."""
        begin = time.perf_counter()
        record = self.run()
        return record, time.perf_counter() - begin

    def run(self, *more: str) -> SummaryRecord:
        """Makes the summaries and returns their record.

        Raises:
            JobFailedError: the program failed.
        """
        command = ["summarize", str(self.path), "--output", str(self.output), "--overwrite", "--quiet"]
        _python("-m", "vidsumm", *command, *self.options, *more)
        return read_record(self.output / "summary.json")


def help_cpu_s() -> float:
    """Processor time of ``vidsumm --help``, seconds."""
    before = os.times()
    _python("-m", "vidsumm", "--help")
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def imports_torch() -> bool:
    """Whether importing the package imports PyTorch too."""
    return _python("-c", "import sys, vidsumm; print('torch' in sys.modules)").strip() == "True"


def _python(*arguments: str) -> str:
    done = subprocess.run(  # noqa: S603 our own interpreter and module
        [sys.executable, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode:
        said = " ".join(done.stderr[-_WORDS:].split())
        raise JobFailedError(f"vidsumm {arguments[2]} ended with status {done.returncode}: {said}")
    return done.stdout
