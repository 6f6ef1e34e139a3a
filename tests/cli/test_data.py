"""What ``vidsumm data`` prints and writes."""

import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from typer.testing import CliRunner

from tests.support.eccv16 import CHANNELS, write_annotations, write_group
from tests.support.feature_files import feature_file, mrhisum_file
from vidsumm.cli.app import app

IDENTITY = "pool5:000000000000:unknown:2fps"


def run(*arguments: object, columns: int = 80) -> Any:
    return CliRunner().invoke(app, ["data", *map(str, arguments)], env={"COLUMNS": str(columns)})


@pytest.fixture
def declared(tmp_path: Path) -> Path:
    """A file with nothing wrong in it."""
    np.save(tmp_path / "black.npy", np.ones(CHANNELS))
    out = tmp_path / "named.h5"
    black = ("--null-features", tmp_path / "black.npy")
    done = run("declare", feature_file(tmp_path / "f.h5"), "-o", out, "--feature-id", IDENTITY, *black)
    assert done.exit_code == 0, done.output
    assert done.stdout == f"{out}: 2 videos, {IDENTITY}\n"
    return out


class TestCheck:
    def test_a_good_file_is_usable_to_train_on(self, declared: Path) -> None:
        done = run("check", declared)
        assert done.exit_code == 0
        for line in (
            "videos               2, tvsum",
            "samples              14",
            f"feature id           {IDENTITY}",
            "video_1        7           3      2          clip 0",
        ):
            assert line in done.stdout
        assert done.stdout.splitlines()[-1] == "usable to train on"

    def test_annotations_alone_are_usable_as_annotations(self, tmp_path: Path) -> None:
        done = run("check", write_annotations(tmp_path / "a.h5"))
        assert done.exit_code == 0
        assert done.stdout.splitlines()[-1].startswith("usable as annotations")

    def test_a_bad_file_names_each_fault_with_its_video(self, declared: Path) -> None:
        with h5py.File(declared, "a") as file:
            file["video_2/gtscore"][0] = 3
            file["video_2/features"][0] = np.nan
            file["video_1/user_scores"][0] = 3
            del file.attrs["null_features"]
        done = run("check", declared)
        assert done.exit_code == 3
        assert done.stdout.splitlines()[-5:] == [
            "error: does not say what its features are: null_features is missing",
            "error: video_2: gtscore is not within 0 and 1",
            "error: video_2: features are not finite",
            "warning: video_1: 1 of 3 annotators give every sample the same score",
            "not usable",
        ]

    def test_many_videos_are_not_all_shown(self, tmp_path: Path) -> None:
        done = run("check", mrhisum_file(tmp_path / "m.h5", videos=70, gt_summary=np.zeros(40)))
        assert "and 10 more videos: --json lists them all" not in done.stdout
        lines = done.stdout.splitlines()
        told = [line for line in lines if "does not fit" in line]
        assert len(told) == 69  # each says other numbers

    def test_a_fault_that_many_videos_share_is_shown_only_for_the_first(self, tmp_path: Path) -> None:
        path = mrhisum_file(tmp_path / "m.h5", videos=70)
        with h5py.File(path, "a") as file:
            for key in file:
                del file[key]["change_points"]
        lines = run("check", path).stdout.splitlines()
        assert sum("change_points are missing" in line for line in lines) == 11
        assert any(line.startswith("warning: 60 more videos: change_points") for line in lines)
        assert "and 60 more videos: --json lists them all" in lines

    def test_json_has_the_whole_report(self, declared: Path) -> None:
        with h5py.File(declared, "a") as file:
            file["video_1/user_scores"][0] = 3
        done = run("check", declared, "--json")
        assert done.exit_code == 0
        assert done.stderr == ""
        found = json.loads(done.stdout)
        assert (found["path"], found["feature_id"], found["is_usable"]) == (str(declared), IDENTITY, True)
        assert [video["key"] for video in found["videos"]] == ["video_1", "video_2"]
        assert found["videos"][0]["channels"] == CHANNELS
        assert found["problems"][0]["key"] == "video_1"
        assert found["null_length"] == pytest.approx(CHANNELS**0.5)
        assert found["ranges"]["user_scores"]["high"] == 5

    def test_json_of_a_file_without_a_feature_id_says_so(self, tmp_path: Path) -> None:
        found = json.loads(run("check", write_annotations(tmp_path / "a.h5"), "--json").stdout)
        assert (found["feature_id"], found["has_features"]) == (None, False)

    def test_differences_from_the_annotations_are_errors(self, declared: Path, tmp_path: Path) -> None:
        same = tmp_path / "f annotations.h5"
        assert run("check", declared, "--against", same).exit_code == 0
        with h5py.File(same, "a") as file:
            file["video_2/user_summary"][0] ^= 1
        done = run("check", declared, "--against", same)
        assert done.exit_code == 3
        assert "error: video_2: user_summary differ from f annotations.h5" in done.stdout

    def test_names_cannot_fake_lines(self, tmp_path: Path) -> None:
        path = feature_file(tmp_path / "f.h5")
        with h5py.File(path, "a") as file:
            file.copy("video_1", "video_\x1b[2J\nerror: 3")
            file.attrs["feature_id"] = "a\x1b[31m\nb"
        out = run("check", path).stdout
        assert "\x1b" not in out
        assert not any(line.startswith("error: 3") for line in out.splitlines())

    def test_quiet_leaves_only_the_exit_code(self, tmp_path: Path, declared: Path) -> None:
        assert (run("check", declared, "-q").output, run("check", declared, "-q").exit_code) == ("", 0)
        bad = run("check", feature_file(tmp_path / "g.h5"), "-q")  # of inception-v3, but 6 channels
        assert (bad.output, bad.exit_code) == ("", 3)

    def test_other_files_are_refused(self, tmp_path: Path) -> None:
        (tmp_path / "text.h5").write_text("hello")
        for name in ("text.h5", "absent.h5"):
            done = run("check", tmp_path / name)
            assert done.exit_code == 3
            assert name in done.stderr


