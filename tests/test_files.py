import errno
import hashlib
import os
from pathlib import Path

import pytest

from vidsumm.errors import OutputError
from vidsumm.files import atomic_write, file_sha256, write_bytes_atomic, write_text_atomic


def names(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir())


def write_half(target: Path, error: BaseException) -> None:
    with atomic_write(target) as temporary:
        temporary.write_text("half")
        raise error


def test_lends_an_empty_hidden_file_with_the_same_suffix(tmp_path: Path) -> None:
    target = tmp_path / "summary-1.mp4"
    with atomic_write(target) as temporary:
        assert temporary.parent == tmp_path
        assert temporary.name.startswith(".")
        assert temporary.suffix == ".mp4"
        assert temporary.read_bytes() == b""
        temporary.write_bytes(b"film")
        assert not target.exists()
    assert target.read_bytes() == b"film"
    assert names(tmp_path) == ["summary-1.mp4"]


def test_writes_text_as_utf8(tmp_path: Path) -> None:
    write_text_atomic(tmp_path / "a.json", "Ström 会議\n")
    assert (tmp_path / "a.json").read_bytes() == "Ström 会議\n".encode()


def test_new_files_get_the_ordinary_mode(tmp_path: Path) -> None:
    (tmp_path / "plain").write_bytes(b"")
    write_bytes_atomic(tmp_path / "lent", b"x")
    assert (tmp_path / "lent").stat().st_mode == (tmp_path / "plain").stat().st_mode


@pytest.mark.parametrize("error", [RuntimeError("no"), KeyboardInterrupt(), FileNotFoundError(2, "gone", "source.mp4")])
def test_a_failed_block_leaves_the_old_file_and_nothing_else(tmp_path: Path, error: BaseException) -> None:
    target = tmp_path / "summary.json"
    target.write_text("old")
    with pytest.raises(type(error)):
        write_half(target, error)
    assert target.read_text() == "old"
    assert names(tmp_path) == ["summary.json"]


def test_a_name_of_full_length_can_be_written(tmp_path: Path) -> None:
    target = tmp_path / ("n" * 250 + ".json")
    write_text_atomic(target, "x")
    assert target.read_text() == "x"


def test_a_directory_in_the_way_is_refused(tmp_path: Path) -> None:
    (tmp_path / "summary.json").mkdir()
    with pytest.raises(OutputError, match=r"summary\.json: is a directory \(remove that folder"):
        write_text_atomic(tmp_path / "summary.json", "x")
    assert names(tmp_path) == ["summary.json"]


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="no such file or directory"):
        write_text_atomic(tmp_path / "nowhere" / "summary.json", "x")


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="not a directory"):
        write_text_atomic(tmp_path / "file" / "summary.json", "x")


def test_a_protected_folder_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, mode: str) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(OutputError, match=r"summary\.json: permission denied \(choose another `output`"):
        write_text_atomic(tmp_path / "summary.json", "x")


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO])
def test_a_disk_that_fails_at_the_end_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    def fail(descriptor: int) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OutputError) as caught:
        write_text_atomic(tmp_path / "summary.json", "x")
    assert os.strerror(code).lower() in caught.value.what
    assert caught.value.remedy
    assert "\n" not in str(caught.value)
    assert names(tmp_path) == []


def test_a_disk_that_fills_up_while_writing_is_reported(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="no space left"), atomic_write(tmp_path / "summary-1.mp4"):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert names(tmp_path) == []


def test_other_system_errors_of_the_block_pass_through(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="missing"), atomic_write(tmp_path / "a.json"):
        (tmp_path / "missing").read_text()
    assert names(tmp_path) == []


def test_digest(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"some bytes")
    assert file_sha256(tmp_path / "file") == hashlib.sha256(b"some bytes").hexdigest()
