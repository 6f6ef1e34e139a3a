"""Writes MP4 files: pictures are copied packets with new times, sound is copied or encoded while it is written."""

import heapq
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
import av.codec.context
import av.container
import numpy as np
from numpy.typing import NDArray

from vidsumm.video.container import open_input, open_output
from vidsumm.video.join import JoinedPackets
from vidsumm.video.packets import PacketList, PacketReader
from vidsumm.video.sound import SoundFormat

if TYPE_CHECKING:
    Packet = av.Packet[Any]

__all__ = ["CopiedTrack", "EncodedSound", "write_mp4"]

_EDIT_TICKS_PER_S = 90_000
"""Clock on which MP4 stores the lengths of streams; the usual milliseconds would cut off a part of a frame."""


@dataclass(frozen=True, eq=False)
class CopiedTrack:
    """A stream of packets that are copied with new times."""

    packets: Mapping[int, PacketList]
    """Those of each source; all have the same header."""
    joined: JoinedPackets
    time_base: Fraction
    """Seconds per tick of the times in `joined`."""

    @property
    def frames(self) -> int:
        """Number of packets."""
        return len(self.joined.positions)

    def attach(self, output: av.container.OutputContainer) -> "Iterator[Packet]":
        """Adds a stream to `output` and returns the packets that belong into it."""
        like = self.packets[int(self.joined.sources[0])]
        with open_input(like.paths[0]) as container:
            stream = output.add_stream_from_template(container.streams[like.stream_idx], opaque=True)
        stream.time_base = self.time_base
        return self._retime(stream)

    def _retime(self, stream: av.stream.Stream) -> "Iterator[Packet]":
        times = np.stack([self.joined.pts, self.joined.dts, self.joined.durations], axis=1).tolist()
        with closing(self._read()) as packets:
            for packet, (pts, dts, duration) in zip(packets, times, strict=True):
                packet.stream, packet.time_base = stream, self.time_base
                packet.pts, packet.dts, packet.duration = pts, dts, duration
                yield packet

    def _read(self) -> "Generator[Packet, None, None]":
        """Yields the packets in order; the files of a source are closed after its last one."""
        runs = np.split(np.arange(self.frames), np.flatnonzero(np.diff(self.joined.sources)) + 1)
        sources = [int(self.joined.sources[run[0]]) for run in runs]
        readers = {source: PacketReader(self.packets[source]) for source in sources}
        try:
            for number, (source, run) in enumerate(zip(sources, runs, strict=True)):
                yield from readers[source].read(self.joined.positions[run])
                if source not in sources[number + 1 :]:
                    readers[source].close()
        finally:
            for reader in readers.values():
                reader.close()


@dataclass(frozen=True, eq=False)
class EncodedSound:
    """An AAC stream that is encoded while it is written."""

    blocks: Iterator[NDArray[np.float32]]
    """Sound in [-1, 1], (channels, n) each, where n is `AAC_FRAME` except in the last block."""
    sound: SoundFormat

    def attach(self, output: av.container.OutputContainer) -> "Iterator[Packet]":
        """Adds a stream to `output` and returns the packets that belong into it."""
        stream = output.add_stream("aac", rate=self.sound.rate_hz, layout=self.sound.layout)
        stream.bit_rate = self.sound.bit_rate
        stream.codec_context.flags |= av.codec.context.Flags.bitexact
        return self._encode(stream)

    def _encode(self, stream: av.AudioStream) -> "Iterator[Packet]":
        at = 0
        for block in self.blocks:
            frame = av.AudioFrame.from_ndarray(block, format="fltp", layout=self.sound.layout)
            frame.sample_rate, frame.time_base, frame.pts = self.sound.rate_hz, Fraction(1, self.sound.rate_hz), at
            at += block.shape[1]
            yield from stream.encode(frame)
        yield from stream.encode(None)


def write_mp4(
    target: Path,
    video: CopiedTrack,
    sound: CopiedTrack | EncodedSound | None,
    *,
    metadata: Mapping[str, str],
    on_seconds: Callable[[float], None],
) -> None:
    """Writes an MP4 file whose index comes first, ready to stream. The same input gives the same bytes.

    Args:
        target: the file.
        video: its pictures.
        sound: its sound; None for a silent file.
        metadata: tags such as title and comment.
        on_seconds: called with the time that writing has reached, seconds.

    Raises:
        av.FFmpegError: `target` cannot be written.
    """
    options = {"movflags": "+faststart", "fflags": "+bitexact", "movie_timescale": str(_EDIT_TICKS_PER_S)}
    with open_output(target, format_name="mp4", options=options, tags=metadata) as output:
        streams = [track.attach(output) for track in (video, sound) if track is not None]
        for packet in heapq.merge(*streams, key=_decoded_s):
            at_s = _decoded_s(packet)
            output.mux(packet)
            on_seconds(at_s)


def _decoded_s(packet: "Packet") -> float:
    """Returns when a packet is decoded, seconds."""
    return float((packet.dts or 0) * packet.time_base)
