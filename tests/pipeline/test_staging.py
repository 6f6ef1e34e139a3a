import fcntl
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from vidsumm.errors import OutputError
from vidsumm.pipeline.staging import publish, staging_folder

NAMES = ["summary-1.mp4", "summary-2.mp4", "summary.json", "summary.png"]


def fill(folder: Path, names: Sequence[str], text: str) -> None:
    for name in names:
        (folder / name).write_text(text)


def job(folder: Path, *, names: Sequence[str] = NAMES, text: str = "new", overwrite: bool = False) -> tuple[Path, ...]:
    with staging_folder(folder, overwrite=overwrite) as staging:
        fill(staging, names, text)
        (staging / "scratch.tmp").write_text("not for keeps")
        return publish(staging, folder, names, overwrite=overwrite)


def failing_job(folder: Path, error: BaseException, *, meanwhile: Sequence[str] = ()) -> None:
    """Writes everything, then fails; others put files beside it meanwhile."""
    with staging_folder(folder, overwrite=True) as staging:
        fill(staging, NAMES, "new")
        (staging / "deeper").mkdir()
        fill(folder, meanwhile, "mine")
        raise error


def content(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir()}


def test_only_the_named_files_are_left(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "out"
    files = job(folder)
    assert files == tuple(folder / name for name in NAMES)
    assert content(folder) == dict.fromkeys(NAMES, "new")


def test_nothing_is_seen_before_all_of_it_is_whole(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    with staging_folder(folder, overwrite=False) as staging:
        fill(staging, NAMES, "new")
        assert [path.name.startswith(".") for path in folder.iterdir()] == [True]
        assert staging.parent == folder  # one file system: moving is one step


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit, OutputError])
def test_nothing_is_left_when_the_job_fails(tmp_path: Path, error: type[BaseException]) -> None:
    folder = tmp_path / "out"
    with pytest.raises(error):
        failing_job(folder, error("stop"))
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_was_there_stays_when_the_job_fails(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    with pytest.raises(ValueError, match="stop"):
        failing_job(folder, ValueError("stop"))
    assert list(folder.iterdir()) == []


def test_what_others_put_there_meanwhile_stays(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    with pytest.raises(ValueError, match="stop"):
        failing_job(folder, ValueError("stop"), meanwhile=["notes.txt"])
    assert content(folder) == {"notes.txt": "mine"}


@pytest.mark.parametrize("name", ["summary-1.mp4", "summary-12.mp4", "summary.json", "summary.png"])
def test_earlier_results_are_not_replaced_unasked(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("old")
    with pytest.raises(OutputError, match="already holds summaries") as caught:
        job(tmp_path)
    assert "`overwrite`" in caught.value.remedy
    assert content(tmp_path) == {name: "old"}


def test_earlier_results_survive_a_failed_replacement(tmp_path: Path) -> None:
    fill(tmp_path, NAMES, "old")
    with pytest.raises(ValueError, match="stop"):
        failing_job(tmp_path, ValueError("stop"))
    assert content(tmp_path) == dict.fromkeys(NAMES, "old")


def test_replacing_removes_what_is_stale_and_nothing_else(tmp_path: Path) -> None:
    fill(tmp_path, [*NAMES, "summary-3.mp4", "summary-10.mp4"], "old")
    others = ["summary-1.mp4.bak", "summary-one.mp4", "my-summary-1.mp4", "summary.jsonl", "notes.txt", "summary-3.mkv"]
    fill(tmp_path, others, "mine")
    job(tmp_path, overwrite=True)
    assert content(tmp_path) == dict.fromkeys(NAMES, "new") | dict.fromkeys(others, "mine")


def test_other_files_are_no_earlier_results(tmp_path: Path) -> None:
    fill(tmp_path, ["input.mp4", "summary-x.mp4"], "mine")
    job(tmp_path)
    assert content(tmp_path) == dict.fromkeys(NAMES, "new") | dict.fromkeys(["input.mp4", "summary-x.mp4"], "mine")


def test_a_file_in_place_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    for folder in (tmp_path / "out", tmp_path / "out" / "deeper"):
        with pytest.raises(OutputError, match="cannot write into") as caught:
            job(folder)
        assert "`output`" in caught.value.remedy
    assert content(tmp_path) == {"out": "mine"}


def test_a_folder_that_cannot_be_written_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **options: object) -> str:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(tempfile, "mkdtemp", refuse)
    with pytest.raises(OutputError, match="permission denied") as caught:
        job(tmp_path)
    assert "\n" not in str(caught.value)


def test_a_place_that_is_taken_by_a_folder(tmp_path: Path) -> None:
    (tmp_path / "summary.png").mkdir()
    with pytest.raises(OutputError, match="cannot finish"):
        job(tmp_path, overwrite=True)
    assert not list(tmp_path.glob(".*"))


def test_what_a_killed_job_left_is_removed_by_the_next_one(tmp_path: Path) -> None:
    leftover = tmp_path / ".vidsumm-dead"
    leftover.mkdir()
    fill(leftover, ["summary-1.mp4"], "half")
    (tmp_path / ".vidsumm-file").write_text("mine")
    (tmp_path / ".vidsumm-link").symlink_to(tmp_path.parent)
    job(tmp_path)
    kept = {".vidsumm-file", ".vidsumm-link", *NAMES}
    assert {path.name for path in tmp_path.iterdir()} == kept
    assert tmp_path.parent.is_dir()


def test_a_living_job_keeps_its_folder(tmp_path: Path) -> None:
    with staging_folder(tmp_path, overwrite=True) as staging:
        fill(staging, NAMES, "first")
        job(tmp_path, text="second", overwrite=True)
        assert content(staging) == dict.fromkeys(NAMES, "first")
        publish(staging, tmp_path, NAMES, overwrite=True)
    assert content(tmp_path) == dict.fromkeys(NAMES, "first")


def test_of_two_jobs_at_once_the_later_does_not_replace_the_earlier_unasked(tmp_path: Path) -> None:
    with staging_folder(tmp_path, overwrite=False) as staging:
        fill(staging, NAMES, "slow")
        job(tmp_path, text="fast")
        with pytest.raises(OutputError, match="already holds summaries"):
            publish(staging, tmp_path, NAMES, overwrite=False)
    assert content(tmp_path) == dict.fromkeys(NAMES, "fast")


def test_without_locks_leftovers_stay_and_the_work_is_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object) -> None:
        raise OSError(95, "Operation not supported")

    (tmp_path / ".vidsumm-dead").mkdir()
    monkeypatch.setattr(fcntl, "flock", refuse)
    job(tmp_path)
    assert (tmp_path / ".vidsumm-dead").is_dir()
    assert {name for name in NAMES if (tmp_path / name).is_file()} == set(NAMES)
