"""Opens media files with PyAV, the same way under every version of PyAV that `pyproject.toml` allows."""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.container import InputContainer, OutputContainer
from av.error import FFmpegError

__all__ = [
    "ACCEPTED_FILES",
    "MP4",
    "demux_packets",
    "open_input",
    "open_output",
    "open_source",
    "time_base_of",
]

MP4 = "mov,mp4,m4a,3gp,3g2,mj2"
"""FFmpeg's name for the demuxer of MP4 files."""
ACCEPTED_FILES = "give a video file such as MP4, MOV, MKV, WebM, AVI or MPEG-TS"
"""Remedy for files that cannot be used as a source."""
_PLAYLIST_FORMATS = {"concat", "dash", "hls", "imf", "lavfi", "rtp", "rtsp", "sap", "sdp", "webm_dash_manifest"}
"""Demuxers that open other files or network addresses."""
_STILL_FORMATS = {"adf", "bin", "idf", "image2", "image2pipe", "tty", "xbin"}
"""Demuxers of single pictures and of text art."""
_DECODES_ANY_BYTES = 19
"""First major version of PyAV that reads metadata of any bytes; earlier ones need `metadata_errors`."""


def _metadata_options(pyav_version: str) -> dict[str, Any]:
    """Returns the arguments of `av.open` with which metadata that is not UTF-8 raises no error."""
    major = int(pyav_version.partition(".")[0])
    return {} if major >= _DECODES_ANY_BYTES else {"metadata_errors": "replace"}


def open_input(path: Path, *, formats: str | None = None) -> InputContainer:
    """Opens a local media file for reading. Nothing in it can make libav open a network address.

    Args:
        path: the file; no character in its name has a special meaning.
        formats: names of the demuxers that may be used, separated by commas; None allows all.

    Raises:
        FFmpegError: libav does not accept the file.
        OSError: the file cannot be read.
    """
    options = {"protocol_whitelist": "file"}
    if formats is not None:
        options["format_whitelist"] = formats
    container: InputContainer = av.open(_url(path), "r", options=options, **_metadata_options(av.__version__))
    return container


def open_source(path: Path) -> InputContainer:
    """Opens a video that a user gave. Nothing in it can make libav open another file or a network address.

    Raises:
        FFmpegError: libav does not accept the file; an `ArgumentError` if it is a playlist, a picture or text.
        OSError: the file cannot be read.
    """
    return open_input(path, formats=_source_formats())


def open_output(
    path: Path, *, format_name: str, options: Mapping[str, str], tags: Mapping[str, str]
) -> OutputContainer:
    """Opens a media file for writing.

    Args:
        path: the file; an existing one is replaced.
        format_name: name of the muxer.
        options: settings of the muxer.
        tags: metadata of the file; a character that UTF-8 cannot represent (from the bytes of a file name, for example)
            becomes "?".

    Raises:
        FFmpegError: libav cannot write such a file.
        OSError: the file cannot be written.
    """
    output = av.open(_url(path), "w", format=format_name, container_options=dict(options))
    output.metadata.update({name: text.encode(errors="replace").decode() for name, text in tags.items()})
    return output


def demux_packets(container: InputContainer, stream: av.VideoStream) -> Iterator["av.Packet[av.VideoStream]"]:
    """Yields the packets of a stream that hold data, up to the first damage that cannot be skipped."""
    try:
        for packet in container.demux(stream):
            if packet.size:
                yield packet
    # PyAV raises IndexError at the end of files in which a stream appears midway
    except (FFmpegError, IndexError):
        return


def time_base_of(stream: av.VideoStream) -> Fraction:
    """Returns the seconds per tick of a stream's time stamps; microseconds where the container does not say."""
    base = stream.time_base  # in some versions of PyAV a type of its own
    return Fraction(base.numerator, base.denominator) if base else Fraction(1, 1_000_000)


def _source_formats() -> str:
    names = (name for name in av.formats_available if not name.endswith("_pipe"))
    return ",".join(sorted(set(names) - _PLAYLIST_FORMATS - _STILL_FORMATS))


def _url(path: Path) -> str:
    return f"file:{path.absolute()}"
