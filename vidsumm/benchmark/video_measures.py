"""Everything that is measured of a video's curves, by the conventions of its data set (method section 9).

==============  ===================================  ===================================  ==========================
                TVSum and others                     SumMe                                Mr. HiSum
==============  ===================================  ===================================  ==========================
tau, rho        curve against each annotator at the  machine summary against the mean     curve against gtscore
                picks, mean over annotators          user summary, at full frame rate
per annotator   the same, not averaged               machine summary against each user    the same, one "annotator"
                                                     summary, at full frame rate
shots           the benchmark's, in frames           the benchmark's, in frames           the benchmark's, in seconds
==============  ===================================  ===================================  ==========================

Average precision and the measures of optimality compare with `gtscore`: at the picks, and as means over the shots.
"""

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from vidsumm.datasets.layout import Annotation
from vidsumm.evaluation.generative import best_match, coverage, diversity, energy_distance
from vidsumm.evaluation.highlights import highlight_precision
from vidsumm.evaluation.human import pairwise_agreement
from vidsumm.evaluation.metrics import RankCorrelation, rank_correlations
from vidsumm.evaluation.optimality import Convention, OptimalChoice
from vidsumm.evaluation.summaries import (
    RATIO,
    capacity,
    frame_scores,
    machine_summaries,
    overlap_f1,
    shot_lengths,
    shot_means,
)

__all__ = ["VideoMeasures", "annotator_taus", "human_agreement", "mean_agreement", "measure_video"]


@dataclass(frozen=True, kw_only=True)
class VideoMeasures:
    """One video; None where the annotation does not have what a measure needs. Shares are in [0, 1]."""

    tau: float | None = None
    """Kendall's tau of single samples, mean over the samples."""
    rho: float | None = None
    """Spearman's rho likewise."""
    mean_tau: float | None = None
    """Of the mean of the samples."""
    mean_rho: float | None = None
    best_tau: float | None = None
    """Of the sample that does best."""
    best_annotator_tau: float | None = None
    """Mean over annotators, each with the sample that suits them best."""
    coverage: float | None = None
    """Share of annotators whom at least one sample matches at tau 0.25."""
    diversity: float | None = None
    """Mean 1 - IoU between the samples' machine summaries; None for one sample."""
    energy: float | None = None
    """Energy distance between samples and annotators at the picks."""
    f1_avg: float | None = None
    """Mean over users (TVSum's convention) and samples."""
    f1_max: float | None = None
    """Maximum over users (SumMe's convention), mean over samples."""
    map50: float | None = None
    """Average precision where half of the five-sample shots are highlights, mean over samples."""
    map15: float | None = None
    """Where 15 % are."""
    cis: float | None = None
    """See `optimality.Optimality`; means over samples."""
    wir: float | None = None
    ir: float | None = None
    wse: float | None = None


def measure_video(
    annotation: Annotation, curves: NDArray[np.floating], *, ratio: float = RATIO, convention: Convention = "official"
) -> VideoMeasures:
    """Measures drawn curves.

    Args:
        annotation: of the video.
        curves: (S, N) scores at the picks, in [0, 1]; one row for a method with one opinion.
        ratio: longest summary as a share of the video.
        convention: of the measures of optimality.

    Raises:
        ValueError: the curves are not S times N.
    """
    if curves.shape != (len(curves), len(annotation.picks)) or not len(curves):
        raise ValueError(f"curves of shape {curves.shape} for {len(annotation.picks)} samples")
    look = _Look(annotation, ratio)
    summaries = look.summaries(curves)
    parts = {
        **look.agreement(curves, summaries),
        **look.overlap(summaries),
        **look.optimality(curves, convention),
        "energy": energy_distance(curves, annotation.scores),
        "map50": _precision(curves, annotation, 0.5),
        "map15": _precision(curves, annotation, 0.15),
    }
    return VideoMeasures(**parts)


def mean_agreement(
    annotation: Annotation, curves: NDArray[np.floating], *, ratio: float = RATIO
) -> RankCorrelation | None:
    """`mean_tau` and `mean_rho` of `measure_video` alone, for those who choose an epoch by them."""
    found = _Look(annotation, ratio).mean_correlations(curves)
    return None if found is None else RankCorrelation(float(found.tau[0]), float(found.rho[0]))


def annotator_taus(
    annotation: Annotation, curves: NDArray[np.floating], *, ratio: float = RATIO
) -> NDArray[np.float64] | None:
    """(S, U) tau between every curve and annotator, as `coverage` and figure 3 count it; None where none can be had."""
    look = _Look(annotation, ratio)
    found = look.correlations(curves, look.summaries(curves) if annotation.kind == "summe" else None)
    return None if found is None else found.annotators


