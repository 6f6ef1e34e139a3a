"""Runs ffmpeg for its three uses: encoding pieces of the source, decoding its sound, and playing what was written."""

from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import Any

import ffmpeg
import numpy as np
from av.format import ContainerFormat, Flags
from numpy.typing import NDArray

from vidsumm.config import CutConfig
from vidsumm.video.colour import is_rgb
from vidsumm.video.container import MP4
from vidsumm.video.cut import FrameClock, earliest_times
from vidsumm.video.ffmpeg_binary import FfmpegBinary
from vidsumm.video.ffmpeg_process import count_frames, start_ffmpeg
from vidsumm.video.info import AudioStream, VideoInfo
from vidsumm.video.picture_format import PictureFormat, upright_size

__all__ = ["FileUrl", "count_decoded", "encode_pieces", "read_sound", "source_input"]

_HARD_SYNC_S = 0.03
"""Sound further than this from its time stamp is moved to it; smaller differences are the container's rounding."""
_NO_OFFSET_S = "0.000001"
"""An offset of the input's times that is too small to change one. In MPEG-TS and the like, ffmpeg 5.1 mistakes an
offset of zero for its own: where the container begins at zero and the wanted stream later, it moves it to zero."""


class FileUrl(str):
    """A path in which no character has a special meaning to ffmpeg.

    ffmpeg-python encodes every argument as UTF-8 to tell the nodes of its graph apart, which fails for file names that
    are not valid Unicode; `str()` of this class therefore escapes them.
    """

    __slots__ = ()

    def __str__(self) -> str:
        return ascii(self)


def encode_pieces(
    info: VideoInfo,
    clock: FrameClock,
    pieces: NDArray[np.int64],
    target: Path,
    *,
    config: CutConfig,
    binary: FfmpegBinary,
    picture: PictureFormat | None = None,
    seek_s: float | None = None,
    on_frames: Callable[[int], None],
) -> None:
    """Decodes the source once and encodes the frames of all pieces to H.264; each piece can be decoded by itself.

    The frames are upright, of even size and in the pixel format yuv420p. Their times are on `clock`.

    Args:
        info: the source.
        clock: `frame_clock(info)`.
        pieces: (Q, 2) frames [first, last) of each piece, ascending and disjoint.
        target: NUT file to write.
        config: quality and speed of x264.
        binary: the ffmpeg to run.
        picture: the format that the frames get, to be joined with those of other sources; None keeps their own.
        seek_s: container time at or before a key frame from which every piece can be decoded; None begins at the start.
        on_frames: called with the number of frames encoded so far.

    Raises:
        EncodeError: ffmpeg failed or made no progress.
        OutputError: `target` cannot be written.
        ResourceError: ffmpeg cannot be started.
    """
    seek = {} if seek_s is None else {"ss": f"{seek_s:.6f}", "seek_timestamp": 1, "noaccurate_seek": None}
    frames = source_input(info, **seek)[str(info.video.index)]
    frames = frames.filter("select", _is_wanted(info, pieces)).filter("setpts", f"PTS-({info.frame_pts[0]})")
    frames = _keep_format(frames, info) if picture is None else picture.apply(_to_yuv(frames, info), info)
    graph = frames.output(
        FileUrl(f"file:{target.absolute()}"),
        format="nut",
        vcodec="libx264",
        preset=config.preset,
        crf=config.crf,
        pix_fmt="yuv420p",
        enc_time_base=f"{clock.time_base.numerator}/{clock.time_base.denominator}",
        force_key_frames=_key_frame_times(clock, pieces),
        map_metadata=-1,
        avoid_negative_ts="disabled",
        **{"forced-idr": 1, "frames:v": int(np.diff(pieces).sum())},
        **_coding_options(clock, picture),
        **binary.keep_times,
    )
    graph = graph.global_args("-copyts", "-y")
    count_frames(graph, binary, f"encoding {info.path.name}", on_frames)


def read_sound(
    info: VideoInfo, audio: AudioStream, *, rate_hz: int, layout: str, end_s: float, binary: FfmpegBinary
) -> Generator[bytes, None, None]:
    """Decodes one audio stream on the clock of the picture: the first sample is heard with the first frame.

    Gaps in the stream become silence.

    Args:
        info: the source.
        audio: the stream.
        rate_hz: samples per second to deliver.
        layout: channel layout to deliver, as ffmpeg names it.
        end_s: where to end, seconds since the first frame.
        binary: the ffmpeg to run.

    Yields:
        Interleaved little-endian int16 samples, in chunks of any number of bytes.

    Raises:
        EncodeError: ffmpeg failed or made no progress.
        ResourceError: ffmpeg cannot be started.
    """
    sound = source_input(info)[str(audio.index)]
    first = round(info.start_s * rate_hz)
    sound = sound.filter("aresample", rate_hz, first_pts=first, min_hard_comp=_HARD_SYNC_S, **{"async": 1})
    if (audio.channels, layout) == (1, "stereo"):
        # as loud as before; by itself, ffmpeg takes away 3 dB
        sound = sound.filter("channelmap", map="0-FL|0-FR", channel_layout="stereo")
    sound = sound.filter("aformat", sample_fmts="s16", sample_rates=rate_hz, channel_layouts=layout)
    sound = sound.filter("atrim", end=f"{info.start_s + end_s:.6f}")
    graph = sound.output("pipe:1", format="s16le", acodec="pcm_s16le").global_args("-nostats", "-copyts")
    with start_ffmpeg(graph, binary, f"decoding the sound of {info.path.name}") as process:
        yield from process.chunks()


