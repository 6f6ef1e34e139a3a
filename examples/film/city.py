"""Rain and one flash of lightning over a city with lit windows."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from film.drawing import Canvas, Colour, Painter, View, gradient, mix, texture
from film.sound import Sound, add, finish, hiss, thump

STREET = 0.8
VARIANTS = 4
"""Number of pictures of the same skyline; they differ in which windows are lit."""
LAMPS = ((1.0, 0.83, 0.45), (1.0, 0.72, 0.35), (0.75, 0.88, 1.0))
PAINT = (0.3, 0.33, 0.48)


@dataclass(frozen=True)
class _Row:
    """A row of houses at the same distance."""

    colour: Colour
    width: float
    highest: float
    spread: float
    pane: float


ROWS = (
    _Row((0.22, 0.17, 0.31), 0.075, 0.26, 0.2, 0.011),
    _Row((0.12, 0.105, 0.21), 0.11, 0.34, 0.26, 0.015),
    _Row((0.055, 0.055, 0.12), 0.15, 0.46, 0.2, 0.019),
)


def make(view: View, seconds: float, rng: Generator) -> tuple[Painter, Sound]:
    flash_s = 0.42 * seconds
    skylines = _skylines(view, rng)
    rain = _rain(view, rng)
    steps = np.c_[rng.normal(0, 0.035, 14), np.full(14, 0.036)]
    bolt = [(1.15 + dx, dy) for dx, dy in np.cumsum(steps, axis=0)]

    def paint(t: float) -> Canvas:
        canvas = skylines[int(t / 1.6) % VARIANTS].copy()
        _lightning(canvas, bolt, t - flash_s)
        for k in range(4):
            way = 1 - 2 * (k % 2)
            _car(canvas, (0.55 * k + 0.36 * way * t) % (view.aspect + 0.4) - 0.2, way)
        canvas.reflect(STREET, t, (0.55, 0.58, 0.7))
        for k, (speed, strength) in enumerate(((1.9, 0.2), (1.5, 0.13))):
            fallen = int(speed * t * view.height)
            canvas.add(strength * np.roll(rain, (fallen, 97 * k - int(0.22 * fallen)), (0, 1)), (0.75, 0.85, 1))
        return canvas

    sound = 0.16 * hiss(seconds, rng, 900, 7000) + 0.06 * hiss(seconds, rng, 100, 400)
    add(sound, flash_s + 0.35, thump(4, rng, high_hz=160, decay=1.1), 0.9)
    add(sound, flash_s + 0.35, thump(0.5, rng, high_hz=1800, decay=9), 0.5)
    return paint, finish(sound, 0.75)


def _skylines(view: View, rng: Generator) -> list[Canvas]:
    sky = gradient(view, (0, (0.05, 0.06, 0.17)), (0.35, (0.15, 0.14, 0.32)), (STREET, (0.5, 0.28, 0.4)))
    sky.add(0.04 * texture(view, rng, 0.8) * np.clip(0.8 - view.y, 0, 1), (1, 1, 1))
    pictures = [sky.copy() for _ in range(VARIANTS)]
    for row in ROWS:
        left = -0.05
        while left < view.aspect:
            right = left + row.width * rng.uniform(0.7, 1.4)
            _house(pictures, rng, row, (left, row.highest + row.spread * rng.uniform(0, 1), right, STREET))
            left = right + 0.004
    return pictures


def _house(pictures: list[Canvas], rng: Generator, row: _Row, corners: tuple[float, float, float, float]) -> None:
    left, roof, right, foot = corners
    for picture in pictures:
        picture.box(corners, row.colour)
    for x in np.arange(left + row.pane, right - 1.6 * row.pane, 1.9 * row.pane):
        for y in np.arange(roof + 1.2 * row.pane, foot - 2 * row.pane, 2.3 * row.pane):
            lit, fickle = rng.uniform() < 0.5, rng.uniform() < 0.12
            light = mix(row.colour, LAMPS[rng.integers(3)], rng.uniform(0.45, 0.95))
            for picture in pictures:
                if lit != (fickle and rng.uniform() < 0.5):
                    picture.box((x, y, x + row.pane, y + 1.35 * row.pane), light)


def _rain(view: View, rng: Generator) -> NDArray[np.float32]:
    """Returns slanting streaks (h, w); copies of them can be put side by side."""
    sheet = np.zeros((view.height, view.width), np.float32)
    drops = rng.integers(0, (view.height, view.width), (110, 2))
    for k in range(max(2, view.height // 22)):
        sheet[(drops[:, 0] + k) % view.height, (drops[:, 1] - k // 6) % view.width] = 1
    return sheet


def _lightning(canvas: Canvas, bolt: list[tuple[float, float]], since_s: float) -> None:
    if not 0 <= since_s < 1.2:
        return
    power = np.exp(-4 * since_s) * (0.65 + 0.35 * np.cos(45 * since_s))
    canvas.add(power * np.clip(0.9 - canvas.view.y, 0, 1), (0.5, 0.52, 0.7))
    if since_s < 0.28:
        for start, end in pairwise(bolt):
            canvas.line(start, end, 0.008, (1, 1, 1))


def _car(canvas: Canvas, x: float, way: int) -> None:
    cabin = x - 0.01 * way
    canvas.ellipse((cabin, STREET - 0.05), (0.054, 0.034), PAINT)
    for left in (cabin - 0.03, cabin + 0.004):
        canvas.box((left, STREET - 0.073, left + 0.026, STREET - 0.053), (0.1, 0.11, 0.18))
    canvas.box((x - 0.085, STREET - 0.05, x + 0.085, STREET - 0.016), PAINT)
    for wheel in (-0.05, 0.05):
        canvas.disc((x + wheel, STREET - 0.014), 0.016, (0.03, 0.03, 0.05))
    for lamp, tint in ((x + 0.085 * way, (1, 0.93, 0.75)), (x - 0.085 * way, (0.8, 0.06, 0.05))):
        canvas.glow((lamp, STREET - 0.035), 0.026, tint)
        canvas.disc((lamp, STREET - 0.035), 0.009, mix(tint, (1, 1, 1), 0.3))
