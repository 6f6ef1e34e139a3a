"""Fish, weed and bubbles in a sunlit tank."""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from film.drawing import Canvas, Colour, Painter, View, gradient, hills, mix, rgb, texture, tinted
from film.sound import Sound, add, finish, pad, ticks

SAND = 0.88
BUBBLE_S = 0.5
COATS = (((0.98, 0.45, 0.1), (1, 1, 1)), ((0.98, 0.85, 0.15), (0.1, 0.15, 0.4)), ((0.85, 0.2, 0.45), (1, 0.75, 0.5)))


@dataclass(frozen=True)
class _Fish:
    start: float
    level: float
    size: float
    speed: float
    coat: tuple[Colour, Colour]


def make(view: View, seconds: float, rng: Generator) -> tuple[Painter, Sound]:
    water = gradient(view, (0, (0.2, 0.72, 0.85)), (0.45, (0.04, 0.42, 0.66)), (1, (0.02, 0.16, 0.36)))
    slant, dim = (view.x - 0.35 * view.aspect) / (view.y + 0.7), 0.085 * np.clip(1 - view.y, 0, 1) ** 1.5
    sand, ridge = 1 + 0.07 * texture(view, rng, 2.2), hills(view.x[0], SAND, (0.012, 4, 1), (0.006, 11, 0))
    shoal = sorted((_fish(view, rng, COATS[i % 3]) for i in range(11)), key=lambda fish: fish.size)
    stems = [(rng.uniform(0, view.aspect), rng.uniform(0.2, 0.5), rng.uniform(0.012, 0.024)) for _ in range(13)]
    vents = [(0.22 * view.aspect, 0.0), (0.83 * view.aspect, 0.4)]

    def paint(t: float) -> Canvas:
        canvas = water.copy()
        rays = np.sin(17 * slant + 0.7 * t) + np.sin(29 * slant - 1.1 * t) + np.sin(43 * slant + 0.4 * t)
        canvas.add(dim * np.maximum(rays, 0), (0.7, 1, 0.95))
        canvas.ground(ridge, tinted((0.62, 0.56, 0.4), sand))
        for i, (root, tall, wide) in enumerate(stems):
            _weed(canvas, root, tall, wide, 1.3 * t + i)
        for fish in shoal:
            _draw(canvas, fish, t)
        for x, offset in vents:
            _bubbles(canvas, x, t - offset)
        return canvas

    sound = 0.5 * pad((110, 164.8, 246.9, 277.2), seconds)
    for _, offset in vents:
        for k in range(int((seconds - offset) / BUBBLE_S) + 1):
            add(sound, offset + k * BUBBLE_S, _blip(420 + 60 * (k % 5)), 0.5)
    return paint, finish(sound, 0.55)


def _blip(pitch_hz: float) -> Sound:
    t = ticks(0.09)
    return np.asarray(np.sin(2 * np.pi * (pitch_hz + 3800 * t) * t) * np.sin(np.pi * t / 0.09), dtype=np.float32)


def _fish(view: View, rng: Generator, coat: tuple[Colour, Colour]) -> _Fish:
    speed = rng.choice([-1, 1]) * rng.uniform(0.12, 0.3)
    return _Fish(rng.uniform(0, view.aspect + 0.6), rng.uniform(0.14, 0.74), rng.uniform(0.045, 0.085), speed, coat)


def _weed(canvas: Canvas, root: float, tall: float, wide: float, sway: float) -> None:
    view = canvas.view
    part = view.window(root - 0.12, SAND - tall, root + 0.12, SAND + 0.03)
    rise = (SAND + 0.03 - view.y[part]) / tall
    bend = 0.09 * rise**2 * np.sin(sway + 3 * rise) + 0.006 * np.sin(50 * rise)
    mask = view.cover(wide * np.sqrt(np.clip(1.05 - rise, 0, 1)) - np.abs(view.x[part] - root - bend))
    canvas.fill(mask, tinted((0.05, 0.4, 0.22), 0.6 + 0.9 * rise), part)


def _draw(canvas: Canvas, fish: _Fish, t: float) -> None:
    view, size, way = canvas.view, fish.size, float(np.sign(fish.speed))
    x = (fish.start + fish.speed * t) % (view.aspect + 0.6) - 0.3
    y = fish.level + 0.015 * np.sin(1.7 * t + 5 * fish.start)
    wag = 0.45 * np.sin(11 * t + 7 * fish.start)
    skin, band = (rgb(*colour) for colour in fish.coat)
    tail = [(-0.8, 0.0), (-1.6, -0.5 + wag), (-1.6, 0.5 + wag)]
    fin = [(0.3, -0.4), (-0.5, -0.72), (-0.5, -0.25)]
    for corners in (tail, fin):
        canvas.polygon([(x + way * size * a, y + size * b) for a, b in corners], mix(skin, (0.2, 0.1, 0.1), 0.16))
    part = view.window(x - size, y - size, x + size, y + size)
    dx, dy = way * (view.x[part] - x) / size, (view.y[part] - y) / (0.52 * size)
    stripes = view.cover((np.abs((dx + 0.15) % 0.62 - 0.31) - 0.2) * size)[..., None]
    body = (skin + stripes * (band - skin)) * np.clip(0.95 - 0.28 * dy, 0.5, 1.2)[..., None]
    canvas.fill(view.cover((1 - np.hypot(dx, dy)) * 0.52 * size), body, part)
    canvas.disc((x + 0.62 * way * size, y - 0.1 * size), 0.13 * size, (1, 1, 1))
    canvas.disc((x + 0.65 * way * size, y - 0.1 * size), 0.07 * size, (0.05, 0.05, 0.08))


def _bubbles(canvas: Canvas, x: float, t: float) -> None:
    for k in range(-12, int(t / BUBBLE_S) + 1):
        age = t - k * BUBBLE_S
        place, r = x + 0.02 * np.sin(3 * age + k), 0.009 + 0.0035 * (k % 4)
        y = SAND - 0.17 * age
        canvas.disc((place, y), r, (0.8, 0.95, 1.0), opacity=0.35)
        canvas.disc((place - 0.3 * r, y - 0.35 * r), 0.35 * r, (1, 1, 1), opacity=0.9)
