"""Results are made in a hidden folder beside their place and moved there when all of them are whole.

A hidden folder is locked as long as its job lives, so that the next job can tell what a killed one left behind. Locks
are taken where the file system has them; elsewhere leftovers stay.
"""

import fcntl
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from vidsumm.errors import OutputError

__all__ = ["publish", "staging_folder"]

_OURS = re.compile(r"summary-\d+\.mp4|summary\.json|summary\.png")
_PREFIX = ".vidsumm-"
_RECORD = "summary.json"


@contextmanager
def staging_folder(folder: Path, *, overwrite: bool) -> Iterator[Path]:
    """A hidden folder inside `folder`, removed at the end; so are folders that were made for it and stay empty.

    Raises:
        OutputError: `folder` holds earlier results and `overwrite` is off, or it cannot be written to.
    """
    made = [path for path in (folder, *folder.parents) if not path.exists()]
    with ExitStack() as held:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            _require_room(folder, overwrite=overwrite)
            with _locked(folder, wait=True):  # a hidden folder without a lock yet must not look like a leftover
                _clear_leftovers(folder)
                staging = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=folder))
                held.enter_context(_locked(staging))
        except OSError as error:
            raise OutputError(
                f"cannot write into {folder}: {(error.strerror or str(error)).lower()}",
                remedy="choose another --output",
            ) from error
        try:
            yield staging
        finally:
            shutil.rmtree(staging, ignore_errors=True)
            with suppress(OSError):  # the first one that holds something stays, and so do those above it
                for path in made:
                    path.rmdir()


def publish(staging: Path, folder: Path, names: Sequence[str], *, overwrite: bool) -> tuple[Path, ...]:
    """Moves finished files into place, each in one step once it is on the disk; what an earlier job left there goes.

    Jobs that end at the same time take turns, and the record comes last: where it is, its summaries are.

    Raises:
        OutputError: a file cannot be moved, or another job was faster and `overwrite` is off.
    """
    ordered = sorted(names, key=lambda name: name == _RECORD)
    try:
        for name in ordered:
            _flush(staging / name)
        with _locked(folder, wait=True):
            _require_room(folder, overwrite=overwrite)
            for name in ordered:
                (staging / name).replace(folder / name)
            for path in folder.iterdir():
                if _OURS.fullmatch(path.name) and path.name not in names:
                    path.unlink()
        _flush(folder)
    except OSError as error:
        raise OutputError(f"cannot finish {folder}: {error}", remedy="check the folder") from error
    return tuple(folder / name for name in names)


def _require_room(folder: Path, *, overwrite: bool) -> None:
    if not overwrite and any(_OURS.fullmatch(path.name) for path in folder.iterdir()):
        raise OutputError(f"{folder} already holds summaries", remedy="choose another --output or pass --overwrite")


def _clear_leftovers(folder: Path) -> None:
    """Removes hidden folders whose jobs do not live any more."""
    for path in folder.glob(f"{_PREFIX}*"):
        with suppress(OSError):  # of a living job, or somebody else's
            if path.is_dir() and not path.is_symlink():
                with _locked(path, must=True):
                    shutil.rmtree(path, ignore_errors=True)


@contextmanager
def _locked(folder: Path, *, wait: bool = False, must: bool = False) -> Iterator[None]:
    """Holds the lock of a folder; without `must`, goes on without one where there are no locks to be had.

    Raises:
        OSError: the folder cannot be opened, or with `must` its lock is not to be had.
    """
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except OSError:
            if must:
                raise
        yield
    finally:
        os.close(handle)


def _flush(path: Path) -> None:
    """Has the system write a file or a folder to its disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
