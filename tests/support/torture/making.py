"""Ways to make difficult media files: with ffmpeg, with PyAV, and by changing bytes.

Most functions return a `Make`; some take one and change what it makes.
"""

import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from tests.support.media import write_clip
from vidsumm.video.ffmpeg_binary import find_ffmpeg

__all__ = [
    "Make",
    "clip",
    "cut_short",
    "ffmpeg",
    "flip_bits",
    "leave_unfinished",
    "rename",
    "repeat",
    "run_ffmpeg",
    "text",
]

Make = Callable[[Path], None]
"""A function that makes a file, or a folder, link or pipe, at a path."""

_SIZE = (96, 72)
_PICTURE = "testsrc2=size=96x72:rate=25:duration=4"
_SOUND = "sine=frequency=440:sample_rate=16000:duration=4"


def clip(**changes: object) -> Make:
    """Makes a clip of three scenes in 4 s, with sound; `changes` are settings of `write_clip`."""

    def make(path: Path) -> None:
        settings = {"seconds": 4, "fps": 25, "size": _SIZE} | changes
        write_clip(path, **settings)  # type: ignore[arg-type]

    return make


def ffmpeg(*options: str, picture: str | None = _PICTURE, sound: str | None = _SOUND) -> Make:
    """Encodes ffmpeg's test pictures and sound with the given output options."""
    inputs = [word for source in (picture, sound) if source is not None for word in ("-f", "lavfi", "-i", source)]

    def make(path: Path) -> None:
        run_ffmpeg([*inputs, *options, f"file:{path}"])

    return make


def run_ffmpeg(arguments: Sequence[str]) -> None:
    """Runs ffmpeg.

    Raises:
        RuntimeError: it failed; the message is what it said.
    """
    command = [str(find_ffmpeg().path), "-v", "error", "-nostdin", "-y", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr)


def text(content: str) -> Make:
    """Makes a text file."""

    def write(path: Path) -> None:
        path.write_text(content)

    return write


def rename(name: str, make: Make) -> Make:
    """Makes a file under the name `name`, whose suffix chooses the container, and then renames it."""

    def change(path: Path) -> None:
        first = path.with_name(name)
        make(first)
        first.rename(path)

    return change


def cut_short(share: float, make: Make) -> Make:
    """Makes a file and keeps this share of it, from its beginning."""

    def change(path: Path) -> None:
        make(path)
        content = path.read_bytes()
        path.write_bytes(content[: int(len(content) * share)])

    return change


def flip_bits(first: float, last: float, count: int, make: Make) -> Make:
    """Makes a file and changes `count` random bytes between two shares of its length."""

    def change(path: Path) -> None:
        make(path)
        content = np.frombuffer(path.read_bytes(), np.uint8).copy()
        rng = np.random.default_rng(5)
        places = rng.integers(int(first * len(content)), max(1, int(last * len(content))), count)
        content[places] ^= rng.integers(1, 256, count, dtype=np.uint8)
        path.write_bytes(content.tobytes())

    return change


def repeat(make: Make) -> Make:
    """Makes a file and appends it to itself: in a transport stream the time stamps jump back in the middle."""

    def change(path: Path) -> None:
        make(path)
        path.write_bytes(2 * path.read_bytes())

    return change


def leave_unfinished(make: Make) -> Make:
    """Makes a fragmented file as it is while a recorder still writes it: its last fragment is incomplete."""

    def change(path: Path) -> None:
        make(path)
        content = path.read_bytes()
        path.write_bytes(content[: content.rfind(b"mdat", 0, content.rfind(b"mfra")) + 200])

    return change
