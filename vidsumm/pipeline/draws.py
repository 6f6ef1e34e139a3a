"""Draws curves and selects shots for each, until enough of the selections differ from each other."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vidsumm.errors import ConfigError
from vidsumm.pipeline.spans import MarkedShots
from vidsumm.selection.candidates import Selection, is_repeat, select, shot_values

__all__ = ["Draw", "Drawn", "ShotBudget", "draw_different", "draw_seed", "first_seeds", "shot_budget"]

LONGEST_TICK_S = 0.05
"""Longest unit in which the knapsack measures lengths, seconds."""

Sampler = Callable[[Sequence[int]], NDArray[np.float32]]
"""A function from S seeds to (S, N) curves."""


@dataclass(frozen=True, eq=False)
class ShotBudget:
    """The knapsack problem: the shots, their lengths, and how much of them a summary may show.

    Lengths are whole numbers of ticks.
    """

    marked: MarkedShots
    lengths: NDArray[np.int64]
    """(M,) length of each shot, ticks."""
    capacity: int
    """The budget, ticks."""
    tick_s: float
    """Length of a tick, seconds."""
    limit_s: float
    """The budget that was asked for, seconds."""

    @property
    def is_settled(self) -> bool:
        """Whether the pinned shots leave no room for any other, so that every curve gives the same selection."""
        free = ~(self.marked.pinned | self.marked.banned)
        room = self.capacity - int(self.lengths[self.marked.pinned].sum())
        return bool(self.marked.pinned.any()) and not (self.lengths[free] <= room).any()

    def select(self, values: NDArray[np.float64]) -> Selection:
        """Returns the best selection for the values (M,) of the shots."""
        marked = self.marked
        return select(values, self.lengths, self.capacity, pinned=marked.pinned, banned=marked.banned)


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
class Drawn:
    """All curves that were drawn, and which of them become candidates."""

    draws: tuple[Draw, ...]
    kept: tuple[int, ...]
    """Indices of the draws that become candidates, in order of slot; no two of them have the same selection."""

    @property
    def redraws(self) -> int:
        """Number of curves that were drawn because an earlier one repeated a selection."""
        return sum(draw.attempt > 0 for draw in self.draws)


def shot_budget(marked: MarkedShots, *, interval_s: float, limit_s: float) -> ShotBudget:
    """Returns the lengths of the shots and the budget in ticks. Lengths are rounded up, so no selection is too long.

    A tick is the mean frame interval. If that is longer than `LONGEST_TICK_S`, as in a slide show, a tick is a whole
    fraction of it, because a summary may show a part of the time for which a still picture is on display.

    Args:
        marked: the shots.
        interval_s: mean interval between frames, seconds.
        limit_s: the longest that a summary may last, seconds.

    Raises:
        ConfigError: the pinned shots alone last longer.
    """
    tick_s = interval_s / math.ceil(interval_s / LONGEST_TICK_S)
    lengths_s = np.diff(marked.shots.times_s, axis=1)[:, 0]
    # time stamps are rounded, so that a length may lie a thousandth of a tick above a whole number
    lengths = np.maximum(np.ceil(lengths_s / tick_s - 1e-3), 1).astype(np.int64)
    capacity = max(int(limit_s / tick_s + 1e-3), 1)
    pinned_s = float(lengths_s[marked.pinned].sum())
    if pinned_s > limit_s + 1e-3 * tick_s:
        raise ConfigError(
            f"the spans to `keep` last {pinned_s:.2f} s, but a summary may last {limit_s:.2f} s",
            remedy="keep less, or allow more with `duration_s` or `ratio`",
        )
    capacity = max(capacity, int(lengths[marked.pinned].sum()))  # each is rounded up, which together may be too much
    return ShotBudget(marked, lengths, capacity, tick_s, limit_s)


def draw_seed(seed: int, slot: int, attempt: int) -> int:
    """Returns the seed of one draw, which depends on nothing but the arguments."""
    state = np.random.SeedSequence(seed, spawn_key=(slot, attempt)).generate_state(1, np.uint64)
    return int(state[0] >> np.uint64(1))  # torch takes 63 bits


def first_seeds(seed: int, count: int) -> list[int]:
    """Returns the seeds of the first draws of `count` slots."""
    return [draw_seed(seed, slot, 0) for slot in range(count)]


def draw_different(
    curves: NDArray[np.float32], sampler: Sampler, budget: ShotBudget, *, redraws: int, seed: int, batch: int = 1
) -> Drawn:
    """Selects shots for each curve; a curve whose selection repeats an earlier one is drawn again.

    Slots are filled in order, so that asking for more summaries leaves the first ones as they were.

    Args:
        curves: (S, N) the curves of `first_seeds`, one for each slot.
        sampler: draws a curve for each seed.
        budget: shots and capacity.
        redraws: most curves to draw for a slot after its first; if all of them repeat, the slot stays empty.
        seed: the seed of the run.
        batch: curves to ask the sampler for at a time; the choice does not depend on it.
    """
    draws = _select_all(curves, budget, [(slot, 0) for slot in range(len(curves))], seed)
    kept: list[int] = []
    redraws = 0 if budget.is_settled else redraws
    for slot in range(len(curves)):
        earlier = np.array([draws[i].selection.mask for i in kept], dtype=bool).reshape(len(kept), len(budget.lengths))
        index, is_new = slot, not is_repeat(draws[slot].selection.mask, earlier)
        attempts = [] if is_new else [(slot, attempt) for attempt in range(1, redraws + 1)]
        for draw in _redraw(sampler, budget, attempts, seed, batch):
            draws.append(draw)
            index, is_new = len(draws) - 1, not is_repeat(draw.selection.mask, earlier)
            if is_new:
                break
        if is_new:
            kept.append(index)
    return Drawn(tuple(draws), tuple(kept))


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
    values = shot_values(curves, budget.marked.shots.samples)
    return [
        Draw(slot, attempt, draw_seed(seed, slot, attempt), curve, value, budget.select(value))
        for (slot, attempt), curve, value in zip(wanted, curves, values, strict=True)
    ]