def human_agreement(annotation: Annotation) -> RankCorrelation | None:
    """Agreement of a video's annotators with each other, by its data set's convention; None where there is but one."""
    raw = annotation.raw_scores if annotation.kind == "summe" else None
    return pairwise_agreement(annotation.scores if raw is None else raw)


@dataclass(frozen=True)
class _Correlations:
    """Of S curves."""

    tau: NDArray[np.float64]
    """(S,) as the published tables have it."""
    rho: NDArray[np.float64]
    """(S,) likewise."""
    annotators: NDArray[np.float64]
    """(S, U) tau with each annotator."""


@dataclass(frozen=True)
class _Look:
    """A video through the conventions of its data set. Its dictionaries have fields of `VideoMeasures` as keys."""

    annotation: Annotation
    ratio: float

    @property
    def reach(self) -> int:
        return 1 if self.annotation.kind == "mrhisum" else 0

    def frames(self, curves: NDArray[np.floating]) -> NDArray[np.float64]:
        return frame_scores(curves, self.annotation.picks, self.annotation.n_frames)

    def summaries(self, curves: NDArray[np.floating]) -> NDArray[np.bool_] | None:
        """(S, n_frames)."""
        shots = self.annotation.shots
        if not len(shots):
            return None
        return machine_summaries(self.frames(curves), shots, ratio=self.ratio, reach=self.reach)

    def correlations(self, curves: NDArray[np.floating], summaries: NDArray[np.bool_] | None) -> _Correlations | None:
        """None where the annotation lacks what they need."""
        if self.annotation.kind != "summe":
            tau, rho = rank_correlations(curves, self.annotation.scores)
            return _Correlations(tau.mean(axis=1), rho.mean(axis=1), tau)
        users = self.annotation.user_summary
        if summaries is None or not len(users):
            return None
        votes = users.sum(axis=0, keepdims=True)  # ordered as the mean user summary
        tau, rho = rank_correlations(summaries, votes)
        return _Correlations(tau[:, 0], rho[:, 0], rank_correlations(summaries, users)[0])

    def mean_correlations(self, curves: NDArray[np.floating]) -> _Correlations | None:
        """Of the mean of the curves."""
        mean = curves.mean(axis=0, keepdims=True, dtype=np.float64)
        return self.correlations(mean, self.summaries(mean) if self.annotation.kind == "summe" else None)

    def agreement(self, curves: NDArray[np.floating], summaries: NDArray[np.bool_] | None) -> dict[str, float]:
        """Rank correlations of the samples and of their mean, and what follows from them."""
        single = self.correlations(curves, summaries)
        mean = self.mean_correlations(curves)
        if single is None or mean is None:
            return {}
        return {
            "tau": float(single.tau.mean()),
            "rho": float(single.rho.mean()),
            "mean_tau": float(mean.tau[0]),
            "mean_rho": float(mean.rho[0]),
            "best_tau": float(single.tau.max()),
            "best_annotator_tau": best_match(single.annotators),
            "coverage": coverage(single.annotators),
        }

    def overlap(self, summaries: NDArray[np.bool_] | None) -> dict[str, float | None]:
        """Of the summaries with each other and with those of people."""
        users = self.annotation.user_summary
        if summaries is None:
            return {}
        if not len(users):
            return {"diversity": diversity(summaries)}
        f1 = overlap_f1(summaries, users)
        return {
            "diversity": diversity(summaries),
            "f1_avg": float(f1.mean()),
            "f1_max": float(f1.max(axis=1).mean()),
        }

    def optimality(self, curves: NDArray[np.floating], convention: Convention) -> dict[str, float]:
        """Means over the curves."""
        shots = self.annotation.shots
        if not len(shots):
            return {}
        truth = self.shot_values(self.annotation.gtscore[None], convention)[0]
        room = capacity(self.annotation.n_frames, self.ratio)
        choice = OptimalChoice(truth, shot_lengths(shots), room, convention)
        rows = [asdict(choice.measure(values)) for values in self.shot_values(curves, convention)]
        return {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}

    def shot_values(self, curves: NDArray[np.floating], convention: Convention) -> NDArray[np.floating]:
        """(S, M)."""
        frames, shots = self.frames(curves), self.annotation.shots
        if convention == "paper":
            return shot_means(frames, shots)
        return shot_means(frames, shots, reach=self.reach, dtype=np.float32)


def _precision(curves: NDArray[np.floating], annotation: Annotation, share: float) -> float:
    return float(np.mean([highlight_precision(curve, annotation.gtscore, share) for curve in curves]))
