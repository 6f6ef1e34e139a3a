import csv
import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from benchmarks import growth, loading, speed
from benchmarks.growth import GrowthPoint
from benchmarks.measuring import arithmetic, program, stages
from benchmarks.measuring.contest import Contest
from benchmarks.measuring.program import ProgramFailedError, ProgramRun
from tests.support.media import write_clip
from vidsumm.datasets.synthetic_mrhisum import write_synthetic_mrhisum

pytestmark = pytest.mark.slow


@pytest.fixture
def clip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return write_clip(tmp_path / "clip.mp4", seconds=3, size=(64, 48), fps=10).path


def run(app: typer.Typer, *arguments: object) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, list(map(str, arguments)))
    return result.exit_code, result.stdout, result.stderr


def test_speed_writes_the_table_of_two_parts(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arithmetic, "_SHOTS", 6)
    monkeypatch.setattr(arithmetic, "_HOUR_FRAMES", 300)
    code, out, err = run(speed.app, clip, "--part", "decode", "--part", "knapsack", "--runs", 1, "-o", "here")
    assert code == 0, err
    assert "of ffmpeg -f null -, all threads" in err
    with Path("here/speed.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    stages = [row["method"] for row in rows]
    assert stages == [
        "knapsack, 6 shots, 300 frames",
        "knapsacks of CIS and WIR, 6 shots",
        "decode, 6 frames at 2 fps",
        "decode --fast, 6 frames at 2 fps",
    ]
    assert "decode, 6 frames" in out
    meta = json.loads(Path("here/speed.json").read_text())["meta"]
    assert meta["dataset"] == "clip.mp4"
    assert {"ffmpeg", "machine", "torch"} <= set(meta["versions"])


def test_results_are_kept_when_speed_ends_early(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ProgramFailedError("no kts today")

    monkeypatch.setattr(stages, "kts_contests", fail)
    monkeypatch.setattr(stages, "selection_contests", lambda: iter([Contest("one", "two", int, int, 1.0)]))
    code, _, err = run(speed.app, clip, "--part", "knapsack", "--part", "kts", "--runs", 1, "-o", "here")
    assert code == 1
    assert "no kts today" in err
    with Path("here/speed.csv").open(newline="") as file:
        assert [row["method"] for row in csv.DictReader(file)] == ["one"]


def test_the_start_has_a_limit(clip: Path) -> None:
    code, out, err = run(speed.app, clip, "--part", "start", "--runs", 1, "-o", "here")
    assert code == 0, err
    assert "vidsumm --help, processor time" in out
    assert "against a limit: " in out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((speed.app, "--part", "nonsense"), "--part nonsense: unknown"),
        ((growth.app, "--minutes", "5,x"), "--minutes 5,x: not numbers"),
        ((growth.app, "--minutes", "5,5"), "--minutes: not two or more ascending numbers"),
        ((growth.app, "--minutes", "3"), "--minutes: not two or more ascending numbers"),
    ],
)
def test_bad_options_are_one_line(clip: Path, arguments: tuple[typer.Typer, *tuple[str, ...]], said: str) -> None:
    app, *rest = arguments
    code, out, err = run(app, clip, *rest)
    assert (code, out) == (2, "")
    assert said in err
    assert "Traceback" not in err


def test_a_missing_video_is_named(clip: Path) -> None:
    code, _, err = run(speed.app, "none.mp4", "--part", "decode")
    assert code == 3
    assert "none.mp4" in err


def test_growth_writes_table_and_figure(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    points = [GrowthPoint(minutes, {"decode": minutes, "whole": 2 * minutes}, 500.0) for minutes in (1.0, 2.0)]
    monkeypatch.setattr(growth, "measure_growth", lambda *_, **__: points)
    code, out, err = run(growth.app, clip, "--minutes", "1,2", "-o", "here")
    assert code == 0, err
    assert {path.name for path in Path("here").iterdir()} == {
        *("growth.csv", "growth.json", "growth.md", "growth.png"),
    }
    assert "peak memory, MiB" in out


def test_loading_prints_a_table_or_json(tmp_path: Path) -> None:
    path = tmp_path / "m.h5"
    write_synthetic_mrhisum(path, 6, feature_dim=8)
    code, out, _ = run(loading.app, path, "--json", "--batch", 2)
    assert code == 0
    assert json.loads(out)["videos"] == 6
    assert "videos per s" in run(loading.app, path)[1]
    code, _, err = run(loading.app, "missing.h5")
    assert (code, "missing.h5" in err) == (3, True)


def test_the_message_of_a_failed_program_is_quoted(tmp_path: Path) -> None:
    with pytest.raises(ProgramFailedError, match=r"summarize ended with status 3: .*none\.mp4"):
        ProgramRun(tmp_path / "none.mp4", tmp_path / "out").run()


def test_the_package_starts_without_torch() -> None:
    assert program.imports_torch() is False
