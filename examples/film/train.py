"""A steam train crosses the hills."""

import numpy as np
from numpy.random import Generator

from film.drawing import Canvas, Colour, Painter, View, gradient, hills, scroll, texture, tinted
from film.sound import Sound, add, finish, hiss, thump, tone

TRACK = 0.755
BEAT_S = 0.25
BLACK = (0.1, 0.1, 0.1)
COACHES = ((0.72, 0.17, 0.15), (0.95, 0.85, 0.62), (0.17, 0.33, 0.56), (0.72, 0.17, 0.15))


def make(view: View, seconds: float, rng: Generator) -> tuple[Painter, Sound]:
    x, speed = view.x[0], (view.aspect + 2.0) / seconds
    sky = gradient(view, (0, (0.3, 0.58, 0.92)), (0.6, (0.86, 0.93, 0.98)))
    clouds, haze = texture(view, rng, 0.7), np.clip(1.4 - 2.4 * view.y, 0, 1)
    meadow = _meadow(view, rng)
    trees = [(rng.uniform(0, view.aspect), rng.uniform(0.035, 0.06)) for _ in range(14)]

    def paint(t: float) -> Canvas:
        canvas = sky.copy()
        drifted = scroll(clouds, 0.025 * t * view.height, 1)
        canvas.fill(np.clip(0.55 * drifted - 0.1, 0, 0.9) * haze, (1, 1, 1))
        far = hills(x, 0.45, (0.06, 2.1, 1 + 0.02 * t), (0.03, 5.3, 0.03 * t), (0.012, 13, 2))
        canvas.ground(far, (0.58, 0.68, 0.82))
        canvas.ground(hills(x, 0.57, (0.05, 2.9, 4 + 0.06 * t), (0.014, 8.1, 1)), (0.46, 0.65, 0.5))
        canvas.ground(hills(x, 0.66, (0.03, 3.7, 2 + 0.1 * t), (0.006, 17, 0)), (0.4, 0.62, 0.34))
        _grove(canvas, trees)
        _smoke(canvas, t, speed)
        canvas.box((0, TRACK, view.aspect, TRACK + 0.012), (0.33, 0.27, 0.24))
        front = _front(t, speed)
        for i, colour in enumerate(COACHES):
            _coach(canvas, front - 0.4 - 0.42 * i, colour, speed * t)
        _engine(canvas, front, speed * t)
        canvas.ground(hills(x, 0.79, (0.012, 3.1, 1)), meadow.pixels)
        return canvas

    return paint, _sound(seconds, rng)


def _sound(seconds: float, rng: Generator) -> Sound:
    sound = 0.03 * hiss(seconds, rng, 60, 400)
    for k in range(int(seconds / BEAT_S) + 1):
        add(sound, k * BEAT_S, thump(0.22, rng, high_hz=2500, decay=16), 0.16 if k % 4 else 0.24)
    for start in (0.19, 0.62):
        for pitch in (659, 784, 988):
            add(sound, start * seconds, tone(pitch, 0.11 * seconds, bright=0.5), 0.16)
    return finish(sound, 0.7)


def _front(t: float, speed: float) -> float:
    return speed * t - 0.15


def _meadow(view: View, rng: Generator) -> Canvas:
    meadow = Canvas(view, tinted((0.36, 0.6, 0.24), 1 + 0.045 * texture(view, rng, 1.9)))
    petals = ((0.98, 0.9, 0.3), (0.95, 0.95, 0.98), (0.88, 0.3, 0.4))
    for k in range(70):
        x, y = rng.uniform(0, view.aspect), rng.uniform(0.83, 0.99)
        meadow.disc((x, y), 0.012 * y - 0.005, petals[k % 3])
    return meadow


def _grove(canvas: Canvas, trees: list[tuple[float, float]]) -> None:
    for x, size in trees:
        foot = 0.7 - 0.15 * size
        canvas.box((x - 0.005, foot - size, x + 0.005, foot + 0.02), (0.3, 0.22, 0.16))
        canvas.ellipse((x, foot - 1.3 * size), (0.8 * size, size), (0.2, 0.43, 0.22))
        lit = (x - 0.2 * size, foot - 1.55 * size)
        canvas.ellipse(lit, (0.5 * size, 0.6 * size), (0.28, 0.52, 0.26), opacity=0.8, soft=0.7)


def _smoke(canvas: Canvas, t: float, speed: float) -> None:
    """Draws a puff for each beat of the engine, at the place where the chimney was then."""
    for k in range(max(0, int((t - 3.6) / BEAT_S)), int(t / BEAT_S) + 1):
        age = t - k * BEAT_S
        place = (_front(k * BEAT_S, speed) - 0.065 - 0.05 * age, TRACK - 0.255 - 0.11 * age**0.7)
        size = 0.03 + 0.075 * age**0.8
        canvas.ellipse(place, (1.15 * size, size), (0.97, 0.97, 0.98), opacity=0.9 * np.exp(-0.6 * age), soft=0.6)


def _wheels(canvas: Canvas, left: float, count: int, radius: float, way: float) -> None:
    for i in range(count):
        x, y = left + i * 2.5 * radius, TRACK - radius
        canvas.disc((x, y), radius, (0.13, 0.12, 0.14))
        canvas.disc((x, y), 0.6 * radius, (0.7, 0.18, 0.14))
        turn = way / radius
        canvas.line((x, y), (x + radius * np.cos(turn), y + radius * np.sin(turn)), 0.006, BLACK)


def _engine(canvas: Canvas, front: float, way: float) -> None:
    steel = (0.12, 0.3, 0.26)
    canvas.box((front - 0.36, TRACK - 0.1, front, TRACK - 0.04), BLACK)
    canvas.box((front - 0.24, TRACK - 0.17, front - 0.02, TRACK - 0.085), steel)
    canvas.box((front - 0.235, TRACK - 0.155, front - 0.02, TRACK - 0.14), (0.25, 0.46, 0.4))
    canvas.box((front - 0.37, TRACK - 0.23, front - 0.23, TRACK - 0.085), steel)
    canvas.box((front - 0.345, TRACK - 0.205, front - 0.265, TRACK - 0.15), (0.99, 0.9, 0.6))
    canvas.box((front - 0.39, TRACK - 0.245, front - 0.21, TRACK - 0.228), BLACK)
    canvas.box((front - 0.085, TRACK - 0.235, front - 0.045, TRACK - 0.165), BLACK)
    canvas.disc((front - 0.15, TRACK - 0.17), 0.025, (0.83, 0.66, 0.25))
    canvas.disc((front, TRACK - 0.128), 0.018, (1.0, 0.95, 0.7))
    _wheels(canvas, front - 0.3, 4, 0.034, way)


def _coach(canvas: Canvas, front: float, colour: Colour, way: float) -> None:
    canvas.box((front - 0.4, TRACK - 0.06, front + 0.02, TRACK - 0.045), BLACK)
    canvas.box((front - 0.38, TRACK - 0.21, front - 0.01, TRACK - 0.055), colour)
    canvas.box((front - 0.39, TRACK - 0.222, front, TRACK - 0.204), (0.25, 0.22, 0.22))
    for i in range(5):
        left = front - 0.36 + 0.07 * i
        canvas.box((left, TRACK - 0.18, left + 0.048, TRACK - 0.12), (0.8, 0.92, 0.98))
    _wheels(canvas, front - 0.33, 2, 0.026, way)
    _wheels(canvas, front - 0.11, 2, 0.026, way)
