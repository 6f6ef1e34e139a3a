"""Makes `city-and-sea.mp4`, the example video: shots of twelve scenes, pictures and sound made by code.

    python examples/make_example.py

Every scene is a module of `film`. Its function `make` takes the pixel grid, a length and a random generator. It returns
a function that paints the scene at a given time, and the sound that belongs to it. The same seed and the same versions
of the libraries give the same bytes.
"""

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate, pairwise
from pathlib import Path

import av
import numpy as np
from av.container import OutputContainer
from av.video.reformatter import ColorRange, Colorspace
from film import (
    aquarium,
    balloons,
    balls,
    campfire,
    city,
    clock,
    fireworks,
    galaxy,
    kaleidoscope,
    snowfall,
    sunrise,
    train,
)
from film.drawing import Canvas, Painter, View
from film.sound import SAMPLE_RATE_HZ, Sound, excerpt
from numpy.random import Generator

FPS = 25
SEED = 7
X264: dict[str, object] = {
    "crf": "34",
    "preset": "slower",
    "tune": "animation",
    # With mbtree, x264's AVX-512 code does not give the same bits every time.
    "x264-params": "threads=1:keyint=125:mbtree=0",
}
AUDIO_BITS_PER_S = 44_000
DEFAULT_OUTPUT = Path(__file__).with_name("city-and-sea.mp4")

SceneMaker = Callable[[View, float, Generator], tuple[Painter, Sound]]

_BT709 = 1


@dataclass(frozen=True)
class Shot:
    """A part of a scene, which continues where the scene's previous shot ended."""

    make: SceneMaker
    seconds: float


SHOTS = (
    Shot(sunrise.make, 3.6),
    Shot(train.make, 2.8),
    Shot(sunrise.make, 2.2),
    Shot(train.make, 2.6),
    Shot(balloons.make, 3.2),
    Shot(clock.make, 2.0),
    Shot(balls.make, 2.8),
    Shot(balloons.make, 2.4),
    Shot(train.make, 2.2),
    Shot(balls.make, 2.2),
    Shot(clock.make, 1.8),
    Shot(aquarium.make, 3.0),
    Shot(balls.make, 1.6),
    Shot(aquarium.make, 2.4),
    Shot(kaleidoscope.make, 2.4),
    Shot(city.make, 3.2),
    Shot(clock.make, 1.6),
    Shot(city.make, 3.0),
    Shot(aquarium.make, 2.0),
    Shot(campfire.make, 2.6),
    Shot(city.make, 2.2),
    Shot(kaleidoscope.make, 2.0),
    Shot(fireworks.make, 3.0),
    Shot(campfire.make, 2.2),
    Shot(snowfall.make, 3.0),
    Shot(fireworks.make, 2.6),
    Shot(galaxy.make, 2.8),
    Shot(snowfall.make, 2.2),
    Shot(campfire.make, 1.8),
    Shot(fireworks.make, 2.8),
    Shot(galaxy.make, 2.4),
    Shot(snowfall.make, 1.8),
    Shot(galaxy.make, 2.4),
)
SCENES = tuple(dict.fromkeys(shot.make for shot in SHOTS))


class Writer:
    """Encodes pictures and their sound as H.264 and AAC."""

    def __init__(self, container: OutputContainer, view: View) -> None:
        self._container = container
        self._video = container.add_stream("libx264", rate=FPS)
        self._video.width, self._video.height = view.width, view.height
        self._video.pix_fmt = "yuv420p"
        self._video.options = X264
        context = self._video.codec_context
        context.thread_count = 1
        context.colorspace = context.color_primaries = context.color_trc = _BT709
        context.color_range = ColorRange.MPEG
        self._audio = container.add_stream("aac", rate=SAMPLE_RATE_HZ, layout="mono")
        self._audio.bit_rate = AUDIO_BITS_PER_S
        self._frames = 0

    def write(self, canvas: Canvas, sound: Sound) -> None:
        """Adds a picture and the sound of its 1 / FPS seconds."""
        pixels = np.rint(np.clip(canvas.pixels, 0, 1) * 255).astype(np.uint8)
        frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
        frame = frame.reformat(format="yuv420p", dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG)
        frame.pts, frame.time_base = self._frames, Fraction(1, FPS)
        self._container.mux(self._video.encode(frame))
        clip = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound[None]), format="fltp", layout="mono")
        clip.sample_rate = SAMPLE_RATE_HZ
        clip.pts, clip.time_base = self._frames * SAMPLE_RATE_HZ // FPS, Fraction(1, SAMPLE_RATE_HZ)
        self._container.mux(self._audio.encode(clip))
        self._frames += 1

    def close(self) -> None:
        for stream in (self._video, self._audio):
            self._container.mux(stream.encode(None))


def make(path: Path, size: tuple[int, int] = (640, 360), seconds_per_shot: float | None = None) -> None:
    """Writes the film to `path`.

    Args:
        path: MP4 file; an existing one is replaced.
        size: width and height in pixels, both even.
        seconds_per_shot: length of every shot; None keeps their own lengths.
    """
    view = View(*size)
    lengths = [max(1, round((seconds_per_shot or shot.seconds) * FPS)) for shot in SHOTS]
    with av.open(path, "w", format="mp4", options={"movflags": "+faststart", "fflags": "+bitexact"}) as container:
        writer = Writer(container, view)
        scenes = {scene: play(scene, view, lengths) for scene in SCENES}
        for shot in SHOTS:
            for canvas, sound in next(scenes[shot.make]):
                writer.write(canvas, sound)
        writer.close()


def play(scene: SceneMaker, view: View, lengths: Sequence[int]) -> Iterator[Iterator[tuple[Canvas, Sound]]]:
    """Plays a scene.

    Args:
        scene: the scene.
        view: the pixel grid.
        lengths: number of frames of every shot of the film.

    Yields:
        The shots of this scene one after the other, each as pictures with their sound.
    """
    mine = [frames for shot, frames in zip(SHOTS, lengths, strict=True) if shot.make is scene]
    rng = np.random.default_rng((SEED, SCENES.index(scene)))
    paint, sound = scene(view, sum(mine) / FPS, rng)
    samples = SAMPLE_RATE_HZ // FPS
    for start, stop in pairwise([0, *accumulate(mine)]):
        clips = excerpt(sound, start * samples, stop * samples).reshape(stop - start, samples)
        yield ((paint(frame / FPS), clip) for frame, clip in zip(range(start, stop), clips, strict=True))


def _size(text: str) -> tuple[int, int]:
    width, height = (int(part) for part in text.split("x"))
    if min(width, height) < 16 or width % 2 or height % 2:
        raise argparse.ArgumentTypeError(f"{text!r} is not two even numbers such as 640x360")
    return width, height


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Makes the example video.")
    parser.add_argument("--output", type=Path, default=DEFAULT_OUTPUT, help="MP4 file to write (default: %(default)s)")
    parser.add_argument("--size", type=_size, default=(640, 360), metavar="WxH", help="picture size (default: 640x360)")
    parser.add_argument("--seconds-per-shot", type=float, help="length of every shot (default: their own lengths)")
    options = parser.parse_args(arguments)
    make(options.output, options.size, options.seconds_per_shot)
    print(f"{options.output}: {len(SHOTS)} shots, {options.output.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
