"""The store: what goes in comes out bit by bit, and whatever is wrong with it stops nothing."""

import errno
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import platformdirs
import pytest

from tests.support.places import ROOT
from vidsumm.array_file import Entry, array_sha256
from vidsumm.cache import Cache, Kind, Usage, cache_folder, key_of, open_cache
from vidsumm.config import CacheConfig
from vidsumm.errors import OutputError

GB = 10**9
KEY, OTHER = key_of("shots", {"n": 1}), key_of("shots", {"n": 2})


def entry(seed: int = 0, length: int = 50) -> Entry:
    rng = np.random.default_rng(seed)
    arrays: dict[str, np.ndarray[Any, Any]] = {
        "samples": rng.integers(0, 9, (length, 2)),
        "scores": rng.random(length, dtype=np.float32),
        "pictures": rng.integers(0, 256, (2, 3, 3), dtype=np.uint8),
    }
    return Entry(arrays, {"decoder": "pyav", "notices": ["raw\udcff.mp4: 3 frames are damaged"]})


def path_of(folder: Path, key: str = KEY, kind: Kind = "shots") -> Path:
    return folder / kind / f"{key}.safetensors"


def put(cache: Cache, key: str = KEY, value: Entry | None = None, kind: Kind = "shots") -> list[str]:
    """What is noticed while an entry is kept."""
    told: list[str] = []
    cache.put(kind, {key: value or entry()}, told.append)
    return told


