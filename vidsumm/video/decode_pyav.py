"""Decodes wanted frames with PyAV: by time stamp, front to back, skipping what nobody needs."""

import heapq
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain
from pathlib import Path
from typing import Self, TypeAlias

import av
import numpy as np
from av.container import InputContainer
from av.error import FFmpegError
from av.video.reformatter import Interpolation
from numpy.typing import NDArray

from vidsumm.video.decode_request import DecodeSettings, Picture, Request
from vidsumm.video.probe import open_container, packets_of

__all__ = ["PictureFinder", "pictures"]

_AHEAD = 3  # pictures that may be scaled while further frames are decoded
_THREADS_PER_CORE, _MOST_THREADS = 4, 16  # a frame waits for those it refers to, so that one thread a core leaves gaps
_LEADING_FRAMES = 32  # pictures shown before a key frame may be coded after it; none is further away than this

_Packet: TypeAlias = "av.Packet[av.VideoStream]"
_Timed = tuple[int, av.VideoFrame]


def pictures(request: Request, on_progress: Callable[[], None]) -> Iterator[tuple[Picture, int]]:
    """For each wanted frame the picture that is nearest of those decoded, and how many ticks after it that is shown.

    Groups of pictures without a wanted frame are not decoded, nor are pictures that are neither wanted nor referred to;
    of fewer frames (`DecodeSettings.frames`) not even wanted ones are, if others are not decoded from them.
    Nothing depends on seeking, which is inexact in many containers.

    Args:
        request: what to decode.
        on_progress: called for every packet.

    Raises:
        FFmpegError: the file cannot be opened.
    """
    with open_container(Path(request.settings.path)) as container:
        stream = _video_stream(container, request.settings)
        packets = _needed_packets(packets_of(container, stream), request)
        frames = _timed(_decode(packets, stream, request, on_progress), stream.codec_context.has_b_frames)
        yield from _scaled(_match(frames, request.wanted_pts), request.settings)


