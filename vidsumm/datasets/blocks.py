"""Reads arrays of an HDF5 file at their place in the file, without HDF5.

HDF5 reads one array at a time, whichever thread asks; plain reads of bytes run side by side.
"""

import math
import os
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Block", "find_block", "read_block"]


@dataclass(frozen=True, slots=True)
class Block:
    """Where an array lies that is stored uncompressed and in one piece."""

    offset: int
    """Bytes from the beginning of the file."""
    shape: tuple[int, ...]
    dtype: np.dtype[Any]


def find_block(stored: Any | None) -> Block | None:
    """Finds where the values of an HDF5 data set lie, in a file without a user block.

    Returns:
        The block; None where there is no data set, or it is compressed, in several pieces, or not yet written.
    """
    if stored is None or stored.id.get_create_plist().get_nfilters():
        return None
    shape = stored.shape
    offset = stored.id.get_offset() if stored.chunks is None else _single_chunk_offset(stored)
    return None if offset is None else Block(int(offset), tuple(map(int, shape)), stored.dtype)


def read_block(descriptor: int, block: Block) -> NDArray[Any]:
    """Reads an array from an open file; several threads may do so at the same time.

    Raises:
        OSError: the file cannot be read, or ends before the array does.
    """
    size = math.prod(block.shape) * block.dtype.itemsize
    buffer, done = bytearray(size), 0
    view = memoryview(buffer)
    while done < size:  # one call reads 2 GiB at most
        count = os.preadv(descriptor, [view[done:]], block.offset + done)
        if not count:
            raise OSError("the file is cut short")
        done += count
    return np.frombuffer(buffer, dtype=block.dtype).reshape(block.shape)


def _single_chunk_offset(stored: Any) -> int | None:
    if stored.chunks != stored.shape or stored.id.get_num_chunks() != 1:
        return None
    chunk = stored.id.get_chunk_info(0)
    return None if chunk.filter_mask else int(chunk.byte_offset)
