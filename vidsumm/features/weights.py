"""Checks the digests of weight files."""

from pathlib import Path

from vidsumm.errors import ResourceError
from vidsumm.files import file_sha256

__all__ = ["require_digest"]


def require_digest(path: Path, expected: str, *, remedy: str) -> str:
    """Returns the SHA-256 of a weight file.

    Args:
        path: the file.
        expected: how its SHA-256 begins; empty where any file will do.
        remedy: what to do where it begins differently.

    Raises:
        ResourceError: the file cannot be read, or its SHA-256 does not begin with `expected`.
    """
    try:
        found = file_sha256(path)
    except OSError as error:
        reason = error.strerror or str(error)
        raise ResourceError(f"weights {path} cannot be read: {reason}", remedy="check the path") from error
    if not found.startswith(expected):
        raise ResourceError(
            f"weights {path} are damaged or not the expected ones (SHA-256 {found[:12]}, wanted {expected[:12]})",
            remedy=remedy,
        )
    return found
