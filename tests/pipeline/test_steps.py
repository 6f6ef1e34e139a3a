"""The main job in three steps, with a small stand-in for the feature network and the real model."""

import dataclasses
import hashlib
import pickle
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar, cast

import numpy as np
import pytest
from torch import Tensor

from tests.support.media import Clip, write_clip
from tests.support.tiny import tiny_networks
from vidsumm.config import SummarizeConfig
from vidsumm.errors import CancelledError, ConfigError, FeatureMismatchError, InputError, OutputError
from vidsumm.events import Event, Notice, StageAdvanced, StageStarted
from vidsumm.export.record import SummaryRecord, read_record
from vidsumm.model.sampling import CurveSampler
from vidsumm.pipeline.analysis import Analysis
from vidsumm.pipeline.choice import Choice
from vidsumm.pipeline.summarizer import Summarizer, default_folder
from vidsumm.video.probe import probe

pytestmark = pytest.mark.slow

T = TypeVar("T")

CONFIG = SummarizeConfig().replace(
    samples=3, ratio=0.3, preset="ultrafast", device="cpu", min_shot_s=0.5, max_shot_s=2.0, use_cache=False
)


@pytest.fixture(scope="module", autouse=True)
def tiny_backbone() -> Iterator[None]:
    with tiny_networks():
        yield


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Clip:
    return write_clip(tmp_path_factory.mktemp("media") / "clip.mp4", seconds=20, fps=20, scenes=6)


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Clip:
    return write_clip(tmp_path_factory.mktemp("other") / "other.mp4", seconds=10, fps=25, scenes=4, size=(64, 96))


@pytest.fixture
def summarizer() -> Iterator[Summarizer]:
    with Summarizer(CONFIG) as made:
        yield made


@pytest.fixture(scope="module")
def analysis(tiny_backbone: None, clip: Clip) -> Analysis:
    with Summarizer(CONFIG) as made:
        return made.analyse(clip.path)


def essence(record: SummaryRecord) -> SummaryRecord:
    """A record without what may differ between two runs that give the same."""
    return dataclasses.replace(record, created="", cached=(), timings_s={}, versions={})


def copied(value: T) -> T:
    """A value as another process gets it."""
    return cast("T", pickle.loads(pickle.dumps(value)))  # noqa: S301 our own object


def digests(paths: tuple[Path, ...]) -> list[str]:
    return [hashlib.sha256(path.read_bytes()).hexdigest() for path in paths if path.suffix == ".mp4"]


def shown_s(choice: Choice) -> list[list[tuple[float, float]]]:
    return [[c.timeline.clip_s(clip) for clip in c.timeline.clips] for c in choice.candidates]


class TestTheSum:
    def test_summarize_is_the_three_steps(self, clip: Clip, summarizer: Summarizer, tmp_path: Path) -> None:
        at_once = summarizer.summarize(clip.path, tmp_path / "once")
        steps = summarizer.choose(summarizer.analyse(clip.path)).write(tmp_path / "steps")
        assert essence(steps.record) == essence(at_once.record)
        assert digests(steps.files) == digests(at_once.files)
        assert [path.name for path in steps.files] == [path.name for path in at_once.files]
        assert set(steps.record.timings_s) == set(at_once.record.timings_s)

    def test_nothing_is_open_between_the_steps(self, analysis: Analysis, tmp_path: Path) -> None:
        """All of them survive the way to another process, and a saved analysis the way to another day."""
        analysis.save(tmp_path / "saved")
        with Summarizer(CONFIG) as first, Summarizer(CONFIG) as second:
            choice = copied(first.choose(copied(analysis)))
            again = second.choose(Analysis.load(tmp_path / "saved"))
        assert shown_s(choice) == shown_s(again)
        assert vars(choice.reel).keys() == {"analyses"}
        assert choice.write(tmp_path / "out").record.candidates[0].file == "summary-1.mp4"


