"""Orders the kept draws and says what each of them favours."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vidsumm.pipeline.analysis import Shots
from vidsumm.pipeline.choice import Choice, Draw, ShotBudget
from vidsumm.selection.candidates import agreement, describe, order_by_agreement, overlap

__all__ = ["Candidate", "rank_candidates"]


@dataclass(frozen=True, eq=False)
class Candidate:
    """One summary: a draw that was kept, and how it stands among the others."""

    draw_index: int
    """Its place in `Choice.draws`."""
    draw: Draw
    spans_s: NDArray[np.float64]
    """(P, 2) pieces of the source, seconds."""
    agreement: float
    overlap: NDArray[np.float64]
    """(S,) with every candidate, by rank."""
    shares: tuple[float, float, float]
    """Of the beginning, middle and end of the source."""
    description: str


def rank_candidates(choice: Choice, budget: ShotBudget, shots: Shots, duration_s: float) -> list[Candidate]:
    """The kept draws, those first that agree most with all of them.

    Args:
        choice: draws and which are kept.
        budget: lengths of the shots.
        shots: their times.
        duration_s: of the video.
    """
    draws = [choice.draws[i] for i in choice.kept]
    masks = np.stack([draw.selection.mask for draw in draws])
    values = np.stack([draw.values for draw in draws])
    agreements = agreement(masks, values)
    order = order_by_agreement(agreements)
    overlaps = overlap(masks[order], budget.lengths)
    ranked = []
    for row, i in enumerate(order):
        spans = shots.times_s[masks[i]].copy()
        limit = draws[i].selection.truncated_to
        if limit is not None:
            spans[-1, 1] = min(spans[-1, 1], spans[-1, 0] + limit * budget.tick_s)
        about = describe(masks[i], shots.times_s, duration_s, np.delete(overlaps[row], row))
        ranked.append(
            Candidate(
                choice.kept[i],
                draws[i],
                spans,
                float(agreements[i]),
                overlaps[row],
                (about.beginning, about.middle, about.end),
                about.text,
            )
        )
    return ranked
