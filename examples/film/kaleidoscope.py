"""A turning kaleidoscope in step with an arpeggio."""

import numpy as np
from numpy.random import Generator

from film.drawing import Canvas, Painter, View, rgb
from film.sound import Sound, add, finish, pad, tone

NOTE_S = 0.1875
SECTOR = np.float32(np.pi / 6)
SCALE_HZ = (329.6, 392.0, 493.9, 587.3, 659.3, 784.0, 987.8, 1174.7)


def make(view: View, seconds: float, rng: Generator) -> tuple[Painter, Sound]:
    x, y = view.x - np.float32(view.aspect / 2), view.y - np.float32(0.5)
    reach, angle = np.hypot(x, y), np.arctan2(y, x)
    edge = np.clip((0.62 - reach) * 6, 0, 1) * 0.55 + 0.45
    phase = 2 * np.pi * rgb(0.0, 0.36, 0.62)

    def paint(t: float) -> Canvas:
        beat = float(np.exp(-6 * (t % (4 * NOTE_S))))
        zoom = float(1 + 0.1 * np.sin(0.9 * t) - 0.05 * beat)
        folded = np.abs((angle + 0.16 * t) % SECTOR - SECTOR / 2)
        u, v = zoom * reach * np.cos(folded), zoom * reach * np.sin(folded)
        field = np.sin(11 * u - 1.6 * t) + np.sin(23 * v + 1.1 * t) + np.sin(17 * (u - v) + 0.7 * t)
        hue = 2 * np.pi * (0.12 * field + 0.55 * reach - 0.05 * t)
        light = (0.72 + 0.28 * np.cos(6 * field)) * edge * (0.88 + 0.22 * beat)
        colours = 0.52 + 0.48 * np.cos(hue[..., None] + phase.astype(np.float32))
        return Canvas(view, np.asarray(colours * light[..., None], dtype=np.float32))

    sound = 0.25 * pad((164.8, 246.9), seconds)
    order = rng.permutation(np.tile(np.arange(8), 2))
    for k in range(int(seconds / NOTE_S) + 1):
        add(sound, k * NOTE_S, tone(SCALE_HZ[order[k % 16]], 0.5, decay=6), 0.5 if k % 4 else 0.8)
    return paint, finish(sound, 0.6)
