"""Sound between decoding and encoding: one file of samples on the clock of the picture, from which clips are taken.

In this file and in its names a sample is one of sound, not a sampled frame.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from vidsumm.timeline import Clip, Timeline
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
_PART = 64 * AAC_FRAME
"""Number of samples that are read at a time."""


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


def read_blocks(paths: Mapping[int, Path], timeline: Timeline, sound: SoundFormat) -> Iterator[NDArray[np.float32]]:
    """Reads the sound of one summary, in blocks as large as the packets of the encoder.

    Clip p of the timeline fills the samples from round(T_p * rate) to round(T_(p+1) * rate) of the summary, where T_p
    is the exact time at which it begins there. So rounding errors do not add up. A clip without sound is silent.

    Args:
        paths: files written by `write_samples`, one for each source that has sound.
        timeline: the summary.
        sound: format of the files.

    Yields:
        (channels, `AAC_FRAME`) float32 in [-1, 1); the last block is shorter.
    """
    held = np.zeros((0, sound.channels), dtype=np.float32)
    for part in _read_clips(paths, timeline, sound):
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


def _read_clips(paths: Mapping[int, Path], timeline: Timeline, sound: SoundFormat) -> Iterator[NDArray[np.float32]]:
    """Yields the samples (n, channels) of each clip in turn, in parts of bounded size."""
    elapsed, last = Fraction(0), len(timeline.clips) - 1
    for number, clip in enumerate(timeline.clips):
        begin, elapsed = elapsed, elapsed + timeline.clip_duration(clip)
        count = round(elapsed * sound.rate_hz) - round(begin * sound.rate_hz)
        if clip.sound_ticks is None:
            yield from _silence(count, sound)
            continue
        per_tick = timeline.sources[clip.source].time_base * sound.rate_hz
        heard = _heard(clip, count, per_tick)
        with paths[clip.source].open("rb") as file:
            fades = (number > 0, number < last)
            yield from _read_faded(file, round(clip.sound_ticks[0] * per_tick), heard, fades, sound)
        yield from _silence(count - heard, sound)


def _heard(clip: Clip, count: int, per_tick: Fraction) -> int:
    """Returns how many of the `count` samples of a clip its sound fills: all, unless it is shorter than the picture."""
    begin, end = clip.sound_ticks or (0, 0)
    if end - begin >= clip.end_tick - clip.start_tick:
        return count
    return min(count, round((end - begin) * per_tick))


def _silence(count: int, sound: SoundFormat) -> Iterator[NDArray[np.float32]]:
    """Yields `count` samples of silence."""
    for offset in range(0, count, _PART):
        yield np.zeros((min(_PART, count - offset), sound.channels), dtype=np.float32)


def _read_faded(
    file: BinaryIO, first: int, count: int, fades: tuple[bool, bool], sound: SoundFormat
) -> Iterator[NDArray[np.float32]]:
    """Yields `count` samples from `first` on, faded in and out if the pair `fades` says so."""
    fade = min(round(FADE_S * sound.rate_hz), count // 2)
    for offset in range(0, count, _PART):
        part = _read_samples(file, first + offset, min(_PART, count - offset), sound)
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
