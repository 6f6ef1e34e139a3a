import json
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from tests.support.videos import seeded_curves, shots_at, video_info
from vidsumm.config import SummarizeConfig
from vidsumm.export.record import ProvenanceRecord, read_record, write_record
from vidsumm.pipeline.choice import choose, first_seeds, shot_budget
from vidsumm.pipeline.ranking import rank_candidates
from vidsumm.pipeline.record import RunFacts, file_tags, summary_record
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


@pytest.fixture(scope="module")
def facts() -> RunFacts:
    config = SummarizeConfig().replace(samples=4, ratio=0.4, seed=3)
    info = video_info([40] * 60)
    shots = shots_at(info, [0, 8, 20, 30, 45, 52])
    budget = shot_budget(info, shots, config.select)
    sampler = partial(seeded_curves, length=60)
    choice = choose(sampler(first_seeds(3, 4)), sampler, budget, redraws=8, seed=3)
    return RunFacts(
        info=info,
        source_sha256="5e" * 32,
        config=config,
        provenance=PROVENANCE,
        times_s=info.frame_times_s,
        shots=shots,
        choice=choice,
        candidates=rank_candidates(choice, budget, shots, info.duration_s),
        budget=budget,
        notices=["one thing"],
        cached=["shots"],
        timings_s={"probe": 0.123456},
        ffmpeg_version="7.0.2",
    )


def rendered(facts: RunFacts) -> list[RenderedFile]:
    return [
        RenderedFile(
            path=Path(f"/anywhere/summary-{rank}.mp4"),
            clips_s=candidate.clips_s - np.array([0.04, 0.0]),
            duration_s=1.0,
            frames=25,
            size_bytes=10,
            undecodable=0,
        )
        for rank, candidate in enumerate(facts.candidates, 1)
    ]


def test_a_dry_run_names_no_files(facts: RunFacts) -> None:
    record = summary_record(facts, None)
    assert [candidate.file for candidate in record.candidates] == [None] * len(facts.candidates)
    assert record.versions["ffmpeg"] == "7.0.2"
    for candidate, ranked in zip(record.candidates, facts.candidates, strict=True):
        np.testing.assert_allclose(candidate.clips_s, ranked.clips_s, atol=1e-5)


def test_pieces_are_those_that_were_cut(facts: RunFacts) -> None:
    files = rendered(facts)
    record = summary_record(facts, files)
    for rank, (candidate, file) in enumerate(zip(record.candidates, files, strict=True), 1):
        assert (candidate.rank, candidate.file) == (rank, f"summary-{rank}.mp4")
        np.testing.assert_allclose(candidate.clips_s, file.clips_s, atol=1e-5)
        assert candidate.duration_s == pytest.approx(float(np.diff(file.clips_s).sum()), abs=1e-5)


def test_candidates_point_to_their_curves_and_shots(facts: RunFacts) -> None:
    record = summary_record(facts, None)
    assert [shot.start_s for shot in record.shots] == pytest.approx(facts.shots.times_s[:, 0].tolist())
    assert record.shots[0].start_s == 0
    assert record.shots[-1].end_s == pytest.approx(facts.info.duration_s)
    for candidate in record.candidates:
        curve = record.curves[candidate.curve]
        assert (curve.seed, curve.attempt) == (candidate.seed, candidate.attempt)
        chosen = [record.shots[i] for i in candidate.shots]
        assert candidate.duration_s == pytest.approx(sum(shot.end_s - shot.start_s for shot in chosen), abs=1e-4)
        assert {start_s for start_s, _ in candidate.clips_s} <= {shot.start_s for shot in chosen}
        assert {end_s for _, end_s in candidate.clips_s} <= {shot.end_s for shot in chosen}
        assert candidate.duration_s <= record.budget.seconds + 1e-5
        assert candidate.beginning_share + candidate.middle_share + candidate.end_share == pytest.approx(1, abs=1e-4)


def test_counts(facts: RunFacts) -> None:
    record = summary_record(facts, None)
    assert record.distinct.wanted == 4
    assert record.distinct.got == len(record.candidates) == len(facts.choice.kept)
    assert record.distinct.redraws == facts.choice.redraws
    assert len(record.curves) == len(facts.choice.draws)
    assert record.budget.ratio == pytest.approx(0.4)
    assert (record.source.name, record.source.frames, record.source.start_s) == ("holiday.mp4", 60, 0.5)
    assert record.timings_s == {"probe": 0.123}
    assert record.cached == ("shots",)


def test_survives_being_written(facts: RunFacts, tmp_path: Path) -> None:
    record = summary_record(facts, rendered(facts))
    write_record(record, tmp_path / "summary.json")
    assert read_record(tmp_path / "summary.json") == record


def test_tags_say_what_a_file_came_from(facts: RunFacts) -> None:
    tags = file_tags("holiday", facts.candidates, PROVENANCE, facts.config)
    assert [tag["title"] for tag in tags] == [f"holiday (summary {i})" for i in range(1, len(tags) + 1)]
    for tag, candidate in zip(tags, facts.candidates, strict=True):
        origin = json.loads(tag["comment"])
        assert origin["draw_seed"] == candidate.draw.seed
        assert origin["checkpoint_sha256"] == PROVENANCE.checkpoint_sha256
        assert origin["settings"]["draw"]["samples"] == 4
        assert "cache" not in origin["settings"]
