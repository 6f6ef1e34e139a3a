"""Keeps a few small pictures of a video while its sampled frames pass by."""

import av
import numpy as np
from numpy.typing import NDArray

__all__ = ["ThumbnailKeeper"]

HEIGHT = 120
"""Height of a thumbnail, pixels."""


class ThumbnailKeeper:
    """Keeps evenly spaced frames of a stream, small and in the video's own aspect.

    Args:
        total: number of frames in the stream.
        count: most frames to keep.
        display_size: width and height of the video as shown; the frames themselves may be scaled to another shape.
    """

    def __init__(self, total: int, count: int, display_size: tuple[int, int]) -> None:
        self._wanted = set(np.linspace(0, total - 1, min(count, total)).round().astype(int).tolist())
        width = round(HEIGHT * display_size[0] / display_size[1])
        self._size = (min(max(width, HEIGHT // 4), HEIGHT * 4), HEIGHT)
        self._pictures: list[NDArray[np.uint8]] = []
        self._times_s: list[float] = []

    def see(self, idx: NDArray[np.int64], times_s: NDArray[np.float64], frames: NDArray[np.uint8]) -> None:
        """Keeps the wanted frames of a batch.

        Args:
            idx: (B,) positions in the stream.
            times_s: (B,) seconds.
            frames: (B, H, W, 3) RGB.
        """
        for i, time_s, frame in zip(idx.tolist(), times_s.tolist(), frames, strict=True):
            if i in self._wanted:
                small = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24")
                small = small.reformat(*self._size, interpolation="AREA")
                self._pictures.append(small.to_ndarray(format="rgb24").astype(np.uint8))
                self._times_s.append(time_s)

    def result(self) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
        """Returns the pictures (T, h, w, 3) RGB and their times (T,) in seconds."""
        return np.stack(self._pictures), np.array(self._times_s)
