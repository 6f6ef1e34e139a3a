from pathlib import Path

import h5py
import pytest

from tests.support.feature_files import FEATURE_ID, feature_file
from vidsumm.featurize.check import check_features


@pytest.mark.parametrize(
    ("feature_id", "told", "is_fatal"),
    [
        (FEATURE_ID, "inception-v3 has 2048 channels, the file 6", True),
        ("mine", "is not a feature id", True),
        ("mine:000000000000:squash:2fps", "'mine', which is not a known network", False),
    ],
)
def test_a_feature_id_that_does_not_fit_is_a_problem(
    tmp_path: Path, feature_id: str, told: str, is_fatal: bool
) -> None:
    path = feature_file(tmp_path / "f.h5")
    with h5py.File(path, "a") as file:
        file.attrs["feature_id"] = feature_id
    report = check_features(path)
    assert told in report.problems[0].text
    assert report.is_usable == (not is_fatal)
