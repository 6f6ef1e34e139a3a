"""The child process that decodes, started by `vidsumm.video.decode_client`.

A decoder can get stuck in C code, where neither signal handlers nor threads of Python run any more; a separate process
can be killed. Whatever goes wrong, the process ends with a non-zero exit status and the reason in the last line on
standard error.
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
"""At least this many seconds pass between two records that only say that work goes on."""
_ALARM_SPARE_S = 10.0
"""The alarm goes off this much later than the parent, if it is still alive, stops a stalled child."""


class _Output:
    """Writes records. An alarm of the operating system ends the process if none has been written for too long.

    That works even where Python is stuck, and so ends a child whose parent no longer exists.
    """

    def __init__(self, stream: BinaryIO, stall_s: float) -> None:
        self._stream = stream
        self._alarm_s = math.ceil(stall_s + _ALARM_SPARE_S)
        self._set_alarm()

    def write(self, kind: bytes, picture: Picture | None = None, *, off_by: int = 0) -> None:
        signal.alarm(0)  # waiting until the parent reads is not a stall
        self._stream.write(HEADER.pack(kind, off_by))
        if picture is not None:
            self._stream.write(np.ascontiguousarray(picture).data)
        self._stream.flush()
        self._set_alarm()

    def progress(self) -> None:
        """Says now and then that work goes on, however far away the next wanted frame is."""
        if time.monotonic() - self._written_s > _HEARTBEAT_S:
            self.write(PROGRESS)

    def _set_alarm(self) -> None:
        self._written_s = time.monotonic()
        signal.alarm(self._alarm_s)


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
    # libraries that print must not disturb the records, so what they print goes to standard error
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
    except Exception as error:  # noqa: BLE001 - the boundary of the process: every error becomes one line
        sys.stderr.write("\n" + (str(error).strip() or type(error).__name__).splitlines()[0])
        sys.stderr.flush()
        status = 1
    # at once, because a normal exit would wait for threads of a decoder that hangs
    os._exit(status)
