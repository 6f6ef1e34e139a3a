"""The state of a run after an epoch, from which it goes on with the same results as without an interruption."""

import dataclasses
import hashlib
import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from vidsumm.errors import ConfigError, ResourceError
from vidsumm.files import write_bytes_atomic
from vidsumm.model.summdiff import SummDiff
from vidsumm.training.recipe import Recipe
from vidsumm.training.runlog import EpochReport
from vidsumm.training.videos import VideoSource

__all__ = ["STATE_NAME", "TrainingState", "load_state", "save_state"]

STATE_NAME = "state.pt"
_SCHEMA = "vidsumm.training/1"


@dataclass
class TrainingState:
    """Everything that changes during a run. Random numbers are not part of it: they depend only on seed and epoch."""

    model: SummDiff
    average: SummDiff
    """Exponential moving average of the weights."""
    best: SummDiff
    """`average` as it was at the best validation."""
    optimizer: torch.optim.Optimizer
    rate: torch.optim.lr_scheduler.LambdaLR
    epoch: int = 0
    """Number of epochs done."""
    best_epoch: int = 0
    """Epoch of `best`; 0 before the first validation."""
    history: list[EpochReport] = field(default_factory=list)


_PARTS = ("model", "average", "best", "optimizer", "rate")


def save_state(folder: Path, state: TrainingState, recipe: Recipe, videos: VideoSource) -> None:
    """Writes ``state.pt`` atomically.

    Raises:
        OutputError: it cannot be written.
    """
    content: dict[str, Any] = {part: getattr(state, part).state_dict() for part in _PARTS}
    content |= {"schema": _SCHEMA, "run": _run_digest(recipe, videos), "epoch": state.epoch}
    content |= {"best_epoch": state.best_epoch, "history": [dataclasses.astuple(row) for row in state.history]}
    buffer = io.BytesIO()
    torch.save(content, buffer)
    write_bytes_atomic(folder / STATE_NAME, buffer.getvalue())


def load_state(folder: Path, state: TrainingState, recipe: Recipe, videos: VideoSource) -> None:
    """Loads a saved state into `state`; does nothing where none is saved.

    Raises:
        ConfigError: it belongs to another recipe or to other videos.
        ResourceError: it is damaged.
    """
    path = folder / STATE_NAME
    if not path.is_file():
        return
    try:
        content = torch.load(path, map_location=state.model.null_features.device, weights_only=True)
        if content["schema"] != _SCHEMA:
            raise ValueError(content["schema"])
        same = content["run"] == _run_digest(recipe, videos)
    except Exception as error:  # torch.load raises almost any error for a damaged file
        raise _damage_error(path) from error
    if not same:
        remedy = "choose another folder, or allow `overwrite` to start again"
        raise ConfigError(f"{folder} holds a run of another recipe or of other data", remedy=remedy)
    try:
        _restore(state, content)
    except (KeyError, RuntimeError, TypeError, ValueError) as error:
        raise _damage_error(path) from error


def _restore(state: TrainingState, content: dict[str, Any]) -> None:
    for part in _PARTS:
        getattr(state, part).load_state_dict(content[part])
    state.epoch, state.best_epoch = int(content["epoch"]), int(content["best_epoch"])
    state.history[:] = [EpochReport(*row) for row in content["history"]]


def _run_digest(recipe: Recipe, videos: VideoSource) -> str:
    """Returns a digest of what makes a run: its recipe, the lengths of all videos, and the first and last video."""
    digest = hashlib.sha256(repr(dataclasses.astuple(recipe)).encode())
    digest.update(np.ascontiguousarray(videos.lengths).tobytes())
    for i in (0, len(videos) - 1):
        video = videos[i]
        digest.update(np.ascontiguousarray(video.features).tobytes())
        digest.update(np.ascontiguousarray(video.scores).tobytes())
    return digest.hexdigest()


def _damage_error(path: Path) -> ResourceError:
    return ResourceError(f"{path} is damaged", remedy="allow `overwrite` to start again")
