"""What a second run takes from the first: with a small stand-in for the feature network, and the real model."""

import dataclasses
import hashlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.media import write_clip
from tests.support.tiny import TinyFile, tiny_networks
from vidsumm.config import SummarizeConfig
from vidsumm.events import Event, Notice, StageFinished, StageStarted
from vidsumm.export.record import SummaryRecord
from vidsumm.model.sampling import CurveSampler
from vidsumm.pipeline import analysing, features
from vidsumm.pipeline.summarizer import Summarizer
from vidsumm.pipeline.writing import Summary
from vidsumm.video.frames import open_frames

pytestmark = pytest.mark.slow

CONFIG = SummarizeConfig().replace(
    samples=2, ratio=0.3, preset="ultrafast", device="cpu", decoder="pyav", min_shot_s=0.5, max_shot_s=2.0
)
ALL = ("decode", "shots", "score")


@pytest.fixture(scope="module", autouse=True)
def tiny_backbone() -> Iterator[None]:
    with tiny_networks():
        yield


@pytest.fixture
def worked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The costly pieces of work that were done, in order."""
    work: list[str] = []

    def noting(owner: Any, name: str) -> None:
        real = getattr(owner, name)

        def note(*args: Any, **kwargs: Any) -> Any:
            work.append(name)
            return real(*args, **kwargs)

        monkeypatch.setattr(owner, name, note)

    noting(TinyFile, "load")
    noting(features, "open_frames")
    noting(analysing, "find_change_points")
    noting(CurveSampler, "__init__")
    noting(CurveSampler, "replay")
    return work


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("media") / "clip.mp4", seconds=8, fps=12, scenes=4).path


@pytest.fixture(scope="module")
def filled(tiny_backbone: None, clip: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache that a first run has filled."""
    folder = tmp_path_factory.mktemp("filled")
    assert plan(clip, folder).cached == ()
    return folder


@pytest.fixture
def cache(filled: Path, tmp_path: Path) -> Path:
    """A copy of the filled cache."""
    return shutil.copytree(filled, tmp_path / "cache")


def plan(clip: Path, cache: Path, on_event: Any = lambda event: None, **changes: Any) -> SummaryRecord:
    with Summarizer(CONFIG.replace(cache_folder=cache, **changes), on_event=on_event) as summarizer:
        return summarizer.summarize(clip, dry_run=True).record


def copied(clip: Path, target: Path) -> Path:
    target.write_bytes(clip.read_bytes())
    return target


def essence(record: SummaryRecord) -> SummaryRecord:
    """A record without what may differ between two runs that give the same."""
    settings = {stage: values for stage, values in record.settings.items() if stage != "cache"}
    return dataclasses.replace(record, created="", settings=settings, cached=(), timings_s={})


def test_a_second_run_neither_decodes_nor_asks_a_network(clip: Path, cache: Path, worked: list[str]) -> None:
    told: list[Event] = []
    assert plan(clip, cache, told.append).cached == ALL
    assert worked == []
    details = {event.stage: event.detail for event in told if isinstance(event, StageFinished)}
    assert details["decode"] == "from the cache: 16 frames by pyav, inception-v3 in float32"
    assert details["shots"].startswith("from the cache: ")
    assert details["score"].startswith("from the cache: 2 curves in 10 steps")
    assert not [event for event in told if isinstance(event, Notice)]


def test_results_are_the_same_bits_with_and_without_it(clip: Path, cache: Path, tmp_path: Path) -> None:
    def run(name: str, **changes: Any) -> Summary:
        with Summarizer(CONFIG.replace(cache_folder=cache, **changes)) as summarizer:
            return summarizer.summarize(clip, tmp_path / name)

    runs = [run("without", use_cache=False), run("with")]
    assert [done.record.cached for done in runs] == [(), ALL]
    without, cached = (essence(done.record) for done in runs)
    assert without == cached
    videos = [[hashlib.sha256(path.read_bytes()).hexdigest() for path in done.files[:-2]] for done in runs]
    assert videos[0] == videos[1]


@pytest.mark.parametrize(
    ("changes", "cached"),
    [
        ({"samples": 1}, ALL),
        ({"ratio": 0.5}, ALL),
        ({"max_shot_s": 3.0}, ALL),
        ({"ratio": None, "duration_s": 2.0}, ALL),
        ({"mode": "copy", "crf": 30}, ALL),
        ({"stall_s": 30.0}, ALL),
        ({"samples": 4}, ("decode", "shots")),
        ({"seed": 1}, ("decode", "shots")),
        ({"steps": 3}, ("decode", "shots")),
        ({"guidance": 0.0}, ("decode", "shots")),
        ({"penalty": 2.0}, ("decode", "score")),
        ({"batch_size": 5}, ()),
        ({"fps": 1.0, "any_rate": True}, ()),
        ({"use_cache": False}, ()),
    ],
    ids=",".join,
)
def test_a_setting_costs_what_depends_on_it(
    changes: dict[str, Any], cached: tuple[str, ...], clip: Path, cache: Path, worked: list[str]
) -> None:
    record = plan(clip, cache, **changes)
    assert record.cached == cached
    decoded, shown = "open_frames" in worked, "load" in worked
    assert decoded == shown == ("decode" not in cached)
    assert ("find_change_points" in worked) == ("shots" not in cached)
    if "score" not in cached:
        assert "replay" in worked
    assert essence(record) == essence(plan(clip, cache, **changes | {"use_cache": False}))


