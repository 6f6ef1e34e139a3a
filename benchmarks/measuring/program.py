"""The whole program, started in a process of its own as a user starts it."""

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from vidsumm.errors import VidsummError
from vidsumm.export.record import SummaryRecord, read_record

__all__ = ["ProgramFailedError", "ProgramRun", "help_cpu_s", "imports_torch"]

_QUOTED = 2000  # last characters of what a failed program wrote to standard error


class ProgramFailedError(VidsummError):
    """A run of the program failed, or did not do what is measured."""


@dataclass(frozen=True)
class ProgramRun:
    """`vidsumm summarize` on one video."""

    path: Path
    output: Path
    options: tuple[str, ...] = ()

    def timed(self) -> tuple[SummaryRecord, float]:
        """Does what `run` does and also returns the seconds that it took."""
        begin = time.perf_counter()
        record = self.run()
        return record, time.perf_counter() - begin

    def run(self, *more: str) -> SummaryRecord:
        """Makes the summaries and returns their record.

        Args:
            more: further options.

        Raises:
            ProgramFailedError: the program failed.
        """
        command = ["summarize", str(self.path), "--output", str(self.output), "--overwrite", "--quiet"]
        _run_python("-m", "vidsumm", *command, *self.options, *more)
        return read_record(self.output / "summary.json")


def help_cpu_s() -> float:
    """Measures the processor time of ``vidsumm --help``, seconds."""
    before = os.times()
    _run_python("-m", "vidsumm", "--help")
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def imports_torch() -> bool:
    """Returns whether importing the package imports PyTorch too."""
    return _run_python("-c", "import sys, vidsumm; print('torch' in sys.modules)").strip() == "True"


def _run_python(*arguments: str) -> str:
    """Returns what Python, started with these arguments, wrote to standard output."""
    done = subprocess.run(  # noqa: S603 our own interpreter and module
        [sys.executable, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode:
        message = " ".join(done.stderr[-_QUOTED:].split())
        raise ProgramFailedError(f"vidsumm {arguments[2]} ended with status {done.returncode}: {message}")
    return done.stdout
