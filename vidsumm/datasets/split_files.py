"""Splits that others have published: the official folds of SumMe and TVSum, split files, and Mr. HiSum's own split."""

import json
import tomllib
from collections.abc import Iterable, Sequence
from importlib import resources
from pathlib import Path
from typing import Any, Literal

from vidsumm.datasets.splits import Split
from vidsumm.errors import InputError

__all__ = ["OfficialName", "mrhisum_split", "official_folds"]

OfficialName = Literal["summe", "tvsum"]

_OTHER_SPLIT = "use the split made for this data set"


def official_folds(source: Path | OfficialName, keys: Sequence[str]) -> list[Split]:
    """Returns the folds of SumMe or TVSum, or those of a file; they have no validation videos.

    A file is JSON, ``{"folds": [...]}`` or a list; each fold has ``train`` and ``test``, or ``train_keys`` and
    ``test_keys`` as in the field's files, which put the name of their data file before the key.

    Args:
        source: ``"summe"``, ``"tvsum"``, or a file.
        keys: keys of the data. A store of several files puts the file's name before each key; folds may leave it out.

    Raises:
        InputError: not such a file, a key that the data lacks or has twice, or a video on both sides.
    """
    rows = _known_folds(source) if isinstance(source, str) else _read_folds(source)
    by_name = _keys_by_name(keys)
    return [_fold(str(source), number, row, by_name) for number, row in enumerate(rows, 1)]


def mrhisum_split(path: Path, keys: Sequence[str]) -> Split:
    """Returns Mr. HiSum's own split, reduced to those of its videos that the data has.

    Args:
        path: its JSON file, with ``train_keys``, ``val_keys`` and ``test_keys``.
        keys: keys of the data; a part of Mr. HiSum is enough, and the split's name then says so.

    Raises:
        InputError: not such a file, a video on two sides, or a side of which the data has no video.
    """
    row = _load_json(path)
    names = ("train_keys", "val_keys", "test_keys")
    if not isinstance(row, dict) or not all(_is_text_list(row.get(name)) for name in names):
        raise InputError(f"{path} is not Mr. HiSum's split file", remedy=f"give JSON with {', '.join(names)}")
    wanted = [row[name] for name in names]
    total = sum(map(len, wanted))
    if len(set().union(*wanted)) < total:
        raise InputError(f"{path}: a video is on two sides", remedy=_OTHER_SPLIT)
    by_name = _keys_by_name(keys)
    train, validation, test = (tuple(by_name[k][0] for k in side if len(by_name.get(k, ())) == 1) for side in wanted)
    if not (train and validation and test):
        raise InputError(f"{path}: the data has no video of one of the sides", remedy=_OTHER_SPLIT)
    found = len(train) + len(validation) + len(test)
    return Split(train, validation, test, "mrhisum" if found == total else f"mrhisum, {found} of {total} videos")


def _known_folds(name: str) -> list[Any]:
    table = tomllib.loads((resources.files(__package__) / "official_folds.toml").read_text(encoding="utf-8"))
    if name not in table:
        raise InputError(f"no official folds of {name!r} are known", remedy="one of " + ", ".join(table))
    every = {video for fold in table[name] for video in fold}
    return [
        {side: [f"video_{n}" for n in sorted(part)] for side, part in (("train", every - set(fold)), ("test", fold))}
        for fold in table[name]
    ]


def _load_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path} is not a split file: {error}", remedy="give a JSON file") from error


def _read_folds(path: Path) -> list[Any]:
    value = _load_json(path)
    rows = value.get("folds") if isinstance(value, dict) else value
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise InputError(f"{path} is not a split file: no folds", remedy='give {"folds": [...]} as JSON')
    return rows


def _is_text_list(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) for name in value)


def _fold(source: str, number: int, row: dict[str, Any], by_name: dict[str, list[str]]) -> Split:
    train, test = (_side(source, number, row, side, by_name) for side in ("train", "test"))
    if not train or not test or set(train) & set(test):
        what = f"fold {number} has an empty side or the same video on both sides"
        raise InputError(f"{source}: {what}", remedy=_OTHER_SPLIT)
    return Split(train, (), test, f"fold {number}")


def _side(source: str, number: int, row: dict[str, Any], side: str, by_name: dict[str, list[str]]) -> tuple[str, ...]:
    names = row.get(side, row.get(f"{side}_keys"))
    if not _is_text_list(names):
        raise InputError(f"{source} is not a split file: fold {number} lacks {side}", remedy=_OTHER_SPLIT)
    return tuple(_find_key(source, name, by_name) for name in names or ())


def _keys_by_name(keys: Iterable[str]) -> dict[str, list[str]]:
    """Returns the keys of the data, under the whole key and under its part after the file's name."""
    by_name: dict[str, list[str]] = {}
    for key in keys:
        for name in {key, key.rpartition("/")[2]}:
            by_name.setdefault(name, []).append(key)
    return by_name


def _find_key(source: str, name: str, by_name: dict[str, list[str]]) -> str:
    found = by_name.get(name) or by_name.get(name.rpartition("/")[2], [])
    if len(found) != 1:
        what = f"unknown video {name!r}" if not found else f"video {name!r} is in several files"
        raise InputError(f"{source}: {what}", remedy=_OTHER_SPLIT)
    return found[0]
