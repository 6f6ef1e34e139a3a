"""A camp fire crackles at the edge of a wood."""

import numpy as np
from numpy.random import Generator

from film import fir
from film.drawing import Array, Canvas, Painter, View, gradient, hills, rgb, scroll, sparks, texture, tinted
from film.sound import Sound, add, finish, hiss, thump, ticks

BASE = 0.84
EMBERS = 60
# Red, green and blue of the flames by heat.
HEAT = (0.0, 0.35, 0.6, 1.1)
FLAME = ((0.0, 0.85, 1.0, 1.0), (0.0, 0.2, 0.55, 0.95), (0.0, 0.02, 0.08, 0.62))


class _Fire:
    def __init__(self, view: View, rng: Generator) -> None:
        # Every third column, in three passes: flames that are taller than wide.
        slim = np.arange(view.width) * 3 % view.width
        self.height_px = view.height
        self.coarse, self.fine = texture(view, rng, 1.4)[:, slim], texture(view, rng, 1.9)[:, slim]
        across, up = (view.x - view.aspect / 2) / 0.27, (BASE - view.y) / 0.66
        self.up = np.clip(up, 0, 1)
        self.inside = np.clip((up + 0.06) * 14, 0, 1)
        self.room = 1.15 - 0.95 * self.up - 0.75 * self.up**2 - across**2 * (1 + 4 * self.up)

    def paint(self, canvas: Canvas, t: float) -> None:
        rise = 0.26 * scroll(self.coarse, -0.8 * t * self.height_px, 0)
        rise += 0.17 * scroll(self.fine, -1.2 * t * self.height_px, 0)
        heat = np.clip(self.room + rise * (0.3 + 1.2 * self.up), 0, 1.2) * self.inside
        light = np.stack([np.interp(heat, HEAT, channel) for channel in FLAME], axis=-1).astype(np.float32)
        np.maximum(canvas.pixels, light * np.clip(4 * heat, 0, 1)[..., None], out=canvas.pixels)


def make(view: View, seconds: float, rng: Generator) -> tuple[Painter, Sound]:
    middle = view.aspect / 2
    wood, fire = _wood(view, rng), _Fire(view, rng)
    warmth = np.exp(-(((view.x - middle) / 0.75) ** 2) - ((view.y - 0.8) / 0.42) ** 2)
    start, drift, life_s = rng.uniform(0, 2, EMBERS), rng.normal(0, 0.16, EMBERS), rng.uniform(1.2, 2.4, EMBERS)

    def embers(t: float) -> Array:
        age = (t + start) % life_s
        x, y = middle + drift * (0.1 + age) + 0.03 * np.sin(5 * age + 9 * start), BASE - 0.1 - 0.38 * age
        fading = np.clip(1.2 * (1 - age / life_s), 0, 1)[:, None]
        return sparks(view, x, y, fading * rgb(1, 0.5, 0.15), 0.0028)

    def paint(t: float) -> Canvas:
        flicker = float(1 + 0.1 * np.sin(9 * t) * np.sin(5.3 * t) + 0.12 * np.sin(17 * t + 1) * np.sin(3.1 * t))
        canvas = wood.copy()
        canvas.add(flicker * warmth, (0.34, 0.16, 0.045))
        _logs(canvas, middle)
        fire.paint(canvas, t)
        canvas.pixels += embers(t)
        _stones(canvas, middle, flicker)
        return canvas

    sound = 0.1 * hiss(seconds, rng, 60, 500) * (1 + 0.4 * np.sin(7 * ticks(seconds)))
    for at in rng.uniform(0.1, seconds, int(5 * seconds)):
        add(sound, float(at), thump(0.05, rng, high_hz=9000, decay=110), rng.uniform(0.1, 0.6))
    return paint, finish(sound, 0.6)


def _wood(view: View, rng: Generator) -> Canvas:
    wood = gradient(view, (0, (0.02, 0.04, 0.1)), (0.6, (0.06, 0.1, 0.16)), (0.85, (0.12, 0.1, 0.09)))
    wood.stars(rng, 70, 0.5)
    wood.ground(hills(view.x[0], 0.72, (0.015, 3, 1)), (0.025, 0.045, 0.05))
    for x in np.sort(rng.uniform(0, view.aspect, 18)):
        fir.draw(wood, (x, 0.93), rng.uniform(0.35, 0.68), (0.025, 0.045, 0.05))
    soil = tinted((0.13, 0.1, 0.07), 1 + 0.15 * texture(view, rng, 1.7))
    wood.ground(hills(view.x[0], 0.85, (0.01, 5, 0), (0.004, 19, 1)), soil)
    return wood


def _logs(canvas: Canvas, middle: float) -> None:
    for side in (-1, 1):
        near, far = middle - 0.2 * side, middle + 0.17 * side
        canvas.line((near, BASE + 0.035), (far, BASE - 0.035), 0.05, (0.2, 0.1, 0.05))
        canvas.line((near, BASE + 0.025), (far, BASE - 0.047), 0.016, (0.42, 0.2, 0.08))


def _stones(canvas: Canvas, middle: float, flicker: float) -> None:
    for k in range(9):
        turn = np.pi * (k + 0.5) / 9
        x, y = middle - 0.36 * np.cos(turn), BASE + 0.03 + 0.055 * np.sin(turn)
        canvas.ellipse((x, y), (0.05, 0.034), flicker * rgb(0.2, 0.17, 0.16))
        lit = (x + 0.01 * np.cos(turn), y - 0.01)
        canvas.ellipse(lit, (0.036, 0.018), flicker * rgb(0.5, 0.3, 0.2), opacity=0.7, soft=0.9)
