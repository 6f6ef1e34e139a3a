"""HDF5 files of strangers: only what lies in the file itself is read, and sizes are known before memory is taken.

HDF5 lets a file point into other files (links, virtual and external data sets); nothing of that kind is followed.
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

__all__ = ["DAMAGE", "array_of", "copy_own", "has", "is_own", "member", "one_line", "open_hdf5", "refusing", "text_of"]

DAMAGE = (KeyError, ValueError, TypeError, IndexError, OSError, RuntimeError, MemoryError)
"""What reading a damaged or foreign file can raise."""

MAX_ARRAY_BYTES = 1 << 30
"""No video of a benchmark comes near: a day at 2 fps with 1024 channels takes 0.7 GiB."""
_MAX_TEXT_BYTES = 1 << 16


@contextmanager
def open_hdf5(path: Path) -> Iterator[Any]:
    """The file, open for reading.

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
def refusing(path: Path, what: str, remedy: str) -> Iterator[None]:
    """Turns what damaged files raise into `InputError`."""
    try:
        yield
    except DAMAGE as error:
        raise InputError(f"{path}: {what}: {one_line(error)}", remedy=remedy) from error


def one_line(error: BaseException) -> str:
    """The message of an error on one line; without the quotes that `KeyError` puts around it."""
    text = error.args[0] if isinstance(error, KeyError) and error.args else error
    return " ".join(str(text).split())


def is_own(group: Any, name: str) -> bool:
    """Whether a name stands for something inside the file, not for a link that may lead out of it."""
    return isinstance(group.get(name, getlink=True), h5py.HardLink)


def has(group: Any, name: str) -> bool:
    """Whether there is such a name, whatever it stands for; nothing is followed to find out."""
    return group.get(name, getlink=True) is not None


def member(group: Any, name: str) -> Any:
    """A data set whose values lie in the file itself.

    Raises:
        KeyError: there is none of this name.
        TypeError: a group, or values that lie elsewhere.
    """
    if not is_own(group, name):
        raise KeyError(f"{name} is a link, not data" if has(group, name) else f"{name} is missing")
    found = group[name]
    if not isinstance(found, h5py.Dataset) or found.is_virtual or found.external:
        raise TypeError(f"{name} is no data set of the file itself")
    return found


def array_of(group: Any, name: str, ndim: int) -> NDArray[Any]:
    """The numbers of a data set, in the type that they are stored in.

    Raises:
        KeyError, TypeError: see `member`.
        ValueError: no numbers, another number of dimensions, or more than `MAX_ARRAY_BYTES`.
    """
    stored = member(group, name)
    if stored.dtype.kind not in "iufb":
        raise ValueError(f"{name} holds no numbers")
    if stored.shape is None or len(stored.shape) != ndim:
        raise ValueError(f"{name} has the shape {stored.shape}, not {ndim} dimensions")
    chunk = math.prod(stored.chunks) * stored.dtype.itemsize if stored.chunks else 0
    if max(stored.nbytes, chunk) > MAX_ARRAY_BYTES:
        raise ValueError(f"{name} is of an impossible size, {stored.shape}")
    return np.asarray(stored[()])


def text_of(group: Any, name: str) -> str:
    """The text of a scalar data set; bytes that are no UTF-8 are replaced.

    Raises:
        KeyError, TypeError: see `member`.
        ValueError: no text.
    """
    stored = member(group, name)
    if stored.shape != () or stored.dtype.kind not in "OS" or stored.dtype.itemsize > _MAX_TEXT_BYTES:
        raise ValueError(f"{name} is no text")
    value = stored[()]
    if not isinstance(value, bytes):
        raise TypeError(f"{name} is no text")
    return value.decode("utf-8", "replace")


def copy_own(source: Any, target: Any, *, leave: frozenset[str] = frozenset()) -> None:
    """Copies a group's own data sets into another group, but those named in `leave`; links stay behind."""
    for name in source:
        try:
            found = member(source, name)
        except (KeyError, TypeError):
            continue
        if name not in leave:
            source.copy(found, target, name=name)
