"""The protocol of a method: it is trained on the training side of a split, and then measured on test videos.

A method that trains one network can report several rows, for example one for each number of denoising steps.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from vidsumm.benchmark.table_values import Values
from vidsumm.benchmark.videos import Videos
from vidsumm.datasets.splits import Split
from vidsumm.progress import Progress

__all__ = ["Curves", "EpochVideos", "Method", "PreparedMethod", "PreparedRow", "TaskInputs", "VideoResult"]

EpochVideos = Literal["validation", "test", "none"]
"""The videos that choose the epoch of a training: the validation videos, the test videos (the field's habit with five
folds), or none, so that only the last epoch is measured."""

Curves = NDArray[np.float32]
"""(S, N) scores in [0, 1]; one row for a method that gives the same curve every time."""


@dataclass(frozen=True)
class TaskInputs:
    """What a method is given for one task, that is for one split with one seed."""

    videos: Videos
    split: Split
    seed: int
    chosen_on: EpochVideos
    samples: int
    """S: curves to draw for each test video."""
    device: str
    progress: Progress


@dataclass(frozen=True)
class VideoResult:
    """What one row measured on one test video."""

    values: Values
    curves: Curves | None = None
    """None for annotators, who are not measured by a curve."""


@dataclass(frozen=True)
class PreparedRow:
    """A row of the table, ready to be measured."""

    label: str
    measure: Callable[[str], VideoResult]
    """Measures the test video with this key."""
    note: str = ""


@dataclass(frozen=True)
class PreparedMethod:
    """A method after its training."""

    rows: tuple[PreparedRow, ...]
    training: Mapping[str, Any] = field(default_factory=dict)
    """How the training went, ready for JSON; empty where there was none."""


class Method(Protocol):
    """A method that is compared."""

    @property
    def name(self) -> str:
        """Its name in `BenchConfig.methods`."""

    @property
    def needs_features(self) -> bool:
        """Whether it needs features, not only annotations."""

    @property
    def is_random(self) -> bool:
        """Whether its results depend on the seed."""

    @property
    def facts(self) -> Mapping[str, Any]:
        """Everything its results depend on, apart from videos, split and seed; ready for JSON."""

    def prepare(self, inputs: TaskInputs) -> PreparedMethod:
        """Trains on the training videos, if there is anything to train."""
