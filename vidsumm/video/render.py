"""Cut plans become MP4 files."""

import errno
import hashlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import av
import numpy as np
from numpy.typing import NDArray

from vidsumm.config import CutConfig
from vidsumm.errors import EncodeError, OutputError
from vidsumm.video.cut import CutPlan
from vidsumm.video.ffmpeg_binary import FfmpegBinary, find_ffmpeg
from vidsumm.video.info import VideoInfo
from vidsumm.video.join import write_mp4
from vidsumm.video.reencode import EncodedPieces
from vidsumm.video.streamcopy import SourcePackets
from vidsumm.video.verify import Verified, verify

__all__ = ["RenderedFile", "render"]

_ENCODE_SHARE = 0.75
"""Part of the work before files are joined in exact mode, as a rule."""
_WRITE_SHARE = 0.2
"""Part of the rest that writes a file; to play it takes longer."""
_VISIBLE = 0.002
_DISK_TROUBLE = frozenset(
    {errno.EACCES, errno.EDQUOT, errno.EFBIG, errno.ENOENT, errno.ENOSPC, errno.EPERM, errno.EROFS}
)


@dataclass(frozen=True, eq=False)
class RenderedFile:
    """A written summary, measured by reading it back."""

    path: Path
    spans_s: NDArray[np.float64]
    """(P, 2) what of the source it shows, seconds since the first frame; wider than asked for in copy mode."""
    duration_s: float
    """Length of the picture, seconds."""
    audio_s: float | None
    """Length of the sound, seconds; None where there is none."""
    frames: int
    """Number of frames; other than planned only where the source is damaged or its index is wrong."""
    size_bytes: int
    sha256: str
    lost: int
    """Frames that do not decode, as in the source; only of a copy."""


def render(
    info: VideoInfo,
    plans: Sequence[CutPlan],
    outputs: Sequence[Path],
    *,
    config: CutConfig,
    metadata: Sequence[Mapping[str, str]],
    on_progress: Callable[[float], None],
    work_dir: Path,
) -> list[RenderedFile]:
    """Writes one MP4 per plan. Files appear together when all are done and checked; after a failure none does.

    Args:
        info: the source.
        plans: S summaries of it.
        outputs: S files to write; existing ones are replaced.
        config: mode and quality.
        metadata: S sets of tags such as title and comment.
        on_progress: told the share of the work done, 0 to 1.
        work_dir: folder for intermediate files, which are gone afterwards.

    Raises:
        EncodeError: the source cannot be cut, or a result is not what was planned.
        OutputError: a file cannot be written.
        ResourceError: no ffmpeg was found.
    """
    if not plans:
        return []
    with ExitStack() as stack:
        stack.enter_context(_named_trouble(outputs[0].parent))
        work = Path(stack.enter_context(TemporaryDirectory(prefix=".vidsumm-cut-", dir=work_dir)))
        meter = _Meter(on_progress)
        binary = find_ffmpeg(config.ffmpeg)
        source, plans, done = _prepare(info, plans, config, work, meter, binary=binary)
        parts = [stack.enter_context(_partial(output, number)) for number, output in enumerate(outputs)]
        rendered, total_s, before_s = [], sum(plan.duration_s for plan in plans), 0.0
        for plan, part, output, tags in zip(plans, parts, outputs, metadata, strict=True):
            begin, share = done + (1 - done) * before_s / total_s, (1 - done) * plan.duration_s / total_s
            video, sound = source.tracks(plan)
            writing = meter.part(begin, share * _WRITE_SHARE / plan.duration_s)
            write_mp4(part, video, sound, metadata=tags, on_seconds=writing)
            playing = meter.part(begin + share * _WRITE_SHARE, share * (1 - _WRITE_SHARE) / video.frames)
            found = verify(
                part,
                plan,
                name=output.name,
                frames=video.frames,
                is_encoded=config.mode == "exact",
                binary=binary,
                on_frames=playing,
            )
            rendered.append(_rendered(part, output, plan, found))
            before_s += plan.duration_s
        for part, output in zip(parts, outputs, strict=True):
            _publish(part, output)
    on_progress(1.0)
    return rendered


def _prepare(
    info: VideoInfo,
    plans: Sequence[CutPlan],
    config: CutConfig,
    work: Path,
    meter: "_Meter",
    *,
    binary: FfmpegBinary,
) -> tuple[SourcePackets | EncodedPieces, Sequence[CutPlan], float]:
    """Whatever tracks are made from, the plans that it can show, and the share of the work done by then."""
    if config.mode == "copy":
        packets = SourcePackets(info)
        return packets, [packets.widened(plan) for plan in plans], 0.0
    tell = meter.part(0.0, _ENCODE_SHARE)
    pieces = EncodedPieces(info, plans, config=config, binary=binary, work_dir=work, on_progress=tell)
    return pieces, plans, _ENCODE_SHARE


class _Meter:
    """Passes on a share of the work when it has grown by a visible amount."""

    def __init__(self, on_progress: Callable[[float], None]) -> None:
        self._on_progress = on_progress
        self._told = 0.0

    def part(self, offset: float, scale: float) -> Callable[[float], None]:
        """A listener to something that takes the work from `offset` on by `scale` per unit."""
        return lambda done: self._tell(offset + scale * done)

    def _tell(self, share: float) -> None:
        if share >= self._told + _VISIBLE:
            self._told = min(share, 1.0)
            self._on_progress(self._told)


@contextmanager
def _named_trouble(folder: Path) -> Iterator[None]:
    """Turns what the system and libav say into one line."""
    try:
        yield
    except (OSError, av.FFmpegError) as error:
        if getattr(error, "errno", None) in _DISK_TROUBLE:
            raise OutputError(
                f"cannot write to {folder}: {error}", remedy="free space or choose another --output"
            ) from error
        raise EncodeError(f"joining failed: {error}", remedy="see whether the file plays to its end") from error


@contextmanager
def _partial(output: Path, number: int) -> Iterator[Path]:
    """A hidden name beside `output` that is gone afterwards."""
    part = output.with_name(f".vidsumm-{os.getpid()}-{number}.part")
    try:
        yield part
    finally:
        part.unlink(missing_ok=True)


def _rendered(part: Path, output: Path, plan: CutPlan, found: Verified) -> RenderedFile:
    with part.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return RenderedFile(
        output,
        plan.spans_s,
        found.measured.video_s,
        found.measured.audio_s,
        found.measured.frames,
        part.stat().st_size,
        sha256,
        found.lost,
    )


def _publish(part: Path, output: Path) -> None:
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.replace(output)
