"""What is measured on one test video, in the units of the published tables."""

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from vidsumm.benchmark.video_measures import human_agreement, measure_video
from vidsumm.datasets.layout import Annotation

__all__ = ["Values", "average_values", "measure_curves", "measure_people"]

Values = Mapping[str, float]
"""Metric -> value; a metric that does not apply is absent."""

_PERCENT = ("f1_avg", "f1_max", "map50", "map15")
_OF_SAMPLES = ("tau_one", "rho_one", "best_tau", "best_annotator_tau")


def measure_curves(curves: NDArray[np.floating], annotation: Annotation) -> Values:
    """Curves of one video against its annotators.

    ``tau`` and ``rho`` are those of the mean curve, ``tau_one`` and ``rho_one`` means over single curves.

    Args:
        curves: (S, N) scores in [0, 1].
        annotation: of the video.
    """
    found = dataclasses.asdict(measure_video(annotation, curves))
    renamed = {"tau_one": found.pop("tau"), "rho_one": found.pop("rho")}
    found = {"tau": found.pop("mean_tau"), "rho": found.pop("mean_rho")} | renamed | found
    if len(curves) == 1:
        found = {name: value for name, value in found.items() if name not in _OF_SAMPLES}
    scale = dict.fromkeys(_PERCENT, 100.0)
    return {name: float(value) * scale.get(name, 1.0) for name, value in found.items() if value is not None}


def measure_people(annotation: Annotation) -> Values:
    """Annotators against each other; nothing where there is but one."""
    found = human_agreement(annotation)
    return {} if found is None else dataclasses.asdict(found)


def average_values(rows: Sequence[Values]) -> dict[str, float]:
    """Each metric averaged over the videos that have it."""
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: float(np.mean([row[name] for row in rows if name in row])) for name in names}
