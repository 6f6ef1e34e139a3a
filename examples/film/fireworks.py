"""Fireworks above a bay; each boom is heard at the moment of its burst."""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from film.drawing import Array, Canvas, Painter, Point, View, columns, gradient, hills, rgb, sparks
from film.sound import Sound, add, finish, hiss, thump, ticks

SHORE = 0.74
CLIMB_S = 0.7
LIFE_S = 2.6
STARS = 84
TINTS = ((1, 0.3, 0.25), (1, 0.8, 0.3), (0.35, 0.75, 1), (0.5, 1, 0.45), (1, 0.45, 0.85), (1, 0.95, 0.85))


@dataclass(frozen=True)
class _Rocket:
    burst_s: float
    centre: Point
    ways: Array
    """(n, 2) how far each star flies."""
    colours: Array
    """(n, 3) their colours."""

    def stars(self, age_s: float) -> tuple[Array, Array, Array]:
        """Returns x, y and colours of the stars and of their tails."""
        return columns(self._stars(age_s - 0.03 * k, 0.75**k) for k in range(6) if age_s > 0.03 * k)  # type: ignore[return-value]

    def _stars(self, age_s: float, strength: float) -> tuple[Array, Array, Array]:
        flight = 1 - np.exp(-2.6 * age_s)
        x, y = self.centre[0] + self.ways[:, 0] * flight, self.centre[1] + self.ways[:, 1] * flight + 0.07 * age_s**2
        glitter = 0.85 + 0.15 * np.sin(25 * age_s + np.arange(STARS) * 2.4)
        fading = strength * min(1.0, np.exp(-1.9 * (age_s - 0.6)))
        return x, y, self.colours * (glitter * fading)[:, None]

    def trail(self, age_s: float) -> tuple[Array, Array, Array]:
        """Returns x, y and colours of the climbing rocket, before it bursts (`age_s` below zero)."""
        drop = np.linspace(0, 0.09, 12) - age_s / CLIMB_S * (SHORE - self.centre[1])
        fading = np.linspace(0.8, 0.1, 12)[:, None]
        return np.full(12, self.centre[0]), self.centre[1] + drop, fading * rgb(1, 0.75, 0.4)


def make(view: View, seconds: float, rng: Generator) -> tuple[Painter, Sound]:
    bay = _bay(view, rng)
    rockets = _rockets(view, seconds, rng)

    def paint(t: float) -> Canvas:
        canvas = bay.copy()
        points = []
        for rocket in rockets:
            age = t - rocket.burst_s
            if 0 < age < LIFE_S:
                canvas.glow(rocket.centre, 0.4, 0.3 * np.exp(-3 * age) * rocket.colours[0])
                points.append(rocket.stars(age))
            elif -CLIMB_S < age <= 0:
                points.append(rocket.trail(age))
        if points:
            x, y, colours = columns(points)
            canvas.pixels += sparks(view, x, y, 1.3 * colours, 0.0032)
        canvas.reflect(SHORE, t, (0.6, 0.65, 0.8), squeeze=2.4)
        return canvas

    return paint, _sound(rockets, seconds, rng)


def _sound(rockets: list[_Rocket], seconds: float, rng: Generator) -> Sound:
    sound = 0.012 * hiss(seconds, rng, 100, 800)
    crackle = ticks(0.9)
    for rocket in rockets:
        add(sound, rocket.burst_s, thump(1.3, rng, high_hz=220, decay=4.5), 0.8)
        add(sound, rocket.burst_s + 0.12, thump(0.9, rng, high_hz=7000, decay=5) * (np.sin(160 * crackle) > 0.3), 0.12)
        t = ticks(min(CLIMB_S, rocket.burst_s))
        add(sound, max(rocket.burst_s - CLIMB_S, 0), np.sin(2 * np.pi * (900 + 700 * t) * t) * t, 0.1)
    return finish(sound, 0.8)


def _bay(view: View, rng: Generator) -> Canvas:
    bay = gradient(view, (0, (0.015, 0.02, 0.08)), (0.5, (0.05, 0.05, 0.16)), (SHORE, (0.17, 0.11, 0.25)))
    bay.stars(rng, 80, 0.6)
    bay.ground(hills(view.x[0], 0.68, (0.03, 2.7, 1), (0.012, 7, 0)), (0.03, 0.03, 0.07))
    for x in rng.uniform(0, view.aspect, 90):
        bay.disc((x, rng.uniform(0.69, 0.735)), 0.004, (1, 0.8, 0.45), opacity=rng.uniform(0.3, 1))
    return bay


def _rockets(view: View, seconds: float, rng: Generator) -> list[_Rocket]:
    """Returns rockets one after the other, and three at once near the end."""
    steady = np.arange(0.75, seconds, 0.62)
    times = [*(steady + rng.uniform(-0.12, 0.12, len(steady))), *(0.84 * seconds + 0.15 * np.arange(3))]
    return [_rocket(view, rng, float(at), two_coloured=k % 3 == 0) for k, at in enumerate(times)]


def _rocket(view: View, rng: Generator, at: float, *, two_coloured: bool) -> _Rocket:
    ways = rng.normal(size=(STARS, 3))
    ways *= rng.uniform(0.85, 1.0, (STARS, 1)) * rng.uniform(0.22, 0.38) / np.linalg.norm(ways, axis=1, keepdims=True)
    centre = (rng.uniform(0.22, 0.78) * view.aspect, rng.uniform(0.22, 0.42))
    first, second = rng.permutation(len(TINTS))[:2]
    colours = [TINTS[second if two_coloured and k % 2 else first] for k in range(STARS)]
    return _Rocket(at, centre, ways[:, :2], np.array(colours))
