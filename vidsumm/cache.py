"""Results of earlier runs on disk, keyed by everything they depend on, so that a second run computes only what changed.

An entry is one file ``KIND/KEY.safetensors`` (see `vidsumm.array_file`), which knows its kind and key. It is written
completely or not at all and never changed, so any number of processes may share a folder.
"""

import hashlib
import os
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import platformdirs

from vidsumm.array_file import DamagedError, Entry, canonical_json, pack, read
from vidsumm.config import CacheConfig
from vidsumm.errors import OutputError
from vidsumm.files import write_bytes_atomic

__all__ = ["KINDS", "Cache", "Kind", "Usage", "cache_folder", "key_of", "open_cache"]

Kind = Literal["features", "shots", "curves"]
KINDS: tuple[Kind, ...] = get_args(Kind)

_FORMAT = "vidsumm.cache/1"
"""The number increases when entries are stored differently, or the same settings give other values."""
_ENTRY = re.compile(r"[0-9a-f]{64}\.safetensors")
_UNFINISHED = re.compile(r"\.vidsumm-[0-9a-f]+\.safetensors")
_ABANDONED_S = 86_400.0  # an entry that has been unfinished for a day belongs to a process that was killed
_PRIVATE = 0o700


@dataclass(frozen=True)
class Usage:
    """Number and size of entries."""

    entries: int
    size_bytes: int


@dataclass(frozen=True)
class _File:
    path: Path
    kind: Kind
    size_bytes: int
    used_ns: int
    """When it was written or last read, nanoseconds."""


def cache_folder(config: CacheConfig) -> Path:
    """Returns the folder of the cache: the one in `config`, ``$VIDSUMM_CACHE``, or the user's cache folder."""
    chosen = config.cache_folder or os.environ.get("VIDSUMM_CACHE")
    return Path(chosen) if chosen else platformdirs.user_cache_path("vidsumm")


def key_of(kind: Kind, parts: Mapping[str, Any]) -> str:
    """Returns the key of a result, 64 hexadecimal digits.

    Args:
        kind: kind of the result.
        parts: everything that the result depends on, as JSON values; other values are used as text.
    """
    return hashlib.sha256(canonical_json({"format": _FORMAT, "kind": kind, **parts})).hexdigest()


class Cache:
    """Results of earlier runs.

    It never fails a run: what cannot be read counts as absent, and what cannot be stored is not stored.

    Args:
        folder: folder of the entries, created with the first one; None stores nothing and finds nothing.
        limit_bytes: largest size of all entries; the least recently used ones are removed first.
    """

    def __init__(self, folder: Path | None, limit_bytes: int) -> None:
        self.folder = folder
        self.limit_bytes = limit_bytes
        self._is_refused = False

    def get(self, kind: Kind, key: str, on_notice: Callable[[str], None]) -> Entry | None:
        """Returns the entry of a key, or None if there is none. A damaged entry counts as none and gives a notice."""
        if self.folder is None:
            return None
        path = _entry_path(self.folder, kind, key)
        try:
            entry = read(path, _identity(kind, key))
        except OSError:
            return None
        except DamagedError as error:
            on_notice(f"{kind} in the cache are {error} and are computed again ({path})")
            return None
        with suppress(OSError):  # another process may have removed it, or the folder is read-only
            os.utime(path)
        return entry

    def put(self, kind: Kind, entries: Mapping[str, Entry], on_notice: Callable[[str], None]) -> None:
        """Stores entries by key, except those larger than the limit.

        If the folder cannot be written to, there is one notice, and nothing more is stored.
        """
        if self.folder is None or self._is_refused:
            return
        try:
            for key, entry in entries.items():
                data = pack(_identity(kind, key), entry)
                if len(data) <= self.limit_bytes:
                    _write(_entry_path(self.folder, kind, key), data)
                else:
                    on_notice(
                        f"{kind} of {len(data) / 1e6:.1f} MB are not kept in the cache: `cache_limit_gb` is smaller"
                    )
            self._make_room(self.folder)
        except (OSError, OutputError) as error:
            self._is_refused = True
            on_notice(
                f"nothing is kept in the cache {self.folder}: {_reason(error)} "
                "(use another `cache_folder`, or `use_cache=False`)"
            )

    def usage(self) -> dict[Kind, Usage]:
        """Returns the number and size of the entries of each kind.

        Raises:
            OutputError: the folder cannot be read.
        """
        try:
            files = [] if self.folder is None else list(_files(self.folder))
        except OSError as error:
            raise self._unusable(error) from error
        return {kind: _total([file for file in files if file.kind == kind]) for kind in KINDS}

    def clear(self) -> Usage:
        """Removes all entries, and nothing else that may be in the folder; returns how much that was.

        Raises:
            OutputError: an entry cannot be removed.
        """
        if self.folder is None:
            return Usage(0, 0)
        try:
            files = list(_files(self.folder))
            for path in [file.path for file in files] + [path for path, _ in _list_unfinished(self.folder)]:
                path.unlink(missing_ok=True)
        except OSError as error:
            raise self._unusable(error) from error
        return _total(files)

    def _make_room(self, folder: Path) -> None:
        for path, written_s in _list_unfinished(folder):
            if time.time() - written_s > _ABANDONED_S:
                path.unlink(missing_ok=True)
        files = sorted(_files(folder), key=lambda file: file.used_ns)
        excess = _total(files).size_bytes - self.limit_bytes
        for file in files:
            if excess <= 0:
                break
            file.path.unlink(missing_ok=True)
            excess -= file.size_bytes

    def _unusable(self, error: OSError) -> OutputError:
        return OutputError(
            f"the cache {self.folder} cannot be used: {_reason(error)}", remedy="check the folder, or name another"
        )


def open_cache(config: CacheConfig) -> Cache:
    """Returns the cache of a run; with ``use_cache`` off it stores and finds nothing."""
    return Cache(cache_folder(config) if config.use_cache else None, round(config.cache_limit_gb * 1e9))


def _entry_path(folder: Path, kind: Kind, key: str) -> Path:
    return folder / kind / f"{key}.safetensors"


def _identity(kind: Kind, key: str) -> dict[str, str]:
    return {"format": _FORMAT, "kind": kind, "key": key}


def _write(path: Path, data: bytes) -> None:
    path.parent.parent.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
    path.parent.mkdir(mode=_PRIVATE, exist_ok=True)
    write_bytes_atomic(path, data)


def _find(folder: Path, pattern: re.Pattern[str]) -> Iterator[tuple[Path, Kind, os.stat_result]]:
    """Yields the files with matching names; those that other processes remove meanwhile are left out."""
    for kind in KINDS:
        with suppress(FileNotFoundError):
            for item in (folder / kind).iterdir():
                if pattern.fullmatch(item.name):
                    with suppress(FileNotFoundError):
                        yield item, kind, item.stat()


def _files(folder: Path) -> Iterator[_File]:
    for path, kind, status in _find(folder, _ENTRY):
        yield _File(path, kind, status.st_size, status.st_mtime_ns)


def _list_unfinished(folder: Path) -> list[tuple[Path, float]]:
    """Returns the files that are being written, or were when their process was killed, and when they last changed."""
    return [(path, status.st_mtime) for path, _, status in _find(folder, _UNFINISHED)]


def _total(files: Sequence[_File]) -> Usage:
    return Usage(len(files), sum(file.size_bytes for file in files))


def _reason(error: OSError | OutputError) -> str:
    cause = error.__cause__ if isinstance(error, OutputError) and error.__cause__ else error
    return (cause.strerror or str(cause)).lower() if isinstance(cause, OSError) else str(cause)
