"""The only place that runs ffmpeg: builds the jobs, follows and ends the child process."""

import os
import re
import selectors
import signal
import subprocess
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread
from typing import IO, Any, cast

import ffmpeg
import numpy as np
from av.format import ContainerFormat, Flags
from numpy.typing import NDArray

from vidsumm.config import CutConfig
from vidsumm.errors import EncodeError, OutputError, ResourceError
from vidsumm.video.cut import FrameClock, earliest_times
from vidsumm.video.ffmpeg_binary import FfmpegBinary
from vidsumm.video.info import AudioStream, VideoInfo

__all__ = [
    "MP4",
    "FileUrl",
    "count_decoded",
    "encode_pieces",
    "read_sound",
    "run_job",
    "source_of",
]

MP4 = "mov,mp4,m4a,3gp,3g2,mj2"
"""What ffmpeg calls the container of MP4 files."""
STALL_S = 300.0
"""A child that neither delivers anything nor reads its input for so long is ended."""
_STDERR_LINES = 20
_CHUNK_BYTES = 1 << 18
_HARD_SYNC_S = 0.03
"""Sound farther than this from its time stamp is moved there; less is jitter of the container's clock."""
_NO_CORRECTION_S = "0.000001"
"""An offset of the input's times that is too small to change one. In MPEG-TS and the like, ffmpeg 5.1 mistakes an
offset of zero for its own: where the container begins at zero and the wanted stream later, it moves it to zero."""
_DISK_TROUBLE = re.compile(
    "no space left|permission denied|read-only file system|quota exceeded|too large", re.IGNORECASE
)


