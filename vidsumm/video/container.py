"""Opens media files with PyAV, the same way under every version of PyAV that `pyproject.toml` allows."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import av
from av.container import InputContainer, OutputContainer

__all__ = ["open_input", "open_output"]

_DECODES_ANY_BYTES = 19
"""First major version of PyAV that reads metadata of any bytes; earlier ones raise unless told what to do instead."""


def _metadata_options(pyav_version: str) -> dict[str, Any]:
    """Arguments of `av.open` that keep metadata which is not UTF-8 from stopping the program."""
    major = int(pyav_version.partition(".")[0])
    return {} if major >= _DECODES_ANY_BYTES else {"metadata_errors": "replace"}


def open_input(path: Path, *, formats: str | None = None) -> InputContainer:
    """Opens a local media file for reading; it cannot make libav open addresses.

    Args:
        path: the file; no character in its name means anything to libav.
        formats: demuxers that may be used, separated by commas; None allows all.

    Raises:
        FFmpegError: libav does not accept the file.
        OSError: the file cannot be read.
    """
    options = {"protocol_whitelist": "file"}
    if formats is not None:
        options["format_whitelist"] = formats
    container: InputContainer = av.open(_url(path), "r", options=options, **_metadata_options(av.__version__))
    return container


def open_output(
    path: Path, *, format_name: str, options: Mapping[str, str], tags: Mapping[str, str]
) -> OutputContainer:
    """Opens a media file for writing.

    Args:
        path: the file; an existing one is replaced.
        format_name: the muxer.
        options: settings of the muxer.
        tags: metadata of the file; what cannot be written as UTF-8, such as a file name of other bytes, becomes "?".

    Raises:
        FFmpegError: libav cannot write such a file.
        OSError: the file cannot be written.
    """
    output = av.open(_url(path), "w", format=format_name, container_options=dict(options))
    output.metadata.update({name: text.encode(errors="replace").decode() for name, text in tags.items()})
    return output


def _url(path: Path) -> str:
    return f"file:{path.absolute()}"
