"""Glossy balls bounce on a studio floor, each with its own note."""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from film.drawing import Canvas, Colour, Painter, View, gradient, rgb
from film.sound import Sound, add, finish, thump, ticks, tone

FLOOR = 0.84


@dataclass(frozen=True)
class _Ball:
    radius: float
    colour: Colour
    period_s: float
    phase: float
    start: float
    speed: float
    pitch_hz: float

    def place(self, t: float, aspect: float) -> tuple[float, float]:
        """Returns x and the height of its lowest point above the floor."""
        beat = (t / self.period_s + self.phase) % 1
        width = aspect - 2 * self.radius
        x = self.radius + abs((self.start + self.speed * t) % (2 * width) - width)
        return x, 2 * self.period_s**2 * beat * (1 - beat)

    def bounces_s(self, seconds: float) -> list[float]:
        times = (np.arange(1, seconds / self.period_s + 2) - self.phase) * self.period_s
        return [float(t) for t in times if 0 <= t < seconds]


def make(view: View, seconds: float, rng: Generator) -> tuple[Painter, Sound]:
    phases, starts = rng.uniform(0, 1, 5), rng.uniform(0, 3, 5)
    balls = [
        _Ball(0.105, (0.9, 0.16, 0.2), 1.0, phases[0], starts[0], 0.28, 196.0),
        _Ball(0.075, (0.1, 0.45, 0.85), 0.84, phases[1], starts[1], -0.42, 293.7),
        _Ball(0.09, (0.12, 0.65, 0.35), 0.92, phases[2], starts[2], 0.36, 261.6),
        _Ball(0.06, (0.98, 0.7, 0.08), 0.74, phases[3], starts[3], -0.55, 392.0),
        _Ball(0.05, (0.55, 0.2, 0.7), 0.62, phases[4], starts[4], 0.62, 523.3),
    ]
    wall, edge = (
        ((0, (0.98, 0.83, 0.62)), (0.62, (0.99, 0.93, 0.8))),
        ((0.66, (0.86, 0.7, 0.56)), (1, (0.97, 0.86, 0.72))),
    )
    stage = gradient(view, *wall, *edge)
    stage.glow((0.5 * view.aspect, 0.35), 0.6, (0.08, 0.08, 0.1))

    def paint(t: float) -> Canvas:
        canvas = stage.copy()
        for ball in balls:
            _shadow(canvas, ball, t)
        for ball in balls:
            _draw(canvas, ball, t)
        return canvas

    sound = np.zeros_like(ticks(seconds))
    for ball in balls:
        note = tone(ball.pitch_hz, 0.7, decay=7, bright=0.45) + 0.3 * thump(0.7, rng, high_hz=500, decay=45)
        for at in ball.bounces_s(seconds):
            add(sound, at, note, 0.5)
    return paint, finish(sound, 0.75)


def _shadow(canvas: Canvas, ball: _Ball, t: float) -> None:
    x, height = ball.place(t, canvas.view.aspect)
    size = ball.radius * (1.1 + 0.9 * height)
    dark = 0.75 / (1 + 4 * height)
    canvas.ellipse(
        (x + 0.03 * height, FLOOR + 0.012), (1.25 * size, 0.33 * size), (0.35, 0.2, 0.16), opacity=dark, soft=1
    )


def _draw(canvas: Canvas, ball: _Ball, t: float) -> None:
    view, r = canvas.view, ball.radius
    x, height = ball.place(t, view.aspect)
    squash = 1 - 0.16 * max(0.0, 1 - height / 0.05)
    y = FLOOR - height - r * squash
    part = view.window(x - 1.2 * r, y - r, x + 1.2 * r, y + r)
    dx, dy = (view.x[part] - x) / r * squash, (view.y[part] - y) / r / squash
    depth = np.sqrt(np.maximum(1 - dx**2 - dy**2, 0))
    light = 0.32 + 0.75 * np.clip(-0.45 * dx - 0.65 * dy + 0.6 * depth, 0, 1) + 0.18 * np.clip(dy, 0, 1)
    shine = 0.85 * np.clip(-0.38 * dx - 0.55 * dy + 0.745 * depth, 0, 1) ** 40
    mask = view.cover((1 - np.hypot(dx, dy)) * r)
    canvas.fill(mask, rgb(*ball.colour) * light[..., None] + shine[..., None], part)
