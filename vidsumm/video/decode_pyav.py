"""Decodes wanted frames with PyAV: from front to back, found by their time stamps, skipping what is not needed."""

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

from vidsumm.video.container import demux_packets, open_source
from vidsumm.video.decode_request import DecodeSettings, Picture, Request

__all__ = ["PictureFinder", "pictures"]

_AHEAD = 3
"""Pictures that may wait to be scaled while further frames are decoded."""
_THREADS_PER_CORE, _MAX_THREADS = 4, 16
"""Threads that decode. A frame waits for those it refers to, so one thread a core would leave cores idle."""
_LEADING_FRAMES = 32
"""Frames shown before a key frame may be coded after it and need it; none is shown earlier than by this many frames."""

_Packet: TypeAlias = "av.Packet[av.VideoStream]"
_Stamped = tuple[int, av.VideoFrame]
"""A frame and its time stamp in ticks."""


def pictures(request: Request, on_progress: Callable[[], None]) -> Iterator[tuple[Picture, int]]:
    """Decodes the wanted frames in order.

    Groups of pictures without a wanted frame are not decoded, nor are frames that are neither wanted nor referred to.
    `DecodeSettings.frames` may leave out wanted frames, too. Nothing depends on seeking, which is inexact in many
    containers.

    Args:
        request: what to decode.
        on_progress: called for every packet.

    Yields:
        For each wanted frame the picture of the nearest decoded frame, and how many ticks later that frame is shown.

    Raises:
        FFmpegError: the file cannot be opened.
    """
    with open_source(Path(request.settings.path)) as container:
        stream = _video_stream(container, request.settings)
        packets = _needed_packets(demux_packets(container, stream), request)
        frames = _stamp_in_order(_decode(packets, stream, request, on_progress), stream.codec_context.has_b_frames)
        yield from _scale_ahead(_match(frames, request.wanted_pts), request.settings)


class PictureFinder:
    """Finds single pictures by time stamp, in any order, to compare another decoder's with them."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._container = open_source(Path(request.settings.path))
        self._stream = _video_stream(self._container, request.settings)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._container.close()

    def find(self, pts: int) -> Picture | None:
        """Returns the (H, W, 3) picture of the frame with the time stamp `pts`, None if it cannot be decoded."""
        keys = self._request.key_pts
        own = max(int(np.searchsorted(keys, pts, side="right")) - 1, 0)
        # seeking may land after the frame, so earlier positions are tried next
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
        packets = demux_packets(self._container, self._stream)
        for packet in chain(packets, [None]):  # None: the frames that the decoder still holds back
            for frame in _decode_packet(self._stream, packet):
                stamp = _stamp(frame)
                if stamp is not None and stamp >= pts:
                    return _upright(frame, self._request.settings) if stamp == pts else None
        return None


def _video_stream(container: InputContainer, settings: DecodeSettings) -> av.VideoStream:
    stream = next(stream for stream in container.streams.video if stream.index == settings.stream_index)
    stream.thread_type = "AUTO"
    stream.codec_context.thread_count = min(_MAX_THREADS, _THREADS_PER_CORE * (os.cpu_count() or 1))
    if settings.frames != "all":
        stream.codec_context.options = {"skip_loop_filter": "all"}
    return stream


def _scale_ahead(
    frames: Iterable[tuple[av.VideoFrame, int]], settings: DecodeSettings
) -> Iterator[tuple[Picture, int]]:
    """Scales frames in a thread while the next ones are decoded; the number beside each frame is passed on."""
    waiting: deque[tuple[Future[Picture], int]] = deque()
    with ThreadPoolExecutor(1, thread_name_prefix="scaling") as pool:
        for frame, off_by in frames:
            waiting.append((pool.submit(_upright, frame, settings), off_by))
            if len(waiting) > _AHEAD:
                picture, its_off_by = waiting.popleft()
                yield picture.result(), its_off_by
        while waiting:
            picture, its_off_by = waiting.popleft()
            yield picture.result(), its_off_by


def _upright(frame: av.VideoFrame, settings: DecodeSettings) -> Picture:
    """Returns a frame as (H, W, 3) uint8 RGB, scaled and turned upright."""
    width, height = settings.width, settings.height
    if settings.rotation in (90, 270):
        width, height = height, width
    is_fast_shrink = settings.frames != "all" and frame.width > width and frame.height > height
    # area averaging is the quickest way to shrink that leaves no jagged edges
    interpolation = Interpolation.AREA if is_fast_shrink else Interpolation.BILINEAR
    scaled = frame.reformat(width, height, "rgb24", interpolation=interpolation)
    return np.rot90(scaled.to_ndarray(), -(settings.rotation // 90)).astype(np.uint8, copy=False)


def _stamp(item: "av.VideoFrame | _Packet") -> int | None:
    return item.dts if item.pts is None else item.pts


def _needed_packets(packets: Iterable[_Packet], request: Request) -> Iterator[_Packet]:
    """Yields the packets except those of groups of pictures in which no frame is wanted."""
    known, needed = frozenset(request.key_pts.tolist()), frozenset(_needed_key_pts(request).tolist())
    is_needed = True
    for packet in packets:
        stamp = _stamp(packet)
        if packet.is_keyframe and stamp is not None:
            is_needed = stamp in needed or stamp not in known
        if is_needed:
            yield packet


def _needed_key_pts(request: Request) -> NDArray[np.int64]:
    """Returns the time stamps of the key frames without which a wanted frame cannot be decoded."""
    after = np.searchsorted(request.key_idx, request.wanted_idx, side="right")
    following = np.append(request.key_idx, np.iinfo(np.int64).max)[after]
    leading = after[following - request.wanted_idx <= _LEADING_FRAMES]
    needed: NDArray[np.int64] = np.concatenate([after[after > 0] - 1, leading])
    return np.take(request.key_pts, needed)


def _decode(
    packets: Iterable[_Packet], stream: av.VideoStream, request: Request, on_progress: Callable[[], None]
) -> Iterator[av.VideoFrame]:
    """Yields frames in display order, without those that are neither wanted nor referred to."""
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
        return []  # damaged; later packets may not be


def _stamp_in_order(frames: Iterable[av.VideoFrame], reorder: int) -> Iterator[_Stamped]:
    """Yields frames with ascending time stamps.

    Decoders deliver frames in display order, but AVI may have stamped them in coding order. Therefore the n-th frame
    gets the n-th smallest stamp.

    Args:
        frames: in display order.
        reorder: most frames by which coding and display order differ.
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


def _match(frames: Iterable[_Stamped], wanted_pts: NDArray[np.int64]) -> Iterator[tuple[av.VideoFrame, int]]:
    """Yields the frame nearest to each wanted time stamp, and how many ticks later it is shown."""
    wanted = deque(wanted_pts.tolist())
    last: _Stamped | None = None
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
