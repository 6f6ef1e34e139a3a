"""On a full or read-only disk, an earlier result stays as it was and nothing incomplete is left."""

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
from vidsumm.pipeline.summarizer import Summarizer
from vidsumm.pipeline.writing import Summary
from vidsumm.video.probe import probe

pytestmark = pytest.mark.slow

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
    """Returns a function that mounts a file system of a size in KiB and returns its folder."""
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


def write_earlier_result(folder: Path) -> dict[str, bytes]:
    """Writes files that stand for an earlier result, and returns them."""
    earlier = dict.fromkeys(NAMES, b"earlier")
    for name, content in earlier.items():
        (folder / name).write_bytes(content)
    return earlier


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def summarize(clip: Path, folder: Path, **settings: object) -> Summary:
    with tiny_networks(), Summarizer(CONFIG.replace(**settings)) as summarizer:
        return summarizer.summarize(clip, folder, overwrite=True)


@pytest.mark.parametrize("mode", ["exact", "copy"])
def test_a_disk_that_fills_up_keeps_the_earlier_result(mode: str, clip: Path, mount: Mount) -> None:
    outcomes = set()
    for kib in SIZES_KIB:
        folder = mount(kib)
        earlier = write_earlier_result(folder)
        with suppress(OutputError):
            summarize(clip, folder, mode=mode)
        found = contents(folder)
        outcomes.add("failed" if found == earlier else "written")
        assert found == earlier or (set(found) <= set(NAMES) and b"earlier" not in found.values())
    assert outcomes == {"failed", "written"}


def test_a_full_disk_below_the_cache_is_only_a_notice(clip: Path, mount: Mount, tmp_path: Path) -> None:
    cache = mount(8)
    summary = summarize(clip, tmp_path / "out", use_cache=True, cache_folder=cache)
    assert summary.files
    assert any("cache" in notice for notice in summary.record.notices)
    assert not [path for path in cache.rglob("*") if path.is_file()]


def test_a_read_only_disk_is_an_error(clip: Path, mount: Mount) -> None:
    folder = mount(1024)
    earlier = write_earlier_result(folder)
    subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
    with pytest.raises(OutputError, match="read-only"):
        summarize(clip, folder)
    assert contents(folder) == earlier


def test_a_video_that_may_not_be_read_is_an_error(clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "clip.mp4").write_bytes(clip.read_bytes())
    (tmp_path / "clip.mp4").chmod(0)
    tmp_path.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    is_root = os.geteuid() == 0  # root may read everything
    if is_root:
        os.seteuid(NOBODY)
    try:
        with pytest.raises(InputError, match="cannot be read: Permission denied"):
            probe(Path("clip.mp4"))
    finally:
        if is_root:
            os.seteuid(0)
