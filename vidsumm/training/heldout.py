"""How well a trained network does on held-out videos."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vidsumm.evaluation.human import pairwise_agreement
from vidsumm.evaluation.metrics import RankCorrelation, rank_correlation, rank_correlations
from vidsumm.model.sampling import SamplingOptions, sample_curves
from vidsumm.model.summdiff import SummDiff

__all__ = ["HeldOut", "average", "measure"]


@dataclass(frozen=True)
class HeldOut:
    """Rank correlations with individual annotators, averaged over annotators and videos.

    Checkpoints store them under the names of these fields.
    """

    single: RankCorrelation
    """Rank correlation of single curves, averaged over the curves."""
    mean: RankCorrelation
    """Rank correlation of the mean of the curves."""
    people: RankCorrelation
    """Rank correlation of annotators with each other, which shows how high a correlation can be expected."""


def measure(
    model: SummDiff,
    videos: Sequence[tuple[NDArray[np.float32], NDArray[np.float32]]],
    options: SamplingOptions,
    *,
    curves: int = 5,
    seed: int = 0,
) -> HeldOut:
    """Draws curves for each video and compares them with its annotators.

    Args:
        model: the network.
        videos: features (N, C) and annotators' scores (U, N) of each held-out video.
        options: steps and guidance.
        curves: curves drawn for each video.
        seed: seed of the first curve; the next curves have the next numbers.
    """
    rows = []
    for features, annotators in videos:
        drawn = sample_curves(model, features, range(seed, seed + curves), options)  # (S, N)
        single = RankCorrelation(*(float(found.mean()) for found in rank_correlations(drawn, annotators)))
        people = pairwise_agreement(annotators) or RankCorrelation(1.0, 1.0)
        rows.append(HeldOut(single, rank_correlation(drawn.mean(axis=0), annotators), people))
    return average(rows)


def average(rows: Sequence[HeldOut]) -> HeldOut:
    """Returns the mean of several measurements."""
    return HeldOut(*(_mean([getattr(row, part) for row in rows]) for part in ("single", "mean", "people")))


def _mean(rows: Sequence[RankCorrelation]) -> RankCorrelation:
    return RankCorrelation(float(np.mean([row.tau for row in rows])), float(np.mean([row.rho for row in rows])))
