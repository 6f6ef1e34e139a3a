"""Weight files: their digests, and the refusal of a file that is not the expected one."""

import hashlib
from pathlib import Path

from vidsumm.errors import ResourceError

__all__ = ["file_sha256", "require_digest"]


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, 64 hexadecimal digits.

    Raises:
        ResourceError: the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        reason = error.strerror or str(error)
        raise ResourceError(f"weights {path} cannot be read: {reason}", remedy="check the path") from error


def require_digest(path: Path, expected: str, *, remedy: str) -> str:
    """The SHA-256 of `path`, once it is known to begin with `expected`.

    Raises:
        ResourceError: the file cannot be read, or its digest is another one.
    """
    found = file_sha256(path)
    if not found.startswith(expected):
        raise ResourceError(
            f"weights {path} are damaged or not the expected ones (SHA-256 {found[:12]}, wanted {expected[:12]})",
            remedy=remedy,
        )
    return found
