"""Selects shots by an importance curve, and compares the selections of several curves.

Shapes: N samples, M shots, S candidates (one for each curve).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vidsumm.selection.knapsack import solve

__all__ = [
    "Description",
    "Selection",
    "agreement",
    "describe",
    "describe_sources",
    "is_repeat",
    "order_by_agreement",
    "overlap",
    "select",
    "shot_values",
]


_NAME_LENGTH = 30
"""Longest name of a video in a description; a description has at most 90 characters."""


@dataclass(frozen=True)
class Selection:
    """The shots selected for one curve; always at least one."""

    mask: NDArray[np.bool_]
    """(M,) True for selected shots."""
    truncated_to: int | None
    """Length, in the unit of the capacity, to which the only selected shot must be shortened; None if all fit."""


@dataclass(frozen=True)
class Description:
    """Which part of the video a candidate is from; the three shares sum to one."""

    beginning: float
    middle: float
    end: float
    text: str
    """The same in words, at most 90 characters."""


def shot_values(scores: NDArray[np.floating], shots: NDArray[np.int64]) -> NDArray[np.float64]:
    """Returns the mean score of each shot (SummDiff, section 3.3: v_i).

    Args:
        scores: (S, N), one curve per row.
        shots: (M, 2) sample ranges [start, end), none empty. Shots that were divided between two samples share one.

    Returns:
        (S, M) float64.

    Raises:
        ValueError: a range is empty or reaches beyond the samples.
    """
    starts, ends = shots.T
    if not ((starts >= 0) & (starts < ends) & (ends <= scores.shape[1])).all():
        raise ValueError(f"a shot has no samples, or some beyond the {scores.shape[1]} there are")
    padded = np.pad(scores, ((0, 0), (0, 1)))  # `reduceat` takes no end at the end
    sums = np.add.reduceat(padded, shots.ravel(), axis=1, dtype=np.float64)[:, ::2]
    means: NDArray[np.float64] = sums / (ends - starts)
    return means


def select(
    values: NDArray[np.float64],
    lengths: NDArray[np.int64],
    capacity: int,
    *,
    pinned: NDArray[np.bool_] | None = None,
    banned: NDArray[np.bool_] | None = None,
) -> Selection:
    """Selects the most valuable shots that fit the capacity (see `knapsack.solve`), but at least one.

    If every shot is longer than the capacity, the most valuable one is selected, to be shortened. If no value is above
    zero, the most valuable one that fits is selected. Of equally valuable shots the earliest is taken.

    Args:
        values: (M,) float64, value of each shot.
        lengths: (M,) int64, above zero, in any unit (frames, samples, milliseconds).
        capacity: the budget in the same unit.
        pinned: (M,) shots that are selected in any case; None for none.
        banned: (M,) shots that are not selected, but not all of them; None for none.

    Raises:
        InputError: a value is not finite.
        ValueError: values and lengths of different shapes, or of no shot; see also `knapsack.solve`.
    """
    mask = solve(values, lengths, capacity, pinned=pinned, banned=banned)
    if mask.any():
        return Selection(mask, None)
    allowed = np.ones_like(mask) if banned is None else ~banned
    fits = allowed & (lengths <= capacity)
    mask[np.where(fits if fits.any() else allowed, values, -np.inf).argmax()] = True
    return Selection(mask, None if fits.any() else max(1, capacity))


def agreement(selections: NDArray[np.bool_], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns how well each candidate serves the curves of the other candidates, the mean over them.

    Candidate i serves curve j by the value of its shots under j, divided by the value of j's own selection, which is
    the most that the budget allows.

    Args:
        selections: (S, M).
        values: (S, M) shot values of each curve, zero or more.

    Returns:
        (S,) float64 in [0, 1]; 1 if there is no other candidate.
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
    """Returns (S,) int64 indices by falling agreement; equal ones (to nine decimals) keep their order."""
    return np.argsort(-np.round(agreements, 9), kind="stable")


def is_repeat(mask: NDArray[np.bool_], earlier: NDArray[np.bool_]) -> bool:
    """Returns whether a selection (M,) equals one of the earlier ones (K, M); K may be zero."""
    return bool((earlier == mask).all(axis=1).any())


def overlap(selections: NDArray[np.bool_], lengths: NDArray[np.int64]) -> NDArray[np.float64]:
    """Returns (S, S) overlaps in [0, 1]: the time that both candidates show over the time that either shows."""
    chosen = selections.astype(np.float64)
    common: NDArray[np.float64] = (chosen * lengths) @ chosen.T
    own = np.diag(common)
    either = own[:, None] + own - common
    return np.divide(common, either, out=np.ones_like(common), where=either > 0)


def describe(
    mask: NDArray[np.bool_], shots_s: NDArray[np.float64], duration_s: float, overlaps: NDArray[np.float64]
) -> Description:
    """Describes in one line which part of the video a candidate favours.

    Args:
        mask: (M,) selected shots, at least one.
        shots_s: (M, 2) start and end of each shot, seconds.
        duration_s: length of the video, seconds.
        overlaps: (S - 1,) overlap with each of the other candidates; empty if there are none.

    Raises:
        ValueError: no shot is selected.
    """
    if not mask.any():
        raise ValueError("there is no shot to describe")
    shares = _thirds(shots_s[mask], duration_s)
    beginning, middle, end = shares
    return Description(beginning, middle, end, _line(_name_favourite(shares), int(mask.sum()), overlaps))


def describe_sources(
    shown_s: NDArray[np.float64], names: Sequence[str], shots: int, overlaps: NDArray[np.float64]
) -> str:
    """Describes in one line which of several videos a candidate favours.

    Args:
        shown_s: (V,) time shown of each video, seconds; above zero for at least one.
        names: names of the videos.
        shots: number of selected shots.
        overlaps: (S - 1,) overlap with each of the other candidates; empty if there are none.
    """
    shares = shown_s / shown_s.sum()
    first, used = int(shares.argmax()), int((shown_s > 0).sum())
    if used == 1:
        favourite = f"only {_shorten(names[first])}"
    elif shares[first] >= 0.5:
        favourite = f"mostly {_shorten(names[first])} ({_percent(float(shares[first]))})"
    else:
        favourite = f"from {used} of {len(names)} videos"
    return _line(favourite, shots, overlaps)


def _line(favourite: str, shots: int, overlaps: NDArray[np.float64]) -> str:
    parts = [favourite, "1 shot" if shots == 1 else f"{shots} shots"]
    if len(overlaps):
        others = "the other" if len(overlaps) == 1 else "the others"
        parts.append(f"shares {_percent(float(overlaps.mean()))} with {others}")
    return ", ".join(parts)


def _shorten(name: str) -> str:
    return name if len(name) <= _NAME_LENGTH else f"{name[: _NAME_LENGTH - 10]}…{name[-9:]}"


def _thirds(chosen_s: NDArray[np.float64], duration_s: float) -> list[float]:
    """Returns the share of the selected time in each third of the video; time outside counts to the nearest third."""
    edges_s = np.array([-np.inf, duration_s / 3, 2 * duration_s / 3, np.inf])
    begin, end = chosen_s[:, :1], chosen_s[:, 1:]
    inside_s = np.minimum(end, edges_s[1:]) - np.maximum(begin, edges_s[:-1])
    times_s = np.maximum(inside_s, 0.0).sum(axis=0)
    shares: list[float] = (times_s / times_s.sum()).tolist()
    return shares


def _percent(share: float) -> str:
    return f"{share:.0%}".replace("%", " %")


def _name_favourite(shares: list[float]) -> str:
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
