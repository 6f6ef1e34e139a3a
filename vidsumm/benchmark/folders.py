"""Folders of results."""

from pathlib import Path

from vidsumm.errors import OutputError

__all__ = ["make_folder"]


def make_folder(folder: Path) -> None:
    """Creates a folder and its parents where they are missing.

    Raises:
        OutputError: it cannot be created.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot make {folder}", remedy="choose another --output folder") from error
