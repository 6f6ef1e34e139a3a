"""Which videos train, which choose the model and which are held out, by the field's protocols.

*5FCV*: five fixed folds without validation videos. *TVT*: 70 % train, 10 % validate, 20 % test, five random times.
*Mr. HiSum*: its own split. *Canonical* trains on the data set itself, *augmented* on other data sets too, *transfer* on
the others alone.
"""

import json
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np

from vidsumm.errors import ConfigError, InputError

__all__ = [
    "OfficialName",
    "Setting",
    "Split",
    "augmented",
    "in_setting",
    "k_folds",
    "mrhisum_split",
    "official_folds",
    "transfer",
    "tvt_splits",
]

OfficialName = Literal["summe", "tvsum"]
Setting = Literal["canonical", "augmented", "transfer"]

_OTHER_SPLIT = "use the split made for this data set"


@dataclass(frozen=True)
class Split:
    """Keys of the videos on each side; no video is on two sides."""

    train: tuple[str, ...]
    validation: tuple[str, ...]
    """Empty in protocols that have none."""
    test: tuple[str, ...]
    name: str = ""


def k_folds(keys: Sequence[str], folds: int, seed: int) -> list[Split]:
    """Random folds whose held-out parts are disjoint and cover all videos.

    Raises:
        InputError: fewer videos than folds, or fewer than two folds.
    """
    if not 2 <= folds <= len(keys):
        raise InputError(f"{len(keys)} videos cannot be divided into {folds} folds", remedy="give 2 folds or more")
    order = np.random.default_rng(seed).permutation(len(keys))
    parts = [{keys[i] for i in part} for part in np.array_split(order, folds)]
    return [_held_out(keys, part, f"fold {number}") for number, part in enumerate(parts, 1)]


def tvt_splits(keys: Sequence[str], seeds: int = 5) -> list[Split]:
    """Random 7:1:2 splits, one for each seed from 0: the same videos always give the same splits.

    Args:
        keys: at least three; their order does not matter.
        seeds: how many splits.

    Raises:
        InputError: fewer than three videos.
    """
    if len(keys) < 3:
        raise InputError(f"{len(keys)} videos cannot be split 7:1:2", remedy="give three videos or more")
    return [_one_tvt(keys, seed) for seed in range(seeds)]


def official_folds(source: Path | OfficialName, keys: Sequence[str]) -> list[Split]:
    """The folds of SumMe or TVSum, or those of a file; without validation videos.

    A file is JSON, ``{"folds": [...]}`` or a list; each fold has ``train`` and ``test``, or ``train_keys`` and
    ``test_keys`` as in the field's files, which put the name of their data file before the key.

    Args:
        source: ``"summe"``, ``"tvsum"``, or a file.
        keys: of the data; several files of one store put their name before it, which the folds need not.

    Raises:
        InputError: not such a file, a key that the data lacks or has twice, or a video on both sides.
    """
    rows = _known_folds(source) if isinstance(source, str) else _read_folds(source)
    return [_fold(str(source), number, row, keys) for number, row in enumerate(rows, 1)]


def mrhisum_split(path: Path, keys: Sequence[str]) -> Split:
    """Mr. HiSum's own split, of those of its videos that the data has.

    Args:
        path: its JSON file, with ``train_keys``, ``val_keys`` and ``test_keys``.
        keys: of the data; a part of Mr. HiSum will do, and the split's name then says so.

    Raises:
        InputError: not such a file, a video on two sides, or a side of which the data has nothing.
    """
    row = _load(path)
    names = ("train_keys", "val_keys", "test_keys")
    if not isinstance(row, dict) or not all(_is_names(row.get(name)) for name in names):
        raise InputError(f"{path} is not Mr. HiSum's split file", remedy=f"give JSON with {', '.join(names)}")
    wanted = [row[name] for name in names]
    whole = sum(map(len, wanted))
    if len(set().union(*wanted)) < whole:
        raise InputError(f"{path}: a video is on two sides", remedy=_OTHER_SPLIT)
    places = _places(keys)
    train, validation, test = (tuple(places[k][0] for k in side if len(places.get(k, ())) == 1) for side in wanted)
    if not (train and validation and test):
        raise InputError(f"{path}: the data lacks the videos of a whole side", remedy=_OTHER_SPLIT)
    found = len(train) + len(validation) + len(test)
    return Split(train, validation, test, "mrhisum" if found == whole else f"mrhisum, {found} of {whole} videos")


