"""Keeps an analysis in a file: a nested dataclass as JSON, its arrays beside it (see `vidsumm.array_file`)."""

import dataclasses
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from vidsumm.array_file import DamagedError, Entry, pack, read
from vidsumm.errors import ConfigError, InputError
from vidsumm.export.jsontree import parse
from vidsumm.files import write_bytes_atomic

__all__ = ["FORMAT", "load", "save"]

T = TypeVar("T")

FORMAT = "vidsumm.analysis/1"
"""Name and version of the format; the number increases when a field is added, removed or changes its meaning."""


def save(value: Any, path: Path) -> None:
    """Writes a dataclass of plain values, arrays and dataclasses to `path`, completely or not at all.

    Raises:
        OutputError: the file cannot be written.
    """
    arrays: dict[str, NDArray[Any]] = {}
    facts = _to_plain(value, arrays, "")
    write_bytes_atomic(path, pack({"format": FORMAT}, Entry(arrays, facts)))


def load(kind: type[T], path: Path) -> T:
    """Reads an instance of the dataclass `kind` that `save` wrote; every field is checked against its type.

    Raises:
        InputError: the file cannot be read, or is damaged or something else.
    """
    remedy = "analyse the video again"
    try:
        entry = read(path, {"format": FORMAT})
        _put_back(entry.facts, entry.arrays)
        return parse(kind, entry.facts, "analysis")
    except OSError as error:
        raise InputError(f"cannot read {path}: {(error.strerror or str(error)).lower()}", remedy=remedy) from error
    except (DamagedError, ConfigError, ValueError) as error:
        raise InputError(f"{path} is no usable analysis: {error}", remedy=remedy) from error


def _to_plain(value: Any, arrays: dict[str, NDArray[Any]], where: str) -> Any:
    """Returns `value` as JSON has it and moves its arrays to `arrays`, under the name of their field."""
    if dataclasses.is_dataclass(value):
        names = [field.name for field in dataclasses.fields(value)]
        plain = {name: _to_plain(getattr(value, name), arrays, f"{where}.{name}".lstrip(".")) for name in names}
        return {name: item for name, item in plain.items() if not isinstance(getattr(value, name), np.ndarray)}
    if isinstance(value, np.ndarray):
        arrays[where] = value
        return None
    if isinstance(value, Mapping):
        return {str(key): _to_plain(item, arrays, f"{where}.{key}") for key, item in value.items()}
    if isinstance(value, tuple):
        return [_to_plain(item, arrays, f"{where}.{i}") for i, item in enumerate(value)]
    return str(value) if isinstance(value, Fraction | Path) else value


def _put_back(facts: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> None:
    """Puts arrays to the places in the facts from which `_to_plain` took them.

    Raises:
        DamagedError: there is no such place.
    """
    for name, array in arrays.items():
        *path, last = name.split(".")
        place: Any = facts
        for part in path:
            place = place.get(part) if isinstance(place, dict) else None
        if not isinstance(place, dict):
            raise DamagedError(f"{name} is unknown")
        place[last] = array
