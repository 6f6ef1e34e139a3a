"""The source of a run: the probed video and the identity of its file."""

from dataclasses import dataclass, replace
from pathlib import Path

from vidsumm.config import LimitConfig
from vidsumm.errors import InputError
from vidsumm.files import file_sha256
from vidsumm.video.info import VideoInfo
from vidsumm.video.probe import probe

__all__ = ["Source", "read_source"]


@dataclass(frozen=True, eq=False)
class Source:
    """A probed video file."""

    info: VideoInfo
    sha256: str
    """SHA-256 of the file as large as it was when it was read, 64 hexadecimal digits."""
    stamp: tuple[int, int]
    """Size in bytes and time of the last change in nanoseconds, before the file was read."""

    def require_unchanged(self) -> None:
        """Checks that the file still holds what was read; a recording may have grown.

        Raises:
            InputError: it is missing, or it has changed.
        """
        path = self.info.path
        try:
            if self.is_unchanged() or file_sha256(path, self.stamp[0]) == self.sha256:
                return
        except OSError as error:
            raise InputError(f"{path}: {(error.strerror or str(error)).lower()}", remedy="check the path") from error
        raise InputError(f"{path} has changed since it was analysed", remedy="analyse it again")

    def at(self, path: Path) -> "Source":
        """Returns the same source at another place.

        Raises:
            InputError: the file there cannot be read, or is another one.
        """
        try:
            moved = Source(replace(self.info, path=path), self.sha256, _stamp(path))
            if moved.stamp[0] == self.stamp[0] and file_sha256(path) == self.sha256:
                return moved
        except OSError as error:
            raise InputError(f"{path}: {(error.strerror or str(error)).lower()}", remedy="check the path") from error
        raise InputError(f"{path} is not the video that was analysed", remedy="name that video, or analyse this one")

    def is_unchanged(self) -> bool:
        """Returns whether the file has not changed since it was read; a recording may still be growing."""
        try:
            return _stamp(self.info.path) == self.stamp
        except OSError:
            return False


def read_source(path: Path, limits: LimitConfig) -> Source:
    """Probes a video and computes its digest.

    Args:
        path: the video.
        limits: what is refused.

    Raises:
        InputError: the file is missing, unreadable, no video, or exceeds a limit.
    """
    info = probe(path, limits)
    stamp = _stamp(path)
    return Source(info, file_sha256(path, stamp[0]), stamp)


def _stamp(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_size, status.st_mtime_ns
