from pathlib import Path

import h5py
import numpy as np
import pytest

from tests.support.eccv16 import group_values, write_group
from tests.support.feature_files import features
from vidsumm.datasets.store import FeatureStore
from vidsumm.errors import ConfigError, OutputError
from vidsumm.featurize.check import check_features
from vidsumm.featurize.declare import declare_features

FEATURE_ID = "pool5:000000000000:unknown:2fps"


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A file with features that does not say what they are."""
    with h5py.File(tmp_path / "bare.h5", "w") as file:
        write_group(file, "video_1", group_values(1, graded=False) | {"features": features(1)})
    return tmp_path / "bare.h5"


def test_declaring_makes_a_file_usable(bare: Path, tmp_path: Path) -> None:
    out = tmp_path / "named.h5"
    assert not check_features(bare).is_usable
    assert declare_features(bare, out, FEATURE_ID, None, kind="summe") == 1
    assert check_features(out).problems == ()
    store = FeatureStore([out])
    assert store.feature_id == FEATURE_ID
    assert not store.null_features.any()
    assert store.provenance["source"] == "bare.h5"
    assert "declared" in store.provenance


def test_null_features_are_taken_from_the_file_given(bare: Path, tmp_path: Path) -> None:
    np.save(tmp_path / "black.npy", np.arange(6.0))
    declare_features(bare, tmp_path / "n.h5", FEATURE_ID, tmp_path / "black.npy")
    assert FeatureStore([tmp_path / "n.h5"]).null_features.tolist() == list(range(6))


@pytest.mark.parametrize("feature_id", ["", "pool5", "pool5:xyz:unknown:2fps", "googlenet:000000000000:squash:2fps"])
def test_feature_ids_that_cannot_be_right_are_refused(bare: Path, tmp_path: Path, feature_id: str) -> None:
    with pytest.raises(ConfigError, match="`feature_id`"):
        declare_features(bare, tmp_path / "named.h5", feature_id, None)
    assert not (tmp_path / "named.h5").exists()


def test_an_unknown_kind_is_refused(bare: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="`kind=films`"):
        declare_features(bare, tmp_path / "other.h5", FEATURE_ID, None, kind="films")


def test_a_file_is_only_replaced_on_request(bare: Path, tmp_path: Path) -> None:
    (tmp_path / "named.h5").write_bytes(b"precious")
    with pytest.raises(OutputError, match="exists"):
        declare_features(bare, tmp_path / "named.h5", FEATURE_ID, None)
    declare_features(bare, bare, FEATURE_ID, None, overwrite=True)
    assert FeatureStore([bare]).keys == ("video_1",)
