"""Small synthetic annotation files in the eccv16 and Mr. HiSum layouts."""

from pathlib import Path
from typing import Any

import h5py
import numpy as np

CHANNELS = 6
FRAMES = 100
PICKS = np.arange(0, FRAMES, 15)  # 7 of them
ANNOTATORS = 3


def group_values(seed: int, *, graded: bool) -> dict[str, Any]:
    """One video's arrays; graded scores at the picks as in TVSum, or binary summaries only as in SumMe."""
    rng = np.random.default_rng(seed)
    values: dict[str, Any] = {
        "picks": PICKS,
        "n_frames": FRAMES,
        "change_points": np.array([[0, 49], [50, FRAMES - 1]]),
        "n_frame_per_seg": np.array([50, 50]),
        "user_summary": rng.integers(0, 2, (ANNOTATORS, FRAMES)).astype(np.uint8),
        "gtscore": rng.random(len(PICKS)).astype(np.float32),
        "video_name": f"clip {seed}",
    }
    if graded:
        values["user_scores"] = rng.integers(1, 6, (ANNOTATORS, len(PICKS))).astype(np.uint8)
    return values


def write_group(file: Any, key: str, values: dict[str, Any]) -> None:
    group = file.create_group(key)
    for name, value in values.items():
        group[name] = value


def write_annotations(path: Path, keys: tuple[str, ...] = ("video_1", "video_2"), *, graded: bool = True) -> Path:
    with h5py.File(path, "w") as file:
        for seed, key in enumerate(keys):
            write_group(file, key, group_values(seed, graded=graded))
    return path


def mrhisum_values(seed: int, seconds: int = 40) -> dict[str, Any]:
    """One video's arrays in Mr. HiSum's layout: one sample a second, rows of shots [start, end)."""
    rng = np.random.default_rng(seed)
    return {
        "gtscore": rng.random(seconds).astype(np.float32),
        "change_points": np.array([[0, 15], [15, 30], [30, seconds]]),
        "gt_summary": np.repeat([0, 1, 0], [15, 6, seconds - 21]),
        "features": rng.normal(size=(seconds, CHANNELS)).astype(np.float32),
    }
