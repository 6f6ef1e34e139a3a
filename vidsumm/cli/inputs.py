"""Turns the inputs on the command line into one task for each video, each with an output folder of its own."""

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from vidsumm.cli.wording import printable
from vidsumm.errors import InputError

__all__ = [
    "VIDEO_SUFFIXES",
    "Failure",
    "VideoTask",
    "distinct_names",
    "list_tasks",
    "video_files",
]

VIDEO_SUFFIXES = frozenset(
    {
        *(".3gp", ".avi", ".flv", ".m2ts", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg"),
        *(".mts", ".mxf", ".ogv", ".ts", ".vob", ".webm", ".wmv"),
    }
)
"""Suffixes by which a file in a folder counts as a video; a file named on the command line may have any."""

_SUMMARIES = Path("summaries")  # the default output folder for several videos


@dataclass(frozen=True)
class VideoTask:
    """One video to summarize."""

    source: Path
    output: Path
    """Folder for its summaries."""


@dataclass(frozen=True)
class Failure:
    """Inputs that could not be summarized, and why."""

    sources: tuple[Path, ...]
    """One input; several where they were to be summarized together."""
    error: Exception

    @property
    def subject(self) -> str:
        """The inputs in a few words."""
        return printable(self.sources[0]) if len(self.sources) == 1 else f"{len(self.sources)} videos together"


def list_tasks(inputs: Iterable[Path], output: Path | None) -> tuple[list[VideoTask], list[Failure]]:
    """Returns one task for each distinct video, in the order given, and the inputs that hold none.

    The summaries of a single file are written to `output` itself. Of several files, or of the videos in a folder, each
    gets its own folder in `output`.
    """
    inputs = list(inputs)
    sources: dict[Path, Path] = {}
    failures = []
    for given in inputs:
        try:
            sources |= {_identity(path): path for path in video_files(given) if _identity(path) not in sources}
        except InputError as error:
            failures.append(Failure((given,), error))
    videos = list(sources.values())
    names = list(distinct_names(videos))
    if not failures and len(videos) == 1 and not inputs[0].is_dir():
        return [VideoTask(videos[0], output or Path(f"{names[0]}-summary"))], []
    parent = _SUMMARIES if output is None else output
    return [VideoTask(path, parent / name) for path, name in zip(videos, names, strict=True)], failures


def video_files(given: Path) -> list[Path]:
    """Returns the file itself, or the video files directly inside a folder.

    Raises:
        InputError: the folder cannot be read or holds no video.
    """
    if not given.is_dir():
        return [given]
    try:
        found = sorted(path for path in given.iterdir() if _is_video(path))
    except OSError as error:
        raise InputError(f"{given}: cannot be read: {error.strerror}", remedy="allow reading this folder") from error
    if not found:
        raise InputError(
            f"{given}: no video files in this folder", remedy="name the files, or the folder that holds them"
        )
    return found


def distinct_names(paths: list[Path]) -> Iterator[str]:
    """Yields a folder name for each path: its stem without dots at its ends, numbered where another path has the same.

    Names that differ only in case count as the same, since some file systems do not tell them apart.
    """
    stems = [path.stem.strip(".") or "video" for path in paths]
    taken: set[str] = set()
    for stem in stems:
        numbered = (f"{stem}-{number}" for number in itertools.count(2))
        free = (name for name in numbered if name.casefold() not in taken | {other.casefold() for other in stems})
        name = stem if stem.casefold() not in taken else next(free)
        taken.add(name.casefold())
        yield name


def _is_video(path: Path) -> bool:
    is_hidden = path.name.startswith(".")  # among them the companion files that macOS leaves beside each video
    return not is_hidden and path.suffix.lower() in VIDEO_SUFFIXES and path.is_file()


def _identity(path: Path) -> Path:
    """Returns the path by which the same file is recognized under another name."""
    try:
        return path.resolve()
    except (OSError, RuntimeError):  # a loop of links, which is refused when it is opened
        return path
