import threading
from collections.abc import Iterator

import pytest

from vidsumm.prefetch import prefetch

NAME = "prefetching"


def same(numbers: Iterator[int]) -> Iterator[int]:
    return numbers


def is_running() -> bool:
    return any(thread.name == NAME for thread in threading.enumerate())


def count_to(end: int, seen: list[int]) -> Iterator[int]:
    """Numbers below `end`; notes in `seen` which ones were taken, and -1 when it is closed or ends."""
    try:
        for number in range(end):
            seen.append(number)
            yield number
    finally:
        seen.append(-1)


def test_items_come_prepared_and_in_order() -> None:
    found = prefetch(range(10), lambda numbers: (f"{n}" for n in numbers if n % 2), thread_name=NAME)
    assert list(found) == ["1", "3", "5", "7", "9"]
    assert not is_running()


def test_the_thread_stays_a_few_items_ahead() -> None:
    seen: list[int] = []
    leads = [len(seen) - taken for taken, _ in enumerate(prefetch(count_to(40, seen), same, thread_name=NAME), 1)]
    assert max(leads) <= 4  # two are ready, one is on its way, and the end is noted too


def test_an_error_comes_after_the_items_before_it() -> None:
    def fail(numbers: Iterator[int]) -> Iterator[int]:
        yield from numbers
        raise OSError("disk gone")

    items = prefetch(range(2), fail, thread_name=NAME)
    assert [next(items), next(items)] == [0, 1]
    with pytest.raises(OSError, match="disk gone"):
        next(items)


def test_closing_stops_the_thread_and_closes_the_source() -> None:
    seen: list[int] = []
    items = prefetch(count_to(1000, seen), same, thread_name=NAME)
    assert next(items) == 0
    items.close()
    assert not is_running()
    assert seen[-1] == -1
    assert len(seen) <= 6


def test_once_closed_it_does_not_read_on_to_complete_an_item() -> None:
    def prepare(numbers: Iterator[int]) -> Iterator[int]:
        yield next(numbers)
        yield sum(1 for _ in numbers)

    seen: list[int] = []
    items = prefetch(count_to(10**7, seen), prepare, thread_name=NAME)
    assert next(items) == 0
    items.close()
    assert len(seen) < 10**7
