"""Ranks the candidates by agreement and describes each in a line."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vidsumm.pipeline.draws import Draw, Drawn, ShotBudget
from vidsumm.pipeline.reel import Reel
from vidsumm.selection.candidates import Description, agreement, describe, describe_sources, order_by_agreement, overlap
from vidsumm.timeline import Timeline
from vidsumm.video.cut import plan_timeline

__all__ = ["Candidate", "rank_candidates"]


@dataclass(frozen=True, eq=False)
class Candidate:
    """One selection that is offered as a summary, compared with the others."""

    draw_index: int
    """Index of its draw in `Drawn.draws`."""
    draw: Draw
    timeline: Timeline
    """What the summary shows."""
    agreement: float
    """How well it serves the curves of all candidates, 0 to 1; see `vidsumm.selection.candidates.agreement`."""
    overlap: NDArray[np.float64]
    """(S,) overlap with every candidate, by rank, 0 to 1."""
    shares: tuple[float, float, float]
    """Shares of its time that come from the first, second and last third of all that there is."""
    description: str
    """One line for the user: which part it favours, and how much it shares with the others."""


def rank_candidates(drawn: Drawn, budget: ShotBudget, reel: Reel) -> tuple[Candidate, ...]:
    """Returns the candidates, the one with the highest agreement first.

    Args:
        drawn: all draws, and which of them become candidates.
        budget: the shots and their lengths.
        reel: the videos.
    """
    draws = [drawn.draws[i] for i in drawn.kept]
    masks = np.stack([draw.selection.mask for draw in draws])
    values = np.stack([draw.values for draw in draws])
    agreements = agreement(masks, values)
    order = order_by_agreement(agreements)
    overlaps = overlap(masks[order], budget.lengths)
    ranked = []
    for row, i in enumerate(order):
        about = _describe(masks[i], budget, reel, np.delete(overlaps[row], row))
        ranked.append(
            Candidate(
                drawn.kept[i],
                draws[i],
                _timeline(draws[i], budget, reel),
                float(agreements[i]),
                overlaps[row],
                (about.beginning, about.middle, about.end),
                about.text,
            )
        )
    return tuple(ranked)


def _timeline(draw: Draw, budget: ShotBudget, reel: Reel) -> Timeline:
    """Returns the clips of the selected shots; shots that touch are one clip."""
    shots, selection = budget.marked.shots, draw.selection
    times_s = shots.times_s[selection.mask]
    if selection.truncated_to is not None:
        times_s[-1, 1] = min(times_s[-1, 1], times_s[-1, 0] + selection.truncated_to * budget.tick_s)
    sources = shots.source[selection.mask].tolist()
    clips = [(source, begin_s, end_s) for source, (begin_s, end_s) in zip(sources, times_s.tolist(), strict=True)]
    return plan_timeline(reel.infos, clips, clocks=reel.clocks)


def _describe(mask: NDArray[np.bool_], budget: ShotBudget, reel: Reel, overlaps: NDArray[np.float64]) -> Description:
    shots = budget.marked.shots
    about = describe(mask, shots.times_s + reel.offsets_s[shots.source][:, None], reel.duration_s, overlaps)
    if len(reel.paths) == 1:
        return about
    lengths_s = np.diff(shots.times_s, axis=1)[:, 0] * mask
    shown_s = np.bincount(shots.source, lengths_s, minlength=len(reel.paths)).astype(np.float64)
    text = describe_sources(shown_s, [path.name for path in reel.paths], int(mask.sum()), overlaps)
    return Description(about.beginning, about.middle, about.end, text)
