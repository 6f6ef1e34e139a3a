"""The measures of one video's curves, by the conventions of its data set (method section 9).

==============  ===================================  ===================================  ==========================
                TVSum and others                     SumMe                                Mr. HiSum
==============  ===================================  ===================================  ==========================
tau, rho        curve against each annotator at the  machine summary against the mean     curve against gtscore
                picks, mean over annotators          user summary, at full frame rate
per annotator   the same, not averaged               machine summary against each user    the same, one "annotator"
                                                     summary, at full frame rate
shots           the benchmark's, in frames           the benchmark's, in frames           the benchmark's, in seconds
==============  ===================================  ===================================  ==========================

Average precision compares curves with `gtscore` at the picks; the measures of optimality compare means over shots.
"""

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from vidsumm.datasets.annotation import Annotation
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

__all__ = ["VideoMeasures", "annotator_taus", "human_agreement", "mean_curve_correlation", "measure_video"]


@dataclass(frozen=True, kw_only=True)
class VideoMeasures:
    """The measures of S curves of one video; None where the annotation lacks what a measure needs.

    Shares are in [0, 1], not in percent.
    """

    tau: float | None = None
    """Kendall's tau of the mean curve."""
    rho: float | None = None
    """Spearman's rho of the mean curve."""
    tau_one: float | None = None
    """Kendall's tau of a single curve, mean over the curves."""
    rho_one: float | None = None
    """Spearman's rho of a single curve, mean over the curves."""
    best_tau: float | None = None
    """Kendall's tau of the curve for which it is highest."""
    best_annotator_tau: float | None = None
    """Kendall's tau of the best curve for each annotator, mean over annotators."""
    coverage: float | None = None
    """Share of annotators whom at least one curve matches with tau 0.25 or more."""
    diversity: float | None = None
    """1 - IoU of two machine summaries, mean over pairs of curves; None for a single curve."""
    energy: float | None = None
    """Energy distance between curves and annotators at the picks."""
    f1_avg: float | None = None
    """F1 of machine summary and user summary, mean over users (TVSum's convention) and curves."""
    f1_max: float | None = None
    """The same, maximum over users (SumMe's convention), mean over curves."""
    map50: float | None = None
    """Average precision where the better half of the five-sample shots are highlights, mean over curves."""
    map15: float | None = None
    """Average precision where the best 15 % are."""
    cis: float | None = None
    """See `optimality.Optimality`, as for the next three fields; mean over curves."""
    wir: float | None = None
    ir: float | None = None
    wse: float | None = None


def measure_video(
    annotation: Annotation, curves: NDArray[np.floating], *, ratio: float = RATIO, convention: Convention = "official"
) -> VideoMeasures:
    """Measures the curves of one video.

    Args:
        annotation: annotation of the video.
        curves: (S, N) scores at the picks, in [0, 1]; one row for a method that gives the same curve every time.
        ratio: longest summary as a share of the video.
        convention: convention of the measures of optimality.

    Raises:
        ValueError: the curves are not S times N, or S is 0.
    """
    if curves.shape != (len(curves), len(annotation.picks)) or not len(curves):
        raise ValueError(f"curves of shape {curves.shape} for {len(annotation.picks)} samples")
    video = _Video(annotation, ratio)
    summaries = video.summaries(curves)
    return VideoMeasures(
        **video.rank_measures(curves, summaries),
        **video.summary_measures(summaries),
        **video.optimality_measures(curves, convention),
        energy=energy_distance(curves, annotation.scores),
        map50=_precision(curves, annotation, 0.5),
        map15=_precision(curves, annotation, 0.15),
    )


def mean_curve_correlation(
    annotation: Annotation, curves: NDArray[np.floating], *, ratio: float = RATIO
) -> RankCorrelation | None:
    """Returns `VideoMeasures.tau` and `rho` alone, by which the epoch of a training is chosen."""
    found = _Video(annotation, ratio).mean_correlations(curves)
    return None if found is None else RankCorrelation(float(found.tau[0]), float(found.rho[0]))


def annotator_taus(
    annotation: Annotation, curves: NDArray[np.floating], *, ratio: float = RATIO
) -> NDArray[np.float64] | None:
    """Returns (S, U) tau of every curve with every annotator, from which coverage and figure 3 are counted.

    None where the annotation lacks what this needs.
    """
    video = _Video(annotation, ratio)
    found = video.correlations(curves, video.summaries(curves) if annotation.kind == "summe" else None)
    return None if found is None else found.annotators


