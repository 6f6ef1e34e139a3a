import dataclasses
import json
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from tests.support.videos import make_analysis, marked, scenes, seeded_curves, shots_at, video_info
from vidsumm.config import SummarizeConfig
from vidsumm.export.record import ProvenanceRecord, SpanRecord, SummaryRecord, read_record, timeline_of, write_record
from vidsumm.pipeline.choice import Choice
from vidsumm.pipeline.draws import draw_different, first_seeds, shot_budget
from vidsumm.pipeline.ranking import rank_candidates
from vidsumm.pipeline.record import file_tags, summary_record
from vidsumm.pipeline.reel import Reel
from vidsumm.pipeline.shots import join_shots
from vidsumm.pipeline.spans import Span
from vidsumm.progress import Log
from vidsumm.timeline import Timeline
from vidsumm.video.info import AudioStream
from vidsumm.video.render import RenderedFile

PROVENANCE = ProvenanceRecord(
    feature_id="inception-v3:7ff4a85c3a63:squash299-bilinear-l2:2fps",
    backbone_weights_sha256="7f" * 32,
    checkpoint="mine",
    checkpoint_sha256="ab" * 32,
    decoder="decord",
    device="cpu",
    precision="float32",
    seed=3,
)
LOG = Log(("one thing",), ("shots",), {"probe": 0.123456})
SHOTS_BEGIN = [0, 8, 20, 30, 45, 52]


def choice_from(*names: str) -> Choice:
    """What is chosen from videos of 60 pictures, two a second; the first has sound."""
    config = SummarizeConfig().replace(samples=4, ratio=0.4, seed=3)
    info = video_info([500] * 60)
    infos = [
        dataclasses.replace(info, audio=None if i else AudioStream(1, "aac", 48_000, 2)) for i in range(len(names))
    ]
    reel = Reel(tuple(make_analysis(i, scenes([60]), name=name) for i, name in zip(infos, names, strict=True)))
    shots = join_shots([shots_at(info, SHOTS_BEGIN) for _ in names], [60 for _ in names])
    limit_s = config.select.budget_s(reel.duration_s)
    budget = shot_budget(marked(shots), interval_s=reel.interval_s, limit_s=limit_s)
    sampler = partial(seeded_curves, length=60 * len(names))
    drawn = draw_different(sampler(first_seeds(3, 4)), sampler, budget, redraws=8, seed=3)
    candidates = rank_candidates(drawn, budget, reel)
    return Choice(reel, config, PROVENANCE, budget, drawn, candidates, keep=(), skip=(), log=LOG)


@pytest.fixture(scope="module")
def choice() -> Choice:
    return choice_from("videos/holiday.mp4")


@pytest.fixture(scope="module")
def together() -> Choice:
    return choice_from("day.mp4", "evening.mp4", "night.mp4")


def widened(timeline: Timeline) -> Timeline:
    """A timeline whose first clip begins a frame earlier, or ends a frame later."""
    clip = timeline.clips[0]
    if clip.start_tick:
        clip = dataclasses.replace(clip, start_tick=clip.start_tick - 1, first_frame=clip.first_frame - 1)
    else:
        end = clip.last_frame_exclusive + 1
        clip = dataclasses.replace(clip, end_tick=clip.end_tick + 1, last_frame_exclusive=end)
    return dataclasses.replace(timeline, clips=(clip, *timeline.clips[1:]))


def rendered(choice: Choice, *ranks: int) -> dict[int, RenderedFile]:
    return {
        rank: RenderedFile(
            path=Path(f"/anywhere/summary-{rank}.mp4"),
            timeline=widened(choice.candidates[rank - 1].timeline),
            duration_s=1.0,
            frames=25,
            size_bytes=10,
            undecodable=0,
        )
        for rank in ranks
    }


def test_a_dry_run_names_no_files_and_no_ffmpeg(choice: Choice) -> None:
    record = summary_record(choice, {}, LOG)
    assert [candidate.file for candidate in record.candidates] == [None] * len(choice.candidates)
    assert "ffmpeg" not in record.versions
    for candidate, ranked in zip(record.candidates, choice.candidates, strict=True):
        assert timeline_of(record, candidate) == ranked.timeline


def test_a_candidate_with_a_file_has_the_clips_of_the_file(choice: Choice) -> None:
    files = rendered(choice, 1, 3)
    record = summary_record(choice, files, LOG)
    assert [c.file for c in record.candidates[:3]] == ["summary-1.mp4", None, "summary-3.mp4"]
    assert "ffmpeg" in record.versions
    for rank, ranked in enumerate(choice.candidates, 1):
        shown = files[rank].timeline if rank in files else ranked.timeline
        candidate = record.candidates[rank - 1]
        assert candidate.rank == rank
        assert timeline_of(record, candidate) == shown
        assert candidate.duration_s == pytest.approx(float(shown.duration), abs=1e-5)


