"""A wall clock ticks beside a cat while the light of the window moves on."""

from itertools import pairwise

import numpy as np
from numpy.random import Generator

from film.drawing import Canvas, Colour, Painter, View, rgb, texture, tinted
from film.sound import Sound, add, finish, hiss, thump, tone

MIDDLE = (0.64, 0.42)
RADIUS = 0.29
INK = (0.13, 0.12, 0.13)
RED = (0.78, 0.12, 0.1)
FUR = (0.11, 0.1, 0.12)


def make(view: View, seconds: float, rng: Generator) -> tuple[Painter, Sound]:
    room = _room(view, rng)
    _face(room)

    def paint(t: float) -> Canvas:
        canvas = room.copy()
        _hand(canvas, (10 + 9 / 60 + t / 90) / 12, 0.52 * RADIUS, 0.024, INK)
        _hand(canvas, 9 / 60 + t / 90, 0.78 * RADIUS, 0.016, INK)
        # The second hand jumps and swings out like a spring.
        second = int(t) + 8 - np.exp(-22 * (t % 1)) * np.cos(45 * (t % 1))
        _hand(canvas, second / 60, 0.86 * RADIUS, 0.007, RED)
        canvas.disc(MIDDLE, 0.017, RED)
        _cat(canvas, t)
        _sunlight(canvas, t)
        return canvas

    sound = 0.002 * hiss(seconds, rng, 100, 2000)
    for k in range(int(seconds) + 1):
        add(sound, k, thump(0.12, rng, high_hz=6000 if k % 2 else 3500, decay=70), 0.3)
        add(sound, k, tone(1900 if k % 2 else 1500, 0.08, decay=60), 0.35)
    for k, pitch in enumerate((329.6, 261.6, 293.7, 196)):
        add(sound, (0.45 + 0.11 * k) * seconds, tone(pitch, 2.2, decay=2.2, bright=0.5), 0.25)
    return paint, finish(sound, 0.6)


def _room(view: View, rng: Generator) -> Canvas:
    room = Canvas(view, tinted((0.24, 0.42, 0.42), 1 + 0.03 * texture(view, rng, 2.4)))
    x, y = 26 * view.x, 26 * view.y
    lattice = np.sin(x + 2 * np.sin(y)) * np.sin(y + 2 * np.sin(x))
    room.add(0.045 * np.clip(3 * lattice, -1, 1), (0.7, 1, 0.9))
    room.box((0, 0.9, view.aspect, 0.915), (0.28, 0.17, 0.1))
    room.box((0, 0.915, view.aspect, 1), (0.4, 0.25, 0.15))
    return room


def _face(canvas: Canvas) -> None:
    x, y = MIDDLE
    canvas.ellipse((x + 0.02, y + 0.03), (RADIUS + 0.06, RADIUS + 0.06), (0.05, 0.1, 0.1), opacity=0.6, soft=0.3)
    canvas.disc(MIDDLE, RADIUS + 0.035, (0.36, 0.2, 0.1))
    canvas.disc(MIDDLE, RADIUS + 0.018, (0.62, 0.4, 0.2))
    canvas.disc(MIDDLE, RADIUS, (0.97, 0.95, 0.88))
    for k in range(60):
        inner, width = (0.82, 0.014) if k % 5 == 0 else (0.9, 0.005)
        dx, dy = RADIUS * np.sin(k * np.pi / 30), RADIUS * np.cos(k * np.pi / 30)
        canvas.line((x + inner * dx, y + inner * dy), (x + 0.94 * dx, y + 0.94 * dy), width, INK)


def _hand(canvas: Canvas, turns: float, length: float, width: float, colour: Colour) -> None:
    (x, y), dx, dy = MIDDLE, length * np.sin(2 * np.pi * turns), -length * np.cos(2 * np.pi * turns)
    canvas.line((x - 0.15 * dx, y - 0.15 * dy), (x + dx, y + dy), width, colour)


def _cat(canvas: Canvas, t: float) -> None:
    x, y = 0.76 * canvas.view.aspect, 0.9
    canvas.ellipse((x, y - 0.11), (0.085, 0.125), FUR)
    canvas.ellipse((x, y - 0.02), (0.12, 0.035), FUR)
    canvas.disc((x, y - 0.265), 0.062, FUR)
    for side in (-1, 1):
        canvas.polygon([(x + side * a, y - b) for a, b in ((0.058, 0.36), (0.06, 0.275), (0.008, 0.315))], FUR)
        if t % 3.1 > 0.16:
            canvas.ellipse((x + side * 0.024, y - 0.272), (0.012, 0.014), (0.95, 0.85, 0.3))
            canvas.ellipse((x + side * 0.024, y - 0.272), (0.004, 0.012), (0.05, 0.05, 0.05))
    swing = 0.004 * np.sin(np.pi * t)
    joints = [(x + 0.1 + 0.028 * k, y - 0.025 - 0.018 * k + swing * k**2) for k in range(8)]
    for start, end in pairwise(joints):
        canvas.line(start, end, 0.026, FUR)


def _sunlight(canvas: Canvas, t: float) -> None:
    """Draws the slanting light of a window, which moves over the whole picture."""
    view = canvas.view
    u = view.x - 0.5 * view.y - 0.2 - 0.11 * t
    frame = np.minimum(np.abs(u) % 0.34, 0.34 - np.abs(u) % 0.34)
    light = view.cover(0.04 * (0.68 - np.abs(u - 0.36))) * np.clip(frame / 0.02 - 0.6, 0, 1)
    light *= np.clip(8 * (view.y - 0.08), 0, 1)
    canvas.pixels *= np.float32(0.78) + np.float32(0.4) * light[..., None] * rgb(1, 0.88, 0.62)
