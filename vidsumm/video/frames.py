"""Samples frames at a fixed rate: a pure plan of which, and a child process that decodes them.

Memory stays bounded whatever the length: the child waits in the pipe until its pictures are taken.
"""

import contextlib
import importlib.util
import itertools
import math
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import IO, Literal, Protocol, Self, cast

import numpy as np
from numpy.typing import NDArray

from vidsumm.config import DecoderName
from vidsumm.errors import DecodeError
from vidsumm.video.decode_request import (
    DONE,
    HEADER,
    OUT_OF_MEMORY,
    PICTURE,
    DecodedFrames,
    DecodeSettings,
    Picture,
    Request,
)
from vidsumm.video.info import VideoInfo

__all__ = ["FrameBatch", "FrameReader", "FrameSource", "SamplePlan", "open_frames", "plan_samples"]

_Decoder = Literal["decord", "pyav"]

_MAX_EARLY_S = 0.02
_SPLINTER = 1e-3  # of a tick: whole ticks and ties do not depend on the rounding of floats
_START_S = 30.0  # an interpreter and its libraries may load slowly on a busy machine
_MAX_STALL_S = 86_400.0  # what every timer of the operating system can hold
_START_WORKER = """
import sys
if sys.argv[1] not in sys.path:
    sys.path.insert(0, sys.argv[1])
from vidsumm.video.decode_worker import main
main()
"""
_STDERR_TAIL_BYTES = 2000
_TITLES = {"pyav": "PyAV", "decord": "decord"}
_REPAIR = "repair it first, for example: ffmpeg -i broken.mp4 -c:v libx264 -c:a aac repaired.mp4"


@dataclass(frozen=True)
class SamplePlan:
    """Which frame stands for each instant of a regular grid. N samples, U distinct frames."""

    grid_s: NDArray[np.float64]
    """(N,) instants k / fps before the end of the video, seconds."""
    frame_idx: NDArray[np.int64]
    """(N,) index into `VideoInfo.frame_pts` of the frame that stands for each instant, as a rule the one on display."""
    times_s: NDArray[np.float64]
    """(N,) presentation time of that frame, seconds."""
    unique_idx: NDArray[np.int64]
    """(U,) the distinct values of `frame_idx`, ascending."""
    inverse: NDArray[np.int64]
    """(N,) position of each sample in `unique_idx`."""
    off_s: NDArray[np.float64]
    """(N,) how many seconds before or after the frame on display each one is shown; only key frames are off."""

    @property
    def step_s(self) -> float:
        """Seconds between two instants; 1 where there is one only."""
        return float(self.grid_s[1] - self.grid_s[0]) if len(self.grid_s) > 1 else 1.0


def plan_samples(info: VideoInfo, fps: float, *, is_fast: bool = False) -> SamplePlan:
    """Chooses the frame on display at every k / fps seconds, at least one; in a hurry the nearest key frame instead.

    A frame that begins less than half a usual frame interval after the instant (at most 20 ms, and a quarter of the
    step) counts as on display already: sampled at 2 fps, a video of 30000/1001 fps then gives the frames 0, 15, 30 ...
    and not 0, 14, 29 ...

    Key frames are taken where two of them are never further apart than two samples, so that one is at most half a step
    away.

    Args:
        info: the probed video.
        fps: samples per second.
        is_fast: take key frames where they lie close enough.
    """
    ticks_per_s = float(1 / info.video.time_base)
    pts = (info.frame_pts - info.frame_pts[0]).astype(np.float64)
    duration = (info.end_pts - int(info.frame_pts[0])) * info.video.time_base
    grid_s = np.arange(max(1, math.ceil(duration * Fraction(fps).limit_denominator(1_000_000)))) / fps
    interval = float(np.median(np.diff(pts))) if len(pts) > 1 else 1.0
    early = max(min(interval / 2, min(_MAX_EARLY_S, 0.25 / fps) * ticks_per_s) - _SPLINTER, _SPLINTER)
    on_display = np.searchsorted(pts, grid_s * ticks_per_s + early, side="right").astype(np.int64) - 1
    use_keys = is_fast and _has_close_key_frames(info, 1 / fps)
    frame_idx = _nearest_key_frames(info, on_display) if use_keys else on_display
    times_s = info.frame_times_s
    unique_idx, inverse = np.unique(frame_idx, return_inverse=True)
    off_s = np.abs(times_s[frame_idx] - times_s[on_display])
    return SamplePlan(grid_s, frame_idx, times_s[frame_idx], unique_idx, inverse.astype(np.int64), off_s)


