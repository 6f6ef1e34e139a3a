import dataclasses
from pathlib import Path

import numpy as np
import pytest

from vidsumm.benchmark.protocols.store import Outcome, ResultStore, Unit, VariantResult
from vidsumm.errors import OutputError, ResourceError

UNIT = Unit("ridge", "fold 1, a/b", 0, {"penalty": 30.0, "videos": {"file": "abc"}})
OUTCOME = Outcome((VariantResult("Ridge", "note", {"v1": {"tau": 0.1, "rho": 0.2}, "v2": {"tau": 0.3}}),), 1.5)


def test_what_is_saved_is_found_again(tmp_path: Path) -> None:
    store = ResultStore(tmp_path / "a" / "b")
    assert store.load(UNIT) is None
    store.save(UNIT, OUTCOME)
    assert ResultStore(tmp_path / "a" / "b").load(UNIT) == OUTCOME
    assert store.load(UNIT, with_curves=True) is None


def test_means_are_over_the_videos_that_have_a_metric() -> None:
    assert OUTCOME.variants[0].means() == {"tau": pytest.approx(0.2), "rho": pytest.approx(0.2)}


@pytest.mark.parametrize(
    "changes", [{"method": "other"}, {"split": "fold 2"}, {"seed": 1}, {"facts": {"penalty": 31.0, "videos": {}}}]
)
def test_whatever_matters_gives_another_name(changes: dict[str, object]) -> None:
    other = dataclasses.replace(UNIT, **changes)  # type: ignore[arg-type]
    assert other.name != UNIT.name
    assert "/" not in UNIT.name


def test_curves_are_kept_by_row_and_video(tmp_path: Path) -> None:
    store = ResultStore(tmp_path)
    curves = np.array([[0.25, 0.5], [1.0, 0.0]], np.float32)
    store.save(UNIT, OUTCOME, {"Ridge/v1": curves, "Ridge/v2": curves[:1]})
    assert store.load(UNIT, with_curves=True) == OUTCOME
    found = store.kept_curves(["ridge"], {"file": "abc"})
    assert list(found) == ["Ridge"]
    np.testing.assert_array_equal(found["Ridge"]["v1"], curves)
    assert store.kept_curves(["ridge"], {"file": "other"}) == {}
    assert store.kept_curves(["random"], {"file": "abc"}) == {}
    (tmp_path / "units" / f"{UNIT.name}.json").unlink()
    assert store.kept_curves(["ridge"], {"file": "abc"}) == {}


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"variants": 3, "seconds": 1, "training": {}}'])
def test_damaged_results_are_refused(tmp_path: Path, text: str) -> None:
    store = ResultStore(tmp_path)
    store.save(UNIT, OUTCOME, {})
    (tmp_path / "units" / f"{UNIT.name}.json").write_text(text)
    with pytest.raises(ResourceError, match="damaged"):
        store.load(UNIT)
    with pytest.raises(ResourceError, match="damaged"):
        store.kept_curves(["ridge"], {"file": "abc"})


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="cannot make"):
        ResultStore(tmp_path / "file")
