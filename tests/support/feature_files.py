"""Small synthetic feature files."""

from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from tests.support.eccv16 import CHANNELS, PICKS, mrhisum_values, write_annotations, write_group
from vidsumm.datasets.feature_info import FeatureInfo
from vidsumm.datasets.writing import write_dataset

FEATURE_ID = "inception-v3:7ff4a85c3a63:squash299-bilinear-l2:2fps"
NULL = np.linspace(0, 1, CHANNELS, dtype=np.float32)
PROVENANCE: dict[str, Any] = {"source": "invented", "videos": 2}


def features(seed: int) -> NDArray[np.float32]:
    return np.random.default_rng(seed).normal(size=(len(PICKS), CHANNELS)).astype(np.float32)


def write_features(path: Path, annotations: Path, values: dict[str, NDArray[np.float32]] | None = None) -> Path:
    """Writes a feature file with these features, or with random ones for two videos of the annotation file."""
    write_dataset(
        path,
        annotations,
        {"video_1": features(1), "video_2": features(2)} if values is None else values,
        FeatureInfo(FEATURE_ID, NULL, PROVENANCE),
    )
    return path


def feature_file(path: Path) -> Path:
    """Writes a feature file of two videos."""
    return write_features(path, write_annotations(path.with_name(f"{path.stem} annotations.h5")))


def mrhisum_file(path: Path, videos: int = 3, **changes: Any) -> Path:
    """Writes a feature file in Mr. HiSum's layout, with a feature id and null features; `changes` replace arrays."""
    with h5py.File(path, "w") as file:
        for seed in range(videos):
            write_group(file, f"video_{seed + 1}", mrhisum_values(seed, 40 + seed) | changes)
        file.attrs.update({"feature_id": FEATURE_ID, "null_features": NULL})
    return path
