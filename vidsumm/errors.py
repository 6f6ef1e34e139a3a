"""All errors that a user can meet, each with its exit code and a remedy.

====  ==================================================================
code  meaning
====  ==================================================================
0     everything asked for was written
1     an error inside vidsumm (a defect: please report it)
2     a bad option, value or configuration file
3     an input cannot be used (missing, not a video, damaged)
4     something the run needs is missing, damaged, too old or too new (ffmpeg,
      a library, weights, a checkpoint)
5     features and checkpoint do not belong together (``feature_id``)
6     an output cannot be written
7     some, but not all, of several inputs failed
130   interrupted (Ctrl-C), or cancelled by another thread
143   stopped by SIGTERM; 128 + N for another signal N
====  ==================================================================
"""

from functools import partial
from typing import Any, ClassVar

__all__ = [
    "CancelledError",
    "ConfigError",
    "DecodeError",
    "EncodeError",
    "FeatureMismatchError",
    "InputError",
    "OutputError",
    "PartialFailureError",
    "ResourceError",
    "VidsummError",
]


class VidsummError(Exception):
    """Base of all errors raised on purpose: what went wrong, where, and what to do about it.

    Args:
        what: one line that names the thing and what is wrong with it.
        remedy: one line that says what to do; empty where nothing can be done.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, what: str, *, remedy: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.what} ({self.remedy})" if self.remedy else self.what


class ConfigError(VidsummError):
    """A bad option, value or configuration file."""

    exit_code = 2


class InputError(VidsummError):
    """An input cannot be used: missing, not a video, damaged."""

    exit_code = 3


class DecodeError(InputError):
    """Frames of an input could not be decoded."""


class ResourceError(VidsummError):
    """ffmpeg, a library, weights or a checkpoint is missing, damaged or not the one expected."""

    exit_code = 4


class FeatureMismatchError(VidsummError):
    """Features and checkpoint carry different feature ids.

    Args:
        found: the ``feature_id`` at hand.
        expected: the ``feature_id`` the checkpoint was trained on.
        remedy: what to do about it.
    """

    exit_code = 5

    def __init__(self, found: str, expected: str, *, remedy: str) -> None:
        super().__init__(f"features are '{found}', but the checkpoint was trained on '{expected}'", remedy=remedy)
        self.found = found
        self.expected = expected

    def __reduce__(self) -> tuple[Any, ...]:
        """Returns how `pickle` makes the error again: from its arguments, not from its message."""
        return partial(FeatureMismatchError, remedy=self.remedy), (self.found, self.expected)


class OutputError(VidsummError):
    """An output cannot be written."""

    exit_code = 6


class EncodeError(OutputError):
    """ffmpeg failed while cutting."""


class PartialFailureError(VidsummError):
    """Some of several inputs failed; the others were summarized."""

    exit_code = 7


class CancelledError(VidsummError):
    """The call was cancelled, see `vidsumm.cancelling`."""

    exit_code = 130
