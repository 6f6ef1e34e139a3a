"""Writes JSON that people can read, and reads it back into typed dataclasses."""

import dataclasses
import json
import math
import types
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

import numpy as np
from numpy.typing import NDArray

__all__ = ["StructureError", "parse", "render"]

T = TypeVar("T")

_LINE = 200
"""Longest line of anything but a list of numbers; a clip of a summary fits."""
_JSON_NAMES = {str: "text", int: "a whole number", float: "a number", bool: "true or false", list: "a list"}


class StructureError(ValueError):
    """A value has the wrong type, or JSON cannot hold it; the message names the place."""


def render(value: Any, where: str, indent: str = "") -> str:
    """Returns the JSON text of nested dictionaries, lists and tuples.

    Keys keep their order. A list of numbers is written on one line whatever its length, other values if they fit.

    Args:
        value: what to write.
        where: name of the value in errors.
        indent: spaces before each line.

    Raises:
        StructureError: a number is not finite.
    """
    if not isinstance(value, dict | list | tuple):
        return _render_scalar(value, where)
    deeper = indent + "  "
    if isinstance(value, dict):
        opening, closing = "{", "}"
        parts = [f"{_render_scalar(key, where)}: {render(v, f'{where}.{key}', deeper)}" for key, v in value.items()]
    else:
        opening, closing = "[", "]"
        parts = [render(item, f"{where}[{i}]", deeper) for i, item in enumerate(value)]
    line = opening + ", ".join(parts) + closing
    if _is_numeric(value) or ("\n" not in line and len(indent) + len(line) <= _LINE):
        return line
    return opening + "\n" + ",\n".join(deeper + part for part in parts) + "\n" + indent + closing


def parse(kind: type[T], value: object, where: str) -> T:
    """Returns an instance of `kind` from a value that `json.loads` returned.

    A kind may be `str`, `int`, `float`, `bool`, `X | None`, a tuple, `dict[str, X]`, a dataclass of these, or `Any`;
    also a `Literal` of texts, a `Fraction` or a `Path`, which JSON holds as text, and an array, which stands in the
    value as it is.

    Raises:
        StructureError: the value has the wrong type, or a field of a dataclass is missing or unknown.
    """
    return cast("T", _parse(kind, value, where))


def _is_numeric(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return all(_is_numeric(item) for item in value)
    return isinstance(value, int | float)


def _render_scalar(value: Any, where: str) -> str:
    if isinstance(value, float) and not math.isfinite(value):
        raise StructureError(f"{where} is {value}, which JSON cannot hold")
    text = json.dumps(value, ensure_ascii=False)
    # File names that are no valid Unicode carry lone surrogates, which UTF-8 cannot hold.
    return text if text.isprintable() else json.dumps(value)


def _parse(kind: Any, value: Any, where: str) -> Any:
    origin = get_origin(kind)
    if dataclasses.is_dataclass(kind):
        return _parse_object(cast("type", kind), value, where)
    if origin in (Union, types.UnionType):
        wanted = next(option for option in get_args(kind) if option is not type(None))
        return None if value is None else _parse(wanted, value, where)
    if origin is tuple:
        return _parse_list(get_args(kind), value, where)
    if origin in (dict, Mapping):
        items = _require(dict, value, where).items()
        return {key: _parse(get_args(kind)[1], item, f"{where}.{key}") for key, item in items}
    return value if kind is Any else _parse_single(kind, value, where)


def _parse_single(kind: Any, value: Any, where: str) -> Any:
    """Returns a value that holds no others, or an array."""
    if get_origin(kind) is Literal:
        if value not in get_args(kind):
            raise StructureError(f"{where} is {str(value)[:40]!r}, not one of {', '.join(get_args(kind))}")
        return value
    if kind in (Fraction, Path):
        return _parse_text(kind, value, where)
    dtype = _array_dtype(kind)
    if dtype is None:
        return _parse_scalar(kind, value, where)
    if not isinstance(value, np.ndarray) or value.dtype != dtype:
        raise StructureError(f"{where} is no array of {dtype}")
    return value


def _parse_text(kind: Any, value: Any, where: str) -> Any:
    try:
        return kind(_require(str, value, where))
    except (ValueError, ZeroDivisionError) as error:
        raise StructureError(f"{where} is {str(value)[:40]!r}, not a {kind.__name__.lower()}") from error


def _array_dtype(hint: Any) -> "np.dtype[Any] | None":
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


def _parse_object(kind: type, value: object, where: str) -> Any:
    found = _require(dict, value, where)
    hints = get_type_hints(kind)
    for name in sorted(hints.keys() ^ found.keys()):
        raise StructureError(f"{where}.{name} is {'missing' if name in hints else 'unknown'}")
    return kind(**{name: _parse(hint, found[name], f"{where}.{name}") for name, hint in hints.items()})


def _parse_list(kinds: tuple[Any, ...], value: object, where: str) -> tuple[Any, ...]:
    found = _require(list, value, where)
    if kinds[-1] is Ellipsis:
        kinds = kinds[:1] * len(found)
    if len(kinds) != len(found):
        raise StructureError(f"{where} has {len(found)} items, not {len(kinds)}")
    return tuple(_parse(kind, item, f"{where}[{i}]") for i, (kind, item) in enumerate(zip(kinds, found, strict=True)))


def _parse_scalar(kind: type, value: object, where: str) -> Any:
    if kind is not float or type(value) is not int:
        _require(kind, value, where)
    if kind is not float:
        return value
    number = float(cast("float", value))
    if not math.isfinite(number):
        raise StructureError(f"{where} is {value}, not a finite number")
    return number


def _require(kind: type[T], value: object, where: str) -> T:
    if type(value) is not kind:
        raise StructureError(f"{where} is {str(value)[:40]!r}, not {_JSON_NAMES.get(kind, 'an object')}")
    return value
