"""The annotation of one video, in the form that the rest of the program uses."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

__all__ = ["Annotation", "Fault", "Kind"]

Kind = Literal["tvsum", "summe", "mrhisum", "other"]
"""The data set whose conventions a video follows."""


@dataclass(frozen=True)
class Annotation:
    """What annotators scored and selected in one video. U annotators, N samples, M shots.

    Frames are numbered as in the annotation file, which need not agree with the frames of a video file at hand.
    """

    key: str
    """Group name, for example ``video_7``."""
    name: str
    """The video's own name; empty where the file has none."""
    n_frames: int
    """Number of frames of the source; in a video of Mr. HiSum, the number of seconds."""
    picks: NDArray[np.int64]
    """(N,) source frame of each sample."""
    scores: NDArray[np.float32]
    """(U, N) in [0, 1], what a network learns: each annotator's scores divided by that annotator's maximum, or a binary
    summary read at the picks; in Mr. HiSum, `gtscore` counts as the only annotator."""
    shots: NDArray[np.int64]
    """(M, 2) first and last frame of each shot, both inclusive, covering the video; (0, 2) where the file has none."""
    user_summary: NDArray[np.bool_]
    """(U, n_frames) the frames of each annotator's summary; (0, n_frames) where the file has none."""
    gtscore: NDArray[np.float32]
    """(N,) in [0, 1]; the mean of `scores` where the file has none."""
    raw_scores: NDArray[np.float32] | None = None
    """`user_scores` as stored: (U, N), 1 to 5 in TVSum, or (U, n_frames), ordinal in SumMe."""
    kind: Kind = "other"
    fps: float | None = None
    """Frames per second of the source; None where the file does not say."""


@dataclass(frozen=True)
class Fault:
    """Something wrong with the annotation of a video."""

    text: str
    is_fatal: bool
    """Whether the video cannot be used at all; otherwise only some measurements cannot be taken."""
