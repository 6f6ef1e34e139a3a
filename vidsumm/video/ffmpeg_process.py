"""Runs ffmpeg as a child process, follows what it reports, and ends it when it stalls or is no longer needed."""

import os
import re
import selectors
import signal
import subprocess
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread
from typing import IO, Any, cast

import ffmpeg

from vidsumm.errors import EncodeError, OutputError, ResourceError
from vidsumm.video.ffmpeg_binary import FfmpegBinary

__all__ = ["FfmpegProcess", "count_frames", "run_ffmpeg", "start_ffmpeg"]

STALL_S = 300.0
"""An ffmpeg that neither delivers anything nor reads its input for this long is ended."""
_REPORT_PROGRESS = ("-progress", "pipe:1", "-nostats")
"""Options with which ffmpeg reports on its standard output how far it has come."""
_STDERR_LINES = 20
_CHUNK_BYTES = 1 << 18
_DISK_TROUBLE = re.compile(
    "no space left|permission denied|read-only file system|quota exceeded|too large", re.IGNORECASE
)
_CHECK_THE_FILE = "check that the file plays to its end"


class FfmpegProcess:
    """A running ffmpeg: its standard output in chunks, and the last lines of its standard error."""

    def __init__(self, args: list[str], purpose: str) -> None:
        self.purpose = purpose
        """Begins the messages of errors."""
        self._last_errors: deque[str] = deque(maxlen=_STDERR_LINES)
        self._process = subprocess.Popen(  # noqa: S603
            args,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,
        )
        self._output = cast("IO[bytes]", self._process.stdout)
        self._errors = cast("IO[bytes]", self._process.stderr)
        self._listener = Thread(target=self._listen, daemon=True)
        self._listener.start()

    def _listen(self) -> None:
        for line in self._errors:
            if text := line.decode(errors="replace").strip():
                self._last_errors.append(text)

    def chunks(self) -> Iterator[bytes]:
        """Yields the standard output as it comes, until it is closed.

        Raises:
            EncodeError: nothing came for `STALL_S`.
        """
        with selectors.DefaultSelector() as selector:
            selector.register(self._output, selectors.EVENT_READ)
            while True:
                if not selector.select(STALL_S):
                    raise self.stall_error()
                chunk = os.read(self._output.fileno(), _CHUNK_BYTES)
                if not chunk:
                    return
                yield chunk

    def bytes_read(self) -> int:
        """Returns how many bytes it has read so far, 0 where the operating system does not say."""
        try:
            counts = Path(f"/proc/{self._process.pid}/io").read_text(encoding="ascii")
        except OSError:
            return 0
        return int(counts.partition("rchar:")[2].split()[0])

    def finish(self) -> None:
        """Waits for the end of a process whose output has been closed.

        Raises:
            EncodeError: it failed or stalled.
            OutputError: it failed because of the disk.
        """
        try:
            status = self._process.wait(STALL_S)
        except subprocess.TimeoutExpired as error:
            raise self.stall_error() from error
        self._listener.join(1.0)
        if status == 0:
            return
        last = " | ".join(list(self._last_errors)[-3:]) or f"exit status {status}"
        if _DISK_TROUBLE.search(" ".join(self._last_errors)):
            raise OutputError(f"{self.purpose} failed: {last}", remedy="free space, or choose another `output`")
        raise EncodeError(f"{self.purpose} failed: {last}", remedy=_CHECK_THE_FILE)

    def stall_error(self) -> EncodeError:
        """Returns the error for a process that makes no progress."""
        return EncodeError(f"{self.purpose} made no progress for {STALL_S:g} s", remedy=_CHECK_THE_FILE)

    def end(self) -> None:
        """Kills the process if it still runs, and closes its pipes."""
        if self._process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._listener.join()
        self._output.close()
        self._errors.close()


@contextmanager
def start_ffmpeg(graph: Any, binary: FfmpegBinary, purpose: str) -> Iterator[FfmpegProcess]:
    """Runs ffmpeg inside a ``with`` statement; leaving it early kills the process, leaving it at its end waits for it.

    Args:
        graph: an output of ffmpeg-python.
        binary: the ffmpeg to run.
        purpose: begins the messages of errors, for example "encoding clip.mp4".

    Raises:
        EncodeError: ffmpeg failed or made no progress.
        OutputError: it failed because of the disk.
        ResourceError: the program cannot be started.
    """
    graph = graph.global_args("-hide_banner", "-nostdin", "-v", "error")
    try:
        process = FfmpegProcess(ffmpeg.compile(graph, cmd=str(binary.path)), purpose)
    except OSError as error:
        raise ResourceError(f"{binary.path} does not start: {error}", remedy="see `vidsumm doctor`") from error
    try:
        yield process
        process.finish()
    finally:
        process.end()


def run_ffmpeg(graph: Any, binary: FfmpegBinary, purpose: str) -> None:
    """Runs ffmpeg to its end.

    Args:
        graph: an output of ffmpeg-python; what it writes to standard output is dropped.
        binary: the ffmpeg to run.
        purpose: begins the messages of errors.

    Raises:
        EncodeError: ffmpeg failed or made no progress.
        OutputError: it failed because of the disk.
        ResourceError: the program cannot be started.
    """
    with start_ffmpeg(graph.global_args(*_REPORT_PROGRESS), binary, purpose) as process:
        for _ in process.chunks():
            pass


def count_frames(graph: Any, binary: FfmpegBinary, purpose: str, on_frames: Callable[[int], None]) -> int:
    """Runs ffmpeg to its end and returns the number of frames that it reports.

    Args:
        graph: an output of ffmpeg-python that does not write to standard output.
        binary: the ffmpeg to run.
        purpose: begins the messages of errors.
        on_frames: called with the number of frames so far.

    Raises:
        EncodeError: ffmpeg failed or made no progress.
        OutputError: it failed because of the disk.
        ResourceError: the program cannot be started.
    """
    frames, read, changed_s = -1, 0, time.monotonic()
    with start_ffmpeg(graph.global_args(*_REPORT_PROGRESS), binary, purpose) as process:
        for report in process.chunks():
            counts = re.findall(rb"^frame=\s*(\d+)", report, re.MULTILINE)
            now = int(counts[-1]) if counts else frames
            # inside a long stretch from which no frame is wanted, only the reading goes on
            progress = now, process.bytes_read()
            if progress != (frames, read):
                (frames, read), changed_s = progress, time.monotonic()
                on_frames(max(frames, 0))
            elif time.monotonic() - changed_s > STALL_S:
                raise process.stall_error()
    return max(frames, 0)
