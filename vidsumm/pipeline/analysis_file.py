"""Keeps an analysis in a file: a nested dataclass as JSON, its arrays beside it (see `vidsumm.array_file`)."""

import dataclasses
import types
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

import numpy as np
from numpy.typing import NDArray

from vidsumm.array_file import DamagedError, Entry, pack, read
from vidsumm.errors import ConfigError, InputError
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
        return cast("T", _from_plain(kind, entry.facts, entry.arrays, ""))
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


def _from_plain(kind: Any, value: Any, arrays: Mapping[str, NDArray[Any]], where: str) -> Any:
    origin, options = get_origin(kind), get_args(kind)
    if dataclasses.is_dataclass(kind):
        return _object(cast("type", kind), value, arrays, where)
    if origin in (Union, types.UnionType):
        wanted = next(option for option in options if option is not type(None))
        return None if value is None else _from_plain(wanted, value, arrays, where)
    if origin is Literal:
        _require(value in options, where)
        return value
    if origin is tuple:
        items = _typed(list, value, where)
        kinds = options[:1] * len(items) if options[-1] is Ellipsis else options
        _require(len(kinds) == len(items), where)
        return tuple(
            _from_plain(k, item, arrays, f"{where}.{i}") for i, (k, item) in enumerate(zip(kinds, items, strict=True))
        )
    if origin is not None and issubclass(origin, Mapping):
        found = _typed(dict, value, where)
        return {key: _from_plain(options[1], item, arrays, f"{where}.{key}") for key, item in found.items()}
    return _scalar(kind, value, where)


def _object(kind: type, value: Any, arrays: Mapping[str, NDArray[Any]], where: str) -> Any:
    found, hints = _typed(dict, value, where), get_type_hints(kind)
    dtypes = {name: _array_dtype(hint) for name, hint in hints.items()}
    _require(found.keys() == {name for name, dtype in dtypes.items() if dtype is None}, where)
    fields = {}
    for name, hint in hints.items():
        place, dtype = f"{where}.{name}".lstrip("."), dtypes[name]
        if dtype is None:
            fields[name] = _from_plain(hint, found[name], arrays, place)
        else:
            fields[name] = _array(dtype, arrays.get(place), place)
    return kind(**fields)


def _array_dtype(hint: Any) -> np.dtype[Any] | None:
    """Returns the type of the values of an array with this annotation; None if it is no array's."""
    origin, options = get_origin(hint), get_args(hint)
    if origin is np.ndarray:
        kind = get_args(options[1])[0]
    elif origin is NDArray:  # from Python 3.12 on, NumPy's alias keeps its name
        kind = options[0]
    else:
        return None
    dtype: np.dtype[Any] = np.dtype(kind)
    return dtype


def _array(dtype: np.dtype[Any], found: NDArray[Any] | None, where: str) -> NDArray[Any]:
    if found is None or found.dtype != dtype:
        raise DamagedError(f"{where} is not what it should be")
    return found


def _scalar(kind: type, value: Any, where: str) -> Any:
    if kind in (Fraction, Path):
        try:
            return kind(_typed(str, value, where))
        except (ValueError, ZeroDivisionError) as error:
            raise DamagedError(f"{where} is not what it should be") from error
    if kind is float and type(value) is int:
        return float(value)
    return _typed(kind, value, where)


def _typed(kind: type[T], value: Any, where: str) -> T:
    _require(type(value) is kind, where)
    return cast("T", value)


def _require(condition: bool, where: str) -> None:
    if not condition:
        raise DamagedError(f"{where or 'its content'} is not what it should be")
