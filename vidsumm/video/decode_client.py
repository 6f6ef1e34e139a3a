"""Starts the child process that decodes (`vidsumm.video.decode_worker`) and reads the pictures it sends."""

import contextlib
import math
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

import numpy as np

from vidsumm.video.decode_request import DONE, HEADER, PICTURE, Picture, Request

__all__ = ["DecodeProcess", "DecodeProcessError"]

_START_S = 30.0
"""Extra time for the first record: an interpreter and its libraries may load slowly on a busy machine."""
_STDERR_TAIL_BYTES = 2000
_START_WORKER = """
import sys
if sys.argv[1] not in sys.path:
    sys.path.insert(0, sys.argv[1])
from vidsumm.video.decode_worker import main
main()
"""


class DecodeProcessError(Exception):
    """The child process cannot go on; the message says why in a few words."""


def worker_command() -> list[str]:
    """Returns the command line of the child process."""
    # the child imports the same vidsumm as this process, installed or not; -P keeps it from importing modules that
    # happen to lie in the current folder
    return [sys.executable, "-P", "-c", _START_WORKER, str(Path(__file__).parents[2])]


class DecodeProcess:
    """A child process that decodes one request. Only `kill` may be called from another thread."""

    def __init__(self, request: Request) -> None:
        self._settings = request.settings
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `stop`
        # a session of its own: Ctrl-C in the terminal reaches only the parent, which then ends the child
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            worker_command(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            start_new_session=True,
        )
        self._stdout = cast("IO[bytes]", self._process.stdout)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._stdout, selectors.EVENT_READ)
        with contextlib.suppress(BrokenPipeError), cast("IO[bytes]", self._process.stdin) as stdin:
            stdin.write(request.to_bytes())

    def pictures(self) -> Iterator[tuple[Picture, int]]:
        """Decodes the wanted frames in order.

        Yields:
            For each wanted frame a picture, (H, W, 3) uint8 RGB, and how many ticks after the wanted frame it is shown:
            0 unless another frame had to take the place of the wanted one.

        Raises:
            DecodeProcessError: the child stalls, crashes or reports an error.
        """
        shape = self._settings.height, self._settings.width, 3
        spare_s = _START_S
        while True:
            kind, off_by = HEADER.unpack(self._read(HEADER.size, spare_s))
            spare_s = 0.0
            if kind == DONE:
                return
            if kind == PICTURE:
                yield np.frombuffer(self._read(math.prod(shape)), np.uint8).reshape(shape), off_by

    def kill(self) -> None:
        """Kills the child; a thread that waits in `pictures` then gets a `DecodeProcessError`."""
        self._process.kill()

    def stop(self) -> None:
        """Kills the child, waits for its end and closes the pipes."""
        self._process.kill()
        self._process.wait()
        self._selector.close()
        self._stdout.close()
        self._stderr.close()

    def _read(self, size: int, spare_s: float = 0.0) -> bytearray:
        data = bytearray(size)
        view, filled = memoryview(data), 0
        deadline_s = time.monotonic() + self._settings.stall_s + spare_s
        while filled < size:
            if not self._selector.select(max(0.0, deadline_s - time.monotonic())):
                raise DecodeProcessError(f"no frame for {self._settings.stall_s:g} s")
            got = os.readv(self._stdout.fileno(), [view[filled:]])
            if not got:
                raise DecodeProcessError(self._why_it_ended())
            filled += got
        return data

    def _why_it_ended(self) -> str:
        status = self._process.wait()
        size = self._stderr.seek(0, os.SEEK_END)
        self._stderr.seek(max(0, size - _STDERR_TAIL_BYTES))
        lines = self._stderr.read().decode(errors="replace").strip().splitlines()
        if status < 0:
            return f"its process was ended by {signal.Signals(-status).name}"
        return lines[-1].strip() if lines else f"its process ended with status {status}"
