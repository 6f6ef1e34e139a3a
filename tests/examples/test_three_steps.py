"""The example scripts for each step, run as they are, with a small stand-in for the feature network."""

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.media import write_clip
from tests.support.places import ROOT
from tests.support.tiny import tiny_networks
from vidsumm.export.record import read_record
from vidsumm.video.probe import probe

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", autouse=True)
def tiny_backbone() -> Iterator[None]:
    with tiny_networks():
        yield


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("media") / "holiday.mp4", seconds=30, fps=12, scenes=12).path


def example(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(name, ROOT / "examples" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_steps_go_on_from_each_other(video: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    example("analyse").main(video, tmp_path / "holiday.analysis")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "holiday.mp4: 30.0 s, 360 frames, sound: True"
    assert lines[1].startswith("60 frames were looked at")

    example("choose").main(tmp_path / "holiday.analysis")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "ten seconds"
    assert lines[1].startswith("  1. ")
    pinned = lines[lines.index("the same with seconds 1 to 4 and without the last fifth") + 1 :]
    spans = [[tuple(map(float, clip.split("-"))) for clip in line.split(": ")[1].split(", ")] for line in pinned]
    assert all(any(start <= 1 and end >= 4 for start, end in clips) for clips in spans)
    assert all(end <= 24 for clips in spans for _, end in clips)

    example("write").main(tmp_path / "holiday.analysis", tmp_path / "best")
    printed = [Path(line) for line in capsys.readouterr().out.splitlines() if line.startswith(str(tmp_path))]
    assert [path.name for path in printed] == ["summary-1.mp4", "summary.json", "summary.png"]
    assert all(path.is_file() for path in printed)


def test_three_lengths_of_one_analysis(video: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    script = ROOT / "examples" / "three_lengths.py"
    assert len(script.read_text(encoding="utf-8").splitlines()) <= 20
    example("three_lengths").main(video, tmp_path)
    assert len(capsys.readouterr().out.splitlines()) >= 9
    for percent in (10, 20, 40):
        folder = tmp_path / f"{percent}-percent"
        assert read_record(folder / "summary.json").budget.ratio == percent / 100
        assert probe(folder / "summary-1.mp4").duration_s <= 30 * percent / 100 + 1e-6
