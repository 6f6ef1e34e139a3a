"""The child process that decodes, started by `vidsumm.video.frames`.

A decoder can get stuck in C code where neither signal handlers nor threads of Python run any more; a process of its own
can be killed. Whatever goes wrong is told in the last line on standard error, with a non-zero exit status.
"""

import math
import os
import resource
import signal
import sys
import time
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np

from vidsumm.video import decode_decord, decode_pyav
from vidsumm.video.decode_request import DONE, HEADER, OUT_OF_MEMORY, PICTURE, PROGRESS, Picture, Request

__all__ = ["main"]

_HEARTBEAT_S = 1.0
_WATCHDOG_SPARE_S = 10.0  # the parent acts first, if it is still there


class _Output:
    """Writes records; its watchdog bites even where Python is stuck, and ends a child that lost its parent."""

    def __init__(self, stream: BinaryIO, stall_s: float) -> None:
        self._stream = stream
        self._patience_s = math.ceil(stall_s + _WATCHDOG_SPARE_S)
        self._wait()

    def write(self, kind: bytes, picture: Picture | None = None, *, off_by: int = 0) -> None:
        signal.alarm(0)  # waiting for a busy parent is no stall
        self._stream.write(HEADER.pack(kind, off_by))
        if picture is not None:
            self._stream.write(np.ascontiguousarray(picture).data)
        self._stream.flush()
        self._wait()

    def progress(self) -> None:
        """Tells now and then that work goes on, however far the next wanted frame is."""
        if time.monotonic() - self._last_s > _HEARTBEAT_S:
            self.write(PROGRESS)

    def _wait(self) -> None:
        self._last_s = time.monotonic()
        signal.alarm(self._patience_s)


def _pictures(request: Request, output: _Output) -> Iterator[tuple[Picture, int]]:
    if request.settings.decoder == "decord":
        return decode_decord.pictures(request)
    return decode_pyav.pictures(request, output.progress)


def _answer(stream: BinaryIO) -> None:
    request = Request.read(sys.stdin.buffer)
    if request.settings.memory_bytes:
        resource.setrlimit(resource.RLIMIT_DATA, 2 * (request.settings.memory_bytes,))
    output = _Output(stream, request.settings.stall_s)
    output.write(PROGRESS)
    for picture, off_by in _pictures(request, output):
        output.write(PICTURE, picture, off_by=off_by)
    output.write(DONE)


def main() -> None:
    """Reads a request, answers it and ends the process."""
    # libraries that print must not disturb the records
    records = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    status = 0
    try:
        with os.fdopen(records, "wb") as stream:
            _answer(stream)
    except MemoryError:
        sys.stderr.write(f"\n{OUT_OF_MEMORY}")
        sys.stderr.flush()
        status = 1
    except Exception as error:  # noqa: BLE001 - the boundary of the process: all that fails becomes one line
        sys.stderr.write("\n" + (str(error).strip() or type(error).__name__).splitlines()[0])
        sys.stderr.flush()
        status = 1
    # threads of a decoder that hang must not hold up the end
    os._exit(status)