class TestDeclare:
    def test_a_feature_id_and_null_features_are_required(self, tmp_path: Path) -> None:
        path = feature_file(tmp_path / "f.h5")
        assert run("declare", path, "-o", tmp_path / "o.h5", "--feature-id", IDENTITY).exit_code == 2
        assert run("declare", path, "-o", tmp_path / "o.h5", "--null-features", "zeros").exit_code == 2
        wrong = run("declare", path, "-o", tmp_path / "o.h5", "--feature-id", "mine", "--null-features", "zeros")
        assert wrong.exit_code == 2
        assert "--feature-id" in wrong.stderr

    def test_zeros_and_the_kind_are_written(self, tmp_path: Path) -> None:
        with h5py.File(tmp_path / "bare.h5", "w") as file:
            for key in ("video_1", "video_2"):
                write_group(file, key, {"gtscore": np.linspace(0, 1, 9), "features": np.eye(9, CHANNELS) + len(key)})
        arguments = ("declare", tmp_path / "bare.h5", "-o", tmp_path / "bare.h5", "--feature-id", IDENTITY)
        zeros = ("--null-features", "zeros", "--kind", "mrhisum")
        assert run(*arguments, *zeros).exit_code == 6
        assert run(*arguments, *zeros, "--overwrite", "-q").output == ""
        with h5py.File(tmp_path / "bare.h5") as file:
            assert file.attrs["kind"] == "mrhisum"
            assert not file.attrs["null_features"].any()


class TestInvent:
    @pytest.mark.parametrize(("layout", "kind"), [("eccv16", "other"), ("mrhisum", "mrhisum")])
    def test_an_invented_file_can_be_trained_on(self, tmp_path: Path, layout: str, kind: str) -> None:
        out = tmp_path / "f.h5"
        done = run("invent", out, "--layout", layout, "--videos", 3, "--channels", 16)
        assert done.stdout == f"{out}: 3 invented videos, 16 channels\n"
        report = json.loads(run("check", out, "--json").stdout)
        assert report["is_usable"]
        assert [video["channels"] for video in report["videos"]] == [16] * 3
        assert {video["kind"] for video in report["videos"]} == {kind}
        again = run("invent", out, "--layout", layout)
        assert again.exit_code == 6
        assert "--overwrite" in again.stderr

    @pytest.mark.parametrize("wrong", [("--layout", "vhs"), ("--channels", 4), ("--agreement", 2)])
    def test_impossible_files_are_refused(self, tmp_path: Path, wrong: tuple[str, object]) -> None:
        done = run("invent", tmp_path / "f.h5", *wrong)
        assert done.exit_code == 2
        assert "Traceback" not in done.output
        assert not (tmp_path / "f.h5").exists()


@pytest.mark.parametrize("columns", [60, 80, 200])
@pytest.mark.parametrize("command", ["check", "declare", "invent"])
def test_help_fits_the_terminal(command: str, columns: int) -> None:
    done = run(command, "--help", columns=columns)
    assert done.exit_code == 0
    assert max(map(len, done.stdout.splitlines())) <= columns


def test_without_a_command_it_shows_the_help() -> None:
    done = run()
    assert "check" in done.output
    assert "declare" in done.output
    assert run("destroy").exit_code == 2