def _has_close_key_frames(info: VideoInfo, step_s: float) -> bool:
    """Whether a key frame is within half a step of every frame."""
    edges = np.concatenate([info.frame_pts[:1], info.key_pts, info.frame_pts[-1:]])
    gaps = np.diff(edges)
    gaps[[0, -1]] *= 2  # there is no other key frame beyond
    return len(info.key_pts) > 0 and float(gaps.max()) * float(info.video.time_base) <= step_s


def _nearest_key_frames(info: VideoInfo, frame_idx: NDArray[np.int64]) -> NDArray[np.int64]:
    """The index of the key frame nearest to each frame, of two the earlier."""
    keys, own = np.searchsorted(info.frame_pts, info.key_pts), info.frame_pts[frame_idx]
    place = np.searchsorted(info.key_pts, own)
    earlier, later = np.maximum(place - 1, 0), np.minimum(place, len(keys) - 1)
    is_later = np.abs(info.key_pts[later] - own) < np.abs(own - info.key_pts[earlier])
    return keys[np.where(is_later, later, earlier)].astype(np.int64)


@dataclass(frozen=True)
class FrameBatch:
    """Some consecutive distinct frames of a plan."""

    idx: NDArray[np.int64]
    """(B,) positions in `SamplePlan.unique_idx`."""
    times_s: NDArray[np.float64]
    """(B,) presentation times, seconds."""
    frames: NDArray[np.uint8]
    """(B, H, W, 3) RGB, upright."""


class FrameSource(Protocol):
    """Delivers the distinct frames of a plan strictly in order, each once."""

    def __enter__(self) -> Self:
        """Starts a delivery that `__exit__` ends."""
        ...

    def __exit__(self, *exception: object) -> None:
        """Frees everything, whether or not all frames were taken."""
        ...

    def __iter__(self) -> Iterator[FrameBatch]:
        """Batches in order."""
        ...


class _WorkerFailedError(Exception):
    """The child cannot go on; the message says why in a few words."""


def _worker_command() -> list[str]:
    # the same vidsumm as here, installed or not; -P keeps modules that lie in the current folder out
    return [sys.executable, "-P", "-c", _START_WORKER, str(Path(__file__).parents[2])]


class _Worker:
    """One decoding child process. Only `kill` may be called from another thread."""

    def __init__(self, request: Request) -> None:
        self._settings = request.settings
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `stop`
        # a session of its own: Ctrl-C in the terminal reaches the parent alone, which then ends the child
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            _worker_command(),
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

    def pictures(self) -> Iterator[tuple[int, Picture]]:
        """For each wanted frame in order how many ticks later its (H, W, 3) picture is shown, and the picture.

        Raises:
            _WorkerFailedError: the child stalls, crashes or reports an error.
        """
        shape = self._settings.height, self._settings.width, 3
        spare_s = _START_S
        while True:
            kind, off_by = HEADER.unpack(self._read(HEADER.size, spare_s))
            spare_s = 0.0
            if kind == DONE:
                return
            if kind == PICTURE:
                yield off_by, np.frombuffer(self._read(math.prod(shape)), np.uint8).reshape(shape)

    def kill(self) -> None:
        self._process.kill()

    def stop(self) -> None:
        """Ends and reaps the child."""
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
                raise _WorkerFailedError(f"no frame for {self._settings.stall_s:g} s")
            got = os.readv(self._stdout.fileno(), [view[filled:]])
            if not got:
                raise _WorkerFailedError(self._last_words())
            filled += got
        return data

    def _last_words(self) -> str:
        """Why the child ended."""
        status = self._process.wait()
        size = self._stderr.seek(0, os.SEEK_END)
        self._stderr.seek(max(0, size - _STDERR_TAIL_BYTES))
        lines = self._stderr.read().decode(errors="replace").strip().splitlines()
        if status < 0:
            return f"its process was ended by {signal.Signals(-status).name}"
        return lines[-1].strip() if lines else f"its process ended with status {status}"


