from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from vidsumm.timeline import Clip, Timeline, TimelineSource

SOURCES = (
    TimelineSource(Path("a.mp4"), Fraction(1001, 30_000), 100, 100),
    TimelineSource(Path("b.mp4"), Fraction(1, 1000), 4000, 3),
)
FIRST = Clip(0, 10, 40, 10, 40, (10, 40))
STILL = Clip(1, 500, 2000, 0, 2, None)


def test_a_timeline_adds_up_exactly() -> None:
    timeline = Timeline(SOURCES, (STILL, FIRST, STILL))
    assert timeline.duration == 2 * Fraction(3, 2) + Fraction(1001, 1000)
    assert timeline.frames == 2 + 30 + 2
    assert timeline.clip_duration(FIRST) == Fraction(1001, 1000)
    assert timeline.clip_s(STILL) == (0.5, 2.0)
    assert timeline.clips_of(1) == (STILL, STILL)
    assert timeline.clips_of(0) == (FIRST,)


@pytest.mark.parametrize(
    "change",
    [
        {"source": 2},
        {"source": -1},
        {"start_tick": -1},
        {"start_tick": 40},
        {"end_tick": 101},
        {"first_frame": -1},
        {"last_frame_exclusive": 10},
        {"last_frame_exclusive": 101},
    ],
)
def test_clips_outside_their_source_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"source|inside"):
        Timeline(SOURCES, (FIRST, replace(FIRST, **change)))


def test_a_timeline_without_clips_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one clip"):
        Timeline(SOURCES, ())
