"""From importance curves to candidate summaries, and how the candidates compare.

Shapes: N frames sampled, M shots, S candidates (one per drawn curve).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vidsumm.selection.knapsack import solve

__all__ = [
    "Description",
    "Selection",
    "agreement",
    "describe",
    "is_repeat",
    "order_by_agreement",
    "overlap",
    "select",
    "shot_values",
]


@dataclass(frozen=True)
class Selection:
    """Which shots a summary shows; always at least one."""

    mask: NDArray[np.bool_]
    """(M,) True for chosen shots."""
    truncated_to: int | None
    """Length, in the unit of the capacity, to which the one chosen shot is to be cut; None where all fit whole."""


@dataclass(frozen=True)
class Description:
    """Where in the video a summary's time comes from; the three shares sum to one."""

    beginning: float
    middle: float
    end: float
    text: str
    """One line of at most 90 characters for people."""


def shot_values(scores: NDArray[np.floating], shots: NDArray[np.int64]) -> NDArray[np.float64]:
    """Mean score of each shot (SummDiff, section 3.3: v_i).

    Args:
        scores: (S, N), one curve per row.
        shots: (M, 2) sample ranges [start, end) that cover 0..N-1 in order.

    Returns:
        (S, M) float64.

    Raises:
        ValueError: the ranges are no such cover.
    """
    starts, ends = shots.T
    edges = np.append(starts, scores.shape[1])
    if not (edges[0] == 0 and (edges[1:] == ends).all() and (np.diff(edges) > 0).all()):
        raise ValueError(f"the shots do not cover the {scores.shape[1]} samples one after the other")
    means: NDArray[np.float64] = np.add.reduceat(scores, starts, axis=1, dtype=np.float64) / (ends - starts)
    return means


def select(values: NDArray[np.float64], lengths: NDArray[np.int64], capacity: int) -> Selection:
    """The most valuable shots within a length (see `knapsack.solve`), or one shot where that would be none.

    Where every shot is longer than the capacity, the most valuable one is chosen, to be truncated; where no value is
    above zero, the most valuable one that fits. The earliest of equals counts.

    Args:
        values: (M,) float64.
        lengths: (M,) int64, above zero, in any unit (frames, samples, milliseconds).
        capacity: in the same unit.

    Raises:
        InputError: a value that is no finite number.
        ValueError: values and lengths that do not belong together, or none at all.
    """
    mask = solve(values, lengths, capacity)
    if mask.any():
        return Selection(mask, None)
    fits = lengths <= capacity
    mask[np.where(fits | ~fits.any(), values, -np.inf).argmax()] = True
    return Selection(mask, None if fits.any() else max(1, capacity))


def agreement(selections: NDArray[np.bool_], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """How much of what the other candidates' curves could attain a candidate keeps, mean over the others.

    Candidate i keeps of curve j the value of its own shots under j, divided by that of j's own selection, which is the
    most the budget allows.

    Args:
        selections: (S, M).
        values: (S, M) shot values of the curves, zero or more.

    Returns:
        (S,) float64 in [0, 1]; 1 where there is no other candidate.
    """
    count = len(selections)
    if count == 1:
        return np.ones(1)
    kept = selections.astype(np.float64) @ values.T  # (candidate, curve)
    attained = np.diag(kept)
    share = np.divide(kept, attained, out=np.ones_like(kept), where=attained > 0)
    np.fill_diagonal(share, 0.0)
    mean: NDArray[np.float64] = np.clip(share, 0.0, 1.0).sum(axis=1) / (count - 1)
    return mean


def order_by_agreement(agreements: NDArray[np.float64]) -> NDArray[np.int64]:
    """(S,) int64 candidates from the greatest agreement to the least; ties (to nine decimals) keep their order."""
    return np.argsort(-np.round(agreements, 9), kind="stable")


def is_repeat(mask: NDArray[np.bool_], earlier: NDArray[np.bool_]) -> bool:
    """Whether a selection (M,) equals one of the earlier ones (K, M); K may be zero."""
    return bool((earlier == mask).all(axis=1).any())


def overlap(selections: NDArray[np.bool_], lengths: NDArray[np.int64]) -> NDArray[np.float64]:
    """(S, S) time two candidates have in common over the time that either shows, in [0, 1]; the diagonal is one."""
    chosen = selections.astype(np.float64)
    common: NDArray[np.float64] = (chosen * lengths) @ chosen.T
    own = np.diag(common)
    either = own[:, None] + own - common
    return np.divide(common, either, out=np.ones_like(common), where=either > 0)


def describe(
    mask: NDArray[np.bool_], shots_s: NDArray[np.float64], duration_s: float, overlaps: NDArray[np.float64]
) -> Description:
    """Says in a line which part of the video a candidate favours.

    Args:
        mask: (M,) chosen shots, at least one.
        shots_s: (M, 2) start and end of each shot in seconds.
        duration_s: length of the video.
        overlaps: (S - 1,) overlap with each of the other candidates; empty where there is none.

    Raises:
        ValueError: no shot is chosen.
    """
    if not mask.any():
        raise ValueError("there is no shot to describe")
    shares = _thirds(shots_s[mask], duration_s)
    count = int(mask.sum())
    parts = [_favoured(shares), "1 shot" if count == 1 else f"{count} shots"]
    if len(overlaps):
        others = "the other" if len(overlaps) == 1 else "the others"
        parts.append(f"shares {_percent(float(overlaps.mean()))} with {others}")
    beginning, middle, end = shares
    return Description(beginning, middle, end, ", ".join(parts))


def _thirds(chosen_s: NDArray[np.float64], duration_s: float) -> list[float]:
    """Share of the chosen time in each third of the video; what lies outside counts to the nearest third."""
    edges_s = np.array([-np.inf, duration_s / 3, 2 * duration_s / 3, np.inf])
    begin, end = chosen_s[:, :1], chosen_s[:, 1:]
    inside_s = np.minimum(end, edges_s[1:]) - np.maximum(begin, edges_s[:-1])
    times_s = np.maximum(inside_s, 0.0).sum(axis=0)
    shares: list[float] = (times_s / times_s.sum()).tolist()
    return shares


def _percent(share: float) -> str:
    return f"{share:.0%}".replace("%", " %")


def _favoured(shares: list[float]) -> str:
    names = ["the beginning", "the middle", "the end"]
    ranked = sorted(range(3), key=lambda third: -shares[third])
    first, weakest = ranked[0], ranked[2]
    if shares[first] >= 0.995:
        return f"only {names[first]}"
    if shares[first] >= 0.5:
        return f"mostly {names[first]} ({_percent(shares[first])})"
    if shares[weakest] <= 0.2:
        return " and ".join(f"{names[third]} ({_percent(shares[third])})" for third in sorted(ranked[:2]))
    return "spread over the whole video"
