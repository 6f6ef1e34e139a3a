"""Results are made in a hidden folder beside their place and moved there when all of them are whole."""

import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from vidsumm.errors import OutputError

__all__ = ["publish", "staging_folder"]

_OURS = re.compile(r"summary-\d+\.mp4|summary\.json|summary\.png")


@contextmanager
def staging_folder(folder: Path, *, overwrite: bool) -> Iterator[Path]:
    """A hidden folder inside `folder`, removed at the end; so are folders that were made for it and stay empty.

    Raises:
        OutputError: `folder` holds earlier results and `overwrite` is off, or it cannot be written to.
    """
    made = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not overwrite and any(_OURS.fullmatch(path.name) for path in folder.iterdir()):
            raise OutputError(f"{folder} already holds summaries", remedy="choose another --output or pass --overwrite")
        staging = Path(tempfile.mkdtemp(prefix=".vidsumm-", dir=folder))
    except OSError as error:
        raise OutputError(
            f"cannot write into {folder}: {(error.strerror or str(error)).lower()}", remedy="choose another --output"
        ) from error
    try:
        yield staging
    finally:
        shutil.rmtree(staging, ignore_errors=True)
        with suppress(OSError):  # the first one that holds something stays, and so do those above it
            for path in made:
                path.rmdir()


def publish(staging: Path, folder: Path, names: Sequence[str]) -> tuple[Path, ...]:
    """Moves finished files into place, each in one step; what an earlier job left there goes.

    Raises:
        OutputError: a file cannot be moved.
    """
    try:
        for name in names:
            (staging / name).replace(folder / name)
        for path in folder.iterdir():
            if _OURS.fullmatch(path.name) and path.name not in names:
                path.unlink()
    except OSError as error:
        raise OutputError(f"cannot finish {folder}: {error}", remedy="check the folder") from error
    return tuple(folder / name for name in names)
