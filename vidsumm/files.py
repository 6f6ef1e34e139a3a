"""Files that appear whole or not at all, and the digests of files."""

import errno
import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vidsumm.errors import OutputError

__all__ = ["atomic_write", "file_identity", "file_sha256", "require_free", "write_bytes_atomic", "write_text_atomic"]

_REMEDIES = {
    errno.EACCES: "choose another --output folder or allow writing to this one",
    errno.EPERM: "choose another --output folder or allow writing to this one",
    errno.EROFS: "choose an --output folder on a disk that can be written",
    errno.ENOSPC: "free some space or choose an --output folder on another disk",
    errno.EDQUOT: "free some space or choose an --output folder on another disk",
    errno.EFBIG: "choose an --output folder on a disk that takes larger files",
    errno.EISDIR: "remove that folder or choose another --output folder",
    errno.ENOENT: "create the folder first or choose another --output folder",
    errno.ENOTDIR: "choose an --output folder that is no file",
    errno.ENAMETOOLONG: "choose a shorter name",
}
_HASHED_BYTES = 2 << 30
_DISK_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Lends a hidden file beside `path` and moves it there when the block ends well.

    The file exists (empty) from the start, so a folder that cannot be written is found before any work is done. It has
    the suffix of `path`, and whoever writes it may open it as often as needed. When the block raises, it is removed and
    whatever stood at `path` stays untouched.

    Raises:
        OutputError: the folder is missing or not writable, the disk is full, or `path` is a directory. An `OSError` of
            the block that concerns neither the lent file nor a full disk passes through.
    """
    # Not made from the target's name, which may already be as long as the file system allows.
    temporary = path.with_name(f".vidsumm-{secrets.token_hex(6)}{path.suffix}")
    with _refusing(path):
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        temporary.open("xb").close()
    try:
        yield temporary
        with _refusing(path):
            _put_in_place(temporary, path)
    except OSError as error:
        if error.errno in _DISK_ERRORS or str(error.filename) == str(temporary):
            raise _refusal(path, error) from error
        raise
    finally:
        temporary.unlink(missing_ok=True)


def write_bytes_atomic(path: Path, data: bytes) -> None:
    """Writes `data` to `path` whole or not at all.

    Raises:
        OutputError: see `atomic_write`.
    """
    with atomic_write(path) as temporary:
        temporary.write_bytes(data)


def write_text_atomic(path: Path, text: str) -> None:
    """Writes `text` to `path` as UTF-8, whole or not at all.

    Raises:
        OutputError: see `atomic_write`.
    """
    write_bytes_atomic(path, text.encode("utf-8"))


def require_free(output: Path, *, overwrite: bool) -> None:
    """Refuses, before any work is done, an output that exists or has no folder.

    Raises:
        OutputError: `output` exists and `overwrite` is not given, or its folder is missing.
    """
    if output.exists() and not overwrite:
        raise OutputError(f"{output} exists", remedy="choose another --output or pass --overwrite")
    if not output.resolve().parent.is_dir():
        raise OutputError(f"{output.parent} is not a folder", remedy="make it first, or choose another --output")


def file_identity(path: Path) -> str:
    """What tells a file from others: its SHA-256, or size and time where reading it would take minutes."""
    status = path.stat()
    return file_sha256(path) if status.st_size <= _HASHED_BYTES else f"{status.st_size} bytes, {status.st_mtime_ns}"


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, 64 hexadecimal digits.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _put_in_place(temporary: Path, path: Path) -> None:
    with temporary.open("rb+") as written:
        os.fsync(written.fileno())
    temporary.replace(path)


@contextmanager
def _refusing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _refusal(path, error) from error


def _refusal(path: Path, error: OSError) -> OutputError:
    reason = (error.strerror or str(error)).lower()
    remedy = _REMEDIES.get(error.errno or 0, "choose another --output folder")
    return OutputError(f"cannot write {path}: {reason}", remedy=remedy)
