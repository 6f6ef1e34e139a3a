from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from vidsumm.timeline import Clip, Timeline, TimelineSource
from vidsumm.video.sound import AAC_FRAME, FADE_S, SoundFormat, read_blocks

MONO = SoundFormat(44_100, "mono", 1)
FADE = round(FADE_S * MONO.rate_hz)
BASES = (Fraction(1001, 30_000), Fraction(1, 24))
FRAMES = 60


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    """Two files of 3 s: the n-th sample is n in the first and -n in the second, modulo 30000."""
    folder = tmp_path_factory.mktemp("sound")
    counts = np.arange(3 * MONO.rate_hz) % 30_000
    made = {0: folder / "a.pcm", 1: folder / "b.pcm"}
    for source, path in made.items():
        path.write_bytes((counts if source == 0 else -counts).astype("<i2").tobytes())
    return made


def timeline_of(*clips: Clip) -> Timeline:
    return Timeline(tuple(TimelineSource(Path(f"{base}.mp4"), base, FRAMES, FRAMES) for base in BASES), clips)


def clip_of(source: int, first: int, last: int, *, sound: tuple[int, int] | None) -> Clip:
    return Clip(source, first, last, first, last, sound)


def heard(paths: dict[int, Path], timeline: Timeline) -> NDArray[np.int64]:
    blocks = list(read_blocks(paths, timeline, MONO))
    assert {block.shape for block in blocks[:-1]} <= {(1, AAC_FRAME)}
    samples: NDArray[np.int64] = np.rint(np.concatenate(blocks, axis=1)[0] * 32_768).astype(np.int64)
    return samples


@st.composite
def timelines(draw: st.DrawFn) -> Timeline:
    """Clips in any order, some of them several times, some silent."""
    clips = []
    for _ in range(draw(st.integers(1, 8))):
        first = draw(st.integers(0, FRAMES - 2))
        last = draw(st.integers(first + 1, FRAMES))
        sound = (first, last) if draw(st.booleans()) else None
        clips.append(clip_of(draw(st.integers(0, 1)), first, last, sound=sound))
    return timeline_of(*clips)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(timelines())
def test_every_clip_has_its_own_sound_from_its_exact_beginning(paths: dict[int, Path], timeline: Timeline) -> None:
    samples, elapsed = heard(paths, timeline), Fraction(0)
    for clip in timeline.clips:
        begin, elapsed = round(elapsed * MONO.rate_hz), elapsed + timeline.clip_duration(clip)
        found = samples[begin : round(elapsed * MONO.rate_hz)][FADE:-FADE]
        first = round(clip.start_tick * BASES[clip.source] * MONO.rate_hz) + FADE
        expected = np.arange(first, first + len(found)) % 30_000 * (1 - 2 * clip.source)
        np.testing.assert_array_equal(found, 0 if clip.sound_ticks is None else expected)
    assert len(samples) == round(timeline.duration * MONO.rate_hz)


def test_sound_may_be_of_another_time_and_shorter_than_the_picture(paths: dict[int, Path]) -> None:
    samples = heard(paths, timeline_of(clip_of(1, 24, 48, sound=(12, 24))))
    half = MONO.rate_hz // 2
    np.testing.assert_array_equal(samples[:half], -np.arange(half, 2 * half) % -30_000)
    np.testing.assert_array_equal(samples[half:], np.zeros(half))
