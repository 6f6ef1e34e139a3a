"""What a feature file says about its features: what they are, those of a black frame, and how they were made."""

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["FeatureInfo", "read_feature_info", "write_feature_info"]


@dataclass(frozen=True)
class FeatureInfo:
    """What a feature file says about its features, in the attributes of its root."""

    feature_id: str
    """Network, preprocessing and sampling rate, see `vidsumm.features.feature_id`."""
    null_features: NDArray[np.float32]
    """(C,) features of a black frame: the null video of classifier-free guidance."""
    provenance: dict[str, Any]
    """JSON-ready facts about how the features were made."""


def read_feature_info(file: Any) -> FeatureInfo:
    """Reads the root attributes of an open feature file.

    Raises:
        KeyError: `feature_id` or `null_features` is missing.
        ValueError, TypeError: they are damaged.
    """
    for name in ("feature_id", "null_features"):
        if name not in file.attrs:
            raise KeyError(f"{name} is missing")
    null = np.asarray(file.attrs["null_features"])
    if null.dtype.kind not in "iuf" or null.ndim != 1 or not len(null) or not np.isfinite(null).all():
        raise ValueError("null_features are not a vector of finite numbers")
    feature_id, provenance = file.attrs["feature_id"], json.loads(str(file.attrs.get("provenance", "{}")))
    if not isinstance(feature_id, str) or not feature_id or not isinstance(provenance, dict):
        raise ValueError("feature_id is not a text, or provenance is not a JSON object")
    return FeatureInfo(feature_id, null.astype(np.float32), provenance)


def write_feature_info(file: Any, info: FeatureInfo) -> None:
    """Writes `info` as root attributes of an open file."""
    file.attrs["feature_id"] = info.feature_id
    file.attrs["null_features"] = info.null_features.astype(np.float32)
    file.attrs["provenance"] = json.dumps(info.provenance, sort_keys=True)
