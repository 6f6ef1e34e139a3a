"""The protocol between the process that wants frames and the child process that decodes them.

The parent writes a `Request` to the child's standard input: one line of JSON, then the arrays whose lengths the line
gives. The child answers on standard output with records: a `HEADER` and, for a picture, its bytes (H, W, 3) uint8 RGB,
one picture for each wanted frame in order. The first record says that the child has started.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from struct import Struct
from typing import BinaryIO, Literal

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "DONE",
    "HEADER",
    "OUT_OF_MEMORY",
    "PICTURE",
    "PROGRESS",
    "DecodeSettings",
    "DecodedFrames",
    "Decoder",
    "Picture",
    "Request",
]

Decoder = Literal["decord", "pyav"]

DecodedFrames = Literal["all", "referenced", "key"]
"""Which frames PyAV decodes: all that are needed; only those that others refer to, and without the loop filter, which
is quicker; or only key frames, also without the loop filter."""

Picture = NDArray[np.uint8]
"""(H, W, 3) RGB."""

HEADER = Struct("<cq")
"""Kind of the record, and how many ticks after the wanted frame the picture is shown (negative if before it)."""
PICTURE, PROGRESS, DONE = b"F", b"P", b"D"
"""Kinds of records: a picture follows; a sign that work goes on; all wanted frames have been sent."""
OUT_OF_MEMORY = "it takes more memory than `max_memory_gb` allows"
"""Last line on standard error of a child that reached its memory limit."""


@dataclass(frozen=True)
class DecodeSettings:
    """Which file, stream and decoder, and the shape of the pictures."""

    path: str
    decoder: Decoder
    stream_index: int
    rotation: int
    """Clockwise degrees that make the coded picture upright."""
    width: int
    """Width in pixels of the upright pictures to deliver."""
    height: int
    """Height in pixels of the upright pictures to deliver."""
    seconds_per_tick: float
    stall_s: float
    """Seconds without any progress after which the parent stops the child."""
    frames: DecodedFrames = "all"
    memory_bytes: int = 0
    """Most memory that the process may use for its data; 0 for no limit."""


@dataclass(frozen=True)
class Request:
    """Everything that the child process has to know."""

    settings: DecodeSettings
    frame_pts: NDArray[np.int64]
    """(F,) time stamps of all frames of the stream, ascending."""
    key_pts: NDArray[np.int64]
    """(K,) those of the key frames."""
    wanted_idx: NDArray[np.int64]
    """(U,) indices of the wanted frames in `frame_pts`, ascending."""

    @property
    def wanted_pts(self) -> NDArray[np.int64]:
        """(U,) time stamps of the wanted frames."""
        return self.frame_pts[self.wanted_idx]

    @property
    def key_idx(self) -> NDArray[np.int64]:
        """(K,) indices of the key frames in `frame_pts`."""
        return np.searchsorted(self.frame_pts, self.key_pts).astype(np.int64)

    def to_bytes(self) -> bytes:
        """Returns the request as `read` expects it."""
        arrays = [np.ascontiguousarray(a, "<i8") for a in (self.frame_pts, self.key_pts, self.wanted_idx)]
        head = {"settings": asdict(self.settings), "lengths": [len(a) for a in arrays]}
        return json.dumps(head).encode() + b"\n" + b"".join(a.tobytes() for a in arrays)

    @classmethod
    def read(cls, stream: BinaryIO) -> "Request":
        """Reads a request written by `to_bytes`."""
        head = json.loads(stream.readline())
        frame_pts, key_pts, wanted_idx = _read_arrays(stream, head["lengths"])
        return cls(DecodeSettings(**head["settings"]), frame_pts, key_pts, wanted_idx)


def _read_arrays(stream: BinaryIO, lengths: Sequence[int]) -> list[NDArray[np.int64]]:
    return [np.frombuffer(stream.read(8 * length), "<i8").astype(np.int64) for length in lengths]
