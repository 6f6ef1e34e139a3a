"""Hot-air balloons drift over a mountain lake."""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from film.drawing import Canvas, Colour, Painter, Point, View, gradient, hills, rgb, texture
from film.sound import Sound, add, finish, hiss, pad, thump

SHORE = 0.74


@dataclass(frozen=True)
class _Balloon:
    x: float
    y: float
    radius: float
    colours: tuple[Colour, Colour]


FLEET = (
    _Balloon(0.8, 0.24, 0.05, ((0.1, 0.55, 0.45), (0.98, 0.9, 0.7))),
    _Balloon(1.56, 0.34, 0.075, ((0.45, 0.25, 0.6), (0.98, 0.62, 0.35))),
    _Balloon(1.12, 0.4, 0.17, ((0.15, 0.42, 0.7), (0.96, 0.96, 0.94))),
    _Balloon(0.42, 0.46, 0.13, ((0.86, 0.2, 0.2), (0.99, 0.86, 0.4))),
)


def make(view: View, seconds: float, rng: Generator) -> tuple[Painter, Sound]:
    land = _land(view, rng)
    burns = (0.2 * seconds, 0.65 * seconds)

    def paint(t: float) -> Canvas:
        canvas = land.copy()
        for i, balloon in enumerate(FLEET):
            x = balloon.x + 0.018 * t + 0.012 * np.sin(0.8 * t + i)
            y = balloon.y - 0.017 * t * (1 + 2 * balloon.radius)
            age = min((t - b - 0.15 * i for b in burns if t > b + 0.15 * i), default=np.inf)
            _draw(canvas, balloon, (x, y), np.exp(-2.2 * age))
        canvas.reflect(SHORE, t, (0.72, 0.82, 0.9))
        return canvas

    sound = pad((130.8, 196, 261.6, 329.6, 493.9), seconds) + 0.05 * hiss(seconds, rng, 200, 900)
    for at in burns:
        add(sound, at, thump(1.4, rng, high_hz=1400, decay=2.2), 0.5)
    return paint, finish(sound, 0.5)


def _land(view: View, rng: Generator) -> Canvas:
    x = view.x[0]
    land = gradient(view, (0, (0.42, 0.62, 0.88)), (0.35, (0.88, 0.84, 0.88)), (0.6, (0.99, 0.82, 0.68)))
    peaks = hills(x, 0.64, (0.008, 23, 1), (0.005, 41, 0))
    peaks -= 0.2 * (1 - np.abs(np.sin(2.1 * x + 0.7))) ** 1.3 + 0.1 * (1 - np.abs(np.sin(4.7 * x + 2.2)))
    cliffs = Canvas(view, rgb(0.47, 0.48, 0.64) + 0.03 * texture(view, rng, 1.8)[..., None])
    snowline = hills(x, 0.5, (0.02, 7, 0), (0.016, 29, 1), (0.012, 53, 2))
    cliffs.fill(0.92 * view.cover(0.5 * (snowline - view.y)), (0.97, 0.95, 0.98))
    land.ground(peaks, cliffs.pixels)
    land.ground(hills(x, 0.7, (0.02, 4, 0), (0.012, 11, 1), (0.006, 47, 0)), (0.2, 0.36, 0.34))
    return land


def _draw(canvas: Canvas, balloon: _Balloon, centre: Point, flame: float) -> None:
    view, (cx, cy), r = canvas.view, centre, balloon.radius
    part = view.window(cx - r, cy - r, cx + r, cy + 1.3 * r)
    dx, dy = (view.x[part] - cx) / r, (view.y[part] - cy) / r
    taper = np.maximum(0.954 - 0.82 * (dy - 0.3), 1e-3)
    girth = np.where(dy < 0.3, np.sqrt(np.maximum(1 - dy**2, 1e-4)), taper)
    stripe = np.clip(0.5 + 3 * np.sin(8 * np.arcsin(np.clip(dx / girth, -1, 1)) + 0.8), 0, 1)[..., None]
    shade = np.clip(0.92 - 0.3 * dx - 0.18 * dy + 0.25 * flame * np.clip(dy, 0, 1), 0.35, 1.15)[..., None]
    first, second = (rgb(*colour) for colour in balloon.colours)
    mask = view.cover((girth - np.abs(dx)) * r) * view.cover((1.18 - dy) * r)
    canvas.fill(mask, (second + stripe * (first - second)) * shade, part)
    for side in (-1, 1):
        canvas.line((cx + 0.2 * side * r, cy + 1.17 * r), (cx + 0.13 * side * r, cy + 1.5 * r), 0.004, (0.3, 0.22, 0.2))
    canvas.box((cx - 0.17 * r, cy + 1.48 * r, cx + 0.17 * r, cy + 1.74 * r), (0.45, 0.28, 0.16))
    burner = (cx, cy + 1.3 * r)
    canvas.ellipse(burner, (0.07 * r, 0.17 * r), (1.0, 0.85, 0.4), opacity=min(1.0, 1.3 * flame), soft=0.7)
