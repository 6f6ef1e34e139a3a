"""Reads the sampled frames of a video: in batches, from one decoder and, if that fails, from another.

Decoding runs in a child process. It waits whenever its pictures are not taken, so that memory stays bounded whatever
the length of the video.
"""

import contextlib
import importlib.util
import itertools
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from vidsumm.config import DecoderName
from vidsumm.errors import DecodeError
from vidsumm.video.decode_client import DecodeProcess, DecodeProcessError
from vidsumm.video.decode_request import OUT_OF_MEMORY, DecodedFrames, Decoder, DecodeSettings, Picture, Request
from vidsumm.video.info import VideoInfo
from vidsumm.video.sampling import SamplePlan

__all__ = ["FrameBatch", "FrameReader", "open_frames"]

_MAX_STALL_S = 86_400.0
"""Longer waits are cut to this; every timer of the operating system can hold it."""
_TITLES = {"pyav": "PyAV", "decord": "decord"}
_REPAIR = "repair it first, for example: ffmpeg -i broken.mp4 -c:v libx264 -c:a aac repaired.mp4"


@dataclass(frozen=True)
class FrameBatch:
    """B consecutive distinct frames of a plan."""

    idx: NDArray[np.int64]
    """(B,) positions in `SamplePlan.unique_idx`."""
    times_s: NDArray[np.float64]
    """(B,) presentation times, seconds."""
    frames: NDArray[np.uint8]
    """(B, H, W, 3) RGB, upright."""


class FrameReader:
    """Decodes the distinct frames of a plan in a child process; made by `open_frames`.

    Use it in a ``with`` statement and iterate once. `close` may be called from any thread, even while another one waits
    for frames: the iteration then ends without an error.
    """

    def __init__(
        self,
        request: Request,
        times_s: NDArray[np.float64],
        decoders: tuple[Decoder, ...],
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
        """The decoder in use, or the last one that was."""
        self._process: DecodeProcess | None = None
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
        """Ends the child process and with it the iteration."""
        self._is_closed = True
        if self._process is not None:
            self._process.kill()
        # ValueError: another thread is inside the generator; it meets the end of the pipe and cleans up itself
        with contextlib.suppress(ValueError):
            self._batches.close()

    @property
    def off_s(self) -> Sequence[float]:
        """(U,) seconds between each wanted frame and the one that was decoded for it; as many as were read so far."""
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
        """Yields all pictures in order; where a decoder fails, the next one continues."""
        done, failures = 0, list[DecodeProcessError]()
        for decoder in self._decoders:
            try:
                with contextlib.closing(self._decode(decoder, done)) as pictures:
                    for picture in pictures:
                        done += 1
                        yield picture
            except DecodeProcessError as failure:
                if self._is_closed:
                    return
                failures.append(failure)
                self._report_failures(failures, done)
            else:
                self._report_damage()
                return

    def _decode(self, decoder: Decoder, first: int) -> Generator[Picture]:
        """Yields the pictures from the wanted frame number `first` on, by one decoder."""
        self.decoder = decoder
        settings = replace(self._request.settings, decoder=decoder)
        request = replace(self._request, settings=settings, wanted_idx=self._request.wanted_idx[first:])
        process = self._process = DecodeProcess(request)
        try:
            if self._is_closed:
                process.kill()
            delivered = 0
            for picture, off_by in process.pictures():
                self._off_s.append(abs(off_by) * settings.seconds_per_tick)
                self._require_mostly_undamaged()
                delivered += 1
                yield picture
            if delivered < len(request.wanted_idx):
                raise DecodeProcessError(f"it ended after {first + delivered} of {len(self._times_s)} frames")
        finally:
            self._process = None
            process.stop()

    def _report_failures(self, failures: Sequence[DecodeProcessError], done: int) -> None:
        """Reports which decoder takes over.

        Raises:
            DecodeError: there is none left.
        """
        if len(failures) < len(self._decoders):
            where = f" from sampled frame {done + 1} on" if done else ""
            failed, following = (_TITLES[name] for name in self._decoders[len(failures) - 1 : len(failures) + 1])
            self._on_notice(f"{self._name}: {failed} failed ({failures[-1]}); {following} decodes{where}")
            return
        names = " or ".join(_TITLES[name] for name in self._decoders)
        remedy = "use `decoder=auto`" if self._decoders == ("decord",) else _REPAIR
        if str(failures[0]) == OUT_OF_MEMORY:
            remedy = "allow more with `max_memory_gb`"
        # the decoder that is tried first gives the most telling reason
        raise DecodeError(f"{self._name}: frames cannot be decoded by {names}: {failures[0]}", remedy=remedy)

    @property
    def _damaged(self) -> int:
        """Number of frames so far for which a picture from too far away had to be used."""
        return sum(off_s > self._tolerance_s for off_s in self._off_s)

    def _require_mostly_undamaged(self) -> None:
        if self._off_s[-1] > self._tolerance_s and 2 * self._damaged > len(self._times_s):
            raise DecodeError(f"{self._name}: more than half of the sampled frames are damaged", remedy=_REPAIR)

    def _report_damage(self) -> None:
        if self._damaged:
            self._on_notice(
                f"{self._name}: {self._damaged} of {len(self._times_s)} sampled frames are damaged; "
                "the nearest undamaged ones are used instead"
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

    With ``auto``, PyAV decodes, because it skips frames that are not needed. If it hangs, crashes or fails, decord
    continues from the first frame not delivered, if it is installed, and a notice says so.

    With `is_fast`, PyAV leaves out the last filter of the decoder (the loop filter) and decodes only frames that others
    refer to, or only key frames if the plan wants no others. The nearest decoded frame, at most half a step away,
    takes the place of one that was skipped; `FrameReader.off_s` says how far away it is.

    Args:
        info: the probed video.
        plan: which frames.
        size: width and height to which the upright picture is scaled, whatever its aspect.
        decoder: which library decodes.
        stall_s: seconds without any progress after which a decoder is stopped.
        on_notice: called with each warning, a single line.
        is_fast: decode nearby frames where that is quicker.
        memory_bytes: most memory that the child process may use for its data; 0 for no limit.
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
        frames=_fast_choice(info, plan) if is_fast else "all",
        memory_bytes=memory_bytes,
    )
    request = Request(settings, info.frame_pts, info.key_pts, plan.unique_idx)
    times_s, tolerance_s = info.frame_times_s[plan.unique_idx], plan.step_s / 2 if is_fast else 0.0
    return FrameReader(request, times_s, _decoders(decoder), on_notice, batch, tolerance_s=tolerance_s)


def _fast_choice(info: VideoInfo, plan: SamplePlan) -> DecodedFrames:
    return "key" if np.isin(info.frame_pts[plan.unique_idx], info.key_pts).all() else "referenced"


def _decoders(name: DecoderName) -> tuple[Decoder, ...]:
    if name != "auto":
        return (name,)
    return ("pyav", "decord") if importlib.util.find_spec("decord") else ("pyav",)
