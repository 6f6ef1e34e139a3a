"""Stopping a call that another thread has started."""

import threading

from vidsumm.errors import CancelledError

__all__ = ["CancelToken"]


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