def test_without_it_nothing_is_written(clip: Path, tmp_path: Path) -> None:
    plan(clip, tmp_path / "cache", use_cache=False)
    assert not (tmp_path / "cache").exists()


def test_curves_drawn_again_come_from_it_too(clip: Path, cache: Path, worked: list[str]) -> None:
    """A length that fits one shot makes selections repeat."""
    first = plan(clip, cache, ratio=0.1, samples=5)
    assert first.distinct.redraws > 0
    worked.clear()
    second = plan(clip, cache, ratio=0.1, samples=5)
    assert worked == []
    assert second.cached == ALL
    assert essence(first) == essence(second)


def test_the_same_content_under_another_name_is_found(clip: Path, cache: Path, tmp_path: Path) -> None:
    assert plan(copied(clip, tmp_path / "renamed.mp4"), cache).cached == ALL


def test_other_content_of_the_same_name_size_and_time_is_not(clip: Path, cache: Path, tmp_path: Path) -> None:
    copy = tmp_path / clip.name
    data = bytearray(clip.read_bytes())
    data[-1] ^= 1  # in the index at the end of the file
    copy.write_bytes(data)
    os.utime(copy, ns=(clip.stat().st_atime_ns, clip.stat().st_mtime_ns))
    assert (copy.stat().st_size, copy.stat().st_mtime_ns) == (clip.stat().st_size, clip.stat().st_mtime_ns)
    assert "decode" not in plan(copy, cache).cached


@pytest.mark.parametrize(("kind", "stage"), [("features", "decode"), ("shots", "shots"), ("curves", "score")])
def test_each_damaged_entry_is_a_notice_and_made_again(kind: str, stage: str, clip: Path, cache: Path) -> None:
    damaged = list((cache / kind).iterdir())
    for path in damaged:
        data = bytearray(path.read_bytes())
        data[-5] ^= 1
        path.write_bytes(data)
    record = plan(clip, cache)
    assert len(record.notices) == len(damaged) > 0
    assert all(text.startswith(f"{kind} in the cache are damaged and are computed again") for text in record.notices)
    assert record.cached == tuple(other for other in ALL if other != stage)
    assert plan(clip, cache).cached == ALL


def test_a_folder_that_cannot_be_used_is_one_notice_for_all_inputs(clip: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    config = CONFIG.replace(cache_folder=tmp_path / "file")
    with Summarizer(config) as summarizer:
        first, second = (summarizer.summarize(clip, dry_run=True).record for _ in range(2))
    (notice,) = first.notices
    assert notice.startswith(f"nothing is kept in the cache {tmp_path / 'file'}: ")
    assert second.notices == ()
    assert second.curves == first.curves


def test_what_the_decoder_noticed_is_told_again(clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def noticing(info: Any, *args: Any, **kwargs: Any) -> Any:
        kwargs["on_notice"](f"{info.path.name}: 1 of 16 sampled frames are damaged")
        return open_frames(info, *args, **kwargs)

    monkeypatch.setattr("vidsumm.pipeline.features.open_frames", noticing)
    told: list[Event] = []
    first = plan(clip, tmp_path / "cache")
    second = plan(copied(clip, tmp_path / "moved.mp4"), tmp_path / "cache", told.append)
    assert first.notices == ("clip.mp4: 1 of 16 sampled frames are damaged",)
    assert second.notices == ("moved.mp4: 1 of 16 sampled frames are damaged",)
    assert Notice("warning", second.notices[0], (tmp_path / "moved.mp4",)) in told


def test_a_run_that_was_stopped_goes_on_after_the_features(clip: Path, tmp_path: Path, worked: list[str]) -> None:
    def interrupt(event: Event) -> None:
        if isinstance(event, StageStarted) and event.stage == "shots":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        plan(clip, tmp_path / "cache", interrupt)
    worked.clear()
    assert plan(clip, tmp_path / "cache").cached == ("decode",)
    assert "open_frames" not in worked


def test_a_file_that_changes_meanwhile_is_not_kept(clip: Path, tmp_path: Path) -> None:
    copy = copied(clip, tmp_path / "growing.mp4")

    def grow(event: Event) -> None:
        if isinstance(event, StageFinished) and event.stage == "probe":
            with copy.open("ab") as file:
                file.write(b"\0" * 8)

    plan(copy, tmp_path / "cache", grow)
    assert not (tmp_path / "cache" / "features").exists()
