"""Runs a backbone over a stream of frames, producing the next frames while the network works on the last."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, nullcontext, suppress
from itertools import takewhile
from queue import Empty, Queue
from threading import Event
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from vidsumm.errors import DecodeError
from vidsumm.features.backbones import Backbone

__all__ = ["extract", "rebatch"]

_AHEAD = 2  # batches that may wait for the network


def rebatch(batches: Iterable[NDArray[np.uint8]], size: int) -> Iterator[NDArray[np.uint8]]:
    """Regroups (b, H, W, 3) arrays of any b into copies of `size` frames, the last one shorter; order is kept."""
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


def _produce(
    batches: Iterable[NDArray[np.uint8]], size: int, pin: bool, queue: "Queue[Tensor | None]", stop: Event
) -> None:
    """Feeds the queue until the frames or the patience end; the iterator is closed and None put in any case."""
    try:
        iterator: Any = iter(batches)
        with closing(iterator) if hasattr(iterator, "close") else nullcontext():
            for frames in rebatch(takewhile(lambda _: not stop.is_set(), iterator), size):
                batch = torch.from_numpy(frames)
                queue.put(batch.pin_memory() if pin else batch)
                if stop.is_set():
                    return
    finally:
        queue.put(None)


@contextmanager
def _prefetched(batches: Iterable[NDArray[np.uint8]], size: int, *, pin: bool) -> Iterator[Iterator[Tensor]]:
    """Iterates `batches` in a thread, `_AHEAD` batches ahead at most; leaving the block ends that thread.

    The iterator's own exception comes out of the stream at the point where its frames end.
    """
    queue: Queue[Tensor | None] = Queue(_AHEAD)
    stop = Event()
    with ThreadPoolExecutor(1, thread_name_prefix="frames") as pool:
        producer = pool.submit(_produce, batches, size, pin, queue, stop)

        def stream() -> Iterator[Tensor]:
            while (batch := queue.get()) is not None:
                yield batch
            producer.result()

        try:
            yield stream()
        finally:
            stop.set()
            with suppress(Empty):  # room for the batch and the None that may still come
                while True:
                    queue.get_nowait()


def extract(
    backbone: Backbone,
    batches: Iterable[NDArray[np.uint8]],
    *,
    total: int,
    batch_size: int,
    on_progress: Callable[[int], None],
) -> NDArray[np.float32]:
    """Describes every frame of a stream.

    Args:
        backbone: the network.
        batches: (b, H, W, 3) uint8 RGB, any b; iterated in a thread of its own, and closed whatever happens.
        total: frames that `batches` holds altogether.
        batch_size: frames per network call.
        on_progress: told the number of frames described so far, after each call, in the caller's thread.

    Returns:
        (total, D) float32 in the order of the frames, rows of unit length.

    Raises:
        DecodeError: there were more or fewer frames than `total`.
        Exception: whatever `batches` or `on_progress` raises.
    """
    features = np.empty((total, backbone.spec.dim), dtype=np.float32)
    done = 0
    with _prefetched(batches, batch_size, pin=backbone.device.type == "cuda") as stream:
        for frames in stream:
            if done + len(frames) > total:
                raise DecodeError(f"more than the {total} expected frames were decoded", remedy="try --decoder pyav")
            features[done : done + len(frames)] = backbone(frames).numpy()
            done += len(frames)
            on_progress(done)
    if done < total:
        raise DecodeError(f"only {done} of {total} expected frames were decoded", remedy="try --decoder pyav")
    return features
