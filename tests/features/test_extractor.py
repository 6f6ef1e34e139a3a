import threading
from collections.abc import Callable, Iterator

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from torch import Tensor, nn

from vidsumm.errors import DecodeError
from vidsumm.features.backbone import Backbone, BackboneSpec
from vidsumm.features.extractor import extract, rebatch

Frames = NDArray[np.uint8]
SIZES = st.lists(st.integers(0, 9), max_size=8)


class Mean(nn.Module):
    """(B, 3, H, W) -> (B, 3); records the sizes of its batches."""

    def __init__(self) -> None:
        super().__init__()
        self.sizes: list[int] = []

    def forward(self, x: Tensor) -> Tensor:
        self.sizes.append(len(x))
        return x.mean(dim=(2, 3))


def mean_backbone() -> tuple[Backbone, Mean]:
    network = Mean()
    spec = BackboneSpec("inception-v3", 3, (4, 4), "none", "colour means", "none")
    return Backbone(spec, "0" * 64, torch.device("cpu"), "float32", network, lambda x: x), network


def numbered(sizes: list[int]) -> list[Frames]:
    """Batches of the given sizes; frame i has the colour (i + 1, 2, 3)."""
    colours = np.array([[i + 1, 2, 3] for i in range(sum(sizes))], dtype=np.uint8).reshape(-1, 1, 1, 3)
    frames = np.ascontiguousarray(np.broadcast_to(colours, (sum(sizes), 4, 4, 3)))
    return np.split(frames, np.cumsum(sizes)[:-1]) if sizes else []


class Source:
    """An iterator that records whether it was closed and which thread iterated it."""

    def __init__(self, batches: list[Frames], failure: BaseException | None = None) -> None:
        self.batches = iter(batches)
        self.failure = failure
        self.given = 0
        self.closed = False
        self.thread: threading.Thread | None = None

    def __iter__(self) -> Iterator[Frames]:
        return self

    def __next__(self) -> Frames:
        self.thread = threading.current_thread()
        batch = next(self.batches, None)
        if batch is None:
            raise self.failure or StopIteration
        self.given += 1
        return batch

    def close(self) -> None:
        self.closed = True


def ignore(done: int) -> None:
    """Does nothing with the progress."""


def raising(error: BaseException) -> Callable[[int], None]:
    def report(done: int) -> None:
        raise error

    return report


@settings(deadline=None, max_examples=50)
@given(SIZES, st.integers(1, 7))
def test_rebatching_keeps_all_frames_in_order(sizes: list[int], size: int) -> None:
    batches = numbered(sizes)
    regrouped = list(rebatch(batches, size))
    total = sum(sizes)
    assert [len(batch) for batch in regrouped] == [size] * (total // size) + [total % size] * (total % size > 0)
    assert [int(frame[0, 0, 0]) for batch in regrouped for frame in batch] == list(range(1, total + 1))
    assert not any(np.shares_memory(new, old) for new in regrouped for old in batches)


@settings(deadline=None, max_examples=25)
@given(SIZES, st.integers(1, 7))
def test_features_do_not_depend_on_batches(sizes: list[int], size: int) -> None:
    backbone, network = mean_backbone()
    total = sum(sizes)
    reports: list[int] = []
    found = extract(backbone, numbered(sizes), total=total, batch_size=size, on_progress=reports.append)
    expected = np.array([[i + 1, 2, 3] for i in range(total)], dtype=np.float32).reshape(-1, 3)
    np.testing.assert_allclose(found, expected / np.linalg.norm(expected, axis=1, keepdims=True), rtol=1e-6)
    assert found.dtype == np.float32
    assert reports == list(np.cumsum(network.sizes, dtype=int))


def test_the_source_is_iterated_in_a_thread_of_its_own_and_closed() -> None:
    source = Source(numbered([3, 3]))
    extract(mean_backbone()[0], source, total=6, batch_size=4, on_progress=ignore)
    assert source.closed
    assert source.thread is not threading.current_thread()
    assert source.thread is not None
    assert not source.thread.is_alive()


@pytest.mark.parametrize("total", [5, 7])
def test_another_number_of_frames_than_expected_is_an_error(total: int) -> None:
    source = Source(numbered([3, 3]))
    with pytest.raises(DecodeError, match=f"{total} expected"):
        extract(mean_backbone()[0], source, total=total, batch_size=2, on_progress=ignore)
    assert source.closed


@pytest.mark.parametrize("failure", [DecodeError("broken"), KeyboardInterrupt(), ValueError("odd")])
def test_errors_of_the_source_are_raised(failure: BaseException) -> None:
    source = Source(numbered([2, 2]), failure)
    with pytest.raises(type(failure)) as caught:
        extract(mean_backbone()[0], source, total=9, batch_size=2, on_progress=ignore)
    assert caught.value is failure
    assert source.closed


@pytest.mark.parametrize("failure", [KeyboardInterrupt(), ValueError("odd")])
@pytest.mark.parametrize("batches", [1, 50])
def test_errors_of_the_caller_stop_the_source(failure: BaseException, batches: int) -> None:
    source = Source(numbered([1] * batches))
    with pytest.raises(type(failure)):
        extract(mean_backbone()[0], source, total=batches, batch_size=1, on_progress=raising(failure))
    assert source.closed
    assert source.given <= 5  # one at work, two waiting, one on its way, one more at most
    assert source.thread is not None
    assert not source.thread.is_alive()


def test_the_source_is_at_most_a_few_frames_ahead() -> None:
    source = Source(numbered([1] * 40))
    leads: list[int] = []
    extract(
        mean_backbone()[0],
        source,
        total=40,
        batch_size=1,
        on_progress=lambda done: leads.append(source.given - done),
    )
    assert max(leads) <= 4


def test_frames_of_another_shape_are_refused() -> None:
    source = Source([np.zeros((2, 3, 4, 4), dtype=np.uint8)])
    with pytest.raises(ValueError, match="must be"):
        extract(mean_backbone()[0], source, total=2, batch_size=2, on_progress=ignore)
    assert source.closed
