"""The whole line on small clips, with the real backbone and the shipped checkpoint."""

import itertools
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import vidsumm
from tests.support.media import Clip, read_sound, write_clip
from vidsumm.config import SummarizeConfig
from vidsumm.errors import FeatureMismatchError, InputError, OutputError, ResourceError
from vidsumm.events import Event, StageAdvanced, StageFinished, StageStarted
from vidsumm.export.record import SummaryRecord, read_record
from vidsumm.pipeline.summarizer import Summarizer
from vidsumm.pipeline.writing import Summary
from vidsumm.video.probe import probe

pytestmark = pytest.mark.slow

CONFIG = SummarizeConfig().replace(
    samples=3, ratio=0.3, max_shot_s=4.0, preset="ultrafast", device="cpu", use_cache=False
)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Clip:
    return write_clip(tmp_path_factory.mktemp("media") / "clip.mp4", seconds=16, fps=25, scenes=6)


@pytest.fixture(scope="module")
def summarizer() -> Iterator[Summarizer]:
    with Summarizer(CONFIG) as summarizer:
        yield summarizer


@pytest.fixture(scope="module")
def events() -> list[Event]:
    return []


@pytest.fixture(scope="module")
def summary(clip: Clip, events: list[Event], tmp_path_factory: pytest.TempPathFactory) -> Summary:
    with Summarizer(CONFIG, on_event=events.append) as summarizer:
        return summarizer.summarize(clip.path, tmp_path_factory.mktemp("out") / "clip")


def test_leaves_playable_summaries_within_the_budget(summary: Summary, clip: Clip) -> None:
    record = summary.record
    assert [file.name for file in summary.files] == [
        *(f"summary-{rank}.mp4" for rank in range(1, len(record.candidates) + 1)),
        "summary.json",
        "summary.png",
    ]
    assert len(record.candidates) == 3
    for candidate, path in zip(record.candidates, summary.files, strict=False):
        info = probe(path)
        sound, _ = read_sound(path)
        assert info.duration_s <= 0.3 * clip.duration_s + 1e-6
        assert info.duration_s == pytest.approx(candidate.duration_s, abs=1e-3)
        assert abs(len(sound) / 48_000 - info.duration_s) < 1 / 25
        assert info.display_size == probe(clip.path).display_size


def test_candidates_differ_and_are_ordered_by_agreement(summary: Summary) -> None:
    candidates = summary.record.candidates
    assert len({candidate.shots for candidate in candidates}) == len(candidates)
    agreements = [candidate.agreement for candidate in candidates]
    assert agreements == sorted(agreements, reverse=True)
    assert [candidate.rank for candidate in candidates] == [1, 2, 3]


def test_the_record_is_complete_and_read_back(summary: Summary, clip: Clip) -> None:
    assert summary.output is not None
    assert read_record(summary.output / "summary.json") == summary.record
    record = summary.record
    shots = record.shots
    assert shots[0].start_s == 0
    assert shots[-1].end_s == pytest.approx(clip.duration_s, abs=1e-3)
    assert all(a.end_s == b.start_s for a, b in itertools.pairwise(shots))
    assert all(len(curve.scores) == len(record.sources[0].times_s) for curve in record.curves)
    assert record.provenance.feature_id.startswith("inception-v3:")
    assert set(record.timings_s) == {"probe", "decode", "shots", "score", "select", "cut"}


def test_shots_begin_where_scenes_do(summary: Summary, clip: Clip) -> None:
    starts = np.array([shot.start_s for shot in summary.record.shots])
    for scene_s in clip.scene_starts_s:
        assert np.abs(starts - scene_s).min() <= 0.5 + 1e-6


def test_the_picture_is_a_png(summary: Summary) -> None:
    assert summary.files[-1].read_bytes().startswith(b"\x89PNG\r\n")


def test_stages_are_told_in_order(summary: Summary, events: list[Event]) -> None:
    assert summary.files
    stages = ["probe", "decode", "shots", "score", "select", "cut", "write"]
    assert [event.stage for event in events if isinstance(event, StageStarted)] == stages
    assert [event.stage for event in events if isinstance(event, StageFinished)] == stages


def test_mp4_files_say_what_they_came_from(summary: Summary) -> None:
    import av

    with av.open(str(summary.files[0])) as container:
        origin = json.loads(container.metadata["comment"])
        assert container.metadata["title"] == "clip (summary 1)"
    assert origin["feature_id"] == summary.record.provenance.feature_id
    assert origin["checkpoint_sha256"] == summary.record.provenance.checkpoint_sha256
    assert origin["settings"]["draw"]["samples"] == 3


def _essence(record: SummaryRecord) -> object:
    return record.curves, [(candidate.shots, candidate.seed) for candidate in record.candidates]


def test_a_seed_gives_the_same_result(summary: Summary, clip: Clip, summarizer: Summarizer) -> None:
    again = summarizer.summarize(clip.path, dry_run=True)
    assert _essence(again.record) == _essence(summary.record)


def test_another_seed_draws_other_curves(summary: Summary, clip: Clip) -> None:
    with Summarizer(CONFIG.replace(seed=1)) as other:
        assert other.summarize(clip.path, dry_run=True).record.curves != summary.record.curves