class FileUrl(str):
    """A path such that no character in it means anything to ffmpeg.

    ffmpeg-python encodes every argument to tell nodes apart; names that are not valid Unicode survive that escaped.
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
    seek_s: float | None = None,
    on_frames: Callable[[int], None],
) -> None:
    """Decodes the source once and encodes the frames of all pieces to H.264, each piece decodable by itself.

    The frames are upright, yuv420p, of even size, and carry their times on `clock`.

    Args:
        info: the source.
        clock: `frame_clock(info)`.
        pieces: (Q, 2) frames [first, last) of each piece, ascending and disjoint.
        target: NUT file to write.
        config: quality and speed of x264.
        binary: the ffmpeg to run.
        seek_s: container time at or before a key frame from which every piece can be decoded; None begins at the start.
        on_frames: told the number of frames encoded so far.

    Raises:
        EncodeError: ffmpeg failed or stood still.
        OutputError: `target` cannot be written.
    """
    begin = {} if seek_s is None else {"ss": f"{seek_s:.6f}", "seek_timestamp": 1, "noaccurate_seek": None}
    picture = source_of(info, **begin)[str(info.video.index)]
    picture = picture.filter("select", _is_wanted(info, pieces)).filter("setpts", f"PTS-({info.frame_pts[0]})")
    width, height = _upright_size(info)
    if width % 2 or height % 2:
        picture = picture.filter("pad", width + width % 2, height + height % 2)
    if re.search("rgb|bgr|gbr|pal8", info.video.pixel_format):
        picture = picture.filter("scale", out_color_matrix="bt709", out_range="tv")
        picture = picture.filter("setparams", colorspace="bt709", range="tv")
    job = picture.output(
        FileUrl(f"file:{target.absolute()}"),
        format="nut",
        vcodec="libx264",
        preset=config.preset,
        crf=config.crf,
        pix_fmt="yuv420p",
        enc_time_base=f"{clock.time_base.numerator}/{clock.time_base.denominator}",
        force_key_frames=_piece_begins(clock, pieces),
        map_metadata=-1,
        avoid_negative_ts="disabled",
        **{"forced-idr": 1, "frames:v": int(np.diff(pieces).sum())},
        **({} if clock.is_steady else {"bf": 0}),
        **binary.keep_times,
    )
    job = job.global_args("-progress", "pipe:1", "-nostats", "-copyts", "-y")
    _follow(job, binary, f"encoding {info.path.name}", on_frames)


def read_sound(
    info: VideoInfo, audio: AudioStream, *, rate_hz: int, layout: str, end_s: float, binary: FfmpegBinary
) -> Generator[bytes, None, None]:
    """Decodes one audio stream on the clock of the picture: sample 0 is heard with the first frame.

    Gaps in the stream become silence.

    Args:
        info: the source.
        audio: the stream.
        rate_hz: samples per second wanted.
        layout: channel layout wanted, as ffmpeg names it.
        end_s: how far to decode, seconds since the first frame.
        binary: the ffmpeg to run.

    Yields:
        Interleaved little-endian int16 samples, in chunks of any number of bytes.

    Raises:
        EncodeError: ffmpeg failed or stood still.
    """
    sound = source_of(info)[str(audio.index)]
    first = round(info.start_s * rate_hz)
    sound = sound.filter("aresample", rate_hz, first_pts=first, min_hard_comp=_HARD_SYNC_S, **{"async": 1})
    sound = sound.filter("aformat", sample_fmts="s16", sample_rates=rate_hz, channel_layouts=layout)
    sound = sound.filter("atrim", end=f"{info.start_s + end_s:.6f}")
    job = sound.output("pipe:1", format="s16le", acodec="pcm_s16le").global_args("-nostats", "-copyts")
    with _child(job, binary, f"decoding the sound of {info.path.name}") as child:
        yield from child.chunks()


def count_decoded(
    path: Path, binary: FfmpegBinary, *, name: str, must_be_whole: bool, on_frames: Callable[[int], None]
) -> int:
    """Decodes the picture and the sound of an MP4 file to their end; how many frames came out.

    The loop filter is left out: it takes a third of the time and looks at nothing that could be wrong in the file.

    Args:
        path: the file.
        binary: the ffmpeg to run.
        name: what messages call the file.
        must_be_whole: fail at the first frame or sound that is damaged; by default H.264 covers up most damage without
            a word, so decoders are told not to.
        on_frames: told the number of frames decoded so far.

    Raises:
        EncodeError: the file cannot be read, is damaged and must not be, or decoding stood still.
    """
    strict = {"err_detect": "aggressive+explode"} if must_be_whole else {}
    job = _input(path, MP4, skip_loop_filter="all", **strict).output("-", format="null", **binary.keep_times)
    job = job.global_args("-progress", "pipe:1", "-nostats", *(("-xerror",) if must_be_whole else ()))
    return _follow(job, binary, f"playing {name}", on_frames)


def run_job(job: Any, binary: FfmpegBinary, purpose: str) -> None:
    """Runs a graph of ffmpeg-python to its end.

    Args:
        job: the graph; what it writes to standard output is dropped.
        binary: the ffmpeg to run.
        purpose: begins the messages of errors.

    Raises:
        EncodeError: ffmpeg failed or stood still.
        OutputError: it failed because of the disk.
    """
    with _child(job.global_args("-nostats", "-progress", "pipe:1"), binary, purpose) as child:
        for _ in child.chunks():
            pass


def source_of(info: VideoInfo, **options: Any) -> Any:
    """The source as an input of a graph; it cannot make ffmpeg open other files or addresses."""
    return _input(info.path, info.container, **options)


def _input(path: Path, container: str, **options: Any) -> Any:
    allowed = {"protocol_whitelist": "file,pipe", "format_whitelist": container}
    if Flags.ts_discont in Flags(ContainerFormat(container, "r").flags):
        options["itsoffset"] = _NO_CORRECTION_S
    return ffmpeg.input(FileUrl(f"file:{path.absolute()}"), **allowed, **options)


def _upright_size(info: VideoInfo) -> tuple[int, int]:
    size = info.video.width, info.video.height
    return size[::-1] if info.video.rotation in (90, 270) else size


def _is_wanted(info: VideoInfo, pieces: NDArray[np.int64]) -> str:
    """An expression of frame time `t` that is 1 inside the pieces."""
    times_s = info.frame_pts.astype(np.float64) * float(info.video.time_base)
    early_s = np.append(earliest_times(times_s), times_s[-1] + 1)
    edges, uses = np.unique(pieces, return_counts=True)
    return _alternation(early_s[edges[uses == 1]].tolist(), 0)


def _alternation(thresholds: Sequence[float], below: int) -> str:
    """`below` before the first threshold, changing between 0 and 1 at each one; depth grows with their logarithm."""
    if not thresholds:
        return str(below)
    half = len(thresholds) // 2
    before = _alternation(thresholds[:half], below)
    after = _alternation(thresholds[half + 1 :], (below + half + 1) % 2)
    return f"if(lt(t,{thresholds[half]:.6f}),{before},{after})"


def _piece_begins(clock: FrameClock, pieces: NDArray[np.int64]) -> str:
    """Times from which the next frame has to be a key frame.

    Old versions of ffmpeg round them to the encoder's ticks; a quarter of a frame early rounds to the right one.
    """
    early_s = earliest_times(clock.seconds(clock.ticks[:-1]))[pieces[:, 0]]
    return ",".join(f"{max(begin_s, 0.0):.6f}" for begin_s in early_s.tolist())


class _Child:
    """A running ffmpeg: its standard output in chunks, the tail of its complaints."""

    def __init__(self, args: list[str], purpose: str) -> None:
        self.purpose = purpose
        self.complaints: deque[str] = deque(maxlen=_STDERR_LINES)
        self.process = subprocess.Popen(  # noqa: S603
            args,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,
        )
        self._output = cast("IO[bytes]", self.process.stdout)
        self._errors = cast("IO[bytes]", self.process.stderr)
        self._listener = Thread(target=self._listen, daemon=True)
        self._listener.start()

    def _listen(self) -> None:
        for line in self._errors:
            if text := line.decode(errors="replace").strip():
                self.complaints.append(text)

    def chunks(self) -> Iterator[bytes]:
        """Standard output as it comes, until it closes.

        Raises:
            EncodeError: nothing came for `STALL_S`.
        """
        with selectors.DefaultSelector() as selector:
            selector.register(self._output, selectors.EVENT_READ)
            while True:
                if not selector.select(STALL_S):
                    raise self.stalled()
                chunk = os.read(self._output.fileno(), _CHUNK_BYTES)
                if not chunk:
                    return
                yield chunk

    def bytes_read(self) -> int:
        """How far it has come in its input, where the system tells; else 0."""
        try:
            counts = Path(f"/proc/{self.process.pid}/io").read_text(encoding="ascii")
        except OSError:
            return 0
        return int(counts.partition("rchar:")[2].split()[0])

    def finish(self) -> None:
        """Waits for a child whose output has closed.

        Raises:
            EncodeError: it failed.
            OutputError: it failed because of the disk.
        """
        try:
            status = self.process.wait(STALL_S)
        except subprocess.TimeoutExpired as error:
            raise self.stalled() from error
        self._listener.join(1.0)
        if status == 0:
            return
        last = " | ".join(list(self.complaints)[-3:]) or f"exit status {status}"
        if _DISK_TROUBLE.search(" ".join(self.complaints)):
            raise OutputError(f"{self.purpose} failed: {last}", remedy="free space or choose another --output")
        raise EncodeError(f"{self.purpose} failed: {last}", remedy="see whether the file plays to its end")

    def stalled(self) -> EncodeError:
        """The error for a child that stands still."""
        return EncodeError(
            f"{self.purpose} stood still for {STALL_S:g} s", remedy="see whether the file plays to its end"
        )

    def end(self) -> None:
        """Leaves no process behind, whatever state it is in."""
        if self.process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self._listener.join()
        self._output.close()
        self._errors.close()


@contextmanager
def _child(job: Any, binary: FfmpegBinary, purpose: str) -> Iterator[_Child]:
    """Runs a job while the context lasts; leaving it early kills the child.

    Raises:
        EncodeError: the job failed or stood still.
        OutputError: it failed because of the disk.
        ResourceError: the program cannot be started.
    """
    job = job.global_args("-hide_banner", "-nostdin", "-v", "error")
    try:
        child = _Child(ffmpeg.compile(job, cmd=str(binary.path)), purpose)
    except OSError as error:
        raise ResourceError(f"{binary.path} does not start: {error}", remedy="see `vidsumm doctor`") from error
    try:
        yield child
        child.finish()
    finally:
        child.end()


def _follow(job: Any, binary: FfmpegBinary, purpose: str, on_frames: Callable[[int], None]) -> int:
    """Runs a job that reports on standard output, and passes on its count of frames; the last one it told."""
    frames, read, changed_s = -1, 0, time.monotonic()
    with _child(job, binary, purpose) as child:
        for report in child.chunks():
            counts = re.findall(rb"^frame=\s*(\d+)", report, re.MULTILINE)
            now = int(counts[-1]) if counts else frames
            place = now, child.bytes_read()  # a long stretch that nobody wants delivers no frames
            if place != (frames, read):
                (frames, read), changed_s = place, time.monotonic()
                on_frames(max(frames, 0))
            elif time.monotonic() - changed_s > STALL_S:
                raise child.stalled()
    return max(frames, 0)
