"""Where arrays lie in an HDF5 file. HDF5 reads one array at a time, whoever asks; bytes can be read side by side."""

import math
import os
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

__all__ = ["Block", "as_float32", "block_of", "read_block"]


@dataclass(frozen=True, slots=True)
class Block:
    """An array that lies in one piece, as it is."""

    offset: int
    """Bytes from the beginning of the file."""
    shape: tuple[int, ...]
    dtype: np.dtype[Any]


def block_of(stored: Any | None) -> Block | None:
    """Where an HDF5 data set lies, in a file without a user block; None where it is compressed, in pieces, or none."""
    if stored is None or stored.id.get_create_plist().get_nfilters():
        return None
    shape = stored.shape
    offset = stored.id.get_offset() if stored.chunks is None else _only_chunk(stored)
    return None if offset is None else Block(int(offset), tuple(map(int, shape)), stored.dtype)


def read_block(descriptor: int, block: Block) -> NDArray[Any]:
    """Reads an array from an open file; any number of threads may.

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


def as_float32(values: NDArray[Any]) -> NDArray[np.float32]:
    """The values as float32; of half precision by torch, which takes a seventh of NumPy's time."""
    if values.dtype == np.float16 and values.dtype.isnative:
        widened: NDArray[np.float32] = torch.from_numpy(values).float().numpy()
        return widened
    return np.asarray(values, dtype=np.float32)


def _only_chunk(stored: Any) -> int | None:
    if stored.chunks != stored.shape or stored.id.get_num_chunks() != 1:
        return None
    chunk = stored.id.get_chunk_info(0)
    return None if chunk.filter_mask else int(chunk.byte_offset)