def count_decoded(path: Path, binary: FfmpegBinary, *, must_be_whole: bool, on_frames: Callable[[int], None]) -> int:
    """Decodes the picture and the sound of an MP4 file to their end and returns the number of frames that came out.

    The loop filter is skipped: it takes a third of the time and could not reveal any damage.

    Args:
        path: the file.
        binary: the ffmpeg to run.
        must_be_whole: fail at the first damaged frame or sound. Otherwise decoders cover up most damage to H.264
            without a message.
        on_frames: called with the number of frames decoded so far.

    Raises:
        EncodeError: the file cannot be read, is damaged although it must not be, or decoding made no progress.
        ResourceError: ffmpeg cannot be started.
    """
    strict = {"err_detect": "aggressive+explode"} if must_be_whole else {}
    graph = _input(path, MP4, skip_loop_filter="all", **strict).output("-", format="null", **binary.keep_times)
    if must_be_whole:
        graph = graph.global_args("-xerror")
    return count_frames(graph, binary, f"playing {path.name}", on_frames)


def source_input(info: VideoInfo, **options: Any) -> Any:
    """Returns the source as an input of an ffmpeg-python graph; it cannot make ffmpeg open other files or addresses."""
    return _input(info.path, info.container, **options)


def _input(path: Path, container: str, **options: Any) -> Any:
    allowed = {"protocol_whitelist": "file,pipe", "format_whitelist": container}
    if Flags.ts_discont in Flags(ContainerFormat(container, "r").flags):
        options["itsoffset"] = _NO_OFFSET_S
    return ffmpeg.input(FileUrl(f"file:{path.absolute()}"), **allowed, **options)


def _keep_format(frames: Any, info: VideoInfo) -> Any:
    """Adds to a graph what H.264 demands: an even size, and luma and chroma."""
    width, height = upright_size(info)
    if width % 2 or height % 2:
        frames = frames.filter("pad", width + width % 2, height + height % 2)
    return _to_yuv(frames, info)


def _to_yuv(frames: Any, info: VideoInfo) -> Any:
    if not is_rgb(info.video.pixel_format):
        return frames
    frames = frames.filter("scale", out_color_matrix="bt709", out_range="tv")
    return frames.filter("setparams", colorspace="bt709", range="tv")


def _coding_options(clock: FrameClock, picture: PictureFormat | None) -> dict[str, Any]:
    """Returns the options of the encoder that decide what its header says."""
    is_steady = clock.is_steady if picture is None else picture.common.is_steady
    options: dict[str, Any] = {} if is_steady else {"bf": 0}
    if picture is None:
        return options
    rate = picture.common.top_rate
    shared = {"x264-params": f"fps={rate.numerator}/{rate.denominator}", "bsf:v": picture.common.header_filter}
    return options | shared


def _is_wanted(info: VideoInfo, pieces: NDArray[np.int64]) -> str:
    """Returns an ffmpeg expression of the frame time `t` that is 1 inside the pieces and 0 outside."""
    times_s = info.frame_pts.astype(np.float64) * float(info.video.time_base)
    early_s = np.append(earliest_times(times_s), times_s[-1] + 1)
    edges, uses = np.unique(pieces, return_counts=True)
    return _alternate(early_s[edges[uses == 1]].tolist(), 0)


def _alternate(thresholds: Sequence[float], below: int) -> str:
    """Returns an expression that is `below` before the first threshold and flips between 0 and 1 at each one.

    It is a binary search, so that its depth grows only with the logarithm of the number of thresholds.
    """
    if not thresholds:
        return str(below)
    half = len(thresholds) // 2
    before = _alternate(thresholds[:half], below)
    after = _alternate(thresholds[half + 1 :], (below + half + 1) % 2)
    return f"if(lt(t,{thresholds[half]:.6f}),{before},{after})"


def _key_frame_times(clock: FrameClock, pieces: NDArray[np.int64]) -> str:
    """Returns the times from which on the next frame has to be a key frame: a little before each piece.

    Old versions of ffmpeg round these times to the encoder's ticks; a quarter of a frame early rounds to the right one.
    """
    early_s = earliest_times(clock.seconds(clock.ticks[:-1]))[pieces[:, 0]]
    return ",".join(f"{max(begin_s, 0.0):.6f}" for begin_s in early_s.tolist())