class TestChoose:
    def test_a_second_choice_asks_no_network(self, analysis: Analysis, monkeypatch: pytest.MonkeyPatch) -> None:
        summarizer = Summarizer(CONFIG.replace(redraws=0))
        first = summarizer.choose(analysis)
        monkeypatch.setattr(CurveSampler, "replay", lambda *args: pytest.fail("a curve is drawn"))
        monkeypatch.setattr(CurveSampler, "__init__", lambda *args: pytest.fail("a video is encoded"))
        second = summarizer.choose(analysis, ratio=0.5)
        assert second.log.cached == ("score",)
        pairs = zip(first.drawn.draws, second.drawn.draws, strict=False)
        assert all(np.array_equal(a.scores, b.scores) for a, b in list(pairs)[:3])
        assert shown_s(first) != shown_s(second)

    def test_what_is_given_overrides_the_settings(self, analysis: Analysis, summarizer: Summarizer) -> None:
        choice = summarizer.choose(analysis, samples=2, duration_s=4.0, seed=7)
        assert (choice.config.draw.samples, choice.config.draw.seed) == (2, 7)
        assert (choice.config.select.ratio, choice.config.select.duration_s) == (None, 4.0)
        assert all(float(candidate.timeline.duration) <= 4.0 for candidate in choice.candidates)
        assert summarizer.config == CONFIG

    def test_the_same_as_a_run_with_those_settings(
        self, clip: Clip, analysis: Analysis, summarizer: Summarizer
    ) -> None:
        chosen = summarizer.choose(analysis, samples=2, ratio=0.2, seed=3).record()
        with Summarizer(CONFIG.replace(samples=2, ratio=0.2, seed=3)) as fresh:
            assert essence(chosen) == essence(fresh.summarize(clip.path, dry_run=True).record)

    def test_the_record_holds_the_settings_of_the_analysis(self, analysis: Analysis) -> None:
        others = CONFIG.replace(fps=1.0, segmenter="uniform", penalty=3.0, batch_size=4, max_shot_s=1.5)
        with Summarizer(others) as made:
            settings = made.choose(analysis).record().settings
        assert settings["decode"]["fps"] == 2.0
        assert settings["features"]["batch_size"] == CONFIG.features.batch_size
        assert settings["shots"] == {"segmenter": "kts", "min_shot_s": 0.5, "max_shot_s": 1.5, "penalty": 1.0}

    def test_kept_and_skipped_spans(self, analysis: Analysis, summarizer: Summarizer) -> None:
        choice = summarizer.choose(analysis, duration_s=8.0, keep=[(3.3, 5.1)], skip=[(0, 3), (10, 12.5)])
        assert len(choice.candidates) > 1
        for clips in shown_s(choice):
            assert any(start <= 3.3 + 1e-9 and end >= 5.1 - 1e-9 for start, end in clips)
            assert not any(start < 3 - 1e-9 or (start < 12.5 - 1e-9 and end > 10 + 1e-9) for start, end in clips)
            assert sum(end - start for start, end in clips) <= 8 + 1e-9
        record = choice.record()
        assert [(span.start_s, span.end_s) for span in record.keep] == [(3.3, 5.1)]
        assert [(span.start_s, span.end_s) for span in record.skip] == [(0.0, 3.0), (10.0, 12.5)]

    def test_spans_longer_than_a_summary_are_refused(self, analysis: Analysis, summarizer: Summarizer) -> None:
        with pytest.raises(ConfigError, match=r"`keep` last 5\.00 s, but a summary may last 4\.00 s"):
            summarizer.choose(analysis, duration_s=4.0, keep=[(1, 6)])

    def test_bad_values_name_the_setting(self, analysis: Analysis, summarizer: Summarizer) -> None:
        with pytest.raises(ConfigError, match="`ratio`"):
            summarizer.choose(analysis, ratio=1.5)
        with pytest.raises(ConfigError, match="exclude each other"):
            summarizer.choose(analysis, ratio=0.5, duration_s=3.0)

    def test_another_model_is_refused(self, analysis: Analysis, summarizer: Summarizer) -> None:
        origin = dataclasses.replace(
            analysis.origin, feature_id=analysis.origin.feature_id.replace("inception-v3", "googlenet")
        )
        with pytest.raises(FeatureMismatchError):
            summarizer.choose(dataclasses.replace(analysis, origin=origin))

    def test_no_analysis_is_refused(self, summarizer: Summarizer) -> None:
        with pytest.raises(ConfigError, match="no analysis"):
            summarizer.choose([])


