"""Reads lengths of time as people write them."""

import re

__all__ = ["parse_duration"]

_NUMBER = r"(\d+(?:\.\d*)?|\.\d+)"
_DURATION = re.compile(rf"(?:{_NUMBER}h)?(?:{_NUMBER}m)?(?:{_NUMBER}s?)?")


def parse_duration(text: str) -> float:
    """Returns the seconds in a text such as ``90``, ``90s``, ``1m30s``, ``1.5m`` or ``1h``.

    Raises:
        ValueError: the text is none of these.
    """
    written = text.strip().lower()
    match = _DURATION.fullmatch(written)
    if not written or match is None:
        raise ValueError(f"{text!r} is not a length of time")
    hours, minutes, seconds = (float(part) if part else 0.0 for part in match.groups())
    return 3600 * hours + 60 * minutes + seconds
