"""Prefetching: a thread prepares the next few items while the caller works on the current one."""

import contextlib
import itertools
import queue
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

__all__ = ["prefetch"]

_READY = 2
"""Prepared items that may wait for the caller."""
_PUT_TIMEOUT_S = 0.1
"""How often a thread that waits for the caller looks whether it has been stopped."""

Source = TypeVar("Source")
Item = TypeVar("Item")


@dataclass(frozen=True)
class _End:
    """Put behind the last item; `error` is the exception that ended the iteration early, if any."""

    error: BaseException | None = None


def prefetch(
    source: Iterable[Source], prepare: Callable[[Iterator[Source]], Iterable[Item]], *, thread_name: str
) -> Generator[Item]:
    """Yields the items of ``prepare(source)`` in order, prepared by a thread that stays at most a few items ahead.

    An exception of `source` or `prepare` is raised here, after the items that came before it. Closing the generator
    stops the thread and waits for it; it then takes at most one more item from `source`.

    Args:
        source: iterated in the thread, which also closes it if it can be closed.
        prepare: makes items of the iterator over `source`, in the thread.
        thread_name: name of the thread.
    """
    ready: queue.Queue[Item | _End] = queue.Queue(_READY)
    stop = threading.Event()

    def put(item: Item | _End) -> None:
        while not stop.is_set():
            with contextlib.suppress(queue.Full):
                ready.put(item, timeout=_PUT_TIMEOUT_S)
                return

    def produce() -> None:
        end = _End()
        try:
            iterator: Any = iter(source)
            with contextlib.closing(iterator) if hasattr(iterator, "close") else contextlib.nullcontext():
                for item in prepare(itertools.takewhile(lambda _: not stop.is_set(), iterator)):
                    put(item)
                    if stop.is_set():
                        return
        except BaseException as error:  # noqa: BLE001 raised again in the caller's thread
            end = _End(error)
        put(end)

    # a daemon: a generator that was never closed does not keep the interpreter from ending
    thread = threading.Thread(target=produce, name=thread_name, daemon=True)
    thread.start()
    try:
        while not isinstance(item := ready.get(), _End):
            yield item
        if item.error is not None:
            raise item.error
    finally:
        stop.set()
        thread.join()