@pytest.mark.parametrize("which", ["choice", "together"])
def test_candidates_point_to_their_curves_and_shots(which: str, request: pytest.FixtureRequest) -> None:
    record = summary_record(request.getfixturevalue(which), {}, LOG)
    assert len(record.shots) == len(SHOTS_BEGIN) * len(record.sources)
    for candidate in record.candidates:
        curve = record.curves[candidate.curve]
        assert (curve.seed, curve.attempt) == (candidate.seed, candidate.attempt)
        assert len(curve.scores) == 60 * len(record.sources)
        chosen = [record.shots[i] for i in candidate.shots]
        assert candidate.duration_s == pytest.approx(sum(shot.end_s - shot.start_s for shot in chosen), abs=1e-4)
        assert {(c.source, c.start_s) for c in candidate.clips} <= {(shot.source, shot.start_s) for shot in chosen}
        assert {(c.source, c.last_frame_exclusive) for c in candidate.clips} <= {
            (shot.source, shot.last_frame_exclusive) for shot in chosen
        }
        assert candidate.duration_s <= record.budget.seconds + 1e-5
        assert candidate.beginning_share + candidate.middle_share + candidate.end_share == pytest.approx(1, abs=1e-4)


def test_counts(choice: Choice) -> None:
    record = summary_record(choice, {}, LOG)
    assert record.distinct.wanted == 4
    assert record.distinct.found == len(record.candidates) == len(choice.drawn.kept)
    assert record.distinct.redraws == choice.drawn.redraws
    assert len(record.curves) == len(choice.drawn.draws)
    assert (record.budget.seconds, record.budget.ratio) == pytest.approx((12, 0.4))
    assert (record.notices, record.cached, record.timings_s) == (("one thing",), ("shots",), {"probe": 0.123})


def test_the_source_is_described(choice: Choice) -> None:
    (source,) = summary_record(choice, {}, LOG).sources
    assert (source.name, source.path, source.sha256) == ("holiday.mp4", "videos/holiday.mp4", "5e" * 32)
    assert (source.offset_s, source.duration_s, source.start_s, source.frames) == (0, 30, 0.5, 60)
    assert (source.time_base, source.end_tick, source.average_rate) == ("1/1000", 30_000, "25/1")
    assert source.times_s == tuple(i / 2 for i in range(60))


def test_shots_are_those_of_the_choice(together: Choice) -> None:
    record, shots = summary_record(together, {}, LOG), together.budget.marked.shots
    assert [shot.source for shot in record.shots] == shots.source.tolist() == sorted([0, 1, 2] * 6)
    assert [(shot.first_frame, shot.last_frame_exclusive) for shot in record.shots] == [*map(tuple, shots.frames)]
    np.testing.assert_allclose([(shot.start_s, shot.end_s) for shot in record.shots], shots.times_s, atol=1e-5)
    assert record.shots[6].start_s == 0


def test_sources_are_placed_one_after_the_other(together: Choice) -> None:
    record = summary_record(together, {}, LOG)
    assert [source.name for source in record.sources] == ["day.mp4", "evening.mp4", "night.mp4"]
    assert [source.offset_s for source in record.sources] == pytest.approx([0, 30, 60])
    assert [source.audio_codec for source in record.sources] == ["aac", None, None]
    assert record.duration_s == pytest.approx(90)
    assert (record.budget.seconds, record.budget.ratio) == pytest.approx((36, 0.4))
    clips = [clip for candidate in record.candidates for clip in candidate.clips]
    assert {clip.source for clip in clips} == {0, 1, 2}
    assert all((clip.sound_ticks is not None) == (clip.source == 0) for clip in clips)


def test_named_spans_are_recorded(together: Choice) -> None:
    named = dataclasses.replace(together, keep=(Span(0.5, 1.0, 2),), skip=(Span(0.0, 0.25), Span(1.5, 30, 1)))
    record = summary_record(named, {}, LOG)
    assert record.keep == (SpanRecord(2, 0.5, 1.0),)
    assert record.skip == (SpanRecord(0, 0.0, 0.25), SpanRecord(1, 1.5, 30))


@pytest.mark.parametrize("which", ["choice", "together"])
def test_survives_being_written(which: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    choice = request.getfixturevalue(which)
    record: SummaryRecord = summary_record(choice, rendered(choice, 1, 2), LOG)
    write_record(record, tmp_path / "summary.json")
    assert read_record(tmp_path / "summary.json") == record


def test_tags_say_what_a_file_came_from(choice: Choice) -> None:
    tags = file_tags(choice)
    assert [tag["title"] for tag in tags] == [f"holiday (summary {i})" for i in range(1, len(choice.candidates) + 1)]
    for tag, candidate in zip(tags, choice.candidates, strict=True):
        origin = json.loads(tag["comment"])
        assert origin["draw_seed"] == candidate.draw.seed
        assert origin["checkpoint_sha256"] == PROVENANCE.checkpoint_sha256
        assert origin["settings"]["draw"]["samples"] == 4
        assert "cache" not in origin["settings"]
        assert "sources" not in origin


def test_tags_of_several_videos_name_them_all(together: Choice) -> None:
    tag = file_tags(together)[0]
    assert tag["title"] == "day and 2 more (summary 1)"
    assert json.loads(tag["comment"])["sources"] == ["day.mp4", "evening.mp4", "night.mp4"]
