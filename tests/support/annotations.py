"""Small synthetic annotations."""

from dataclasses import replace
from typing import Any

import numpy as np

from vidsumm.datasets.annotation import Annotation, Kind

FRAMES = 60
STEP = 3


def annotation(kind: Kind, seed: int = 0, **changes: Any) -> Annotation:
    """An annotation of sixty frames in six shots, twenty samples and four annotators; `changes` replace fields."""
    rng = np.random.default_rng(seed)
    picks = np.arange(0, FRAMES, STEP)
    starts = np.arange(0, FRAMES, 10)
    scores = (rng.integers(1, 6, (4, len(picks))) / 5).astype(np.float32)
    users = np.repeat(rng.random((4, 6)) < 0.4, 10, axis=1)
    users[:, :9] = np.eye(9)[:4] > 0  # none is empty
    made = Annotation(
        key="video_1",
        name="",
        n_frames=FRAMES,
        picks=picks,
        scores=scores,
        shots=np.stack([starts, starts + 9], axis=1),
        user_summary=users,
        gtscore=scores.mean(axis=0),
        raw_scores=None,
        kind=kind,
    )
    return replace(made, **changes)
