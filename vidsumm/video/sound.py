"""Sound between decoding and encoding: one file of samples on the clock of the picture, from which clips are taken.

In this file and in its names a sample is one of sound, not a sampled frame.
"""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from vidsumm.video.cut import CutPlan
from vidsumm.video.ffmpeg_binary import FfmpegBinary
from vidsumm.video.ffmpeg_commands import read_sound
from vidsumm.video.info import AudioStream, VideoInfo

__all__ = ["AAC_FRAME", "SoundFormat", "read_blocks", "sound_format", "write_samples"]

AAC_FRAME = 1024
"""Number of samples in an AAC packet."""
FADE_S = 0.002
"""Sound fades out and in for this long where two clips join, so that a wave that is cut does not click."""
_AAC_RATES_HZ = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000)
_LAYOUTS = {1: "mono", 2: "stereo", 3: "3.0", 4: "4.0", 5: "5.0", 6: "5.1", 8: "7.1"}
_SAMPLE = np.dtype("<i2")


@dataclass(frozen=True)
class SoundFormat:
    """A format of sound that AAC can encode."""

    rate_hz: int
    layout: str
    """Channel layout, as ffmpeg names it."""
    channels: int

    @property
    def bit_rate(self) -> int:
        """Bits per second: no audible loss for mono and stereo, within what AAC allows at low sample rates."""
        return min(96_000 + 64_000 * (self.channels - 1), 5 * self.rate_hz * self.channels)


def sound_format(audio: AudioStream) -> SoundFormat:
    """Returns the source's own rate and channels where AAC has them, otherwise 48 kHz or stereo."""
    channels = audio.channels if audio.channels in _LAYOUTS else 2
    rate_hz = audio.sample_rate_hz if audio.sample_rate_hz in _AAC_RATES_HZ else 48_000
    return SoundFormat(rate_hz, _LAYOUTS[channels], channels)


def write_samples(
    info: VideoInfo,
    audio: AudioStream,
    used_s: NDArray[np.float64],
    target: Path,
    *,
    sound: SoundFormat,
    binary: FfmpegBinary,
    on_seconds: Callable[[float], None],
) -> None:
    """Decodes the sound once and writes the stretches that are used; the rest of the file reads as silence.

    The file is sparse: stretches that are not used take no space on the disk.

    Args:
        info: the source.
        audio: its stream.
        used_s: (R, 2) beginning and end of each stretch, ascending, seconds since the first frame.
        target: file of interleaved int16 samples to write; sample 0 is heard with the first frame.
        sound: the format to write.
        binary: the ffmpeg to run.
        on_seconds: called with the time that decoding has reached, seconds.

    Raises:
        EncodeError: ffmpeg failed or made no progress.
        ResourceError: ffmpeg cannot be started.
    """
    size = _SAMPLE.itemsize * sound.channels
    margin = np.array([-1.0, 1.0]) / sound.rate_hz  # rounding may reach one sample beyond a stretch
    kept = np.maximum(np.rint((used_s + margin) * sound.rate_hz), 0).astype(np.int64) * size
    position = 0
    end_s = float(used_s[-1, 1]) + 2 / sound.rate_hz
    chunks = read_sound(info, audio, rate_hz=sound.rate_hz, layout=sound.layout, end_s=end_s, binary=binary)
    with target.open("wb") as file, closing(chunks):
        for chunk in chunks:
            _write_kept(file, chunk, position, kept)
            position += len(chunk)
            on_seconds(position / size / sound.rate_hz)


def read_blocks(path: Path, plan: CutPlan, sound: SoundFormat) -> Iterator[NDArray[np.float32]]:
    """Reads the sound of one summary, in blocks as large as the packets of the encoder.

    Clip p of the plan fills the samples from round(T_p * rate) to round(T_(p+1) * rate) of the summary, where T_p is
    the exact time at which it begins there. So rounding errors do not add up.

    Args:
        path: file written by `write_samples`.
        plan: the summary.
        sound: format of the file.

    Yields:
        (channels, `AAC_FRAME`) float32 in [-1, 1); the last block is shorter.
    """
    held = np.zeros((0, sound.channels), dtype=np.float32)
    with path.open("rb") as file:
        for part in _read_clips(file, plan, sound):
            held = np.concatenate([held, part])
            full = len(held) // AAC_FRAME * AAC_FRAME
            for first in range(0, full, AAC_FRAME):
                yield np.ascontiguousarray(held[first : first + AAC_FRAME].T)
            held = held[full:]
    if len(held):
        yield np.ascontiguousarray(held.T)


def _write_kept(file: BinaryIO, chunk: bytes, position: int, kept: NDArray[np.int64]) -> None:
    """Writes the part of `chunk`, which begins at byte `position`, that lies in the ranges of bytes `kept` (R, 2)."""
    start = int(np.searchsorted(kept[:, 1], position, side="right"))
    stop = int(np.searchsorted(kept[:, 0], position + len(chunk)))
    for begin, end in kept[start:stop].tolist():
        first = max(begin, position)
        file.seek(first)
        file.write(chunk[first - position : end - position])


def _read_clips(file: BinaryIO, plan: CutPlan, sound: SoundFormat) -> Iterator[NDArray[np.float32]]:
    """Yields the samples (n, channels) of each clip in turn, in parts of bounded size."""
    per_tick = plan.clock.time_base * sound.rate_hz
    lengths = np.diff(plan.ticks)[:, 0].tolist()
    shown = 0
    for number, (begin, length) in enumerate(zip(plan.ticks[:, 0].tolist(), lengths, strict=True)):
        count = round((shown + length) * per_tick) - round(shown * per_tick)
        shown += length
        fades = (number > 0, number < len(lengths) - 1)
        yield from _read_faded(file, round(begin * per_tick), count, fades, sound)


def _read_faded(
    file: BinaryIO, first: int, count: int, fades: tuple[bool, bool], sound: SoundFormat
) -> Iterator[NDArray[np.float32]]:
    """Yields `count` samples from `first` on, faded in and out if the pair `fades` says so."""
    step = 64 * AAC_FRAME
    fade = min(round(FADE_S * sound.rate_hz), count // 2)
    for offset in range(0, count, step):
        part = _read_samples(file, first + offset, min(step, count - offset), sound)
        at = np.arange(offset, offset + len(part))
        gain = np.ones(len(part), dtype=np.float32)
        if fade and fades[0]:
            gain *= np.minimum(1, at / fade)
        if fade and fades[1]:
            gain *= np.minimum(1, (count - 1 - at) / fade)
        yield part * gain[:, None]


def _read_samples(file: BinaryIO, first: int, count: int, sound: SoundFormat) -> NDArray[np.float32]:
    """Returns samples (count, channels) in [-1, 1); silence beyond the end of the file."""
    size = _SAMPLE.itemsize * sound.channels
    file.seek(first * size)
    found = file.read(count * size)
    stored = np.frombuffer(found + bytes(count * size - len(found)), dtype=_SAMPLE)
    return stored.reshape(count, sound.channels).astype(np.float32) / np.float32(32768)
