"""Which videos train a network, which choose its epoch and which test it.

*Folds* divide the videos into parts, each of which is the test side once, without validation videos (5FCV). *TVT*
splits are 70 % train, 10 % validation, 20 % test. `split_files` reads the splits that others have published.

A setting says what else is trained on: *canonical* nothing, *augmented* other data sets too, *transfer* the other data
sets alone.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np

from vidsumm.errors import ConfigError, InputError

__all__ = ["Setting", "Split", "apply_setting", "augment", "k_folds", "transfer_split", "tvt_splits"]

Setting = Literal["canonical", "augmented", "transfer"]

_OTHERS_REMEDY = "give the features of another data set to train on"


@dataclass(frozen=True)
class Split:
    """Keys of the videos on each side; no video is on two sides."""

    train: tuple[str, ...]
    validation: tuple[str, ...]
    """Empty in protocols that have none."""
    test: tuple[str, ...]
    name: str = ""


def k_folds(keys: Sequence[str], folds: int, seed: int) -> list[Split]:
    """Returns random folds whose test sides are disjoint and cover all videos.

    Raises:
        InputError: there are fewer videos than folds, or fewer than two folds.
    """
    if not 2 <= folds <= len(keys):
        raise InputError(f"{len(keys)} videos cannot be divided into {folds} folds", remedy="give 2 folds or more")
    order = np.random.default_rng(seed).permutation(len(keys))
    parts = [{keys[i] for i in part} for part in np.array_split(order, folds)]
    return [
        Split(tuple(k for k in keys if k not in part), (), tuple(k for k in keys if k in part), f"fold {number}")
        for number, part in enumerate(parts, 1)
    ]


def tvt_splits(keys: Sequence[str], seeds: int = 5) -> list[Split]:
    """Returns random 7:1:2 splits, one for each seed from 0: the same videos always give the same splits.

    Args:
        keys: at least three; their order does not matter.
        seeds: number of splits.

    Raises:
        InputError: there are fewer than three videos.
    """
    if len(keys) < 3:
        raise InputError(f"{len(keys)} videos cannot be split 7:1:2", remedy="give three videos or more")
    return [_tvt_split(keys, seed) for seed in range(seeds)]


def augment(split: Split, others: Iterable[str]) -> Split:
    """Returns the split with all videos of other data sets added to its training side."""
    known = {*split.train, *split.validation, *split.test}
    train = split.train + tuple(k for k in others if k not in known)
    return replace(split, train=train, name=f"{split.name} augmented")


def transfer_split(target: Sequence[str], others: Sequence[str]) -> Split:
    """Returns a split that trains on other data sets alone and tests on all videos of the target.

    Raises:
        InputError: a video is on both sides.
    """
    if set(others) & set(target):
        raise InputError("transfer: a video is both trained on and tested on", remedy=_OTHERS_REMEDY)
    return Split(tuple(others), (), tuple(target), "transfer")


def apply_setting(
    splits: Sequence[Split], setting: Setting, target: Sequence[str], others: Sequence[str] = ()
) -> list[Split]:
    """Returns the splits of a protocol in a setting.

    Args:
        splits: splits of the target data set.
        setting: canonical ignores `others`; transfer gives a single split, whatever the protocol.
        target: all videos of the target.
        others: all videos of the other data sets.

    Raises:
        ConfigError: no such setting.
        InputError: the setting needs other data sets and there are none, or they hold a video of the target.
    """
    if setting not in get_args(Setting):
        raise ConfigError(f"`setting={setting}`: no such setting", remedy="one of " + ", ".join(get_args(Setting)))
    if setting == "canonical":
        return list(splits)
    if not others:
        raise InputError(f"`setting={setting}`: no other data set is given", remedy=_OTHERS_REMEDY)
    if setting == "transfer":
        return [transfer_split(target, others)]
    return [augment(split, others) for split in splits]


def _tvt_split(keys: Sequence[str], seed: int) -> Split:
    order = np.random.default_rng(seed).permutation(len(keys))
    shuffled = [sorted(keys)[i] for i in order]
    test, validation = max(1, round(0.2 * len(keys))), max(1, round(0.1 * len(keys)))
    sides = shuffled[test + validation :], shuffled[test : test + validation], shuffled[:test]
    train, chosen, held_out = (tuple(k for k in keys if k in set(side)) for side in sides)
    return Split(train, chosen, held_out, f"seed {seed}")
