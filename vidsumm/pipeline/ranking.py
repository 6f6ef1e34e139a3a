"""Ranks the candidates by agreement and describes each in a line."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vidsumm.pipeline.analysis import Shots
from vidsumm.pipeline.choice import Choice, Draw, ShotBudget
from vidsumm.selection.candidates import agreement, describe, order_by_agreement, overlap

__all__ = ["Candidate", "rank_candidates"]


@dataclass(frozen=True, eq=False)
class Candidate:
    """One selection that is offered as a summary, compared with the others."""

    draw_index: int
    """Index of its draw in `Choice.draws`."""
    draw: Draw
    clips_s: NDArray[np.float64]
    """(P, 2) start and end of each clip, seconds since the first frame."""
    agreement: float
    """How well it serves the curves of all candidates, 0 to 1; see `vidsumm.selection.candidates.agreement`."""
    overlap: NDArray[np.float64]
    """(S,) overlap with every candidate, by rank, 0 to 1."""
    shares: tuple[float, float, float]
    """Shares of its time that come from the first, second and last third of the source."""
    description: str
    """One line for the user: which part of the video it favours, and how much it shares with the others."""


def rank_candidates(choice: Choice, budget: ShotBudget, shots: Shots, duration_s: float) -> list[Candidate]:
    """Returns the candidates, the one with the highest agreement first.

    Args:
        choice: all draws, and which of them become candidates.
        budget: lengths of the shots.
        shots: times of the shots.
        duration_s: length of the video, seconds.
    """
    draws = [choice.draws[i] for i in choice.kept]
    masks = np.stack([draw.selection.mask for draw in draws])
    values = np.stack([draw.values for draw in draws])
    agreements = agreement(masks, values)
    order = order_by_agreement(agreements)
    overlaps = overlap(masks[order], budget.lengths)
    ranked = []
    for row, i in enumerate(order):
        clips_s = _join_touching(shots.times_s[masks[i]])
        limit = draws[i].selection.truncated_to
        if limit is not None:
            clips_s[-1, 1] = min(clips_s[-1, 1], clips_s[-1, 0] + limit * budget.tick_s)
        about = describe(masks[i], shots.times_s, duration_s, np.delete(overlaps[row], row))
        ranked.append(
            Candidate(
                choice.kept[i],
                draws[i],
                clips_s,
                float(agreements[i]),
                overlaps[row],
                (about.beginning, about.middle, about.end),
                about.text,
            )
        )
    return ranked


def _join_touching(shots_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns (P, 2) clips from (K, 2) selected shots in order: shots that touch are one clip."""
    is_first = np.append(True, shots_s[1:, 0] > shots_s[:-1, 1])
    is_last = np.append(is_first[1:], True)
    return np.stack([shots_s[is_first, 0], shots_s[is_last, 1]], axis=1)