class FrameReader:
    """Decodes the distinct frames of a plan in a child process; see `open_frames`.

    Use it in a ``with`` statement and iterate once. `close` may come from any thread, also while another one waits for
    frames: that one then sees the end of the frames.
    """

    def __init__(
        self,
        request: Request,
        times_s: NDArray[np.float64],
        decoders: tuple[_Decoder, ...],
        on_notice: Callable[[str], None],
        batch: int,
        *,
        tolerance_s: float = 0.0,
    ) -> None:
        self._request = request
        self._times_s = times_s
        self._decoders = decoders
        self._on_notice = on_notice
        self.decoder: str = decoders[0]
        """The library at work, or the one that was last."""
        self._worker: _Worker | None = None
        self._is_closed = False
        self._off_s: list[float] = []
        self._tolerance_s = tolerance_s
        self._batches = self._group(batch)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def __iter__(self) -> Iterator[FrameBatch]:
        return self._batches

    def close(self) -> None:
        """Ends the child process; no more frames come."""
        self._is_closed = True
        if self._worker is not None:
            self._worker.kill()
        # a thread that is inside the generator meets the end of the pipe and cleans up itself
        with contextlib.suppress(ValueError):
            self._batches.close()

    @property
    def off_s(self) -> Sequence[float]:
        """(U,) how many seconds before or after its frame each picture so far is shown."""
        return self._off_s

    @property
    def _name(self) -> str:
        return Path(self._request.settings.path).name

    def _group(self, batch: int) -> Generator[FrameBatch]:
        first = 0
        with contextlib.closing(self._pictures()) as pictures:
            while chunk := list(itertools.islice(pictures, batch)):
                idx = np.arange(first, first + len(chunk))
                yield FrameBatch(idx, self._times_s[idx], np.stack(chunk))
                first += len(chunk)

    def _pictures(self) -> Generator[Picture]:
        """Pictures in order; each decoder goes on where the one before it failed."""
        done, failures = 0, list[_WorkerFailedError]()
        for decoder in self._decoders:
            try:
                with contextlib.closing(self._decode(decoder, done)) as pictures:
                    for picture in pictures:
                        done += 1
                        yield picture
            except _WorkerFailedError as failure:
                if self._is_closed:
                    return
                failures.append(failure)
                self._report_failures(failures, done)
            else:
                self._report_lost()
                return

    def _decode(self, decoder: _Decoder, first: int) -> Generator[Picture]:
        self.decoder = decoder
        settings = replace(self._request.settings, decoder=decoder)
        request = replace(self._request, settings=settings, wanted_idx=self._request.wanted_idx[first:])
        worker = self._worker = _Worker(request)
        try:
            if self._is_closed:
                worker.kill()
            delivered = 0
            for off_by, picture in worker.pictures():
                self._off_s.append(abs(off_by) * settings.seconds_per_tick)
                self._refuse_if_lost()
                delivered += 1
                yield picture
            if delivered < len(request.wanted_idx):
                raise _WorkerFailedError(f"it ended after {first + delivered} of {len(self._times_s)} frames")
        finally:
            self._worker = None
            worker.stop()

    def _report_failures(self, failures: Sequence[_WorkerFailedError], done: int) -> None:
        if len(failures) < len(self._decoders):
            where = f" from sampled frame {done + 1} on" if done else ""
            failed, following = (_TITLES[name] for name in self._decoders[len(failures) - 1 : len(failures) + 1])
            self._on_notice(f"{self._name}: {failed} failed ({failures[-1]}); {following} decodes{where}")
            return
        names = " or ".join(_TITLES[name] for name in self._decoders)
        remedy = "use --decoder auto" if self._decoders == ("decord",) else _REPAIR
        if str(failures[0]) == OUT_OF_MEMORY:
            remedy = "allow more with --max-memory GB"
        # the one that is tried first knows most about what is wrong
        raise DecodeError(f"{self._name}: frames cannot be decoded by {names}: {failures[0]}", remedy=remedy)

    @property
    def _lost(self) -> int:
        """Samples for which a picture stands that is shown too long before or after."""
        return sum(off_s > self._tolerance_s for off_s in self._off_s)

    def _refuse_if_lost(self) -> None:
        if self._off_s[-1] > self._tolerance_s and 2 * self._lost > len(self._times_s):
            raise DecodeError(f"{self._name}: more than half of the sampled frames are damaged", remedy=_REPAIR)

    def _report_lost(self) -> None:
        if self._lost:
            self._on_notice(
                f"{self._name}: {self._lost} of {len(self._times_s)} sampled frames are damaged; "
                "the nearest sound ones stand for them"
            )


