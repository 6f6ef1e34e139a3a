"""Sound between decoding and encoding: one sparse file of samples on the picture's clock, sliced exactly."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from vidsumm.video.cut import CutPlan
from vidsumm.video.ffmpeg import read_sound
from vidsumm.video.ffmpeg_binary import FfmpegBinary
from vidsumm.video.info import AudioStream, VideoInfo

__all__ = ["AAC_FRAME", "SoundFormat", "read_blocks", "sound_format", "write_samples"]

AAC_FRAME = 1024
"""Samples in an AAC packet."""
FADE_S = 0.002
"""Half of each join's fade through silence, so that cutting a wave does not click."""
_AAC_RATES_HZ = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000)
_LAYOUTS = {1: "mono", 2: "stereo", 3: "3.0", 4: "4.0", 5: "5.0", 6: "5.1", 8: "7.1"}
_SAMPLE = np.dtype("<i2")


@dataclass(frozen=True)
class SoundFormat:
    """Sound as AAC can carry it."""

    rate_hz: int
    layout: str
    channels: int

    @property
    def bit_rate(self) -> int:
        """Bits per second: transparent for mono and stereo, within what AAC allows at low sample rates."""
        return min(96_000 + 64_000 * (self.channels - 1), 5 * self.rate_hz * self.channels)


def sound_format(audio: AudioStream) -> SoundFormat:
    """The nearest format to the source's: its own rate and channels where AAC has them, else 48 kHz and stereo."""
    channels = audio.channels if audio.channels in _LAYOUTS else 2
    rate_hz = audio.sample_rate_hz if audio.sample_rate_hz in _AAC_RATES_HZ else 48_000
    return SoundFormat(rate_hz, _LAYOUTS[channels], channels)


def write_samples(
    info: VideoInfo,
    audio: AudioStream,
    spans_s: NDArray[np.float64],
    target: Path,
    *,
    sound: SoundFormat,
    binary: FfmpegBinary,
    on_seconds: Callable[[float], None],
) -> None:
    """Decodes the sound once and keeps the spans that are used; the rest of the file is a hole that reads as silence.

    Args:
        info: the source.
        audio: its stream.
        spans_s: (Q, 2) seconds since the first frame that are kept, ascending.
        target: file of interleaved int16 samples to write; sample 0 is heard with the first frame.
        sound: the format to write.
        binary: the ffmpeg to run.
        on_seconds: told how far decoding has come.

    Raises:
        EncodeError: ffmpeg failed.
    """
    size = _SAMPLE.itemsize * sound.channels
    margin = np.array([-1.0, 1.0]) / sound.rate_hz  # rounding may reach one sample beyond a span
    kept = np.maximum(np.rint((spans_s + margin) * sound.rate_hz), 0).astype(np.int64) * size
    position = 0
    end_s = float(spans_s[-1, 1]) + 2 / sound.rate_hz
    chunks = read_sound(info, audio, rate_hz=sound.rate_hz, layout=sound.layout, end_s=end_s, binary=binary)
    with target.open("wb") as file, closing(chunks):
        for chunk in chunks:
            _keep(file, chunk, position, kept)
            position += len(chunk)
            on_seconds(position / size / sound.rate_hz)


def read_blocks(path: Path, plan: CutPlan, sound: SoundFormat) -> Iterator[NDArray[np.float32]]:
    """The sound of one summary, in the packets of the encoder.

    Row p of the plan covers the samples from round(T_p * rate) to round(T_(p+1) * rate), with T the exact time at which
    it begins in the summary, so that rounding never adds up.

    Args:
        path: file written by `write_samples`.
        plan: the summary.
        sound: format of the file.

    Yields:
        (channels, `AAC_FRAME`) float32 in [-1, 1); the last block is shorter.
    """
    held = np.zeros((0, sound.channels), dtype=np.float32)
    with path.open("rb") as file:
        for row in _rows(file, plan, sound):
            held = np.concatenate([held, row])
            full = len(held) // AAC_FRAME * AAC_FRAME
            for first in range(0, full, AAC_FRAME):
                yield np.ascontiguousarray(held[first : first + AAC_FRAME].T)
            held = held[full:]
    if len(held):
        yield np.ascontiguousarray(held.T)


def _keep(file: BinaryIO, chunk: bytes, position: int, kept: NDArray[np.int64]) -> None:
    """Writes what of `chunk`, which begins at byte `position`, lies in the byte ranges `kept`."""
    from_row = int(np.searchsorted(kept[:, 1], position, side="right"))
    to_row = int(np.searchsorted(kept[:, 0], position + len(chunk)))
    for begin, end in kept[from_row:to_row].tolist():
        first = max(begin, position)
        file.seek(first)
        file.write(chunk[first - position : end - position])


def _rows(file: BinaryIO, plan: CutPlan, sound: SoundFormat) -> Iterator[NDArray[np.float32]]:
    """(n, channels) samples of each row in turn, in parts of bounded size."""
    per_tick = plan.clock.time_base * sound.rate_hz
    lengths = np.diff(plan.ticks)[:, 0].tolist()
    shown = 0
    for number, (begin, length) in enumerate(zip(plan.ticks[:, 0].tolist(), lengths, strict=True)):
        count = round((shown + length) * per_tick) - round(shown * per_tick)
        shown += length
        fades = (number > 0, number < len(lengths) - 1)
        yield from _faded(file, round(begin * per_tick), count, fades, sound)


def _faded(
    file: BinaryIO, first: int, count: int, fades: tuple[bool, bool], sound: SoundFormat
) -> Iterator[NDArray[np.float32]]:
    step = 64 * AAC_FRAME
    fade = min(round(FADE_S * sound.rate_hz), count // 2)
    for offset in range(0, count, step):
        part = _samples(file, first + offset, min(step, count - offset), sound)
        at = np.arange(offset, offset + len(part))
        gain = np.ones(len(part), dtype=np.float32)
        if fade and fades[0]:
            gain *= np.minimum(1, at / fade)
        if fade and fades[1]:
            gain *= np.minimum(1, (count - 1 - at) / fade)
        yield part * gain[:, None]


def _samples(file: BinaryIO, first: int, count: int, sound: SoundFormat) -> NDArray[np.float32]:
    """(count, channels) samples; silence beyond the end of the file."""
    size = _SAMPLE.itemsize * sound.channels
    file.seek(first * size)
    found = file.read(count * size)
    stored = np.frombuffer(found + bytes(count * size - len(found)), dtype=_SAMPLE)
    return stored.reshape(count, sound.channels).astype(np.float32) / np.float32(32768)
