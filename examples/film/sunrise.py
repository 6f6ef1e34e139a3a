"""The sun comes up over a calm sea."""

import numpy as np
from numpy.random import Generator

from film.drawing import Array, Canvas, Painter, View, gradient, mix, rgb
from film.sound import Sound, finish, hiss, pad, ticks

HORIZON = 0.58


class _Sea:
    """Waves in perspective, brightest along the path of the sun at `sun_x`."""

    def __init__(self, view: View, sun_x: float) -> None:
        self.part = view.window(0, HORIZON, view.aspect, 1)
        x, y = view.x[self.part], view.y[self.part]
        depth = np.maximum(y - HORIZON, 0)
        self.surface = view.cover(y - HORIZON)
        self.across, self.away = 0.9 * x / (depth + 0.08), 7 * np.log(depth + 0.03)
        self.path = np.exp(-(((x - sun_x) / (0.05 + 0.55 * depth)) ** 2))

    def waves(self, t: float) -> Array:
        swell = np.sin(1.7 * self.across + 3.1 * self.away + 1.9 * t)
        swell += np.sin(-2.3 * self.across + 5.3 * self.away - 1.3 * t)
        return np.asarray(swell + np.sin(0.6 * self.across + 8.9 * self.away + 2.6 * t)) / 3

    def paint(self, canvas: Canvas, t: float, water: Canvas) -> None:
        light = self.waves(t)
        sparkle = self.path * np.clip(2.6 * light - 0.3, 0, 1)
        colours = water.pixels[self.part] + 0.07 * light[..., None] + sparkle[..., None] * rgb(0.75, 0.55, 0.3)
        canvas.fill(self.surface, colours, self.part)


def make(view: View, seconds: float, rng: Generator) -> tuple[Painter, Sound]:
    sun_x = 0.62 * view.aspect
    sea = _Sea(view, sun_x)

    def paint(t: float) -> Canvas:
        day = t / seconds
        top, low = mix((0.13, 0.11, 0.33), (0.27, 0.46, 0.76), day), mix((0.99, 0.5, 0.26), (1.0, 0.85, 0.62), day)
        canvas = gradient(view, (0, top), (0.36, mix((0.72, 0.32, 0.42), (0.93, 0.7, 0.6), day)), (HORIZON, low))
        sun = (sun_x, 0.61 - 0.27 * day)
        canvas.glow(sun, 0.33, (0.38, 0.2, 0.06))
        canvas.disc(sun, 0.075, (1.0, 0.95, 0.78))
        middle = mix((0.3, 0.2, 0.36), (0.2, 0.42, 0.58), day)
        sea.paint(canvas, t, gradient(view, (HORIZON, 0.8 * low), (0.72, middle), (1, (0.04, 0.12, 0.25))))
        _sail(canvas, t)
        _gulls(canvas, t)
        return canvas

    surf = hiss(seconds, rng, 150, 1800) * (0.35 + 0.3 * np.sin(1.6 * ticks(seconds)) ** 2)
    return paint, finish(0.35 * surf + pad((146.8, 220, 293.7, 370), seconds), 0.5)


def _sail(canvas: Canvas, t: float) -> None:
    x, y = 0.3 + 0.05 * t, HORIZON + 0.045 + 0.004 * np.sin(1.7 * t)
    hull = [(x - 0.07, y - 0.016), (x + 0.075, y - 0.016), (x + 0.05, y + 0.008), (x - 0.05, y + 0.008)]
    canvas.polygon(hull, (0.16, 0.09, 0.12))
    canvas.polygon([(x, y - 0.19), (x + 0.065, y - 0.03), (x, y - 0.03)], (0.97, 0.86, 0.78))
    canvas.polygon([(x - 0.008, y - 0.16), (x - 0.008, y - 0.03), (x - 0.05, y - 0.03)], (0.86, 0.66, 0.62))


def _gulls(canvas: Canvas, t: float) -> None:
    for i in range(3):
        x, y = 1.5 - 0.07 * t + 0.1 * i, 0.2 + 0.05 * np.sin(2 * i) - 0.008 * t
        lift = 0.014 * np.sin(7 * t + 2 * i)
        for side in (-1, 1):
            canvas.line((x, y), (x + 0.025 * side, y - 0.008 - lift), 0.005, (0.2, 0.13, 0.2))
