r"""How prediction errors affect the optimal knapsack selection: CIS, WIR, IR and WSE (SummDiff, section 4.4).

Symbols: v (M,) true shot values, w (M,) shot lengths, y* the optimal choice for v, dv = predicted minus true values.

There are two conventions, because the authors' code (*official*, behind the published tables) differs from the text of
the paper (*paper*):

==========================  ==========================================  =============================================
                            official                                    paper
==========================  ==========================================  =============================================
shots beyond the capacity   left out of every measure                   kept; they cannot change the choice, so any
                                                                        change is safe for the intervals
interval of chosen shots    dv >= max(D-, w max mu - v)                 the same
interval of other shots     dv <= D+                                    dv <= min(D+, w min mu - v) (*)
harmless moves              always inside                               only where the interval says so
WSE                         sum of w \|dv\| over harmful moves          sum of w \|dv\| over all shots
==========================  ==========================================  =============================================

A move (an entry of dv) is harmful where it works against the optimal choice: down for a chosen shot, up for another.
D+ and D- are how far a shot's value can move before another choice becomes better; mu_k is the critical ratio without
shot k (Belgacem and Hifi). The bounds by mu are sufficient, not necessary: an interval may leave out even a shot's true
value. The paper prints (*) with the opposite sign, which would declare nearly every increase unsafe.

The authors also average a row [start, end) of Mr. HiSum over `end` inclusive, and in float32: see
`summaries.shot_means`.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from vidsumm.selection.knapsack import solve
from vidsumm.selection.leave_one_out import leave_one_out_values

__all__ = ["Convention", "OptimalChoice", "Optimality"]

Convention = Literal["official", "paper"]


@dataclass(frozen=True)
class Optimality:
    """How close predicted shot values come to the true optimal choice."""

    cis: float
    """Confidence of importance score; lower is better, and zero or less guarantees that the choice stays optimal."""
    wir: float
    """Share of the video's length that lies in shots whose value moves within its safe interval."""
    ir: float
    """Share of shots whose value moves within its safe interval."""
    wse: float
    """Weighted sum of errors, in the unit of the lengths."""


class OptimalChoice:
    """The optimal choice of a video's shots and how far each value may move before it changes.

    One forward and one backward knapsack table serve every prediction.

    Args:
        values: (M,) true shot values.
        lengths: (M,) int64 shot lengths, above zero.
        capacity: largest total length of a choice.
        convention: see the table at the top of this module.
    """

    def __init__(
        self,
        values: NDArray[np.floating],
        lengths: NDArray[np.int64],
        capacity: int,
        convention: Convention = "official",
    ) -> None:
        self._convention, self._truth = convention, values
        fits = lengths <= capacity
        self._kept = fits if convention == "official" else np.ones_like(fits)
        self._values = values[self._kept].astype(np.float64)
        self._lengths = lengths[self._kept]
        self.chosen = solve(self._values, self._lengths, capacity)
        """(K,) bool, whether each of the K shots that are counted is in the optimal choice."""
        self._value = float(self._values[self.chosen].sum())
        without, reduced = leave_one_out_values(self._values, self._lengths, capacity)
        # for each shot, the value of the best choice that leaves it out if it is chosen, and has it if it is not
        self._rival = np.where(self.chosen, without, reduced + self._values)
        self._bound = self._bounds(fits[self._kept], capacity)

    def measure(self, predicted: NDArray[np.floating]) -> Optimality:
        """Measures predicted shot values (M,)."""
        if not len(self._values):
            return Optimality(0.0, 1.0, 1.0, 0.0)
        moves = (predicted - self._truth)[self._kept].astype(np.float64)
        harm = np.where(self.chosen, -moves, moves)
        harmful = harm > 0
        rival = self._rival[harmful].max(initial=0.0)
        safe = harm <= self._bound
        counted = harmful
        if self._convention == "official":
            safe |= ~harmful
        else:
            counted = np.ones_like(harmful)
        return Optimality(
            cis=float(harm[harmful].sum() - self._value + rival),
            wir=float(self._lengths[safe].sum() / self._lengths.sum()),
            ir=float(safe.mean()),
            wse=float((self._lengths * np.abs(moves))[counted].sum()),
        )

    def _bounds(self, fits: NDArray[np.bool_], capacity: int) -> NDArray[np.float64]:
        """Returns (K,) the greatest harmful move of each shot within its interval.

        Args:
            fits: (K,) shots that are no longer than the capacity.
            capacity: largest total length.
        """
        exact = self._value - self._rival  # -D- and D+
        if not fits.any():
            return exact
        ratio = self._values / self._lengths
        critical = _critical_ratios(ratio, self._lengths, capacity - np.where(self.chosen, 0, self._lengths))[fits]
        chosen = np.minimum(exact, self._values - self._lengths * critical.max())
        if self._convention == "official":
            return np.where(self.chosen, chosen, exact)
        other = np.minimum(exact, self._lengths * critical.min() - self._values)
        return np.where(self.chosen, chosen, np.where(fits, other, exact))


def _critical_ratios(
    ratio: NDArray[np.float64], lengths: NDArray[np.int64], capacities: NDArray[np.int64]
) -> NDArray[np.float64]:
    """For each shot k, packs the others by falling ratio; returns the ratio of the first one that no longer fits.

    Args:
        ratio: (K,) value by length.
        lengths: (K,).
        capacities: (K,) capacity for the packing without shot k.

    Returns:
        (K,) mu_k; 0 where all others fit.
    """
    order = np.argsort(-ratio, kind="stable")
    packed = np.tile(lengths[order], (len(order), 1))
    packed[order, np.arange(len(order))] = 0  # row k packs all but shot k
    exceeds = np.cumsum(packed, axis=1) > capacities[:, None]
    critical: NDArray[np.float64] = np.where(exceeds.any(axis=1), ratio[order][exceeds.argmax(axis=1)], 0.0)
    return critical
