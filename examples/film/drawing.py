"""A canvas to draw shapes, light and textures on.

Lengths are in picture heights: x runs from 0 to the aspect ratio, y from 0 down to 1. Colours are RGB from 0 to 1.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

Array = NDArray[np.floating[Any]]
Colour = Sequence[float] | Array
Point = tuple[float, float]
Part = tuple[slice, slice]

_WHOLE = (slice(None), slice(None))


class View:
    """The grid of a picture: the coordinates `x` and `y` (h, w) of its pixels, in picture heights."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self.aspect = width / height
        columns = (np.arange(width, dtype=np.float32) + 0.5) / height
        rows = (np.arange(height, dtype=np.float32) + 0.5) / height
        self.x, self.y = np.meshgrid(columns, rows)

    def window(self, x0: float, y0: float, x1: float, y1: float) -> Part:
        """Returns the pixels inside a box and one more on each side."""
        left, right = np.clip([x0 * self.height - 1, x1 * self.height + 2], 0, self.width)
        top, bottom = np.clip([y0 * self.height - 1, y1 * self.height + 2], 0, self.height)
        return slice(int(top), int(bottom)), slice(int(left), int(right))

    def cover(self, distance: Array) -> Array:
        """Returns the share of each pixel that lies inside a shape, from the distance to its edge (positive inside)."""
        return np.asarray(np.clip(distance * np.float32(self.height) + np.float32(0.5), 0, 1))


class Canvas:
    """A picture that is being painted: `pixels` (h, w, 3) float32."""

    def __init__(self, view: View, pixels: NDArray[np.float32]) -> None:
        self.view, self.pixels = view, pixels

    def copy(self) -> "Canvas":
        return Canvas(self.view, self.pixels.copy())

    def fill(self, mask: Array, colour: Colour, part: Part = _WHOLE) -> None:
        """Paints the pixels of `part` in `colour`; `mask` is the share of each that is covered."""
        target = self.pixels[part]
        target += mask[..., None] * (np.asarray(colour, dtype=np.float32) - target)

    def disc(self, centre: Point, radius: float, colour: Colour, *, opacity: float = 1.0) -> None:
        self.ellipse(centre, (radius, radius), colour, opacity=opacity)

    def ellipse(self, centre: Point, radii: Point, colour: Colour, *, opacity: float = 1.0, soft: float = 0.0) -> None:
        """Paints an upright ellipse; `soft` is the share of its radius over which it fades out."""
        (x, y), (rx, ry) = centre, radii
        part = self.view.window(x - rx, y - ry, x + rx, y + ry)
        inside = 1 - np.hypot((self.view.x[part] - x) / rx, (self.view.y[part] - y) / ry)
        mask = np.clip(inside / soft, 0, 1) ** 2 if soft else self.view.cover(inside * min(rx, ry))
        self.fill(mask * opacity, colour, part)

    def box(self, corners: tuple[float, float, float, float], colour: Colour) -> None:
        x0, y0, x1, y1 = corners
        part = self.view.window(*corners)
        x, y = self.view.x[part], self.view.y[part]
        mask = self.view.cover(np.minimum(x - x0, x1 - x)) * self.view.cover(np.minimum(y - y0, y1 - y))
        self.fill(mask, colour, part)

    def polygon(self, points: Sequence[Point], colour: Colour) -> None:
        """Paints a convex polygon."""
        xs, ys = zip(*points, strict=True)
        part = self.view.window(min(xs), min(ys), max(xs), max(ys))
        edges = list(pairwise([*points, points[0]]))
        turn = np.sign(sum(ax * by - bx * ay for (ax, ay), (bx, by) in edges))
        inside: Array = np.full(self.view.x[part].shape, np.inf, dtype=np.float32)
        for (ax, ay), (bx, by) in edges:
            side = (bx - ax) * (self.view.y[part] - ay) - (by - ay) * (self.view.x[part] - ax)
            inside = np.minimum(inside, side * turn / np.hypot(bx - ax, by - ay))
        self.fill(self.view.cover(inside), colour, part)

    def line(self, start: Point, end: Point, width: float, colour: Colour) -> None:
        (ax, ay), (bx, by) = start, end
        left, top = min(ax, bx) - width, min(ay, by) - width
        part = self.view.window(left, top, max(ax, bx) + width, max(ay, by) + width)
        x, y = self.view.x[part] - ax, self.view.y[part] - ay
        along = np.clip((x * (bx - ax) + y * (by - ay)) / max((bx - ax) ** 2 + (by - ay) ** 2, 1e-9), 0, 1)
        distance = np.hypot(x - along * (bx - ax), y - along * (by - ay))
        self.fill(self.view.cover(width / 2 - distance), colour, part)

    def ground(self, ridge: Array, colour: Colour) -> None:
        """Paints everything below `ridge` (w,), the height of the skyline in each column."""
        self.fill(self.view.cover(self.view.y - ridge), colour)

    def glow(self, centre: Point, radius: float, colour: Colour) -> None:
        """Adds light that falls off softly from `centre`."""
        (x, y), reach = centre, 2.5 * radius
        part = self.view.window(x - reach, y - reach, x + reach, y + reach)
        distance = ((self.view.x[part] - x) ** 2 + (self.view.y[part] - y) ** 2) / radius**2
        self.pixels[part] += np.exp(-distance)[..., None] * rgb(*colour)

    def add(self, light: Array, colour: Colour) -> None:
        """Adds `light` (h, w) in one colour."""
        self.pixels += np.asarray(light, dtype=np.float32)[..., None] * rgb(*colour)

    def stars(self, rng: Generator, count: int, lowest: float) -> None:
        """Paints dots of different brightness above the height `lowest`."""
        for _ in range(count):
            place = (rng.uniform(0, self.view.aspect), rng.uniform(0, lowest))
            self.disc(place, rng.uniform(0.0022, 0.0034), (0.85, 0.9, 1), opacity=rng.uniform(0.15, 0.85))

    def reflect(self, waterline: float, time_s: float, tint: Colour, *, squeeze: float = 1.0) -> None:
        """Turns everything below `waterline` into water that mirrors what stands above, `squeeze` times flatter."""
        view, first = self.view, int(waterline * self.view.height)
        rows = np.arange(first, view.height)
        depth = (rows - first) / view.height
        sway = np.sin(95 * np.sqrt(depth + 0.01) - 4 * time_s) + np.sin(61 * depth + 1.7 * time_s)
        shift = 0.011 * np.sqrt(depth) * sway * view.height
        columns = np.clip(np.arange(view.width) + shift[:, None], 0, view.width - 1).astype(int)
        mirrored = np.maximum(first - 1 - (rows - first) * squeeze, 0).astype(int)[:, None]
        self.pixels[rows] = self.pixels[mirrored, columns] * rgb(*tint)


