"""Joins encoded frames into MP4 without touching them: packets get new exact times, sound is encoded beside them."""

import heapq
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
import av.codec.context
import av.container
import numpy as np
from numpy.typing import NDArray

from vidsumm.errors import EncodeError
from vidsumm.video.container import open_input, open_output
from vidsumm.video.cut import CutPlan, earliest_times
from vidsumm.video.sound import SoundFormat

if TYPE_CHECKING:
    Packet = av.Packet[Any]

__all__ = [
    "CopiedTrack",
    "EncodedSound",
    "Joined",
    "Measured",
    "PacketList",
    "index_frames",
    "join",
    "measure",
    "write_mp4",
]


_EDIT_TICKS_PER_S = 90_000
"""Clock on which MP4 says how long streams are; the usual milliseconds would round off a part of a frame."""


@dataclass(frozen=True, eq=False)
class PacketList:
    """The packets of one stream, kept in one or more files of which each continues the one before."""

    paths: tuple[Path, ...]
    stream_idx: int
    pts: NDArray[np.int64]
    """(N,) presentation times in the order of decoding, in ticks of `time_base`."""
    durations: NDArray[np.int64]
    """(N,) in the same ticks."""
    is_key: NDArray[np.bool_]
    """(N,) whether decoding can begin here."""
    time_base: Fraction

    @classmethod
    def scan(cls, paths: Iterable[Path], stream_idx: int) -> "PacketList":
        """Lists all packets that have a time.

        Raises:
            av.FFmpegError: a file cannot be read.
        """
        files = tuple(paths)
        with open_input(files[0]) as container:
            base = Fraction(container.streams[stream_idx].time_base or 1)
        rows = [(p.pts or 0, p.duration or 0, p.is_keyframe) for p in _packets(files, stream_idx)]
        table = np.array(rows, dtype=np.int64).reshape(-1, 3)
        return cls(files, stream_idx, table[:, 0], table[:, 1], table[:, 2].astype(bool), base)

    @property
    def times_s(self) -> NDArray[np.float64]:
        """(N,) presentation times in the order of decoding, seconds on the files' own clock."""
        return self.pts * self.time_base.numerator / self.time_base.denominator

    def headers(self) -> list[bytes]:
        """What a decoder has to know first, per file."""
        headers = []
        for path in self.paths:
            with open_input(path) as container:
                headers.append(bytes(container.streams[self.stream_idx].codec_context.extradata or b""))
        return headers

    def read(self, positions: NDArray[np.int64]) -> "Generator[Packet, None, None]":
        """The packets at `positions` of the list; the files are read forward once if these ascend."""
        flow, at = _packets(self.paths, self.stream_idx), 0
        for position in positions.tolist():
            if position < at:
                flow.close()
                flow, at = _packets(self.paths, self.stream_idx), 0
            yield next(islice(flow, position - at, None))
            at = position + 1
        flow.close()


@dataclass(frozen=True, eq=False)
class Joined:
    """Which packets make one summary and when, on the plan's clock, in the order of decoding."""

    positions: NDArray[np.int64]
    """(M,) places in the `PacketList`."""
    pts: NDArray[np.int64]
    dts: NDArray[np.int64]
    durations: NDArray[np.int64]


def index_frames(times_s: NDArray[np.float64], frame_times_s: NDArray[np.float64]) -> NDArray[np.int64]:
    """(N,) number of the frame that is shown at each of `times_s` (N,); `frame_times_s` (F,) ascends."""
    found = np.searchsorted(earliest_times(frame_times_s), times_s, side="right") - 1
    return np.maximum(found, 0)


def join(plan: CutPlan, frame_idx: NDArray[np.int64], ticks: NDArray[np.int64], is_key: NDArray[np.bool_]) -> Joined:
    """Lays the rows of a plan end to end.

    Every row begins exactly where the one before ended; a row whose first frames are missing (a damaged source) begins
    with the first one there is. Pictures that are decoded after a row's first frame but shown before it are left out.

    Args:
        plan: the summary.
        frame_idx: (N,) frame number of each packet, in the order of decoding.
        ticks: (N,) when each is shown in the source, on the plan's clock.
        is_key: (N,) whether decoding can begin at the packet.

    Raises:
        EncodeError: nothing was decoded of a row, or it cannot be decoded by itself.
    """
    reach = np.maximum.accumulate(frame_idx)
    positions, times, elapsed = [], [], 0
    for (begin, end), (first, last) in zip(plan.ticks.tolist(), plan.ranges.tolist(), strict=True):
        start, stop = np.searchsorted(reach, [first, last])
        row = np.arange(start, stop)[frame_idx[start:stop] >= first]
        if not len(row) or not is_key[row[0]]:
            raise EncodeError(
                f"no picture could be cut at {float(begin * plan.clock.time_base):.3f} s of the source",
                remedy="see whether the file plays there",
            )
        shown = np.maximum(ticks[row] - begin, 0) + elapsed
        shown[shown.argmin()] = elapsed
        positions.append(row)
        times.append(shown)
        elapsed += end - begin
    pts = np.concatenate(times)
    return Joined(np.concatenate(positions), pts, *_decode_times(pts, elapsed))


