import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from vidsumm.benchmark.methods.baselines import RANDOM, RIDGE
from vidsumm.benchmark.protocols.store import ResultStore
from vidsumm.benchmark.protocols.task import RowResult, Task, TaskResult
from vidsumm.datasets.splits import Split
from vidsumm.errors import OutputError, ResourceError

SPLIT = Split((), (), (), "fold 1, a/b")
TASK = Task(RIDGE, SPLIT, 0, {"penalty": 30.0, "videos": {"file": "abc"}})
RESULT = TaskResult(TASK, (RowResult("Ridge", "note", {"v1": {"tau": 0.1, "rho": 0.2}, "v2": {"tau": 0.3}}),), 1.5)


def test_what_is_saved_is_found_again(tmp_path: Path) -> None:
    store = ResultStore(tmp_path / "a" / "b")
    assert store.load(TASK) is None
    store.save(RESULT)
    assert ResultStore(tmp_path / "a" / "b").load(TASK) == RESULT
    assert store.load(TASK, with_curves=True) is None


def test_means_are_over_the_videos_that_have_a_metric() -> None:
    assert RESULT.rows[0].means() == {"tau": pytest.approx(0.2), "rho": pytest.approx(0.2)}


@pytest.mark.parametrize(
    "changes",
    [
        {"method": RANDOM},
        {"split": Split((), (), (), "fold 2")},
        {"seed": 1},
        {"facts": {"penalty": 31.0, "videos": {}}},
    ],
)
def test_everything_that_numbers_depend_on_changes_the_name(changes: dict[str, object]) -> None:
    other = dataclasses.replace(TASK, **changes)  # type: ignore[arg-type]
    assert other.name != TASK.name
    assert "/" not in TASK.name


def test_curves_are_kept_by_row_and_video(tmp_path: Path) -> None:
    store = ResultStore(tmp_path)
    curves = np.array([[0.25, 0.5], [1.0, 0.0]], np.float32)
    store.save(RESULT, {"Ridge": {"v1": curves, "own/v2": curves[:1]}})
    assert store.load(TASK, with_curves=True) == RESULT
    found = store.find_curves(["ridge"], {"file": "abc"})
    assert list(found) == ["Ridge"]
    np.testing.assert_array_equal(found["Ridge"]["v1"], curves)
    assert list(store.load_curves(TASK)["Ridge"]) == ["v1", "own/v2"]
    assert store.find_curves(["ridge"], {"file": "other"}) == {}
    assert store.find_curves(["random"], {"file": "abc"}) == {}
    (tmp_path / "units" / f"{TASK.name}.json").unlink()
    assert store.find_curves(["ridge"], {"file": "abc"}) == {}


def test_results_of_earlier_versions_are_read(tmp_path: Path) -> None:
    """Name and content are those of `vidsumm.bench/1`, word for word."""
    folder = tmp_path / "units"
    folder.mkdir()
    content = {
        "schema": "vidsumm.bench/1",
        "method": "ridge",
        "split": "fold 1, a/b",
        "seed": 0,
        "facts": TASK.facts,
        "variants": [{"label": "Ridge", "note": "note", "videos": RESULT.rows[0].videos}],
        "seconds": 1.5,
        "training": {},
    }
    path = folder / "ridge-fold-1-a-b-0-1c84f2ec15e33428.json"
    path.write_text(json.dumps(content, indent=1) + "\n")
    store = ResultStore(tmp_path)
    assert store.load(TASK) == RESULT
    before = path.read_bytes()
    store.save(RESULT)
    assert path.read_bytes() == before


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"variants": 3, "seconds": 1, "training": {}}'])
def test_damaged_results_are_refused(tmp_path: Path, text: str) -> None:
    store = ResultStore(tmp_path)
    store.save(RESULT, {})
    (tmp_path / "units" / f"{TASK.name}.json").write_text(text)
    with pytest.raises(ResourceError, match="damaged"):
        store.load(TASK)
    with pytest.raises(ResourceError, match="damaged"):
        store.find_curves(["ridge"], {"file": "abc"})


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="cannot make"):
        ResultStore(tmp_path / "file")