def test_a_dry_run_writes_nothing(
    clip: Clip, summarizer: Summarizer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    planned = summarizer.summarize(clip.path, tmp_path / "out", dry_run=True)
    assert planned.files == ()
    assert all(candidate.file is None for candidate in planned.record.candidates)
    assert list(tmp_path.iterdir()) == []


def test_earlier_results_are_kept_without_overwrite(clip: Clip, summarizer: Summarizer, tmp_path: Path) -> None:
    (tmp_path / "summary-1.mp4").write_bytes(b"precious")
    with pytest.raises(OutputError, match="already holds"):
        summarizer.summarize(clip.path, tmp_path)
    assert (tmp_path / "summary-1.mp4").read_bytes() == b"precious"
    assert len(list(tmp_path.iterdir())) == 1


def test_overwrite_replaces_them_and_leaves_other_files(clip: Clip, summarizer: Summarizer, tmp_path: Path) -> None:
    for name in ("summary-1.mp4", "summary-9.mp4", "notes.txt"):
        (tmp_path / name).write_bytes(b"old")
    done = summarizer.summarize(clip.path, tmp_path, overwrite=True)
    assert {path.name for path in tmp_path.iterdir()} == {path.name for path in done.files} | {"notes.txt"}


@pytest.mark.parametrize("seconds", [0.2, 1.0, 3.0])
def test_very_short_videos_give_something(seconds: float, summarizer: Summarizer, tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "short.mp4", seconds=seconds, fps=25, scenes=1)
    done = summarizer.summarize(clip.path, tmp_path / "out")
    assert len(done.record.candidates) >= 1
    assert probe(done.files[0]).duration_s >= 1 / 25 - 1e-6


def test_a_video_without_sound_or_change(summarizer: Summarizer, tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "still.mp4", seconds=20, fps=10, scenes=1, audio=False)
    done = summarizer.summarize(clip.path, tmp_path / "out")
    info = probe(done.files[0])
    assert info.audio is None
    assert 0.5 <= info.duration_s <= 0.3 * 20 + 1e-6


def test_a_failing_run_leaves_no_folder(summarizer: Summarizer, tmp_path: Path) -> None:
    bad = tmp_path / "bad.mp4"
    bad.write_text("not a video")
    with pytest.raises(InputError):
        summarizer.summarize(bad, tmp_path / "out")
    assert list(tmp_path.iterdir()) == [bad]


@pytest.mark.parametrize("mode", ["exact", "copy"])
@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_an_interrupted_run_leaves_nothing(mode: str, error: type[BaseException], clip: Clip, tmp_path: Path) -> None:
    def interrupt(event: Event) -> None:
        if isinstance(event, StageAdvanced) and event.stage == "cut" and event.done > 0.9:
            raise error

    with Summarizer(CONFIG.replace(mode=mode), on_event=interrupt) as summarizer, pytest.raises(error):
        summarizer.summarize(clip.path, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_another_rate_needs_consent(clip: Clip) -> None:
    with Summarizer(CONFIG.replace(fps=1.0)) as summarizer, pytest.raises(FeatureMismatchError) as caught:
        summarizer.summarize(clip.path, dry_run=True)
    assert caught.value.found.endswith(":1fps")
    assert caught.value.expected.endswith(":2fps")
    assert caught.value.found in str(caught.value)
    assert caught.value.expected in str(caught.value)
    with Summarizer(CONFIG.replace(fps=1.0, any_rate=True)) as summarizer:
        assert len(summarizer.summarize(clip.path, dry_run=True).record.sources[0].times_s) == 16


def test_a_backbone_without_a_checkpoint_names_the_remedy(clip: Clip) -> None:
    with Summarizer(CONFIG.replace(backbone="googlenet")) as summarizer, pytest.raises(ResourceError) as caught:
        summarizer.summarize(clip.path, dry_run=True)
    assert "vidsumm train" in caught.value.remedy


@pytest.mark.parametrize("segmenter", ["kernelcpd", "pelt", "uniform"])
def test_other_segmenters(segmenter: str, clip: Clip) -> None:
    with Summarizer(CONFIG.replace(segmenter=segmenter, samples=1)) as summarizer:
        record = summarizer.summarize(clip.path, dry_run=True).record
    assert len(record.shots) >= 4


def test_key_frame_aligned_cuts_say_so(clip: Clip, tmp_path: Path) -> None:
    with Summarizer(CONFIG.replace(mode="copy", samples=1)) as summarizer:
        done = summarizer.summarize(clip.path, tmp_path / "out")
    assert any("key frames" in notice for notice in done.record.notices)
    keys = probe(clip.path).key_times_s
    for shown in done.record.candidates[0].clips:
        assert np.abs(keys - shown.start_s).min() < 1e-3


def test_the_short_way_in(clip: Clip, tmp_path: Path) -> None:
    done = vidsumm.summarize(str(clip.path), str(tmp_path / "out"), samples=1, ratio=0.3, preset="ultrafast")
    assert isinstance(done, vidsumm.Summary)
    assert (tmp_path / "out" / "summary-1.mp4").is_file()
