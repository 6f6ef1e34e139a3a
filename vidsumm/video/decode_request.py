"""What the decoding child process is asked for, and how both sides talk.

The parent writes a `Request` to the child's standard input: one line of JSON, then the arrays whose lengths it names.
The child answers on standard output with records: a `HEADER` and, for a picture, its bytes (H, W, 3) uint8 RGB, one for
each wanted frame in order. Its first record tells that it has started.
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
    "Picture",
    "Request",
]

DecodedFrames = Literal["all", "referenced", "key"]
"""Which frames a decoder may choose from: all; those that others refer to, without the last filter, so that it is
quicker; or key frames alone."""

Picture = NDArray[np.uint8]
"""(H, W, 3) RGB."""

HEADER = Struct("<cq")
"""Kind of record, and by how many ticks the picture is shown after the wanted frame (before it where negative)."""
PICTURE, PROGRESS, DONE = b"F", b"P", b"D"
OUT_OF_MEMORY = "it takes more memory than --max-memory allows"
"""The last line of a child that met its limit."""


@dataclass(frozen=True)
class DecodeSettings:
    """Which file, stream and decoder, and the shape of the pictures."""

    path: str
    decoder: Literal["decord", "pyav"]
    stream_index: int
    rotation: int
    """Clockwise degrees that make the coded picture upright."""
    width: int
    """Of the upright pictures asked for, pixels."""
    height: int
    seconds_per_tick: float
    stall_s: float
    frames: DecodedFrames = "all"
    memory_bytes: int = 0
    """What the process may take for its data; 0 for any amount."""


@dataclass(frozen=True)
class Request:
    """Everything the child has to know."""

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
        """The request as the child reads it."""
        arrays = [np.ascontiguousarray(a, "<i8") for a in (self.frame_pts, self.key_pts, self.wanted_idx)]
        head = {"settings": asdict(self.settings), "lengths": [len(a) for a in arrays]}
        return json.dumps(head).encode() + b"\n" + b"".join(a.tobytes() for a in arrays)

    @classmethod
    def read(cls, stream: BinaryIO) -> "Request":
        """Reads what `to_bytes` wrote."""
        head = json.loads(stream.readline())
        frame_pts, key_pts, wanted_idx = _read_arrays(stream, head["lengths"])
        return cls(DecodeSettings(**head["settings"]), frame_pts, key_pts, wanted_idx)


def _read_arrays(stream: BinaryIO, lengths: Sequence[int]) -> list[NDArray[np.int64]]:
    return [np.frombuffer(stream.read(8 * length), "<i8").astype(np.int64) for length in lengths]
