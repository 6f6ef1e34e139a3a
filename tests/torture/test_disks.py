"""A disk that is full or read-only: an earlier result stays as it was, and nothing half-made is left."""

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.support.media import write_clip
from tests.support.tiny import tiny_networks
from tests.support.torture.trial import CONFIG
from vidsumm.errors import InputError, OutputError
from vidsumm.pipeline.summarizer import Summarizer, Summary
from vidsumm.video.probe import probe

NAMES = ("summary-1.mp4", "summary-2.mp4", "summary.json", "summary.png")
SIZES_KIB = (32, 48, 64, 96, 128, 192, 256, 384, 512, 1024)
NOBODY = 65_534
Mount = Callable[[int], Path]


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clip")
    return write_clip(folder / "clip.mp4", seconds=4, size=(64, 48), fps=10, scenes=4).path


@pytest.fixture
def mount(tmp_path: Path) -> Iterator[Mount]:
    """Gives file systems of a size in KiB."""
    mounted: list[Path] = []

    def of_size(kib: int) -> Path:
        folder = tmp_path / f"{kib}-KiB"
        folder.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", f"size={kib}k", "tmpfs", str(folder)]
        try:
            subprocess.run(command, check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            pytest.skip("a file system of limited size cannot be mounted without rights to do so")
        mounted.append(folder)
        return folder

    yield of_size
    for folder in mounted:
        subprocess.run(["umount", str(folder)], check=True)


def earlier_in(folder: Path) -> dict[str, bytes]:
    earlier = dict.fromkeys(NAMES, b"earlier")
    for name, content in earlier.items():
        (folder / name).write_bytes(content)
    return earlier


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def summarized(clip: Path, folder: Path, **settings: object) -> Summary:
    with tiny_networks(), Summarizer(CONFIG.replace(**settings)) as summarizer:
        return summarizer.summarize(clip, folder, overwrite=True)


@pytest.mark.parametrize("mode", ["exact", "copy"])
def test_a_disk_that_fills_up(mode: str, clip: Path, mount: Mount) -> None:
    outcomes = set()
    for kib in SIZES_KIB:
        folder = mount(kib)
        earlier = earlier_in(folder)
        with suppress(OutputError):
            summarized(clip, folder, mode=mode)
        found = content(folder)
        outcomes.add("refused" if found == earlier else "made")
        assert found == earlier or (set(found) <= set(NAMES) and b"earlier" not in found.values())
    assert outcomes == {"refused", "made"}


def test_a_full_disk_under_the_cache_is_a_notice(clip: Path, mount: Mount, tmp_path: Path) -> None:
    cache = mount(8)
    summary = summarized(clip, tmp_path / "out", use_cache=True, cache_folder=cache)
    assert summary.files
    assert any("cache" in notice for notice in summary.record.notices)
    assert not [path for path in cache.rglob("*") if path.is_file()]


def test_a_disk_that_may_only_be_read(clip: Path, mount: Mount) -> None:
    folder = mount(1024)
    earlier = earlier_in(folder)
    subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
    with pytest.raises(OutputError, match="read-only"):
        summarized(clip, folder)
    assert content(folder) == earlier


def test_a_video_that_must_not_be_read(clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "clip.mp4").write_bytes(clip.read_bytes())
    (tmp_path / "clip.mp4").chmod(0)
    tmp_path.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    is_root = os.geteuid() == 0  # who may read everything
    if is_root:
        os.seteuid(NOBODY)
    try:
        with pytest.raises(InputError, match="cannot be read: Permission denied"):
            probe(Path("clip.mp4"))
    finally:
        if is_root:
            os.seteuid(0)
