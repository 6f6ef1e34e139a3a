"""``vidsumm summarize --together``, with a small stand-in for the feature network."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.support.media import write_clip
from tests.support.tiny import tiny_networks
from vidsumm.cli.app import app
from vidsumm.errors import ConfigError, EncodeError, InputError, OutputError, PartialFailureError
from vidsumm.export.record import read_record

pytestmark = pytest.mark.slow

FAST = ("--together", "--samples", "2", "--ratio", "0.4", "--preset", "ultrafast", "--device", "cpu", "--no-cache")


@pytest.fixture(scope="module", autouse=True)
def tiny_backbone() -> Iterator[None]:
    with tiny_networks():
        yield


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("media") / "day"
    folder.mkdir()
    write_clip(folder / "a.mp4", seconds=8, fps=20, scenes=4, size=(96, 64))
    write_clip(folder / "b.mp4", seconds=6, fps=25, scenes=3, size=(64, 96))
    return folder


@pytest.fixture
def day(clips: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return shutil.copytree(clips, tmp_path / "day")


def run(*args: object) -> tuple[int, str, str]:
    done = CliRunner(env={"COLUMNS": "120"}).invoke(app, ["summarize", *FAST, *map(str, args)])
    return done.exit_code, done.stdout, done.stderr


def test_a_folder_gives_one_set_of_summaries(day: Path, tmp_path: Path) -> None:
    code, out, err = run(day, "--ratio", "0.8")
    assert code == 0, err
    record = read_record(tmp_path / "day-summary" / "summary.json")
    assert [source.name for source in record.sources] == ["a.mp4", "b.mp4"]
    assert all((tmp_path / "day-summary" / str(candidate.file)).is_file() for candidate in record.candidates)
    assert out.splitlines()[0] == "2 videos, 14.0 s: 2 summaries of at most 11.2 s in day-summary"
    titles = [line for line in err.splitlines() if line and not line.startswith(" ")]
    assert titles == [f"[1/2] {day / 'a.mp4'}", f"[2/2] {day / 'b.mp4'}", "2 videos together"]
    assert "black bars added" in " ".join(err.split())


def test_the_order_given_is_kept(day: Path) -> None:
    code, out, _ = run(day / "b.mp4", day / "a.mp4", "--json", "--dry-run")
    assert code == 0
    (line,) = out.splitlines()
    told = json.loads(line)
    assert told["inputs"] == [str(day / "b.mp4"), str(day / "a.mp4")]
    assert told["output"] is None
    assert [source["name"] for source in told["summary"]["sources"]] == ["b.mp4", "a.mp4"]
    assert not (day.parent / "day-summary").exists()


def test_a_bad_video_does_not_stop_the_others(day: Path) -> None:
    (day / "aa.mp4").write_text("not a video")
    code, out, err = run(day, "-o", "out")
    assert code == PartialFailureError.exit_code
    assert "aa.mp4" in err
    assert "1 of 3 inputs failed" in err
    assert out.startswith("2 videos, 14.0 s")
    assert len(read_record(day.parent / "out" / "summary.json").sources) == 2


def test_nothing_but_bad_videos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("a.mp4", "b.mp4"):
        (tmp_path / name).write_text("not a video")
    code, out, _ = run(tmp_path)
    assert (code, out) == (InputError.exit_code, "")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.mp4", "b.mp4"]


def test_earlier_results_are_found_before_the_long_work(day: Path, tmp_path: Path) -> None:
    (tmp_path / "day-summary").mkdir()
    (tmp_path / "day-summary" / "summary-1.mp4").write_bytes(b"precious")
    code, _, err = run(day)
    assert code == OutputError.exit_code
    assert "choose another --output, or allow --overwrite" in err
    assert "decode" not in err
    assert (tmp_path / "day-summary" / "summary-1.mp4").read_bytes() == b"precious"


def test_a_single_video_is_summarized_as_ever(day: Path, tmp_path: Path) -> None:
    code, out, _ = run(day / "a.mp4")
    assert code == 0
    assert out.startswith(f"{day / 'a.mp4'}, 8.0 s: ")
    assert (tmp_path / "a-summary" / "summary-1.mp4").is_file()


def test_a_failure_of_all_is_an_object_beside_that_of_one(day: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object, **kwargs: object) -> None:
        raise EncodeError("encoding a.mp4 failed")

    (day / "bad.mp4").write_text("not a video")
    monkeypatch.setattr("vidsumm.pipeline.writing.render", fail)
    code, out, err = run(day, "--json")
    told = [json.loads(line) for line in out.splitlines()]
    assert [[Path(path).name for path in one["inputs"]] for one in told] == [["bad.mp4"], ["a.mp4", "b.mp4"]]
    assert [one["error"]["exit_code"] for one in told] == [InputError.exit_code, EncodeError.exit_code]
    assert code == InputError.exit_code
    assert "bad.mp4" in err
    assert "2 videos together: encoding a.mp4 failed" in err


def test_a_folder_with_one_video_names_the_summaries(day: Path, tmp_path: Path) -> None:
    (day / "b.mp4").unlink()
    assert run(day)[0] == 0
    assert (tmp_path / "day-summary" / "summary.json").is_file()


def test_what_fails_before_the_first_video_is_an_object_too(day: Path) -> None:
    code, out, _ = run(day, "--json", "--weights", "absent.safetensors")
    (told,) = [json.loads(line) for line in out.splitlines()]
    assert [Path(path).name for path in told["inputs"]] == ["a.mp4", "b.mp4"]
    assert told["error"]["exit_code"] == code == ConfigError.exit_code
