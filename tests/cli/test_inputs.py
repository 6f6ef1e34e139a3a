import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vidsumm.cli.inputs import VIDEO_SUFFIXES, VideoTask, distinct_names, list_tasks


def tasks(*inputs: str, output: str | None = None) -> list[tuple[str, str]]:
    planned, failures = list_tasks([Path(name) for name in inputs], Path(output) if output else None)
    assert not failures
    return [(str(task.source), str(task.output)) for task in planned]


def test_one_file_takes_the_folder_itself(clips: Path) -> None:
    assert tasks("a.mp4", output="out") == [("a.mp4", "out")]
    assert tasks("more/a.mp4") == [("more/a.mp4", "a-summary")]


def test_a_file_need_not_exist_or_look_like_a_video(clips: Path) -> None:
    assert tasks("absent") == [("absent", "absent-summary")]


def test_a_folder_holds_its_videos_sorted_without_hidden_files(clips: Path) -> None:
    assert tasks("more", output="o") == [("more/Z.MP4", "o/Z"), ("more/a.mp4", "o/a")]


def test_a_folder_of_one_video_gets_a_folder_for_it(clips: Path) -> None:
    (clips / "more/Z.MP4").unlink()
    assert tasks("more", output="o") == [("more/a.mp4", "o/a")]


def test_folders_in_a_folder_are_not_searched(clips: Path) -> None:
    assert tasks(".", output="o") == [("a.mp4", "o/a"), ("b.mkv", "o/b"), ("c.mov", "o/c")]


def test_the_same_file_twice_is_one_task(clips: Path) -> None:
    (clips / "link.mp4").symlink_to("a.mp4")
    assert tasks("a.mp4", "./a.mp4", "link.mp4", output="o") == [("a.mp4", "o")]
    assert tasks("more", "more/a.mp4", output="o") == [("more/Z.MP4", "o/Z"), ("more/a.mp4", "o/a")]


def test_a_loop_of_links_is_a_task_that_fails_later(clips: Path) -> None:
    (clips / "loop.mp4").symlink_to("loop.mp4")
    assert tasks("loop.mp4") == [("loop.mp4", "loop-summary")]


def test_an_empty_folder_is_a_failure(clips: Path) -> None:
    (clips / "empty").mkdir()
    planned, failures = list_tasks([Path("empty"), Path("a.mp4")], None)
    assert planned == [VideoTask(Path("a.mp4"), Path("summaries/a"))]
    assert [failure.sources for failure in failures] == [(Path("empty"),)]


@pytest.mark.skipif(os.geteuid() == 0, reason="everything is readable to root")
def test_a_folder_that_cannot_be_read_is_a_failure(clips: Path) -> None:
    (clips / "more").chmod(0)
    _, failures = list_tasks([Path("more")], None)
    (clips / "more").chmod(0o700)
    assert "cannot be read" in str(failures[0].error)


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        (["x/a.mp4", "y/a.mp4", "z/A.mkv"], ["a", "a-2", "A-3"]),
        (["x/a.mp4", "y/a.mp4", "a-2.mp4"], ["a", "a-3", "a-2"]),
        (["a.b.mp4", ".mp4", "..mp4"], ["a.b", "mp4", "video"]),
    ],
)
def test_names_are_stems_and_numbered_where_they_are_equal(paths: list[str], names: list[str]) -> None:
    assert list(distinct_names([Path(path) for path in paths])) == names


@given(stems=st.lists(st.sampled_from(["a", "A", "a-2", "a-3", "b", ".a", "..", "b-2"]), max_size=8))
@settings(deadline=None, max_examples=50)
def test_names_never_clash_and_stay_inside(stems: list[str]) -> None:
    names = list(distinct_names([Path(f"{stem}.mp4") for stem in stems]))
    assert len({name.casefold() for name in names}) == len(stems)
    assert all(Path("out", name).parent == Path("out") and name not in ("", ".", "..") for name in names)


def test_suffixes_are_lower_case() -> None:
    assert all(suffix == suffix.lower() and suffix.startswith(".") for suffix in VIDEO_SUFFIXES)
