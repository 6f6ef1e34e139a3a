"""Features on disk: one safetensors file with the feature id and the provenance in its header."""

import json
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from vidsumm.errors import FeatureMismatchError, OutputError, ResourceError

__all__ = ["FeatureFile", "load_features", "save_features"]

_TENSOR = "features"
_REMEDY = "delete it and extract the features again"


@dataclass(frozen=True)
class FeatureFile:
    """What a feature file holds."""

    values: NDArray[np.float32]
    """(N, D), one row per sampled frame."""
    feature_id: str
    provenance: dict[str, str]
    """Free notes: source, versions, precision and so on."""


def save_features(
    path: Path, values: NDArray[np.float32], feature_id: str, provenance: dict[str, str] | None = None
) -> None:
    """Writes (N, D) float32 features; the file appears whole or not at all.

    Raises:
        OutputError: it cannot be written.
    """
    tensors = {_TENSOR: np.ascontiguousarray(values, dtype=np.float32)}
    header = {"feature_id": feature_id, "provenance": json.dumps(provenance or {}, sort_keys=True)}
    _write_atomically(path, save(tensors, metadata=header))


def _write_atomically(path: Path, data: bytes) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        raise OutputError(
            f"features {path} cannot be written: {error.strerror or error}", remedy="check the folder and the space"
        ) from error
    finally:
        with suppress(OSError):
            temporary.unlink()


def load_features(path: Path, expected_id: str | None = None) -> FeatureFile:
    """Reads a feature file.

    Args:
        path: the file.
        expected_id: the feature id it must carry; None takes any.

    Raises:
        ResourceError: the file is missing, damaged or no feature file.
        FeatureMismatchError: it carries another feature id.
    """
    found = _read(path)
    if expected_id is not None and found.feature_id != expected_id:
        raise FeatureMismatchError(found.feature_id, expected_id, remedy=f"{path}: extract the features again")
    return found


def _read(path: Path) -> FeatureFile:
    try:
        with safe_open(path, framework="numpy") as file:
            header: dict[str, str] = file.metadata() or {}
            values: NDArray[np.float32] = file.get_tensor(_TENSOR)
        found = FeatureFile(values, header["feature_id"], json.loads(header["provenance"]))
    except (OSError, SafetensorError, KeyError, ValueError) as error:
        raise ResourceError(f"features {path} cannot be read: {error}", remedy=_REMEDY) from error
    if values.ndim != 2 or values.dtype != np.float32 or not np.isfinite(values).all():
        raise ResourceError(f"features {path} are damaged: not a table of finite float32 numbers", remedy=_REMEDY)
    return found
