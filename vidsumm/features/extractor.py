"""Runs a backbone over a stream of frames; the next frames are decoded while the network works on the current ones."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vidsumm.errors import DecodeError
from vidsumm.features.backbone import Backbone
from vidsumm.prefetch import prefetch

__all__ = ["extract", "rebatch"]


def rebatch(batches: Iterable[NDArray[np.uint8]], size: int) -> Iterator[NDArray[np.uint8]]:
    """Regroups (b, H, W, 3) arrays of any b into copies of `size` frames, the last one shorter; keeps the order."""
    pending: list[NDArray[np.uint8]] = []
    count = 0
    for batch in batches:
        start = 0
        while start < len(batch):
            pending.append(batch[start : start + size - count])
            start += len(pending[-1])
            count += len(pending[-1])
            if count == size:
                yield np.concatenate(pending)
                pending, count = [], 0
    if pending:
        yield np.concatenate(pending)


def extract(
    backbone: Backbone,
    batches: Iterable[NDArray[np.uint8]],
    *,
    total: int,
    batch_size: int,
    on_progress: Callable[[int], None],
) -> NDArray[np.float32]:
    """Extracts the features of every frame of a stream.

    Args:
        backbone: the network.
        batches: (b, H, W, 3) uint8 RGB, any b; iterated in a thread of its own, which closes it whatever happens.
        total: frames that `batches` holds altogether.
        batch_size: frames per network call.
        on_progress: called in the caller's thread after each network call, with the number of frames done so far.

    Returns:
        (total, D) float32 in the order of the frames, rows of unit length.

    Raises:
        DecodeError: there were more or fewer frames than `total`.
        Exception: whatever `batches` or `on_progress` raises.
    """
    features = np.empty((total, backbone.spec.dim), dtype=np.float32)
    done = 0
    pin = backbone.device.type == "cuda"  # page-locked memory is copied to a GPU while the CPU goes on

    def prepare(frames: Iterator[NDArray[np.uint8]]) -> Iterator[Tensor]:
        for batch in map(torch.from_numpy, rebatch(frames, batch_size)):
            yield batch.pin_memory() if pin else batch

    with closing(prefetch(batches, prepare, thread_name="vidsumm-frames")) as stream:
        for frames in stream:
            if done + len(frames) > total:
                raise DecodeError(f"more than the {total} expected frames were decoded", remedy="try `decoder=pyav`")
            features[done : done + len(frames)] = backbone(frames).numpy()
            done += len(frames)
            on_progress(done)
    if done < total:
        raise DecodeError(f"only {done} of {total} expected frames were decoded", remedy="try `decoder=pyav`")
    return features
