"""Small clips of known content: each frame shows its number, each second of sound begins with a click.

Pictures are drawn upright. Rotation and sample aspect ratio are only declared in the container, so that a reader that
respects them gets the picture back as drawn. The frame number is drawn in the upper quarter as 2 rows of 8 squares,
the most significant bit first; it survives lossy coding and scaling down to 32 x 32. Between the clicks there is a
tone, of another pitch in each second.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

__all__ = [
    "SAMPLE_RATE_HZ",
    "Clip",
    "click_times_s",
    "draw_frame",
    "join_streams",
    "read_frame_number",
    "read_sound",
    "write_clip",
]

Rgb = NDArray[np.uint8]

SAMPLE_RATE_HZ = 48_000
_CLICK_S = 0.004
"""Length of a click."""
_TONES = 24
"""Number of different tones; then they repeat."""
_BIT_ROWS, _BIT_COLUMNS = 2, 8
_COLOURS = (
    (200, 60, 50),
    (50, 90, 200),
    (60, 170, 70),
    (210, 180, 50),
    (150, 60, 180),
    (60, 180, 190),
    (128, 128, 128),
)


@dataclass(frozen=True)
class Clip:
    """A written clip and what it shows. Times are seconds since the first frame."""

    path: Path
    times_s: NDArray[np.float64]
    """(F,) when each frame is shown; frame k shows the number k."""
    scene_starts_s: NDArray[np.float64]
    """(S,) when each scene begins."""
    duration_s: float
    """End of the last frame."""


def _code_cells(height: int, width: int) -> Iterator[tuple[int, slice, slice]]:
    """Yields each bit's position in the number and the rows and columns of its square."""
    for bit in range(_BIT_ROWS * _BIT_COLUMNS):
        row, column = divmod(bit, _BIT_COLUMNS)
        rows = slice(row * height // 8, (row + 1) * height // 8)
        columns = slice(column * width // _BIT_COLUMNS, (column + 1) * width // _BIT_COLUMNS)
        yield _BIT_ROWS * _BIT_COLUMNS - 1 - bit, rows, columns


def draw_frame(number: int, scene: int, size: tuple[int, int]) -> Rgb:
    """Returns a frame (H, W, 3) uint8 RGB: the moving texture of a scene below the frame number.

    Args:
        number: of the frame.
        scene: of the frame; neighbouring scenes differ in colour and texture.
        size: width and height.
    """
    width, height = size
    y, x = np.mgrid[:height, :width]
    phase = number * 2 + 5 * scene
    period = 16 + 8 * (scene % 4)
    stripes = ((x + phase) if scene % 2 else (y + phase)) // period % 2
    dots = ((x + phase) // period + (y // period)) % 2 if scene % 3 == 0 else stripes
    colour = np.array(_COLOURS[scene % len(_COLOURS)], dtype=np.float64)
    picture: Rgb = (colour * (0.6 + 0.4 * dots[..., None])).astype(np.uint8)
    for bit, rows, columns in _code_cells(height, width):
        picture[rows, columns] = 235 if number >> bit & 1 else 20
    return picture


def read_frame_number(picture: Rgb) -> int:
    """Returns the number drawn in an upright (H, W, 3) picture, at least 32 x 32 large."""
    number = 0
    for bit, rows, columns in _code_cells(*picture.shape[:2]):
        cell = picture[rows, columns]
        inset_y, inset_x = cell.shape[0] // 4, cell.shape[1] // 4
        inner = cell[inset_y : cell.shape[0] - inset_y, inset_x : cell.shape[1] - inset_x]
        number |= int(inner.mean() > 127) << bit
    return number


def click_times_s(samples: NDArray[np.float32], rate_hz: int) -> NDArray[np.float64]:
    """Returns when clicks begin in mono sound (N,) in [-1, 1], seconds from its first sample (within about 1 ms)."""
    loud = np.flatnonzero(np.abs(samples) > 0.5)
    if not len(loud):
        return np.zeros(0)
    starts = loud[np.flatnonzero(np.diff(loud, prepend=-rate_hz) > 0.1 * rate_hz)]
    return np.asarray(starts / rate_hz, dtype=np.float64)


def _sound(seconds: float) -> NDArray[np.float32]:
    """Returns sound (N,): tones, with a click at each whole second."""
    t = np.arange(round(seconds * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    hz = 500.0 + 125.0 * (t.astype(np.int64) % _TONES)
    samples = 0.15 * np.sin(2 * np.pi * hz * t)
    click = t % 1.0 < _CLICK_S
    samples[click] = 0.9 * np.sign(np.sin(2 * np.pi * 2000 * (t[click] % 1.0) + 0.1))
    return samples.astype(np.float32)


def read_sound(path: Path) -> tuple[NDArray[np.float32], float]:
    """Decodes the first audio stream.

    Returns:
        Mono samples (N,) at `SAMPLE_RATE_HZ`, and when the first one is heard, seconds on the container's clock.
    """
    chunks: list[NDArray[np.float32]] = []
    first_s = 0.0
    with av.open(path) as container:
        resampler = av.AudioResampler(format="flt", layout="mono", rate=SAMPLE_RATE_HZ)
        for frame in container.decode(audio=0):
            if not chunks:
                first_s = float(frame.time or 0.0)
            chunks += [part.to_ndarray()[0].astype(np.float32) for part in resampler.resample(frame)]
    return np.concatenate(chunks) if chunks else np.zeros(0, dtype=np.float32), first_s


def _scene_of_frame(clip: Clip, number: int) -> int:
    """Returns the index of the scene that a frame belongs to."""
    return int(np.searchsorted(clip.scene_starts_s, clip.times_s[number] + 1e-9, side="right")) - 1


def _scene_starts_s(scenes: int | Sequence[float], duration_s: float) -> NDArray[np.float64]:
    lengths = [duration_s / scenes] * scenes if isinstance(scenes, int) else list(scenes)
    return np.concatenate([[0.0], np.cumsum(lengths)[:-1]])


def write_clip(
    path: Path,
    *,
    seconds: float = 4.0,
    fps: float | Fraction = 30,
    size: tuple[int, int] = (160, 120),
    scenes: int | Sequence[float] = 3,
    audio: bool = True,
    audio_s: float | None = None,
    vcodec: str = "libx264",
    rotation: int = 0,
    sar: Fraction = Fraction(1),
    start_s: float = 0.0,
    audio_start_s: float | None = None,
    times_s: Sequence[float] | None = None,
    gop: int = 30,
    bframes: int = 0,
    options: dict[str, str] | None = None,
    container_options: dict[str, str] | None = None,
) -> Clip:
    """Writes a clip; the suffix of `path` chooses the container.

    Args:
        path: the file to write.
        seconds: length; ignored if `times_s` is given.
        fps: frames per second.
        size: width and height of the upright picture (before aspect); even numbers.
        scenes: number of equally long scenes, or the length of each in seconds; neighbours differ in colour and
            texture.
        audio: whether there is sound (AAC; Opus in WebM).
        audio_s: length of the sound; None for that of the picture.
        vcodec: encoder.
        rotation: clockwise degrees a player has to turn the coded picture (0, 90, 180, 270), MP4 and MOV only.
        sar: sample aspect ratio of the coded picture.
        start_s: time of the first frame on the container's clock.
        audio_start_s: time of the first sound on the container's clock; None for `start_s`.
        times_s: presentation times of the frames, for a variable rate, ascending from 0; the last frame lasts as long
            as the one before it.
        gop: frames between key frames.
        bframes: largest number of consecutive B-frames.
        options: further encoder options.
        container_options: muxer options.
    """
    rate = Fraction(fps).limit_denominator(1001)
    if times_s is None:
        times = np.arange(max(1, round(seconds * rate))) / float(rate)
        last_s = 1 / float(rate)
    else:
        times = np.asarray(times_s, dtype=np.float64)
        last_s = float(times[-1] - times[-2])
    duration_s = float(times[-1]) + last_s
    clip = Clip(path, times, _scene_starts_s(scenes, duration_s), duration_s)
    with av.open(path, "w", options=container_options or {}) as container:
        settings = {"g": str(gop), "bf": str(bframes)} | (options or {})
        if vcodec == "libx264":
            settings = {"preset": "veryfast", "crf": "20", "sc_threshold": "0"} | settings
        picture = container.add_stream(vcodec, rate=rate, options=settings)
        assert isinstance(picture, av.VideoStream)
        upright = size if rotation in (0, 180) else size[::-1]
        picture.width, picture.height = upright
        picture.pix_fmt = "yuvj420p" if vcodec == "mjpeg" else "yuv420p"
        picture.codec_context.sample_aspect_ratio = sar
        base = Fraction(1, 90_000) if times_s is not None else 1 / rate
        picture.codec_context.time_base = base
        if rotation:
            picture.set_display_rotation(-rotation)
        sound = (
            container.add_stream("libopus" if path.suffix == ".webm" else "aac", rate=SAMPLE_RATE_HZ) if audio else None
        )
        _encode_pictures(container, picture, clip, size=size, rotation=rotation, start_s=start_s)
        if isinstance(sound, av.AudioStream):
            begin_s = start_s if audio_start_s is None else audio_start_s
            _encode_sound(container, sound, duration_s if audio_s is None else audio_s, begin_s)
    return clip


def _encode_pictures(
    container: Any, stream: Any, clip: Clip, *, size: tuple[int, int], rotation: int, start_s: float
) -> None:
    base = stream.codec_context.time_base
    ends = np.append(clip.times_s[1:], clip.duration_s)
    for number, (time_s, end_s) in enumerate(zip(clip.times_s, ends, strict=True)):
        drawn = draw_frame(number, _scene_of_frame(clip, number), size)
        turned = np.ascontiguousarray(np.rot90(drawn, rotation // 90))
        frame = av.VideoFrame.from_ndarray(turned, format="rgb24")
        frame.time_base = base
        frame.pts = round((time_s + start_s) / base)
        frame.duration = round((end_s + start_s) / base) - frame.pts
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))


def _encode_sound(container: Any, stream: Any, seconds: float, start_s: float) -> None:
    samples = _sound(seconds)
    for first in range(0, len(samples), 960):
        block = np.ascontiguousarray(samples[None, first : first + 960])
        frame = av.AudioFrame.from_ndarray(block, format="flt", layout="mono")
        frame.sample_rate = SAMPLE_RATE_HZ
        frame.time_base = Fraction(1, SAMPLE_RATE_HZ)
        frame.pts = first + round(start_s * SAMPLE_RATE_HZ)
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))


def join_streams(path: Path, parts: Sequence[Path], *, default: Sequence[int] | None = None) -> None:
    """Copies all streams of all files `parts`, in order, into one container.

    Args:
        path: the file to write.
        parts: the files to copy from.
        default: indices of the output streams to declare as default; None leaves it to the container.
    """
    with av.open(path, "w") as output:
        inputs = [av.open(part) for part in parts]
        packets = []
        for source in inputs:
            for stream in source.streams:
                copied = output.add_stream_from_template(stream)
                if default is not None:
                    wanted = copied.index in default
                    copied.disposition = av.stream.Disposition.default if wanted else av.stream.Disposition(0)
                for packet in source.demux(stream):
                    if packet.dts is not None:
                        packet.stream = copied
                        packets.append(packet)
                source.seek(0)
        packets.sort(key=lambda packet: (packet.dts or 0) * packet.time_base)
        for packet in packets:
            output.mux(packet)
        for source in inputs:
            source.close()