Painter = Callable[[float], Canvas]


def rgb(*parts: float) -> NDArray[np.float32]:
    return np.array(parts, dtype=np.float32)


def mix(first: Colour, second: Colour, share: float) -> NDArray[np.float32]:
    """Returns the colour at the given share of the way from the first to the second."""
    a, b = rgb(*first), rgb(*second)
    return a + np.float32(min(max(share, 0.0), 1.0)) * (b - a)


def gradient(view: View, *stops: tuple[float, Colour]) -> Canvas:
    """Returns a picture that runs through the colours from top to bottom; `stops` are (y, colour)."""
    heights = [y for y, _ in stops]
    channels = [np.interp(view.y[:, 0], heights, [colour[i] for _, colour in stops]) for i in range(3)]
    column = np.stack(channels, axis=-1).astype(np.float32)
    return Canvas(view, np.repeat(column[:, None], view.width, axis=1))


def tinted(colour: Colour, light: Array) -> NDArray[np.float32]:
    """Returns pixels (h, w, 3) of `colour`, each `light` (h, w) times as bright."""
    return rgb(*colour) * np.asarray(light, dtype=np.float32)[..., None]


def hills(x: Array, base: float, *waves: tuple[float, float, float]) -> Array:
    """Returns a skyline (w,) at the height `base`, with waves of (height, frequency, phase)."""
    return sum((a * np.sin(f * x + p) for a, f, p in waves), np.full_like(x, base))


def specks(view: View, x: Array, y: Array, weights: Array, blur: float) -> NDArray[np.float32]:
    """Returns the light (h, w) of n points, each spread over `blur` picture heights and as bright as its weight."""
    column, row = x * view.height, y * view.height
    seen = (column >= 0) & (column < view.width) & (row >= 0) & (row < view.height)
    cells = row[seen].astype(int) * view.width + column[seen].astype(int)
    light = np.bincount(cells, weights[seen], view.width * view.height).astype(np.float32)
    sigma = blur * view.height
    spread = gaussian_filter(light.reshape(view.height, view.width), sigma, truncate=3)
    return np.asarray(spread * np.float32(2 * np.pi * max(sigma, 0.4) ** 2))


def sparks(view: View, x: Array, y: Array, colours: Array, blur: float) -> NDArray[np.float32]:
    """Returns the light (h, w, 3) of n points like `specks`, each with a colour of its own (n, 3)."""
    return np.stack([specks(view, x, y, colours[:, i], blur) for i in range(3)], axis=-1)


def texture(view: View, rng: Generator, roughness: float) -> NDArray[np.float32]:
    """Returns cloudy noise (h, w) of zero mean and unit deviation; a higher `roughness` gives finer grain.

    Its edges fit together, so that copies of it can be put side by side.
    """
    white = np.fft.rfft2(rng.normal(size=(view.height, view.width)))
    rows = np.fft.fftfreq(view.height)[:, None] * view.height
    frequency = np.hypot(rows, np.fft.rfftfreq(view.width) * view.width)
    cloud = np.fft.irfft2(white * np.maximum(frequency, 1.5) ** (roughness - 3), s=(view.height, view.width))
    return np.asarray((cloud - cloud.mean()) / cloud.std(), dtype=np.float32)


def scroll(noise: NDArray[np.float32], shift: float, axis: int) -> NDArray[np.float32]:
    """Returns `noise` moved along an axis by any number of pixels, not only whole ones."""
    whole = int(np.floor(shift))
    share = np.float32(shift - whole)
    return np.roll(noise, whole, axis) * (1 - share) + np.roll(noise, whole + 1, axis) * share


def columns(items: Iterable[tuple[Array, ...]]) -> tuple[Array, ...]:
    """Joins tuples of arrays: the first arrays of all items, the second ones and so on."""
    return tuple(np.concatenate(part) for part in zip(*items, strict=True))