def get(cache: Cache, key: str = KEY, kind: Kind = "shots") -> tuple[Entry | None, list[str]]:
    """An entry and what is noticed while it is read."""
    told: list[str] = []
    return cache.get(kind, key, told.append), told


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one entry."""
    folder = tmp_path / "kept"
    assert put(Cache(folder, GB)) == []
    return folder


def test_an_entry_comes_back_bit_by_bit(folder: Path) -> None:
    found, told = get(Cache(folder, GB))
    assert told == []
    assert found is not None
    assert found.facts == entry().facts
    assert found.arrays.keys() == entry().arrays.keys()
    for name, array in entry().arrays.items():
        assert found.arrays[name].dtype == array.dtype
        assert found.arrays[name].tobytes() == array.tobytes()


def test_what_nobody_kept_is_absent(folder: Path, tmp_path: Path) -> None:
    assert get(Cache(folder, GB), OTHER) == (None, [])
    assert get(Cache(folder, GB), KEY, "curves") == (None, [])
    assert get(Cache(tmp_path / "nowhere", GB)) == (None, [])


def test_folders_are_private(folder: Path) -> None:
    assert [path.stat().st_mode & 0o777 for path in (folder, folder / "shots")] == [0o700, 0o700]


def test_a_folder_of_the_user_keeps_its_mode(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    put(Cache(tmp_path, GB))
    assert tmp_path.stat().st_mode & 0o777 == 0o755
    assert (tmp_path / "shots").stat().st_mode & 0o777 == 0o700


def test_without_a_folder_nothing_is_kept() -> None:
    cache = open_cache(CacheConfig(use_cache=False))
    assert put(cache) == []
    assert get(cache) == (None, [])
    assert cache.clear() == Usage(0, 0)
    assert set(cache.usage().values()) == {Usage(0, 0)}


class TestKeys:
    def test_order_of_the_parts_does_not_count(self) -> None:
        assert key_of("shots", {"a": 1, "b": {"c": 2, "d": 3}}) == key_of("shots", {"b": {"d": 3, "c": 2}, "a": 1})

    def test_every_part_counts(self) -> None:
        parts: list[dict[str, Any]] = [{"a": 1}, {"a": 2}, {"a": 1.0}, {"a": "1"}, {"b": 1}, {"a": 1, "b": None}]
        assert len({key_of("shots", part) for part in parts} | {key_of("curves", {"a": 1})}) == 7

    def test_arrays_count_by_type_shape_and_values(self) -> None:
        ones = np.ones(4, np.float32)
        arrays: list[np.ndarray[Any, Any]] = [
            ones,
            ones.reshape(2, 2),
            ones.astype(np.float64),
            ones + np.float32(1e-7),
            ones[::2],
        ]
        assert len({array_sha256(array) for array in arrays}) == 5
        assert array_sha256(np.arange(8)[::2]) == array_sha256(np.arange(8)[::2].copy())


class TestFolder:
    def test_one_that_is_asked_for_comes_first(self) -> None:
        assert cache_folder(CacheConfig(cache_folder=Path("mine"))) == Path("mine")

    def test_then_the_environment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("VIDSUMM_CACHE", "/somewhere")
        assert cache_folder(CacheConfig()) == Path("/somewhere")

    @pytest.mark.parametrize("value", [None, ""])
    def test_then_the_platform(self, value: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("VIDSUMM_CACHE") if value is None else monkeypatch.setenv("VIDSUMM_CACHE", value)
        assert cache_folder(CacheConfig()) == platformdirs.user_cache_path("vidsumm")


def _flip(path: Path, place: int) -> None:
    data = bytearray(path.read_bytes())
    data[place] ^= 4
    path.write_bytes(data)


DAMAGES: dict[str, Callable[[Path], object]] = {
    "bit of a number": lambda path: _flip(path, -1),
    "bit of the header": lambda path: _flip(path, 60),
    "bit of the length": lambda path: _flip(path, 0),
    "cut short": lambda path: os.truncate(path, path.stat().st_size - 1),
    "empty": lambda path: path.write_bytes(b""),
    "text": lambda path: path.write_text("not an entry"),
    "longer": lambda path: path.write_bytes(path.read_bytes() + b"x"),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_entry_is_told_and_made_again(damage: Callable[[Path], object], folder: Path) -> None:
    damage(path_of(folder))
    cache = Cache(folder, GB)
    found, (told,) = get(cache)
    assert found is None
    assert told.startswith("shots in the cache are ")
    assert told.endswith(f" and are computed again ({path_of(folder)})")
    put(cache)
    assert get(cache)[0] is not None


def test_no_flipped_bit_goes_unseen(folder: Path) -> None:
    """A change is told, or it is one that changes no value: blanks fill the header up."""
    path, cache = path_of(folder), Cache(folder, GB)
    sound = path.read_bytes()
    for place in range(0, len(sound), 7):
        path.write_bytes(sound)
        _flip(path, place)
        found, told = get(cache)
        assert (found is None) == (len(told) == 1)
        assert found is None or found.arrays["scores"].tobytes() == entry().arrays["scores"].tobytes()


@pytest.mark.parametrize(("kind", "key"), [("shots", OTHER), ("curves", KEY)])
def test_an_entry_under_another_name_is_told(kind: Kind, key: str, folder: Path) -> None:
    (folder / kind).mkdir(exist_ok=True)
    shutil.copy(path_of(folder), path_of(folder, key, kind))
    found, (told,) = get(Cache(folder, GB), key, kind)
    assert found is None
    assert told.startswith(f"{kind} in the cache are something else and are computed again")


def test_a_file_of_another_program_is_told(folder: Path) -> None:
    import torch
    from safetensors.torch import save_file

    save_file({"scores": torch.ones(3, dtype=torch.bfloat16)}, path_of(folder))  # a type that NumPy lacks
    assert get(Cache(folder, GB))[1][0].startswith("shots in the cache are something else")


class TestLimit:
    def filled(self, folder: Path, count: int) -> tuple[Cache, list[str], int]:
        """A cache that holds `count` entries at most, all used at different times, the first one first."""
        put(Cache(folder, GB))
        size = path_of(folder).stat().st_size
        cache = Cache(folder, count * size)
        keys = [key_of("shots", {"number": i}) for i in range(count)]
        path_of(folder).unlink()
        for second, key in enumerate(keys):
            put(cache, key)
            os.utime(path_of(folder, key), (second, second))
        return cache, keys, size

    def test_the_least_recently_used_goes_first(self, tmp_path: Path) -> None:
        cache, keys, _ = self.filled(tmp_path, 3)
        assert get(cache, keys[0])[0] is not None  # which makes it the one used last
        assert put(cache, OTHER) == []
        assert [get(cache, key)[0] is not None for key in (*keys, OTHER)] == [True, False, True, True]

    def test_kinds_share_it(self, tmp_path: Path) -> None:
        cache, keys, size = self.filled(tmp_path, 3)
        put(cache, OTHER, kind="curves")
        assert get(cache, keys[0])[0] is None
        assert sum(part.size_bytes for part in cache.usage().values()) <= 3 * size

    def test_what_exceeds_it_alone_drives_nothing_out(self, tmp_path: Path) -> None:
        cache, keys, _ = self.filled(tmp_path, 2)
        (told,) = put(cache, OTHER, entry(length=100_000))
        assert told == "shots of 2.0 MB are not kept in the cache: `cache_limit_gb` is smaller"
        assert put(cache, key_of("shots", {"small": 1})) == []
        assert get(cache, keys[1])[0] is not None

    def test_what_a_killed_process_left_goes_after_a_day(self, folder: Path) -> None:
        old, new = (folder / "shots" / f".vidsumm-{name}.safetensors" for name in ("0" * 12, "1" * 12))
        for path in (old, new):
            path.write_bytes(b"half")
        os.utime(old, (0, 0))
        put(Cache(folder, GB), OTHER)
        assert (old.exists(), new.exists()) == (False, True)


class TestTrouble:
    def test_a_folder_that_cannot_be_made_is_told_once(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        cache = Cache(tmp_path / "file" / "kept", GB)
        assert get(cache) == (None, [])
        (told,) = put(cache)
        assert told == (
            f"nothing is kept in the cache {tmp_path}/file/kept: not a directory "
            "(use another `cache_folder`, or `use_cache=False`)"
        )
        assert put(cache, OTHER) == []

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
    def test_a_folder_that_cannot_be_written_is_still_read(self, folder: Path) -> None:
        (folder / "shots").chmod(0o500)
        try:
            cache = Cache(folder, GB)
            assert get(cache)[0] is not None
            assert "permission denied" in put(cache, OTHER)[0]
        finally:
            (folder / "shots").chmod(0o700)

    def test_a_full_disk_is_told_once(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def full(path: Path, data: bytes) -> int:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        monkeypatch.setattr(Path, "write_bytes", full)
        cache = Cache(folder, GB)
        (told,) = put(cache, OTHER)
        assert "no space left on device" in told
        assert put(cache, OTHER) == []
        assert [path.name for path in (folder / "shots").iterdir()] == [path_of(folder).name]
        assert get(cache)[0] is not None

    def test_usage_of_what_is_no_folder_is_an_error(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        for ask in (Cache(tmp_path / "file", GB).usage, Cache(tmp_path / "file", GB).clear):
            with pytest.raises(OutputError, match="cannot be used: not a directory"):
                ask()


def test_usage_by_kind(folder: Path) -> None:
    cache = Cache(folder, GB)
    put(cache, kind="curves")
    put(cache, OTHER, kind="curves")
    (folder / "shots" / "notes.txt").write_text("mine")
    usage = cache.usage()
    size = path_of(folder).stat().st_size
    assert list(usage.items()) == [
        ("features", Usage(0, 0)),
        ("shots", Usage(1, size)),
        ("curves", Usage(2, sum(path.stat().st_size for path in (folder / "curves").iterdir()))),
    ]


def test_clearing_leaves_what_is_not_ours(folder: Path) -> None:
    others = [folder / "film.mp4", folder / "shots" / "notes.txt", folder / "shots" / "model.safetensors"]
    for path in others:
        path.write_text("mine")
    (folder / "shots" / f".vidsumm-{'0' * 12}.safetensors").touch()
    size = path_of(folder).stat().st_size
    assert Cache(folder, GB).clear() == Usage(1, size)
    assert sorted(path for path in folder.rglob("*") if path.is_file()) == sorted(others)
    assert Cache(folder, GB).clear() == Usage(0, 0)


def share(folder: Path, limit_bytes: int) -> None:
    """Keeps and reads the same few entries over and over in a cache that holds half of them."""
    cache = Cache(folder, limit_bytes)
    for i in range(120):
        key, value = key_of("shots", {"shared": i % 8}), entry(i % 8)
        found, told = get(cache, key)
        assert told + put(cache, key, value) == []
        assert found is None or found.arrays["scores"].tobytes() == value.arrays["scores"].tobytes()


@pytest.mark.slow
def test_several_processes_share_a_folder(folder: Path) -> None:
    limit_bytes = 4 * path_of(folder).stat().st_size
    code = f"from tests.test_cache import Path, share; share(Path({str(folder)!r}), {limit_bytes})"
    workers = [subprocess.Popen([sys.executable, "-c", code], cwd=ROOT) for _ in range(3)]
    assert [worker.wait(60) for worker in workers] == [0, 0, 0]
    left = [path.name for path in (folder / "shots").iterdir()]
    assert 0 < len(left) <= 6  # what one removes another may just have renewed, or not seen yet
    assert not [name for name in left if name.startswith(".")]
