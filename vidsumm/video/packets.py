"""Lists the packets of a stream, and reads chosen ones again."""

from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from vidsumm.video.container import open_input

if TYPE_CHECKING:
    import av

    Packet = av.Packet[Any]

__all__ = ["PacketList", "PacketReader"]


@dataclass(frozen=True, eq=False)
class PacketList:
    """The N packets of one stream, which may continue over several files; in coding order."""

    paths: tuple[Path, ...]
    stream_idx: int
    pts: NDArray[np.int64]
    """(N,) presentation times in ticks of `time_base`."""
    durations: NDArray[np.int64]
    """(N,) in the same ticks."""
    is_key: NDArray[np.bool_]
    """(N,) whether decoding can begin here."""
    time_base: Fraction

    @classmethod
    def scan(cls, paths: Iterable[Path], stream_idx: int) -> "PacketList":
        """Lists all packets that carry a time stamp.

        Raises:
            av.FFmpegError: a file cannot be read.
        """
        files = tuple(paths)
        with open_input(files[0]) as container:
            base = Fraction(container.streams[stream_idx].time_base or 1)
        rows = [(p.pts or 0, p.duration or 0, p.is_keyframe) for p in _demux(files, stream_idx)]
        table = np.array(rows, dtype=np.int64).reshape(-1, 3)
        return cls(files, stream_idx, table[:, 0], table[:, 1], table[:, 2].astype(bool), base)

    @property
    def times_s(self) -> NDArray[np.float64]:
        """(N,) presentation times, seconds on the files' own clock."""
        return self.pts * self.time_base.numerator / self.time_base.denominator

    def headers(self) -> list[bytes]:
        """Returns what a decoder needs before the first packet (the codec's extradata), for each file."""
        headers = []
        for path in self.paths:
            with open_input(path) as container:
                headers.append(bytes(container.streams[self.stream_idx].codec_context.extradata or b""))
        return headers


class PacketReader:
    """Reads chosen packets of a list. The files stay open between calls, and are read only once if positions ascend."""

    def __init__(self, packets: PacketList) -> None:
        self._packets = packets
        self._demuxed: Generator[Packet, None, None] | None = None
        self._at = 0

    def read(self, positions: NDArray[np.int64]) -> "Generator[Packet, None, None]":
        """Yields the packets at `positions` of the list."""
        for position in positions.tolist():
            if position < self._at:
                self.close()
            if self._demuxed is None:
                self._demuxed = _demux(self._packets.paths, self._packets.stream_idx)
            yield next(islice(self._demuxed, position - self._at, None))
            self._at = position + 1

    def close(self) -> None:
        """Closes the files."""
        if self._demuxed is not None:
            self._demuxed.close()
        self._demuxed, self._at = None, 0


def _demux(paths: Sequence[Path], stream_idx: int) -> "Generator[Packet, None, None]":
    for path in paths:
        with open_input(path) as container:
            for packet in container.demux(container.streams[stream_idx]):
                if packet.pts is not None and not packet.is_discard:
                    yield packet