def augmented(split: Split, others: Iterable[str]) -> Split:
    """The split with all videos of other data sets on the training side."""
    held_out = {*split.validation, *split.test}
    known = {*split.train, *held_out}
    return replace(
        split, train=split.train + tuple(k for k in others if k not in known), name=f"{split.name} augmented"
    )


def transfer(target: Sequence[str], others: Sequence[str]) -> Split:
    """Trains on other data sets alone and tests on all videos of the target.

    Raises:
        InputError: there are no others, or a video is on both sides.
    """
    if not others or not target or set(others) & set(target):
        what = "no other data set is given" if not others else "a video is both trained on and tested on"
        raise InputError(f"transfer: {what}", remedy="give the features of another data set to train on")
    return Split(tuple(others), (), tuple(target), "transfer")


def in_setting(
    splits: Sequence[Split], setting: Setting, target: Sequence[str], others: Sequence[str] = ()
) -> list[Split]:
    """The splits of a protocol, as a setting uses them.

    Args:
        splits: of the target data set.
        setting: canonical ignores `others`; transfer has one split, whatever the protocol.
        target: all videos of the target.
        others: all videos of the other data sets.

    Raises:
        ConfigError: no such setting.
        InputError: there are no others where some are needed.
    """
    if setting not in get_args(Setting):
        raise ConfigError(f"--setting {setting}: no such setting", remedy="one of " + ", ".join(get_args(Setting)))
    if setting == "canonical":
        return list(splits)
    if setting == "transfer" or not others:
        return [transfer(target, others)]  # which refuses that there are no others
    return [augmented(split, others) for split in splits]


def _held_out(keys: Sequence[str], part: set[str], name: str) -> Split:
    return Split(tuple(k for k in keys if k not in part), (), tuple(k for k in keys if k in part), name)


def _one_tvt(keys: Sequence[str], seed: int) -> Split:
    order = np.random.default_rng(seed).permutation(len(keys))
    shuffled = [sorted(keys)[i] for i in order]
    test, validation = max(1, round(0.2 * len(keys))), max(1, round(0.1 * len(keys)))
    sides = shuffled[test + validation :], shuffled[test : test + validation], shuffled[:test]
    train, chosen, held_out = (tuple(k for k in keys if k in set(side)) for side in sides)
    return Split(train, chosen, held_out, f"seed {seed}")


def _known_folds(name: str) -> list[Any]:
    table = tomllib.loads((resources.files(__package__) / "official_folds.toml").read_text(encoding="utf-8"))
    if name not in table:
        raise InputError(f"no official folds of {name!r} are known", remedy="one of " + ", ".join(table))
    every = {video for fold in table[name] for video in fold}
    return [
        {side: [f"video_{n}" for n in sorted(part)] for side, part in (("train", every - set(fold)), ("test", fold))}
        for fold in table[name]
    ]


def _load(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path} is not a split file: {error}", remedy="give a JSON file") from error


def _read_folds(path: Path) -> list[Any]:
    value = _load(path)
    rows = value.get("folds") if isinstance(value, dict) else value
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise InputError(f"{path} is not a split file: no folds", remedy='give {"folds": [...]} as JSON')
    return rows


def _is_names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) for name in value)


def _fold(source: str, number: int, row: dict[str, Any], keys: Sequence[str]) -> Split:
    places = _places(keys)
    train, test = (_side(source, number, row, side, places) for side in ("train", "test"))
    if not train or not test or set(train) & set(test):
        what = f"fold {number} is empty or shares videos between its sides"
        raise InputError(f"{source}: {what}", remedy=_OTHER_SPLIT)
    return Split(train, (), test, f"fold {number}")


def _side(source: str, number: int, row: dict[str, Any], side: str, places: dict[str, list[str]]) -> tuple[str, ...]:
    names = row.get(side, row.get(f"{side}_keys"))
    if not _is_names(names):
        raise InputError(f"{source} is not a split file: fold {number} lacks {side}", remedy=_OTHER_SPLIT)
    return tuple(_resolve(source, name, places) for name in names or ())


def _places(keys: Iterable[str]) -> dict[str, list[str]]:
    """Keys of the data by themselves and by their last part."""
    places: dict[str, list[str]] = {}
    for key in keys:
        for name in {key, key.rpartition("/")[2]}:
            places.setdefault(name, []).append(key)
    return places


def _resolve(source: str, name: str, places: dict[str, list[str]]) -> str:
    found = places.get(name) or places.get(name.rpartition("/")[2], [])
    if len(found) != 1:
        what = f"unknown video {name!r}" if not found else f"video {name!r} is in several files"
        raise InputError(f"{source}: {what}", remedy=_OTHER_SPLIT)
    return found[0]