def open_frames(
    info: VideoInfo,
    plan: SamplePlan,
    *,
    size: tuple[int, int],
    decoder: DecoderName,
    stall_s: float,
    on_notice: Callable[[str], None],
    is_fast: bool = False,
    memory_bytes: int = 0,
    batch: int = 16,
) -> FrameReader:
    """Decodes the distinct frames of a plan in order, each once, in a child process.

    With ``auto``, decord, where it is installed, continues from the first frame not delivered when PyAV hangs, crashes
    or fails; `on_notice` then gets one line. PyAV comes first because it skips the frames that nobody needs.

    In a hurry PyAV decodes no frame from which no other is decoded, or key frames alone where the plan has no others,
    and leaves out the last filter. The nearest frame, half a step away at most, stands for one that was skipped; see
    `FrameReader.off_s`.

    Args:
        info: the probed video.
        plan: which frames.
        size: width and height to which the upright picture is squashed, whatever its aspect.
        decoder: which library decodes.
        stall_s: seconds without a sign of life after which a decoder is stopped.
        on_notice: takes single lines for people.
        is_fast: decode in a hurry.
        memory_bytes: what the child may take for its data; 0 for any amount.
        batch: frames per batch.

    Raises:
        DecodeError: while iterating, when no decoder can go on or more than half of the frames are damaged.
    """
    settings = DecodeSettings(
        path=str(info.path.absolute()),
        decoder="pyav",
        stream_index=info.video.index,
        rotation=info.video.rotation,
        width=size[0],
        height=size[1],
        seconds_per_tick=float(info.video.time_base),
        stall_s=min(stall_s, _MAX_STALL_S),
        frames=_choice_of_frames(info, plan) if is_fast else "all",
        memory_bytes=memory_bytes,
    )
    request = Request(settings, info.frame_pts, info.key_pts, plan.unique_idx)
    times_s, tolerance_s = info.frame_times_s[plan.unique_idx], plan.step_s / 2 if is_fast else 0.0
    return FrameReader(request, times_s, _decoders(decoder), on_notice, batch, tolerance_s=tolerance_s)


def _choice_of_frames(info: VideoInfo, plan: SamplePlan) -> DecodedFrames:
    return "key" if np.isin(info.frame_pts[plan.unique_idx], info.key_pts).all() else "referenced"


def _decoders(name: DecoderName) -> tuple[_Decoder, ...]:
    if name != "auto":
        return (name,)
    return ("pyav", "decord") if importlib.util.find_spec("decord") else ("pyav",)
