"""``vidsumm cache`` shows and empties the store."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from vidsumm.array_file import Entry
from vidsumm.cache import Cache, Kind, key_of
from vidsumm.cli.app import app
from vidsumm.errors import ConfigError, OutputError


def run(*arguments: object, columns: int = 80) -> Any:
    return CliRunner().invoke(app, ["cache", *map(str, arguments)], env={"COLUMNS": str(columns)})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A cache of the features of one video and two curves."""
    folder = tmp_path / "kept"
    cache = Cache(folder, 10**9)
    kinds: tuple[tuple[Kind, int], ...] = (("features", 1), ("curves", 2))
    for kind, count in kinds:
        entries = {key_of(kind, {"n": i}): Entry({"x": np.zeros(1000, np.float32)}) for i in range(count)}
        cache.put(kind, entries, lambda text: None)
    return folder


def sizes(folder: Path, kind: str = "*") -> int:
    return sum(path.stat().st_size for path in folder.glob(f"{kind}/*"))


@pytest.mark.parametrize("columns", [80, 200])
def test_folder_entries_and_sizes_are_shown(folder: Path, columns: int) -> None:
    done = run("--cache", folder, columns=columns)
    assert done.exit_code == 0
    assert done.stderr == ""
    place, *rows, total = done.stdout.splitlines()
    assert place == str(folder)
    assert [row.split()[:4] for row in rows] == [
        ["kind", "entries", "size", "saves"],
        ["features", "1", f"{sizes(folder, 'features') / 1000:.1f}", "kB"],
        ["shots", "0", "0", "B"],
        ["curves", "2", f"{sizes(folder, 'curves') / 1000:.1f}", "kB"],
    ]
    assert total == f"3 entries, {sizes(folder) / 1000:.1f} kB of at most 2.0 GB"
    assert max(map(len, rows)) < 80


def test_json_has_the_same_content(folder: Path) -> None:
    done = run("--cache", folder, "--json")
    assert len(done.stdout.splitlines()) == 1
    assert json.loads(done.stdout) == {
        "folder": str(folder),
        "limit_bytes": 2_000_000_000,
        "kinds": {
            "features": {"entries": 1, "size_bytes": sizes(folder, "features")},
            "shots": {"entries": 0, "size_bytes": 0},
            "curves": {"entries": 2, "size_bytes": sizes(folder, "curves")},
        },
        "removed": None,
    }


def test_clear_removes_all_entries_and_nothing_else(folder: Path) -> None:
    (folder / "curves" / "notes.txt").write_text("mine")
    total = sizes(folder, "features") + 2 * sizes(folder, "features")
    done = run("--cache", folder, "--clear")
    assert done.exit_code == 0
    assert done.stdout.splitlines() == [str(folder), f"3 entries removed, {total / 1000:.1f} kB"]
    assert [path.name for path in folder.rglob("*") if path.is_file()] == ["notes.txt"]


def test_json_tells_what_clear_removed(folder: Path) -> None:
    total = sizes(folder)
    told = json.loads(run("--cache", folder, "--clear", "--json").stdout)
    assert told["removed"] == {"entries": 3, "size_bytes": total}
    assert all(part["entries"] == 0 for part in told["kinds"].values())


def test_the_folder_can_come_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VIDSUMM_CACHE", str(tmp_path / "absent"))
    done = run()
    assert done.exit_code == 0
    assert done.stdout.splitlines()[0] == str(tmp_path / "absent")
    assert done.stdout.splitlines()[-1] == "0 entries, 0 B of at most 2.0 GB"
    assert not (tmp_path / "absent").exists()


def test_the_folder_can_come_from_a_settings_file(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "s.toml").write_text(f"[cache]\ncache_folder = '{folder}'\ncache_limit_gb = 0.5\n")
    lines = run("--config", tmp_path / "s.toml").stdout.splitlines()
    assert lines[0] == str(folder)
    assert lines[-1].endswith("of at most 500.0 MB")
    assert run("--config", tmp_path / "absent.toml").exit_code == ConfigError.exit_code


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for flags in ([], ["--clear"]):
        done = run("--cache", tmp_path / "file", *flags)
        assert done.exit_code == OutputError.exit_code
        assert "cannot be used: not a directory" in done.stderr
