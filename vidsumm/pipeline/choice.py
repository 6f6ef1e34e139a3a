"""Draws curves until enough different selections stand side by side."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vidsumm.config import SelectConfig
from vidsumm.pipeline.analysis import Shots
from vidsumm.selection.candidates import Selection, is_repeat, select, shot_values
from vidsumm.video.info import VideoInfo

__all__ = ["Choice", "Draw", "ShotBudget", "choose", "draw_seed", "first_seeds", "shot_budget"]

LONGEST_TICK_S = 0.05

Sampler = Callable[[Sequence[int]], NDArray[np.float32]]
"""(S,) seeds -> (S, N) curves."""


@dataclass(frozen=True, eq=False)
class ShotBudget:
    """What a selection chooses from and how much of it."""

    shots: NDArray[np.int64]
    """(M, 2) sample ranges."""
    lengths: NDArray[np.int64]
    """(M,) ticks."""
    capacity: int
    """Ticks."""
    tick_s: float
    """Seconds of a tick."""
    limit_s: float
    """The capacity as it was asked for, seconds."""


@dataclass(frozen=True, eq=False)
class Draw:
    """One curve and what it selects."""

    sample: int
    attempt: int
    seed: int
    scores: NDArray[np.float32]
    """(N,) in (0, 1)."""
    values: NDArray[np.float64]
    """(M,) mean score of each shot."""
    selection: Selection


@dataclass(frozen=True)
class Choice:
    """Everything that was drawn, and which of it differs."""

    draws: tuple[Draw, ...]
    kept: tuple[int, ...]
    """Indices of the draws whose selections are all different, in order of sample."""

    @property
    def redraws(self) -> int:
        """How many curves were drawn again."""
        return sum(draw.attempt > 0 for draw in self.draws)


def shot_budget(info: VideoInfo, shots: Shots, config: SelectConfig) -> ShotBudget:
    """The budget in ticks; lengths are rounded up, so no selection exceeds it.

    A tick is the mean frame interval, or where that is long a whole part of it: pictures that stand still may be cut.
    """
    interval_s = info.duration_s / len(info.frame_pts)
    tick_s = interval_s / math.ceil(interval_s / LONGEST_TICK_S)
    lengths_s = np.diff(shots.times_s, axis=1)[:, 0]
    # less a thousandth of a tick: time stamps are rounded
    lengths = np.maximum(np.ceil(lengths_s / tick_s - 1e-3), 1).astype(np.int64)
    limit_s = config.budget_s(info.duration_s)
    return ShotBudget(shots.samples, lengths, max(int(limit_s / tick_s + 1e-3), 1), tick_s, limit_s)


def draw_seed(seed: int, sample: int, attempt: int) -> int:
    """Seed of one draw: a sample keeps its own whatever else is asked for."""
    state = np.random.SeedSequence(seed, spawn_key=(sample, attempt)).generate_state(1, np.uint64)
    return int(state[0] >> np.uint64(1))  # torch takes 63 bits


def first_seeds(seed: int, samples: int) -> list[int]:
    """Seeds of the first draw of each sample."""
    return [draw_seed(seed, sample, 0) for sample in range(samples)]


def choose(
    curves: NDArray[np.float32], sampler: Sampler, budget: ShotBudget, *, redraws: int, seed: int, batch: int = 1
) -> Choice:
    """Settles what each curve selects; one whose selection repeats that of an earlier sample is drawn again.

    Samples are settled in order, so asking for more of them leaves the first ones as they were.

    Args:
        curves: (S, N) the curves of `first_seeds`.
        sampler: gives a curve for each seed.
        budget: shots and capacity.
        redraws: tries for a sample after its first; when all repeat, the sample is given up.
        seed: of the whole job.
        batch: tries that the sampler is asked for at a time; what is chosen does not depend on it.
    """
    draws = _select_all(curves, budget, [(sample, 0) for sample in range(len(curves))], seed)
    kept: list[int] = []
    for sample in range(len(curves)):
        earlier = np.array([draws[i].selection.mask for i in kept], dtype=bool).reshape(len(kept), len(budget.shots))
        fresh = not is_repeat(draws[sample].selection.mask, earlier)
        place = sample
        tries = [] if fresh else [(sample, attempt) for attempt in range(1, redraws + 1)]
        for draw in _redrawn(sampler, budget, tries, seed, batch):
            draws.append(draw)
            place, fresh = len(draws) - 1, not is_repeat(draw.selection.mask, earlier)
            if fresh:
                break
        if fresh:
            kept.append(place)
    return Choice(tuple(draws), tuple(kept))


def _redrawn(
    sampler: Sampler, budget: ShotBudget, tries: Sequence[tuple[int, int]], seed: int, batch: int
) -> Iterator[Draw]:
    """Further tries (sample, attempt), drawn as they are asked for, a batch at a time."""
    for first in range(0, len(tries), batch):
        wanted = list(tries[first : first + batch])
        yield from _select_all(sampler([draw_seed(seed, *which) for which in wanted]), budget, wanted, seed)


def _select_all(
    curves: NDArray[np.float32], budget: ShotBudget, wanted: list[tuple[int, int]], seed: int
) -> list[Draw]:
    values = shot_values(curves, budget.shots)
    return [
        Draw(
            sample,
            attempt,
            draw_seed(seed, sample, attempt),
            curve,
            value,
            select(value, budget.lengths, budget.capacity),
        )
        for (sample, attempt), curve, value in zip(wanted, curves, values, strict=True)
    ]
