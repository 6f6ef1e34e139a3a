"""Which videos train and which are held out."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vidsumm.errors import InputError

__all__ = ["Fold", "k_folds", "read_folds"]


@dataclass(frozen=True)
class Fold:
    """Keys of the training videos and of those held out."""

    train: tuple[str, ...]
    test: tuple[str, ...]


def k_folds(keys: Sequence[str], folds: int, seed: int) -> list[Fold]:
    """Random folds whose held-out parts are disjoint and cover all videos.

    Raises:
        InputError: fewer videos than folds, or fewer than two folds.
    """
    if not 2 <= folds <= len(keys):
        raise InputError(f"{len(keys)} videos cannot be divided into {folds} folds", remedy="give 2 folds or more")
    order = np.random.default_rng(seed).permutation(len(keys))
    parts = [{keys[i] for i in part} for part in np.array_split(order, folds)]
    return [Fold(tuple(k for k in keys if k not in p), tuple(k for k in keys if k in p)) for p in parts]


def read_folds(path: Path, keys: Sequence[str]) -> list[Fold]:
    """Folds of a JSON file ``{"folds": [{"train": [...], "test": [...]}, ...]}``, at least one.

    Raises:
        InputError: not such a file, a key that the data lacks, or a video on both sides.
    """
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))["folds"]
        folds = [Fold(tuple(map(str, row["train"])), tuple(map(str, row["test"]))) for row in rows]
        if not folds:
            raise ValueError("no folds")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path} is not a split file: {error}", remedy='give {"folds": [...]} as JSON') from error
    for fold in folds:
        unknown = {*fold.train, *fold.test} - set(keys)
        if unknown or set(fold.train) & set(fold.test) or not fold.train or not fold.test:
            what = (
                f"unknown video {min(unknown)!r}" if unknown else "a fold is empty or shares videos between its sides"
            )
            raise InputError(f"{path}: {what}", remedy="use the split made for this data set")
    return folds
