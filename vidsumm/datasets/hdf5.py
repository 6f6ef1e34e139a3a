"""Reading HDF5 files that may be damaged or hostile: sizes are checked first, links are not followed.

HDF5 lets a file point into other files (links, virtual and external data sets). Nothing of that kind is read, so a file
cannot make the program read another one.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from vidsumm.errors import InputError

__all__ = [
    "DAMAGE_ERRORS",
    "MAX_ARRAY_BYTES",
    "copy_own_datasets",
    "damage_as_input_error",
    "has_name",
    "is_hard_link",
    "one_line",
    "open_hdf5",
    "own_dataset",
    "read_array",
    "read_text",
]

DAMAGE_ERRORS = (KeyError, ValueError, TypeError, IndexError, OSError, RuntimeError, MemoryError)
"""What h5py and NumPy raise on damaged files and on files of another layout."""

MAX_ARRAY_BYTES = 1 << 30
"""Larger arrays are refused. No video of a benchmark comes near: a day at 2 fps with 1024 channels takes 0.7 GiB."""
_MAX_TEXT_BYTES = 1 << 16


@contextmanager
def open_hdf5(path: Path) -> Iterator[Any]:
    """Opens a file for reading, as a context manager.

    Raises:
        InputError: no such file, or not HDF5.
    """
    if not path.is_file():
        raise InputError(f"{path}: no such file", remedy="check the path")
    try:
        file = h5py.File(path, "r")
    except OSError as error:
        raise InputError(
            f"{path} is not a readable HDF5 file", remedy="make one with `vidsumm features`, or fetch it again"
        ) from error
    with file:
        yield file


@contextmanager
def damage_as_input_error(path: Path, what: str, remedy: str) -> Iterator[None]:
    """Turns the errors that damaged files raise inside the block into `InputError`.

    Args:
        path: the file, named in the message.
        what: what could not be read, for the message.
        remedy: what the user can do about it.
    """
    try:
        yield
    except DAMAGE_ERRORS as error:
        raise InputError(f"{path}: {what}: {one_line(error)}", remedy=remedy) from error


def one_line(error: BaseException) -> str:
    """Returns the message of an error on one line, without the quotes that `KeyError` puts around it."""
    text = error.args[0] if isinstance(error, KeyError) and error.args else error
    return " ".join(str(text).split())


def is_hard_link(group: Any, name: str) -> bool:
    """Returns whether a group holds the named object itself, not a soft or external link to another place."""
    return isinstance(group.get(name, getlink=True), h5py.HardLink)


def has_name(group: Any, name: str) -> bool:
    """Returns whether a group has an entry of this name, object or link; links are not followed."""
    return group.get(name, getlink=True) is not None


def own_dataset(group: Any, name: str) -> Any:
    """Returns the data set of this name, if its values lie in the file itself.

    Raises:
        KeyError: there is none of this name, or it is a link.
        TypeError: it is a group, or its values lie in another file.
    """
    if not is_hard_link(group, name):
        raise KeyError(f"{name} is a link, not data" if has_name(group, name) else f"{name} is missing")
    found = group[name]
    if not isinstance(found, h5py.Dataset) or found.is_virtual or found.external:
        raise TypeError(f"{name} is not a data set of the file itself")
    return found


def read_array(group: Any, name: str, ndim: int) -> NDArray[Any]:
    """Reads the numbers of a data set, in the type in which they are stored.

    Raises:
        KeyError, TypeError: see `own_dataset`.
        ValueError: not numbers, another number of dimensions, or more than `MAX_ARRAY_BYTES`.
    """
    stored = own_dataset(group, name)
    if stored.dtype.kind not in "iufb":
        raise ValueError(f"{name} holds no numbers")
    if stored.shape is None or len(stored.shape) != ndim:
        raise ValueError(f"{name} has the shape {stored.shape}, not {ndim} dimensions")
    chunk = math.prod(stored.chunks) * stored.dtype.itemsize if stored.chunks else 0
    if max(stored.nbytes, chunk) > MAX_ARRAY_BYTES:
        raise ValueError(f"{name} is of an impossible size, {stored.shape}")
    return np.asarray(stored[()])


def read_text(group: Any, name: str) -> str:
    """Reads the text of a scalar data set; bytes that are not UTF-8 are replaced.

    Raises:
        KeyError, TypeError: see `own_dataset`.
        ValueError: not a text.
    """
    stored = own_dataset(group, name)
    if stored.shape != () or stored.dtype.kind not in "OS" or stored.dtype.itemsize > _MAX_TEXT_BYTES:
        raise ValueError(f"{name} is not a text")
    value = stored[()]
    if not isinstance(value, bytes):
        raise TypeError(f"{name} is not a text")
    return value.decode("utf-8", "replace")


def copy_own_datasets(source: Any, target: Any, *, skip: frozenset[str] = frozenset()) -> None:
    """Copies the data sets of a group into another group, except those named in `skip`; links are not copied."""
    for name in source:
        try:
            found = own_dataset(source, name)
        except (KeyError, TypeError):
            continue
        if name not in skip:
            source.copy(found, target, name=name)