def _decode_times(pts: NDArray[np.int64], total: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Decoding times and durations for packets in the order of decoding, together `total` ticks long.

    The i-th packet is decoded when the (i - d)-th picture is shown, d being the most places by which a picture is shown
    earlier than decoded: this ascends and is never later than the packet's own picture. The first d times are chosen
    so that MP4, which stores differences of decoding times, adds up to the whole length.
    """
    order = np.argsort(pts)
    ascending = pts[order]
    durations = np.empty_like(pts)
    durations[order] = np.diff(ascending, append=total)
    rank = np.argsort(order)
    depth = int((np.arange(len(pts)) - rank).max())
    rest = ascending[: len(pts) - depth]
    lead_in = np.linspace(rest[-1] + durations[-1] - total, 0, depth, endpoint=False)
    return np.concatenate([np.floor(lead_in).astype(np.int64), rest]), durations


@dataclass(frozen=True, eq=False)
class CopiedTrack:
    """A stream of packets that are taken as they are and only get new times."""

    packets: PacketList
    joined: Joined
    time_base: Fraction
    """Seconds per tick of the times in `joined`."""

    @property
    def frames(self) -> int:
        """Number of packets."""
        return len(self.joined.positions)

    def attach(self, output: av.container.OutputContainer) -> "Iterator[Packet]":
        """Adds the stream to `output`; the packets that belong into it."""
        with open_input(self.packets.paths[0]) as container:
            stream = output.add_stream_from_template(container.streams[self.packets.stream_idx], opaque=True)
        stream.time_base = self.time_base
        return self._retimed(stream)

    def _retimed(self, stream: av.stream.Stream) -> "Iterator[Packet]":
        times = np.stack([self.joined.pts, self.joined.dts, self.joined.durations], axis=1).tolist()
        with closing(self.packets.read(self.joined.positions)) as packets:
            for packet, (pts, dts, duration) in zip(packets, times, strict=True):
                packet.stream, packet.time_base = stream, self.time_base
                packet.pts, packet.dts, packet.duration = pts, dts, duration
                yield packet


@dataclass(frozen=True, eq=False)
class EncodedSound:
    """An AAC stream that is encoded while it is written."""

    blocks: Iterator[NDArray[np.float32]]
    """(channels, n) float32 each, n = `AAC_FRAME` but in the last one."""
    sound: SoundFormat

    def attach(self, output: av.container.OutputContainer) -> "Iterator[Packet]":
        """Adds the stream to `output`; the packets that belong into it."""
        stream = output.add_stream("aac", rate=self.sound.rate_hz, layout=self.sound.layout)
        stream.bit_rate = self.sound.bit_rate
        stream.codec_context.flags |= av.codec.context.Flags.bitexact
        return self._encoded(stream)

    def _encoded(self, stream: av.AudioStream) -> "Iterator[Packet]":
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
    """Writes an MP4 file whose index stands in front; the same input gives the same bytes.

    Args:
        target: the file.
        video: its pictures.
        sound: its sound; packets of both go in ordered by decoding time.
        metadata: tags such as title and comment.
        on_seconds: told how far writing has come.

    Raises:
        av.FFmpegError: `target` cannot be written.
    """
    options = {"movflags": "+faststart", "fflags": "+bitexact", "movie_timescale": str(_EDIT_TICKS_PER_S)}
    with open_output(target, format_name="mp4", options=options, tags=metadata) as output:
        flows = [track.attach(output) for track in (video, sound) if track is not None]
        for packet in heapq.merge(*flows, key=_decoded_s):
            at_s = _decoded_s(packet)
            output.mux(packet)
            on_seconds(at_s)


@dataclass(frozen=True)
class Measured:
    """What a written file holds, found by reading it."""

    frames: int
    video_s: float
    audio_s: float | None
    """None where there is no sound."""


def measure(path: Path) -> Measured:
    """Reads an MP4 file back.

    Raises:
        av.FFmpegError: it cannot be read.
    """
    ends_s = {"video": 0.0, "audio": 0.0}
    with open_input(path) as container:
        frames, has_sound = 0, bool(container.streams.audio)
        for stream in container.streams:
            ends_s[stream.type] = float((stream.duration or 0) * (stream.time_base or 0))
        for packet in container.demux():
            if packet.pts is not None and packet.duration is not None:
                end_s = float((packet.pts + packet.duration) * packet.time_base)
                ends_s[packet.stream.type] = max(ends_s[packet.stream.type], end_s)
                frames += packet.stream.type == "video"
    return Measured(frames, ends_s["video"], ends_s["audio"] if has_sound else None)


def _packets(paths: Sequence[Path], stream_idx: int) -> "Generator[Packet, None, None]":
    for path in paths:
        with open_input(path) as container:
            for packet in container.demux(container.streams[stream_idx]):
                if packet.pts is not None and not packet.is_discard:
                    yield packet


def _decoded_s(packet: "Packet") -> float:
    return float((packet.dts or 0) * packet.time_base)