def human_agreement(annotation: Annotation) -> RankCorrelation | None:
    """Returns how far a video's annotators agree with each other, by its data set's convention.

    None where there is only one.
    """
    raw = annotation.raw_scores if annotation.kind == "summe" else None
    return pairwise_agreement(annotation.scores if raw is None else raw)


@dataclass(frozen=True)
class _Correlations:
    """Rank correlations of S curves."""

    tau: NDArray[np.float64]
    """(S,) by the data set's convention."""
    rho: NDArray[np.float64]
    """(S,) by the data set's convention."""
    annotators: NDArray[np.float64]
    """(S, U) tau with each annotator."""


@dataclass(frozen=True)
class _Video:
    """A video with the conventions of its data set. The dictionaries returned are fields of `VideoMeasures`."""

    annotation: Annotation
    ratio: float

    @property
    def reach(self) -> int:
        """Frames after the last of a shot that count too, see `shot_means`."""
        return 1 if self.annotation.kind == "mrhisum" else 0

    def frames(self, curves: NDArray[np.floating]) -> NDArray[np.float64]:
        """Returns (S, n_frames) the score of every frame."""
        return frame_scores(curves, self.annotation.picks, self.annotation.n_frames)

    def summaries(self, curves: NDArray[np.floating]) -> NDArray[np.bool_] | None:
        """Returns (S, n_frames) the frames of each machine summary; None without shots."""
        shots = self.annotation.shots
        if not len(shots):
            return None
        return machine_summaries(self.frames(curves), shots, ratio=self.ratio, reach=self.reach)

    def correlations(self, curves: NDArray[np.floating], summaries: NDArray[np.bool_] | None) -> _Correlations | None:
        """Returns the correlations of each curve; None where the annotation lacks what they need."""
        if self.annotation.kind != "summe":
            tau, rho = rank_correlations(curves, self.annotation.scores)
            return _Correlations(tau.mean(axis=1), rho.mean(axis=1), tau)
        users = self.annotation.user_summary
        if summaries is None or not len(users):
            return None
        votes = users.sum(axis=0, keepdims=True)  # has the same ranks as the mean user summary
        tau, rho = rank_correlations(summaries, votes)
        return _Correlations(tau[:, 0], rho[:, 0], rank_correlations(summaries, users)[0])

    def mean_correlations(self, curves: NDArray[np.floating]) -> _Correlations | None:
        """Returns the correlations of the mean curve; None where the annotation lacks what they need."""
        mean = curves.mean(axis=0, keepdims=True, dtype=np.float64)
        return self.correlations(mean, self.summaries(mean) if self.annotation.kind == "summe" else None)

    def rank_measures(self, curves: NDArray[np.floating], summaries: NDArray[np.bool_] | None) -> dict[str, float]:
        """Returns the rank correlations of the single curves and of their mean, and what is counted from them."""
        single = self.correlations(curves, summaries)
        mean = self.mean_correlations(curves)
        if single is None or mean is None:
            return {}
        return {
            "tau": float(mean.tau[0]),
            "rho": float(mean.rho[0]),
            "tau_one": float(single.tau.mean()),
            "rho_one": float(single.rho.mean()),
            "best_tau": float(single.tau.max()),
            "best_annotator_tau": best_match(single.annotators),
            "coverage": coverage(single.annotators),
        }

    def summary_measures(self, summaries: NDArray[np.bool_] | None) -> dict[str, float | None]:
        """Returns how machine summaries overlap with each other and with the user summaries."""
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

    def optimality_measures(self, curves: NDArray[np.floating], convention: Convention) -> dict[str, float]:
        """Returns how far the choice of shots is from the optimal one, mean over the curves."""
        shots = self.annotation.shots
        if not len(shots):
            return {}
        truth = self.shot_values(self.annotation.gtscore[None], convention)[0]
        room = capacity(self.annotation.n_frames, self.ratio)
        choice = OptimalChoice(truth, shot_lengths(shots), room, convention)
        rows = [asdict(choice.measure(values)) for values in self.shot_values(curves, convention)]
        return {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}

    def shot_values(self, curves: NDArray[np.floating], convention: Convention) -> NDArray[np.floating]:
        """Returns (S, M) the value of each shot."""
        frames, shots = self.frames(curves), self.annotation.shots
        if convention == "paper":
            return shot_means(frames, shots)
        return shot_means(frames, shots, reach=self.reach, dtype=np.float32)


def _precision(curves: NDArray[np.floating], annotation: Annotation, share: float) -> float:
    """Returns the average precision where this share of the five-sample shots are highlights, mean over curves."""
    return float(np.mean([highlight_precision(curve, annotation.gtscore, share) for curve in curves]))
