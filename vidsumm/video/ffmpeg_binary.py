"""Finds the ffmpeg program that decodes and encodes, and says why that one was chosen."""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from typing import Literal

from vidsumm.errors import ResourceError

__all__ = ["FfmpegBinary", "find_ffmpeg"]

Origin = Literal["setting", "VIDSUMM_FFMPEG", "imageio-ffmpeg", "system"]

_OLDEST_VERSION = (4, 4)
"""Oldest version of ffmpeg that is used: major and minor number."""
_OLDEST = ".".join(map(str, _OLDEST_VERSION))
_FPS_MODE_VERSION = (5, 1)
"""First version in which the option -fps_mode replaces -vsync."""
_ANSWER_S = 60
"""A program that takes longer to report its version cannot be used."""


@dataclass(frozen=True)
class FfmpegBinary:
    """An ffmpeg program that can encode H.264."""

    path: Path
    version: str
    origin: Origin
    reason: str = ""
    """Why this one is used, as part of a sentence for the user."""

    @property
    def keep_times(self) -> dict[str, str]:
        """The option with which frames are neither dropped nor repeated, as this version spells it."""
        number = _number(self.version)
        is_old = number is not None and number < _FPS_MODE_VERSION
        return {"vsync" if is_old else "fps_mode": "passthrough"}


class _UnusableError(Exception):
    """A program cannot be used; the message is the end of a sentence that begins with its name."""


def find_ffmpeg(named: str | None = None) -> FfmpegBinary:
    """Returns the ffmpeg to use: the named one, or that of the package imageio-ffmpeg, or the system's, in this order.

    The package comes before the system, because its ffmpeg is the same on every machine.

    Args:
        named: path of a program, or its name on the PATH; None takes $VIDSUMM_FFMPEG if it is set.

    Raises:
        ResourceError: the named one cannot be used, or none is named and none can be used.
    """
    if named is not None:
        return _find_named(named, "setting", "`ffmpeg`")
    if variable := os.environ.get("VIDSUMM_FFMPEG"):
        return _find_named(variable, "VIDSUMM_FFMPEG", "VIDSUMM_FFMPEG")
    try:
        program, package_version = _find_in_package()
        reason = f"in the package imageio-ffmpeg {package_version}, the default"
        return FfmpegBinary(program, _version(program), "imageio-ffmpeg", reason)
    except _UnusableError as error:
        package_fault = f"the package imageio-ffmpeg {error}"
    try:
        path = _find_on_path("ffmpeg")
        reason = f"the first on the PATH, because the one in {package_fault}"
        return FfmpegBinary(path, _version(path), "system", reason)
    except _UnusableError as error:
        raise ResourceError(
            f"no ffmpeg can be used: the one in {package_fault}; the one on the PATH {error}",
            remedy="run `pip install --force-reinstall imageio-ffmpeg`, or name an `ffmpeg`",
        ) from error


def _find_named(program: str, origin: Origin, place: str) -> FfmpegBinary:
    """Returns the program that is named in `place`."""
    try:
        path = _find_on_path(program)
        return FfmpegBinary(path, _version(path), origin, f"named by {place}")
    except _UnusableError as error:
        raise ResourceError(
            f"{place}: {program} {error}",
            remedy=f"name an ffmpeg of version {_OLDEST} or later with libx264, or leave {place} out",
        ) from error


def _find_on_path(program: str) -> Path:
    path = shutil.which(program)
    if path is None:
        raise _UnusableError("was not found or may not be executed")
    return Path(path).absolute()  # a Path drops the "./" of "./ffmpeg", which would then be searched on the PATH


def _find_in_package() -> tuple[Path, str]:
    """Returns the program inside the package imageio-ffmpeg, and the package's version."""
    try:
        package = metadata.distribution("imageio-ffmpeg")
    except metadata.PackageNotFoundError as error:
        raise _UnusableError("is missing: the package is not installed") from error
    for file in package.files or ():
        if file.match("imageio_ffmpeg/binaries/ffmpeg-*"):
            return Path(str(package.locate_file(file))), package.version
    raise _UnusableError("is missing: there is none for this platform")


@lru_cache
def _version(path: Path) -> str:
    """Returns the version of the ffmpeg at `path`, for example "7.0.2-static".

    Raises:
        _UnusableError: the program does not run, is not ffmpeg, is too old or cannot encode H.264.
    """
    answers = []
    for question in ("-version", "-encoders"):
        try:
            answer = subprocess.run(  # noqa: S603
                [path, "-hide_banner", question],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_ANSWER_S,
                check=True,
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise _UnusableError("does not run") from error
        answers.append(answer.stdout.decode(errors="replace"))
    version = re.match(r"ffmpeg version (\S+)", answers[0])
    if version is None:
        raise _UnusableError("is not ffmpeg")
    number = _number(version[1])
    if number is not None and number < _OLDEST_VERSION:
        raise _UnusableError(f"has version {version[1]}, older than {_OLDEST}")
    if "libx264" not in answers[1]:
        raise _UnusableError("has no libx264")
    return version[1]


def _number(version: str) -> tuple[int, int] | None:
    """Returns the major and minor number; None for builds that are named by their commit."""
    found = re.match(r"n?(\d+)\.(\d+)", version)
    return None if found is None else (int(found[1]), int(found[2]))