class PictureFinder:
    """Single pictures by time stamp, in any order; for comparison with another decoder."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._container = open_container(Path(request.settings.path))
        self._stream = _video_stream(self._container, request.settings)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._container.close()

    def find(self, pts: int) -> Picture | None:
        """The (H, W, 3) picture of the frame stamped `pts`, None where it cannot be decoded."""
        keys = self._request.key_pts
        own = max(int(np.searchsorted(keys, pts, side="right")) - 1, 0)
        # seeking may land late, so earlier places follow
        for start in dict.fromkeys((pts, int(keys[max(own - 2, 0)]), int(self._request.frame_pts[0]))):
            picture = self._find_from(start, pts)
            if picture is not None:
                return picture
        return None

    def _find_from(self, start_pts: int, pts: int) -> Picture | None:
        try:
            self._container.seek(start_pts, stream=self._stream)
        except FFmpegError:
            return None
        for packet in chain(packets_of(self._container, self._stream), [None]):  # None asks for what is still held back
            for frame in _decode_packet(self._stream, packet):
                stamp = _stamp(frame)
                if stamp is not None and stamp >= pts:
                    return _upright(frame, self._request.settings) if stamp == pts else None
        return None


def _video_stream(container: InputContainer, settings: DecodeSettings) -> av.VideoStream:
    stream = next(stream for stream in container.streams.video if stream.index == settings.stream_index)
    stream.thread_type = "AUTO"
    stream.codec_context.thread_count = min(_MOST_THREADS, _THREADS_PER_CORE * (os.cpu_count() or 1))
    if settings.frames != "all":
        stream.codec_context.options = {"skip_loop_filter": "all"}
    return stream


def _scaled(frames: Iterable[tuple[av.VideoFrame, int]], settings: DecodeSettings) -> Iterator[tuple[Picture, int]]:
    """Scales frames in a thread while the next ones are decoded; what stands beside each stays there."""
    waiting: deque[tuple[Future[Picture], int]] = deque()
    with ThreadPoolExecutor(1, thread_name_prefix="scaling") as pool:
        for frame, off_by in frames:
            waiting.append((pool.submit(_upright, frame, settings), off_by))
            if len(waiting) > _AHEAD:
                picture, off_by_then = waiting.popleft()
                yield picture.result(), off_by_then
        while waiting:
            picture, off_by_then = waiting.popleft()
            yield picture.result(), off_by_then


def _upright(frame: av.VideoFrame, settings: DecodeSettings) -> Picture:
    """(H, W, 3) uint8 RGB, scaled and turned."""
    width, height = settings.width, settings.height
    if settings.rotation in (90, 270):
        width, height = height, width
    is_in_haste = settings.frames != "all" and frame.width > width and frame.height > height
    way = Interpolation.AREA if is_in_haste else Interpolation.BILINEAR  # of shrinking ways the quickest without stairs
    scaled = frame.reformat(width, height, "rgb24", interpolation=way)
    return np.rot90(scaled.to_ndarray(), -(settings.rotation // 90)).astype(np.uint8, copy=False)


def _stamp(item: "av.VideoFrame | _Packet") -> int | None:
    return item.dts if item.pts is None else item.pts


def _needed_packets(packets: Iterable[_Packet], request: Request) -> Iterator[_Packet]:
    """Leaves out groups of pictures in which nothing is wanted."""
    known, needed = frozenset(request.key_pts.tolist()), frozenset(_needed_key_pts(request).tolist())
    is_needed = True
    for packet in packets:
        stamp = _stamp(packet)
        if packet.is_keyframe and stamp is not None:
            is_needed = stamp in needed or stamp not in known
        if is_needed:
            yield packet


def _needed_key_pts(request: Request) -> NDArray[np.int64]:
    """Time stamps of the key frames without which a wanted frame cannot be decoded."""
    after = np.searchsorted(request.key_idx, request.wanted_idx, side="right")
    following = np.append(request.key_idx, np.iinfo(np.int64).max)[after]
    leading = after[following - request.wanted_idx <= _LEADING_FRAMES]
    needed: NDArray[np.int64] = np.concatenate([after[after > 0] - 1, leading])
    return np.take(request.key_pts, needed)


def _decode(
    packets: Iterable[_Packet], stream: av.VideoStream, request: Request, on_progress: Callable[[], None]
) -> Iterator[av.VideoFrame]:
    """Frames in display order, without some that are neither wanted nor referred to."""
    wanted = frozenset(request.wanted_pts.tolist()) if request.settings.frames == "all" else frozenset()
    for packet in packets:
        on_progress()
        if request.settings.frames == "key" and not packet.is_keyframe:
            continue
        stream.codec_context.skip_frame = "DEFAULT" if _stamp(packet) in wanted else "NONREF"
        yield from _decode_packet(stream, packet)
    yield from _decode_packet(stream, None)


def _decode_packet(stream: av.VideoStream, packet: "_Packet | None") -> list[av.VideoFrame]:
    try:
        return stream.decode(packet)
    except FFmpegError as error:
        if isinstance(error, MemoryError):
            raise
        return []  # damaged; what follows may be sound


def _timed(frames: Iterable[av.VideoFrame], reorder: int) -> Iterator[_Timed]:
    """Pairs frames with ascending time stamps.

    Decoders hand frames out in display order, yet AVI may have stamped them in coding order: the n-th frame gets the
    n-th smallest stamp.
    """
    stamps: list[int] = []
    waiting: deque[av.VideoFrame] = deque()
    for frame in frames:
        stamp = _stamp(frame)
        if stamp is None:
            continue
        heapq.heappush(stamps, stamp)
        waiting.append(frame)
        if len(waiting) > reorder:
            yield heapq.heappop(stamps), waiting.popleft()
    while waiting:
        yield heapq.heappop(stamps), waiting.popleft()


def _match(frames: Iterable[_Timed], wanted_pts: NDArray[np.int64]) -> Iterator[tuple[av.VideoFrame, int]]:
    """For each wanted time stamp the nearest frame, and by how much it is later."""
    wanted = deque(wanted_pts.tolist())
    last: _Timed | None = None
    for stamp, frame in frames:
        while wanted and stamp >= wanted[0]:
            ahead = stamp - wanted[0]
            is_last_nearer = last is not None and wanted[0] - last[0] <= ahead > 0
            nearest = last if last is not None and is_last_nearer else (stamp, frame)
            yield nearest[1], nearest[0] - wanted.popleft()
        if not wanted:
            return
        last = stamp, frame
    if last is not None:
        yield from ((last[1], last[0] - stamp) for stamp in wanted)