class TestWrite:
    def test_some_candidates_alone(self, analysis: Analysis, summarizer: Summarizer, tmp_path: Path) -> None:
        choice = summarizer.choose(analysis)
        done = choice.write(tmp_path / "second", ranks=(2,))
        assert [path.name for path in done.files] == ["summary-2.mp4", "summary.json", "summary.png"]
        assert [candidate.file for candidate in done.record.candidates] == [None, "summary-2.mp4", None]
        everything = choice.write(tmp_path / "all")
        assert done.record.candidates[1] == everything.record.candidates[1]
        assert len(probe(done.files[0]).frame_pts) == len(probe(everything.files[1]).frame_pts)
        with pytest.raises(ConfigError, match="`ranks`"):
            choice.write(tmp_path / "none", ranks=(4,))

    def test_earlier_results_are_kept(self, analysis: Analysis, summarizer: Summarizer, tmp_path: Path) -> None:
        choice = summarizer.choose(analysis, samples=1)
        choice.write(tmp_path)
        with pytest.raises(OutputError, match="already holds summaries"):
            choice.write(tmp_path)
        assert choice.write(tmp_path, overwrite=True).record == read_record(tmp_path / "summary.json")

    def test_a_video_that_changed_is_refused(self, clip: Clip, summarizer: Summarizer, tmp_path: Path) -> None:
        video = tmp_path / "video.mp4"
        video.write_bytes(clip.path.read_bytes())
        choice = summarizer.choose(summarizer.analyse(video), samples=1)
        video.touch()  # the same content at another time
        choice.write(tmp_path / "touched")
        with video.open("ab") as file:
            file.write(b"\0" * 8)  # a recording that goes on
        choice.write(tmp_path / "longer")
        content = bytearray(video.read_bytes())
        content[len(content) // 2] ^= 1
        video.write_bytes(content)
        with pytest.raises(InputError, match=r"video\.mp4 has changed since it was analysed"):
            choice.write(tmp_path / "changed")
        video.unlink()
        with pytest.raises(InputError, match=r"video\.mp4: no such file"):
            choice.write(tmp_path / "missing")
        assert sorted(path.name for path in tmp_path.iterdir()) == ["longer", "touched"]

    def test_a_video_that_changes_meanwhile_is_refused(self, clip: Clip, other: Clip, tmp_path: Path) -> None:
        video = tmp_path / "video.mp4"
        video.write_bytes(clip.path.read_bytes())

        def replace(event: Event) -> None:
            if isinstance(event, StageStarted) and event.stage == "select":
                video.write_bytes(other.path.read_bytes())

        with Summarizer(CONFIG, on_event=replace) as summarizer, pytest.raises(InputError, match="has changed"):
            summarizer.summarize(video, tmp_path / "out")
        assert [path.name for path in tmp_path.iterdir()] == ["video.mp4"]

    def test_an_analysis_finds_its_video_again(
        self, clip: Clip, other: Clip, summarizer: Summarizer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "first").mkdir()
        (tmp_path / "first" / "video.mp4").write_bytes(clip.path.read_bytes())
        monkeypatch.chdir(tmp_path / "first")
        summarizer.analyse("video.mp4").save("video.analysis")
        monkeypatch.chdir(tmp_path)
        assert summarizer.choose(Analysis.load("first/video.analysis"), samples=1).write("a").files
        moved = (tmp_path / "first" / "video.mp4").rename(tmp_path / "moved.mp4")
        found = Analysis.load("first/video.analysis", video=moved)
        assert summarizer.choose(found, samples=1).write("b").sources == (moved,)
        with pytest.raises(InputError, match="is not the video that was analysed"):
            Analysis.load("first/video.analysis", video=other.path)

    def test_copied_clips_cannot_skip(self, analysis: Analysis) -> None:
        with Summarizer(CONFIG.replace(mode="copy")) as summarizer:
            with pytest.raises(ConfigError, match="`mode=copy` begins and ends clips at key frames"):
                summarizer.choose(analysis, skip=[(1, 2)])
            assert summarizer.choose(analysis, keep=[(1, 2)]).candidates

    def test_another_backbone_than_that_of_the_analysis(self, analysis: Analysis) -> None:
        with Summarizer(CONFIG.replace(backbone="googlenet")) as summarizer, pytest.raises(ConfigError) as caught:
            summarizer.choose(analysis)
        assert "`backbone=inception-v3`, but the settings say `backbone=googlenet`" in caught.value.what


class TestTogether:
    def test_clips_of_several_videos_in_order(
        self, clip: Clip, other: Clip, summarizer: Summarizer, tmp_path: Path
    ) -> None:
        done = summarizer.summarize([clip.path, other.path], tmp_path / "out")
        record = done.record
        assert done.sources == (clip.path, other.path)
        assert [source.offset_s for source in record.sources] == [0.0, 20.0]
        assert record.budget.seconds == pytest.approx(9.0)
        assert len(record.curves[0].scores) == sum(len(source.times_s) for source in record.sources)
        assert {c.source for candidate in record.candidates for c in candidate.clips} == {0, 1}
        for candidate, path in zip(record.candidates, done.files, strict=False):
            assert [c.source for c in candidate.clips] == sorted(c.source for c in candidate.clips)
            assert probe(path).duration_s == pytest.approx(candidate.duration_s, abs=1e-3)
            assert candidate.duration_s <= 9.0

    def test_everything_fits_and_pins_fill_the_budget(
        self, analysis: Analysis, other: Clip, summarizer: Summarizer
    ) -> None:
        """Their frame rates differ, so that no frame interval measures the shots of both."""
        both = [analysis, summarizer.analyse(other.path)]
        (whole,) = summarizer.choose(both, samples=1, ratio=1.0).candidates
        assert whole.timeline.duration == 30
        keep = [(0, 4, 0), (0, 4, 1)]
        (pinned,) = summarizer.choose(both, samples=1, duration_s=8.0, keep=keep).candidates
        assert pinned.timeline.duration == 8
        with pytest.raises(ConfigError, match=r"give \(start, end, index of the video\)"):
            summarizer.choose(both, keep=[(0, 4)])

    def test_other_settings_are_refused(self, analysis: Analysis, summarizer: Summarizer) -> None:
        changed = dataclasses.replace(analysis.shot_settings, penalty=3.0)
        with pytest.raises(ConfigError, match="was analysed with other settings"):
            summarizer.choose([analysis, dataclasses.replace(analysis, shot_settings=changed)])

    def test_videos_analysed_in_other_ways_are_refused(self, analysis: Analysis, summarizer: Summarizer) -> None:
        origin = dataclasses.replace(analysis.origin, feature_id="another:00000000:x:2fps")
        with pytest.raises(ConfigError, match="was analysed as 'another"):
            summarizer.choose([analysis, dataclasses.replace(analysis, origin=origin)])

    def test_events_name_their_videos(self, clip: Clip, other: Clip, tmp_path: Path) -> None:
        told: list[Event] = []
        with Summarizer(CONFIG.replace(ratio=0.8), on_event=told.append) as summarizer:
            summarizer.summarize([clip.path, other.path], tmp_path / "out")
        started = [(event.stage, event.sources) for event in told if isinstance(event, StageStarted)]
        one, two, both = (clip.path,), (other.path,), (clip.path, other.path)
        looked_at = [(stage, which) for which in (one, two) for stage in ("decode", "shots")]
        notices = [event for event in told if isinstance(event, Notice)]
        assert notices
        assert all(event.sources == (two if event.text.startswith("other.mp4: ") else one) for event in notices)
        assert started == [
            *(("probe", which) for which in (one, two)),
            *looked_at,
            *((stage, both) for stage in ("score", "select", "cut", "write")),
        ]

    def test_default_folders(self, tmp_path: Path) -> None:
        assert default_folder([Path("talk.mp4")]) == Path("talk-summary")
        assert default_folder([tmp_path / "day" / "a.mp4", tmp_path / "day" / "b.mp4"]) == Path("day-summary")
        assert default_folder([tmp_path / "day" / "a.mp4", tmp_path / "b.mp4"]) == Path("together-summary")


class TestCancel:
    @pytest.mark.parametrize("stage", ["probe", "decode", "shots", "score", "select", "cut", "write"])
    def test_another_thread_stops_a_call(self, stage: str, clip: Clip, tmp_path: Path) -> None:
        reached = threading.Event()

        def listen(event: Event) -> None:
            if isinstance(event, StageStarted | StageAdvanced) and event.stage == stage and not reached.is_set():
                reached.set()
                canceller.join()  # so that the call cannot end before it is cancelled

        with Summarizer(CONFIG, on_event=listen) as summarizer:

            def cancel() -> None:
                reached.wait()
                summarizer.cancel()

            canceller = threading.Thread(target=cancel)
            canceller.start()
            with pytest.raises(CancelledError):
                summarizer.summarize(clip.path, tmp_path / "out")
            assert list(tmp_path.iterdir()) == []
            assert summarizer.summarize(clip.path, dry_run=True).record.candidates

    def test_cancelling_when_nothing_runs_changes_nothing(self, analysis: Analysis, summarizer: Summarizer) -> None:
        summarizer.cancel()
        assert summarizer.choose(analysis).candidates

    @pytest.mark.parametrize("stage", ["shots", "select"])
    def test_the_last_stage_of_a_step_can_be_cancelled(self, stage: str, clip: Clip, analysis: Analysis) -> None:
        def listen(event: Event) -> None:
            if isinstance(event, StageStarted) and event.stage == stage:
                own.cancel()

        own = Summarizer(CONFIG, on_event=listen)
        with pytest.raises(CancelledError):
            own.analyse(clip.path) if stage == "shots" else own.choose(analysis)

    def test_drawing_stops_within_a_curve(
        self, analysis: Analysis, summarizer: Summarizer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked: list[int] = []
        real = CurveSampler._ask

        def ask(sampler: CurveSampler, u_t: Tensor, t: int, branches: int) -> Tensor:
            asked.append(t)
            summarizer.cancel()
            return real(sampler, u_t, t, branches)

        monkeypatch.setattr(CurveSampler, "_ask", ask)
        with pytest.raises(CancelledError):
            summarizer.choose(analysis)
        assert len(asked) == 1

    def test_writing_a_choice_can_be_cancelled(self, analysis: Analysis, tmp_path: Path) -> None:
        told: list[Event] = []

        def listen(event: Event) -> None:
            told.append(event)
            if isinstance(event, StageStarted) and event.stage == "cut":
                own.cancel()

        own = Summarizer(CONFIG, on_event=listen)
        choice = own.choose(analysis, samples=1)
        with pytest.raises(CancelledError):
            choice.write(tmp_path / "out")
        assert list(tmp_path.iterdir()) == []
        assert copied(choice).write(tmp_path / "elsewhere").files
        assert [event.stage for event in told if isinstance(event, StageStarted)] == ["score", "select", "cut"]
