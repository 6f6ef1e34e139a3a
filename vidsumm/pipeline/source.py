"""The video of a job: what its container says, and which file it is."""

from dataclasses import dataclass
from pathlib import Path

from vidsumm.config import LimitConfig
from vidsumm.files import file_sha256
from vidsumm.video.info import VideoInfo
from vidsumm.video.probe import probe

__all__ = ["Source", "read_source"]


@dataclass(frozen=True, eq=False)
class Source:
    """A probed file."""

    info: VideoInfo
    sha256: str
    """Of the whole file."""
    stamp: tuple[int, int]
    """Its size and time of change before it was read."""

    def is_unchanged(self) -> bool:
        """Whether the file is still the one that was read: a recording may go on while it is summarized."""
        try:
            return _stamp(self.info.path) == self.stamp
        except OSError:
            return False


def read_source(path: Path, limits: LimitConfig) -> Source:
    """Probes a video and takes its digest.

    Raises:
        InputError: the file is missing, unreadable, no video, or exceeds a limit.
    """
    info = probe(path, limits)
    stamp = _stamp(path)
    return Source(info, file_sha256(path), stamp)


def _stamp(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_size, status.st_mtime_ns
