"""Names the features of a file that does not say what they are: ``vidsumm data declare``."""

from pathlib import Path
from typing import get_args

import numpy as np

from vidsumm.datasets.annotation import Kind
from vidsumm.datasets.feature_info import FeatureInfo
from vidsumm.datasets.writing import copy_with_feature_info, feature_channels
from vidsumm.errors import ConfigError
from vidsumm.featurize.check import find_feature_id_problem
from vidsumm.files import file_sha256, require_free
from vidsumm.null_features import read_null_features

__all__ = ["declare_features"]


def declare_features(
    path: Path,
    output: Path,
    feature_id: str,
    null_features: Path | None,
    *,
    kind: str | None = None,
    overwrite: bool = False,
) -> int:
    """Copies a feature file of unknown origin, adding what its features are.

    Args:
        path: a file with features, of either layout.
        output: where to write; may be `path`.
        feature_id: what the features are.
        null_features: .npy file of a black frame's features, (C,), or of several, (N, C), whose mean is taken; None
            for zeros.
        kind: the data set whose conventions the videos follow; None where the file says so or its arrays show it.
        overwrite: replace `output`.

    Returns:
        The number of videos.

    Raises:
        ConfigError: not a feature id, or not a kind.
        InputError: a file cannot be used.
        OutputError: `output` exists or cannot be written.
    """
    require_free(output, overwrite=overwrite)
    known_kind = next((known for known in get_args(Kind) if known == kind), None)
    if kind is not None and known_kind is None:
        raise ConfigError(f"`kind={kind}`: no such kind", remedy="one of " + ", ".join(get_args(Kind)))
    null = np.zeros(feature_channels(path), np.float32) if null_features is None else read_null_features(null_features)
    provenance = {
        "declared": "by hand: that the features are what feature_id says has not been checked",
        "null": "zeros" if null_features is None else null_features.name,
        "source": path.name,
        "source_sha256": file_sha256(path),
    }
    info = FeatureInfo(feature_id, null, provenance)
    problem = find_feature_id_problem(info)
    if problem is not None:
        raise ConfigError(f"`feature_id`: {problem.text}", remedy="write NETWORK:DIGEST:PREPROCESSING:RATEfps")
    return copy_with_feature_info(path, output, info, kind=known_kind)
