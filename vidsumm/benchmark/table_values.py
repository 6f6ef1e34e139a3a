"""The measures of one test video as a table shows them: by metric name, and in percent where the field does so."""

import dataclasses
from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from vidsumm.benchmark.video_measures import human_agreement, measure_video
from vidsumm.datasets.annotation import Annotation

__all__ = ["Values", "average_values", "curve_values", "human_values"]

Values = Mapping[str, float]
"""Name of the metric -> value; a metric that does not apply is absent."""

_PERCENT = ("f1_avg", "f1_max", "map50", "map15")
_OF_SEVERAL_CURVES = ("tau_one", "rho_one", "best_tau", "best_annotator_tau")


def curve_values(curves: NDArray[np.floating], annotation: Annotation) -> Values:
    """Compares a method's curves of one video with its annotators.

    Args:
        curves: (S, N) scores in [0, 1]; one row for a method that gives the same curve every time, whose values then
            lack the metrics that tell single curves from their mean.
        annotation: annotation of the video.

    Returns:
        The fields of `VideoMeasures` that are not None; F1 and average precision in percent.
    """
    values = {}
    for name, value in dataclasses.asdict(measure_video(annotation, curves)).items():
        if value is not None and not (len(curves) == 1 and name in _OF_SEVERAL_CURVES):
            values[name] = float(value) * (100.0 if name in _PERCENT else 1.0)
    return values


def human_values(annotation: Annotation) -> Values:
    """Compares a video's annotators with each other; empty where there is only one."""
    found = human_agreement(annotation)
    return {} if found is None else dataclasses.asdict(found)


def average_values(videos: Iterable[Values]) -> dict[str, float]:
    """Returns the mean of each metric over the videos that have it."""
    rows = list(videos)
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: float(np.mean([row[name] for row in rows if name in row])) for name in names}
