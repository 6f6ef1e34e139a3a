"""Results are written to a hidden folder inside the output folder and moved into place when all of them are complete.

The hidden folder is locked while its run is alive, so that the next run can recognize and remove what a killed run left
behind. On file systems without locks, such leftovers stay.
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

_RESULT = re.compile(r"summary-\d+\.mp4|summary\.json|summary\.png")
_PREFIX = ".vidsumm-"
_RECORD = "summary.json"


@contextmanager
def staging_folder(folder: Path, *, overwrite: bool) -> Iterator[Path]:
    """Creates a hidden folder inside `folder` and removes it at the end, with any parent folder that it left empty.

    Args:
        folder: the output folder, created if it does not exist.
        overwrite: whether earlier results in `folder` may be replaced.

    Yields:
        The hidden folder.

    Raises:
        OutputError: `folder` holds earlier results and `overwrite` is off, or it cannot be written to.
    """
    made = [path for path in (folder, *folder.parents) if not path.exists()]
    with ExitStack() as held:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            _require_no_results(folder, overwrite=overwrite)
            with _hold_lock(folder, wait=True):  # or another run takes the new folder, not yet locked, for a leftover
                _clear_leftovers(folder)
                staging = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=folder))
                held.enter_context(_hold_lock(staging))
        except OSError as error:
            raise OutputError(
                f"cannot write into {folder}: {(error.strerror or str(error)).lower()}",
                remedy="choose another `output`",
            ) from error
        try:
            yield staging
        finally:
            shutil.rmtree(staging, ignore_errors=True)
            with suppress(OSError):  # stops at the first folder that is not empty
                for path in made:
                    path.rmdir()


def publish(staging: Path, folder: Path, names: Sequence[str], *, overwrite: bool) -> tuple[Path, ...]:
    """Moves finished files into place and removes the results of an earlier run.

    Each file is flushed to the disk and then moved in one step. Runs that finish at the same time take turns. The
    record is moved last: if it is there, its summaries are complete.

    Args:
        staging: the hidden folder with the files.
        folder: the output folder.
        names: names of the files.
        overwrite: whether earlier results may be replaced.

    Returns:
        The paths of the files in `folder`, in the order of `names`.

    Raises:
        OutputError: a file cannot be moved, or another run finished first and `overwrite` is off.
    """
    ordered = sorted(names, key=lambda name: name == _RECORD)
    try:
        for name in ordered:
            _flush(staging / name)
        with _hold_lock(folder, wait=True):
            _require_no_results(folder, overwrite=overwrite)
            for name in ordered:
                (staging / name).replace(folder / name)
            for path in folder.iterdir():
                if _RESULT.fullmatch(path.name) and path.name not in names:
                    path.unlink()
        _flush(folder)
    except OSError as error:
        raise OutputError(f"cannot finish {folder}: {error}", remedy="check the folder") from error
    return tuple(folder / name for name in names)


def _require_no_results(folder: Path, *, overwrite: bool) -> None:
    if not overwrite and any(_RESULT.fullmatch(path.name) for path in folder.iterdir()):
        raise OutputError(f"{folder} already holds summaries", remedy="choose another `output`, or allow `overwrite`")


def _clear_leftovers(folder: Path) -> None:
    """Removes the hidden folders of runs that are no longer alive."""
    for path in folder.glob(f"{_PREFIX}*"):
        with suppress(OSError):  # its run is alive, or it belongs to another user
            if path.is_dir() and not path.is_symlink():
                with _hold_lock(path, must=True):
                    shutil.rmtree(path, ignore_errors=True)


@contextmanager
def _hold_lock(folder: Path, *, wait: bool = False, must: bool = False) -> Iterator[None]:
    """Holds the lock of a folder.

    Args:
        folder: the folder to lock.
        wait: wait for the lock if another process holds it.
        must: fail without the lock; otherwise go on without it.

    Raises:
        OSError: the folder cannot be opened, or `must` is set and the lock cannot be taken.
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
    """Makes the operating system write a file or folder to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
