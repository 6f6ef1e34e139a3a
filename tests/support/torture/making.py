"""Ways to make media that nobody wants to be given: by ffmpeg, by PyAV and by byte surgery."""

import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from tests.support.media import write_clip
from vidsumm.video.ffmpeg_binary import find_ffmpeg

__all__ = ["Make", "clip", "cut_short", "ffmpeg", "flipped", "growing", "renamed", "text", "twice"]

Make = Callable[[Path], None]
"""Makes a file, or whatever stands at that path."""

_SIZE = (96, 72)
_PICTURE = "testsrc2=size=96x72:rate=25:duration=4"
_SOUND = "sine=frequency=440:sample_rate=16000:duration=4"


def clip(**changes: object) -> Make:
    """A clip of three scenes in 4 s, with sound."""

    def make(path: Path) -> None:
        settings = {"seconds": 4, "fps": 25, "size": _SIZE} | changes
        write_clip(path, **settings)  # type: ignore[arg-type]  # as the cases say

    return make


def ffmpeg(*options: str, picture: str | None = _PICTURE, sound: str | None = _SOUND) -> Make:
    """Encodes invented pictures and sound with the given output options."""
    inputs = [word for source in (picture, sound) if source is not None for word in ("-f", "lavfi", "-i", source)]

    def make(path: Path) -> None:
        run_ffmpeg([*inputs, *options, f"file:{path}"])

    return make


def run_ffmpeg(arguments: Sequence[str]) -> None:
    """Runs ffmpeg and fails with what it said."""
    command = [str(find_ffmpeg().path), "-v", "error", "-nostdin", "-y", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr)


def text(content: str) -> Make:
    """A text file."""

    def write(path: Path) -> None:
        path.write_text(content)

    return write


def renamed(name: str, make: Make) -> Make:
    """Made under another name, whose suffix chooses the container."""

    def change(path: Path) -> None:
        first = path.with_name(name)
        make(first)
        first.rename(path)

    return change


def cut_short(share: float, make: Make) -> Make:
    """The beginning of a file."""

    def change(path: Path) -> None:
        make(path)
        content = path.read_bytes()
        path.write_bytes(content[: int(len(content) * share)])

    return change


def flipped(first: float, last: float, count: int, make: Make) -> Make:
    """Random bits flipped between two shares of a file."""

    def change(path: Path) -> None:
        make(path)
        content = np.frombuffer(path.read_bytes(), np.uint8).copy()
        rng = np.random.default_rng(5)
        places = rng.integers(int(first * len(content)), max(1, int(last * len(content))), count)
        content[places] ^= rng.integers(1, 256, count, dtype=np.uint8)
        path.write_bytes(content.tobytes())

    return change


def twice(make: Make) -> Make:
    """A file behind itself: in a transport stream the time stamps jump back in the middle."""

    def change(path: Path) -> None:
        make(path)
        path.write_bytes(2 * path.read_bytes())

    return change


def growing(make: Make) -> Make:
    """A fragmented file as a recorder leaves it while it still writes: the last fragment is not complete."""

    def change(path: Path) -> None:
        make(path)
        content = path.read_bytes()
        path.write_bytes(content[: content.rfind(b"mdat", 0, content.rfind(b"mfra")) + 200])

    return change
