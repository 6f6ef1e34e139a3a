from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save

from vidsumm.errors import FeatureMismatchError, OutputError, ResourceError
from vidsumm.features.feature_file import load_features, save_features

ID = "inception-v3:7ff4a85c3a63:squash299-bilinear-l2:2fps"
OTHER = "inception-v3:7ff4a85c3a63:squash299-bilinear-l2:1fps"
VALUES = np.random.default_rng(0).standard_normal((5, 3)).astype(np.float32)


def test_reads_what_was_written_and_leaves_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    save_features(path, VALUES[:0], ID)
    save_features(path, VALUES, ID, {"source": "vidéo.mp4"})
    found = load_features(path, ID)
    np.testing.assert_array_equal(found.values, VALUES)
    assert (found.feature_id, found.provenance) == (ID, {"source": "vidéo.mp4"})
    assert list(tmp_path.iterdir()) == [path]


def test_another_id_is_refused_with_both_named(tmp_path: Path) -> None:
    save_features(tmp_path / "a", VALUES, ID)
    with pytest.raises(FeatureMismatchError) as caught:
        load_features(tmp_path / "a", OTHER)
    assert ID in str(caught.value)
    assert OTHER in str(caught.value)
    assert load_features(tmp_path / "a").feature_id == ID


def damaged(kind: str) -> bytes:
    header = {"feature_id": ID, "provenance": "{}"}
    whole = save({"features": VALUES}, metadata=header)
    return {
        "empty": b"",
        "truncated": whole[:-4],
        "no id": save({"features": VALUES}),
        "bad provenance": save({"features": VALUES}, metadata={**header, "provenance": "{"}),
        "no features": save({"other": VALUES}, metadata=header),
        "flat": save({"features": VALUES[0]}, metadata=header),
        "doubles": save({"features": VALUES.astype(np.float64)}, metadata=header),
        "not finite": save({"features": VALUES * np.inf}, metadata=header),
    }[kind]


@pytest.mark.parametrize(
    "kind",
    ["empty", "truncated", "no id", "bad provenance", "no features", "flat", "doubles", "not finite"],
)
def test_damaged_files_are_refused(tmp_path: Path, kind: str) -> None:
    (tmp_path / "a").write_bytes(damaged(kind))
    with pytest.raises(ResourceError, match=r"/a (cannot be read|are damaged)"):
        load_features(tmp_path / "a")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ResourceError, match="/absent cannot be read"):
        load_features(tmp_path / "absent")


def test_a_failed_write_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(OutputError, match="No such file or directory"):
        save_features(tmp_path / "no" / "folder", VALUES, ID)

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OutputError, match="No space left"):
        save_features(tmp_path / "a", VALUES, ID)
    assert not list(tmp_path.iterdir())
