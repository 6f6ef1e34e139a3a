"""Writes files completely or not at all, and computes their digests."""

import errno
import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vidsumm.errors import OutputError

__all__ = [
    "atomic_write",
    "file_identity",
    "file_sha256",
    "make_folder",
    "require_free",
    "write_bytes_atomic",
    "write_text_atomic",
]

_REMEDIES = {
    errno.EACCES: "choose another `output` folder or allow writing to this one",
    errno.EPERM: "choose another `output` folder or allow writing to this one",
    errno.EROFS: "choose an `output` folder on a disk that can be written",
    errno.ENOSPC: "free some space or choose an `output` folder on another disk",
    errno.EDQUOT: "free some space or choose an `output` folder on another disk",
    errno.EFBIG: "choose an `output` folder on a disk that takes larger files",
    errno.EISDIR: "remove that folder or choose another `output` folder",
    errno.ENOENT: "create the folder first or choose another `output` folder",
    errno.ENOTDIR: "choose an `output` folder that is not a file",
    errno.ENAMETOOLONG: "choose a shorter name",
}
_HASHED_BYTES = 2 << 30
_BLOCK_BYTES = 1 << 20
_DISK_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Yields a hidden file beside `path` and moves it to `path` when the block ends without an error.

    The file exists (empty) from the start, so that a folder that cannot be written to is found before any work is
    done. It has the suffix of `path` and may be opened as often as needed. If the block raises, the hidden file is
    removed and whatever was at `path` stays untouched.

    Raises:
        OutputError: the folder is missing or not writable, the disk is full, or `path` is a directory. An `OSError` of
            the block that concerns neither the hidden file nor a full disk is not converted.
    """
    # not derived from the target's name, which may already be as long as the file system allows
    temporary = path.with_name(f".vidsumm-{secrets.token_hex(6)}{path.suffix}")
    with _convert_errors(path):
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        temporary.open("xb").close()
    try:
        yield temporary
        with _convert_errors(path):
            _put_in_place(temporary, path)
    except OSError as error:
        if error.errno in _DISK_ERRORS or str(error.filename) == str(temporary):
            raise _output_error(path, error) from error
        raise
    finally:
        temporary.unlink(missing_ok=True)


def write_bytes_atomic(path: Path, data: bytes) -> None:
    """Writes `data` to `path`, completely or not at all.

    Raises:
        OutputError: see `atomic_write`.
    """
    with atomic_write(path) as temporary:
        temporary.write_bytes(data)


def write_text_atomic(path: Path, text: str) -> None:
    """Writes `text` to `path` as UTF-8, completely or not at all.

    Raises:
        OutputError: see `atomic_write`.
    """
    write_bytes_atomic(path, text.encode("utf-8"))


def require_free(output: Path, *, overwrite: bool) -> None:
    """Checks, before any work is done, that an output can be written: it does not exist yet and its folder does.

    Raises:
        OutputError: `output` exists and `overwrite` is not given, or its folder is missing.
    """
    if output.exists() and not overwrite:
        raise OutputError(f"{output} exists", remedy="choose another `output`, or allow `overwrite`")
    if not output.resolve().parent.is_dir():
        raise OutputError(f"{output.parent} is not a folder", remedy="make it first, or choose another `output`")


def make_folder(folder: Path) -> None:
    """Creates a folder and its parents where they are missing.

    Raises:
        OutputError: it cannot be created.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot make {folder}", remedy="choose another `output` folder") from error


def file_identity(path: Path) -> str:
    """Returns what identifies a file: its SHA-256, or size and time of change if hashing it would take minutes."""
    status = path.stat()
    return file_sha256(path) if status.st_size <= _HASHED_BYTES else f"{status.st_size} bytes, {status.st_mtime_ns}"


def file_sha256(path: Path, size: int | None = None) -> str:
    """Returns the SHA-256 of a file, 64 hexadecimal digits.

    Args:
        path: the file.
        size: number of bytes at its beginning that count; None for all.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        if size is None:
            return hashlib.file_digest(file, "sha256").hexdigest()
        digest = hashlib.sha256()
        while size > 0 and (block := file.read(min(size, _BLOCK_BYTES))):
            digest.update(block)
            size -= len(block)
        return digest.hexdigest()


def _put_in_place(temporary: Path, path: Path) -> None:
    with temporary.open("rb+") as written:
        os.fsync(written.fileno())
    temporary.replace(path)


@contextmanager
def _convert_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _output_error(path, error) from error


def _output_error(path: Path, error: OSError) -> OutputError:
    reason = (error.strerror or str(error)).lower()
    remedy = _REMEDIES.get(error.errno or 0, "choose another `output` folder")
    return OutputError(f"cannot write {path}: {reason}", remedy=remedy)
