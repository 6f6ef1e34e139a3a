"""Draws curves and selects shots for each, until enough of the selections differ from each other."""

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
"""Longest unit in which the knapsack measures lengths, seconds."""

Sampler = Callable[[Sequence[int]], NDArray[np.float32]]
"""A function from S seeds to (S, N) curves."""


@dataclass(frozen=True, eq=False)
class ShotBudget:
    """The knapsack problem of a video: the shots, their lengths, and how much of them a summary may show.

    Lengths are whole numbers of ticks.
    """

    shots: NDArray[np.int64]
    """(M, 2) sample ranges [start, end)."""
    lengths: NDArray[np.int64]
    """(M,) length of each shot, ticks."""
    capacity: int
    """The budget, ticks."""
    tick_s: float
    """Length of a tick, seconds."""
    limit_s: float
    """The budget that was asked for, seconds."""


@dataclass(frozen=True, eq=False)
class Draw:
    """One drawn curve and the shots selected for it."""

    slot: int
    """Index of the requested summary that the curve was drawn for, from 0."""
    attempt: int
    """0 for the first curve of the slot, 1 for the first redraw and so on."""
    seed: int
    """Seed of this curve."""
    scores: NDArray[np.float32]
    """(N,) in (0, 1)."""
    values: NDArray[np.float64]
    """(M,) mean score of each shot."""
    selection: Selection


@dataclass(frozen=True)
class Choice:
    """All curves that were drawn, and which of them become candidates."""

    draws: tuple[Draw, ...]
    kept: tuple[int, ...]
    """Indices of the draws that become candidates, in order of slot; no two of them have the same selection."""

    @property
    def redraws(self) -> int:
        """Number of curves that were drawn because an earlier one repeated a selection."""
        return sum(draw.attempt > 0 for draw in self.draws)


def shot_budget(info: VideoInfo, shots: Shots, config: SelectConfig) -> ShotBudget:
    """Returns the lengths of the shots and the budget in ticks. Lengths are rounded up, so no selection is too long.

    A tick is the mean frame interval. If that is longer than `LONGEST_TICK_S`, as in a slide show, a tick is a whole
    fraction of it, because a summary may show a part of the time for which a still picture is on display.
    """
    interval_s = info.duration_s / len(info.frame_pts)
    tick_s = interval_s / math.ceil(interval_s / LONGEST_TICK_S)
    lengths_s = np.diff(shots.times_s, axis=1)[:, 0]
    # time stamps are rounded, so that a length may lie a thousandth of a tick above a whole number
    lengths = np.maximum(np.ceil(lengths_s / tick_s - 1e-3), 1).astype(np.int64)
    limit_s = config.budget_s(info.duration_s)
    return ShotBudget(shots.samples, lengths, max(int(limit_s / tick_s + 1e-3), 1), tick_s, limit_s)


def draw_seed(seed: int, slot: int, attempt: int) -> int:
    """Returns the seed of one draw, which depends on nothing but the arguments."""
    state = np.random.SeedSequence(seed, spawn_key=(slot, attempt)).generate_state(1, np.uint64)
    return int(state[0] >> np.uint64(1))  # torch takes 63 bits


def first_seeds(seed: int, count: int) -> list[int]:
    """Returns the seeds of the first draws of `count` slots."""
    return [draw_seed(seed, slot, 0) for slot in range(count)]


def choose(
    curves: NDArray[np.float32], sampler: Sampler, budget: ShotBudget, *, redraws: int, seed: int, batch: int = 1
) -> Choice:
    """Selects shots for each curve; a curve whose selection repeats an earlier one is drawn again.

    Slots are filled in order, so that asking for more summaries leaves the first ones as they were.

    Args:
        curves: (S, N) the curves of `first_seeds`, one for each slot.
        sampler: draws a curve for each seed.
        budget: shots and capacity.
        redraws: most curves to draw for a slot after its first; if all of them repeat, the slot stays empty.
        seed: the seed of the run (--seed).
        batch: curves to ask the sampler for at a time; the choice does not depend on it.
    """
    draws = _select_all(curves, budget, [(slot, 0) for slot in range(len(curves))], seed)
    kept: list[int] = []
    for slot in range(len(curves)):
        earlier = np.array([draws[i].selection.mask for i in kept], dtype=bool).reshape(len(kept), len(budget.shots))
        index, is_new = slot, not is_repeat(draws[slot].selection.mask, earlier)
        attempts = [] if is_new else [(slot, attempt) for attempt in range(1, redraws + 1)]
        for draw in _redraw(sampler, budget, attempts, seed, batch):
            draws.append(draw)
            index, is_new = len(draws) - 1, not is_repeat(draw.selection.mask, earlier)
            if is_new:
                break
        if is_new:
            kept.append(index)
    return Choice(tuple(draws), tuple(kept))


def _redraw(
    sampler: Sampler, budget: ShotBudget, attempts: Sequence[tuple[int, int]], seed: int, batch: int
) -> Iterator[Draw]:
    """Draws further curves (slot, attempt) in batches; a batch is drawn when its first curve is asked for."""
    for first in range(0, len(attempts), batch):
        wanted = list(attempts[first : first + batch])
        yield from _select_all(sampler([draw_seed(seed, *which) for which in wanted]), budget, wanted, seed)


def _select_all(
    curves: NDArray[np.float32], budget: ShotBudget, wanted: list[tuple[int, int]], seed: int
) -> list[Draw]:
    values = shot_values(curves, budget.shots)
    return [
        Draw(
            slot,
            attempt,
            draw_seed(seed, slot, attempt),
            curve,
            value,
            select(value, budget.lengths, budget.capacity),
        )
        for (slot, attempt), curve, value in zip(wanted, curves, values, strict=True)
    ]
