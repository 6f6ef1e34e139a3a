"""One or several analysed videos as one: as if they were played one after the other."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vidsumm.config import ShotConfig
from vidsumm.errors import ConfigError
from vidsumm.export.thumbnails_panel import Thumbnails
from vidsumm.pipeline.analysis import Analysis
from vidsumm.video.cut import FrameClock, frame_clock
from vidsumm.video.info import VideoInfo

__all__ = ["Reel", "reel_of"]

_FINE_TICK_S = 0.001


@dataclass(frozen=True, eq=False)
class Reel:
    """The videos that summaries are chosen from, in order.

    Raises:
        ConfigError: there is no video, or they were analysed in different ways.
    """

    analyses: tuple[Analysis, ...]

    def __post_init__(self) -> None:
        if not self.analyses:
            raise ConfigError("no analysis is given", remedy="analyse at least one video")
        first = self.analyses[0]
        for other in self.analyses[1:]:
            if other.origin.feature_id != first.origin.feature_id:
                raise ConfigError(
                    f"{other.info.path.name} was analysed as '{other.origin.feature_id}', "
                    f"{first.info.path.name} as '{first.origin.feature_id}'",
                    remedy="analyse all videos with the same `backbone` and `fps`",
                )
            if (other.decode, other.shot_settings) != (first.decode, first.shot_settings):
                raise ConfigError(
                    f"{other.info.path.name} was analysed with other settings than {first.info.path.name}",
                    remedy="analyse all videos with the same settings",
                )

    def __getstate__(self) -> dict[str, Any]:
        """Returns what `pickle` keeps: nothing that can be worked out again."""
        return {"analyses": self.analyses}

    @property
    def infos(self) -> tuple[VideoInfo, ...]:
        """The probed videos."""
        return tuple(analysis.info for analysis in self.analyses)

    @property
    def paths(self) -> tuple[Path, ...]:
        """The video files."""
        return tuple(analysis.info.path for analysis in self.analyses)

    @property
    def samples(self) -> tuple[int, ...]:
        """Number of samples of each video."""
        return tuple(len(analysis.features) for analysis in self.analyses)

    @property
    def duration_s(self) -> float:
        """Length of all videos together, seconds."""
        return sum(info.duration_s for info in self.infos)

    @property
    def interval_s(self) -> float:
        """Mean interval between frames, seconds; a thousandth where it is not the same in all videos."""
        means = {info.duration_s / len(info.frame_pts) for info in self.infos}
        return means.pop() if len(means) == 1 else _FINE_TICK_S

    @property
    def offsets_s(self) -> NDArray[np.float64]:
        """(V,) where each video begins, seconds since the beginning of the first."""
        return np.cumsum([0.0, *(info.duration_s for info in self.infos[:-1])])

    @property
    def content(self) -> str:
        """Identifies the features of all videos and everything they depend on."""
        return " ".join(analysis.content for analysis in self.analyses)

    @property
    def key(self) -> tuple[tuple[str, ShotConfig], ...]:
        """Equal for reels from which the same is chosen: the contents, and how changes of scene were found."""
        return tuple((analysis.content, analysis.shot_settings) for analysis in self.analyses)

    @property
    def thumbnails(self) -> tuple[Thumbnails, ...]:
        """Small pictures of each video."""
        return tuple(Thumbnails(a.thumbnails, a.thumbnail_times_s) for a in self.analyses)

    @cached_property
    def clocks(self) -> tuple[FrameClock, ...]:
        """The clocks on which clips of each video are given."""
        return tuple(frame_clock(info) for info in self.infos)

    @cached_property
    def features(self) -> NDArray[np.float32]:
        """(N, D), one row for each sample of all videos."""
        if len(self.analyses) == 1:
            return self.analyses[0].features
        return np.concatenate([analysis.features for analysis in self.analyses])


def reel_of(analysis: Analysis | Sequence[Analysis]) -> Reel:
    """Returns the reel of one analysis or of several in order."""
    analyses = (analysis,) if isinstance(analysis, Analysis) else tuple(analysis)
    for one in analyses:
        if not isinstance(one, Analysis):
            raise TypeError(f"{one!r} is no analysis")
    return Reel(analyses)
