"""Stopping a call that another thread has started."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from vidsumm.errors import CancelledError

__all__ = ["Calls", "CancelToken"]


class CancelToken:
    """Tells a running call to stop. Any thread may cancel; once cancelled, a token stays so."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def cancel(self) -> None:
        """Asks the calls that were given this token to stop; they raise `CancelledError` at their next step."""
        self._event.set()

    @property
    def is_cancelled(self) -> bool:
        """Whether `cancel` was called."""
        return self._event.is_set()

    def check(self) -> None:
        """Does nothing unless the token is cancelled.

        Raises:
            CancelledError: it is cancelled.
        """
        if self.is_cancelled:
            raise CancelledError("cancelled")


class Calls:
    """The calls that are running, each with its token."""

    def __init__(self) -> None:
        self._running: set[CancelToken] = set()
        self._lock = threading.Lock()

    @contextmanager
    def begin(self) -> Iterator[CancelToken]:
        """Counts a call as running while the block runs, and yields its token."""
        token = CancelToken()
        with self._lock:
            self._running.add(token)
        try:
            yield token
        finally:
            with self._lock:
                self._running.discard(token)

    def cancel(self) -> None:
        """Cancels all calls that are running."""
        with self._lock:
            for token in self._running:
                token.cancel()
