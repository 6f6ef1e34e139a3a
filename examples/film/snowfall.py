"""Snow falls on a cottage among firs by moonlight."""

import numpy as np
from numpy.random import Generator

from film import fir
from film.drawing import Canvas, Colour, Painter, View, gradient, hills, mix, rgb, specks
from film.sound import Sound, add, finish, hiss, ticks, tone

MOON = (1.38, 0.2)
# For each slope: height of the ridge, its colour, number of firs and their height.
SLOPES = (
    (0.62, (0.44, 0.53, 0.7), 16, 0.16),
    (0.7, (0.58, 0.66, 0.8), 11, 0.26),
    (0.8, (0.76, 0.82, 0.92), 6, 0.42),
)
# Number, speed and size of the far, middle and near flakes.
FLAKES = ((130, 0.08, 0.0022), (80, 0.13, 0.004), (34, 0.2, 0.0075))
TUNE_HZ = (784.0, 659.3, 587.3, 523.3, 587.3, 659.3, 784.0, 880.0, 784.0, 659.3, 523.3)


def make(view: View, seconds: float, rng: Generator) -> tuple[Painter, Sound]:
    valley = _valley(view, rng)
    flakes = [(rng.uniform(0, view.aspect, n), rng.uniform(0, 1, n), speed, size) for n, speed, size in FLAKES]

    def paint(t: float) -> Canvas:
        canvas = valley.copy()
        _smoke(canvas, t)
        _windows(canvas, t)
        for x, y, speed, size in flakes:
            across = (x + 0.03 * np.sin(0.9 * t + 9 * y) - 0.02 * t) % view.aspect
            canvas.add(specks(view, across, (y + speed * t) % 1, np.ones_like(x), size), (0.8, 0.8, 0.8))
        return canvas

    sound = 0.05 * hiss(seconds, rng, 250, 900) * (1 + 0.7 * np.sin(0.9 * ticks(seconds)))
    for k in range(int(seconds / 0.7) + 1):
        add(sound, 0.2 + 0.7 * k, tone(TUNE_HZ[k % len(TUNE_HZ)], 2.0, decay=2.6, bright=0.25), 0.3)
    return paint, finish(sound, 0.45)


def _valley(view: View, rng: Generator) -> Canvas:
    valley = gradient(view, (0, (0.05, 0.09, 0.24)), (0.55, (0.2, 0.29, 0.48)), (0.75, (0.42, 0.5, 0.66)))
    valley.glow(MOON, 0.3, (0.22, 0.24, 0.26))
    valley.disc(MOON, 0.075, (0.97, 0.97, 0.9))
    for dx, dy, r in ((-0.02, -0.015, 0.016), (0.025, 0.02, 0.012), (0.0, 0.035, 0.009)):
        valley.disc((MOON[0] + dx, MOON[1] + dy), r, (0.88, 0.88, 0.82))
    for base, colour, firs, tall in SLOPES:
        _slope(valley, rng, base, colour, firs * [tall])
    _cottage(valley)
    return valley


def _slope(canvas: Canvas, rng: Generator, base: float, colour: Colour, firs: list[float]) -> None:
    """Draws a snowy ridge with firs of about the given heights; the nearest ridge leaves room for the cottage."""
    x = canvas.view.x[0]
    ridge = hills(x, base, (0.03, 2.3 + 3 * base, 9 * base), (0.01, 6.1, base))
    canvas.ground(ridge, colour)
    needles, snow = mix((0.3, 0.4, 0.52), (0.06, 0.16, 0.2), 5 * (base - 0.6)), mix(colour, (0.95, 0.97, 1), 0.6)
    places = np.sort(rng.uniform(0, canvas.view.aspect, len(firs)))
    for place, tall in zip(places, firs, strict=True):
        if base < 0.8 or not 0.55 < place < 1.15:
            root = (float(place), float(np.interp(place, x, ridge)) + 0.02)
            fir.draw(canvas, root, tall * rng.uniform(0.75, 1.15), needles, snow)


def _cottage(canvas: Canvas) -> None:
    canvas.box((0.7, 0.7, 1.0, 0.86), (0.3, 0.19, 0.14))
    canvas.polygon([(0.75, 0.58), (0.95, 0.58), (1.05, 0.71), (0.65, 0.71)], (0.93, 0.95, 1.0))
    canvas.box((0.92, 0.53, 0.96, 0.6), (0.35, 0.2, 0.16))
    canvas.box((0.83, 0.76, 0.885, 0.86), (0.2, 0.12, 0.09))


def _smoke(canvas: Canvas, t: float) -> None:
    for k in range(14):
        age = (t + 0.5 * k) % 7
        place = (0.94 + 0.035 * age + 0.012 * np.sin(2 * age), 0.51 - 0.05 * age)
        size = (0.02 + 0.012 * age, 0.016 + 0.01 * age)
        canvas.ellipse(place, size, (0.8, 0.84, 0.92), opacity=0.34 * (1 - age / 7), soft=0.9)


def _windows(canvas: Canvas, t: float) -> None:
    flicker = 1 + 0.05 * np.sin(6 * t) * np.sin(2.3 * t)
    for left in (0.735, 0.92):
        canvas.box((left, 0.755, left + 0.05, 0.81), flicker * rgb(1.0, 0.8, 0.42))
        canvas.line((left + 0.025, 0.755), (left + 0.025, 0.81), 0.005, (0.3, 0.18, 0.12))
        canvas.glow((left + 0.025, 0.79), 0.075, flicker * rgb(0.2, 0.11, 0.02))
