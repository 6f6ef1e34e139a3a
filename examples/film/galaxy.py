"""A spiral galaxy turns while a comet passes."""

import numpy as np
from numpy.random import Generator

from film.drawing import Canvas, Painter, View, gradient, rgb, sparks, specks, texture
from film.sound import Sound, finish, hiss, pad, ticks

STARS = 14_000
TILT = np.radians(-20)


class _Spiral:
    """Two arms of stars, warm near the core and blue far out."""

    def __init__(self, rng: Generator) -> None:
        self.reach = rng.gamma(1.6, 0.14, STARS) + 0.01
        stray = rng.normal(0, 1, STARS) * np.where(rng.uniform(size=STARS) < 0.3, 1.2, 0.3)
        self.angle = -3.3 * np.log(self.reach + 0.05) + np.pi * rng.integers(0, 2, STARS) + stray
        self.lift = rng.normal(0, 0.014, STARS) * np.exp(-self.reach / 0.3)
        warm = np.exp(-self.reach / 0.13)[:, None]
        self.colours = warm * rgb(1, 0.78, 0.5) + (1 - warm) * rgb(0.45, 0.63, 1.0)
        self.colours[rng.uniform(size=STARS) < 0.04] = (1.0, 0.35, 0.55)
        self.colours *= (rng.gamma(0.7, 0.17, STARS) * np.clip(self.reach / 0.16, 0.18, 1))[:, None] + 0.02

    def paint(self, canvas: Canvas, t: float) -> None:
        view, zoom = canvas.view, 1 + 0.035 * t
        turned = self.angle + 0.32 * t
        u, v = zoom * self.reach * np.cos(turned), zoom * (0.42 * self.reach * np.sin(turned) + self.lift)
        x = view.aspect / 2 + u * np.cos(TILT) - v * np.sin(TILT)
        y = 0.5 + u * np.sin(TILT) + v * np.cos(TILT)
        canvas.pixels += sparks(view, x, y, self.colours, 0.0022)
        canvas.add(specks(view, x, y, self.colours[:, 2], 0.02) / 45, (0.5, 0.55, 1.0))
        canvas.glow((view.aspect / 2, 0.5), 0.12 * zoom, (0.4, 0.28, 0.15))
        canvas.glow((view.aspect / 2, 0.5), 0.045 * zoom, (0.55, 0.45, 0.3))


def make(view: View, seconds: float, rng: Generator) -> tuple[Painter, Sound]:
    spiral = _Spiral(rng)
    sky = gradient(view, (0, (0.012, 0.012, 0.04)), (1, (0.03, 0.015, 0.06)))
    sky.add(0.014 * np.clip(texture(view, rng, 0.6), 0, 2), (0.9, 0.4, 1.1))
    sky.stars(rng, 170, 1)

    def paint(t: float) -> Canvas:
        canvas = sky.copy()
        spiral.paint(canvas, t)
        _comet(canvas, t / seconds)
        return canvas

    t = ticks(seconds)
    sweep = hiss(seconds, rng, 1500, 6000) * np.exp(-(((t / seconds - 0.5) / 0.2) ** 2))
    return paint, finish(pad((55, 82.4, 110, 164.8, 207.7), seconds) + 0.12 * sweep, 0.5)


def _comet(canvas: Canvas, share: float) -> None:
    """Draws the comet after the given share of its way across the picture."""
    x, y = -0.3 + (canvas.view.aspect + 0.8) * share, 0.1 + 0.18 * share
    for k in range(26):
        light = 0.17 * (1 - k / 26) ** 2 * rgb(0.6, 0.85, 1)
        canvas.glow((x - 0.017 * k, y - 0.0045 * k), 0.011 + 0.0009 * k, light)
    canvas.glow((x, y), 0.016, (0.9, 0.95, 1))
