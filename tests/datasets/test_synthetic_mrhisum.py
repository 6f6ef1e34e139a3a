import csv
from pathlib import Path

import h5py
import numpy as np
import pytest

from vidsumm.datasets.checks import check_file
from vidsumm.datasets.store import FeatureStore
from vidsumm.datasets.synthetic_mrhisum import synthetic_lengths, write_synthetic_mrhisum


def test_lengths_have_the_stated_distribution() -> None:
    lengths = synthetic_lengths(31_892, 0)
    assert lengths.dtype == np.int64
    assert (lengths.min(), lengths.max()) == (121, 300)
    assert lengths.mean() == pytest.approx(201.9, abs=1)
    for u in np.arange(0.1, 1, 0.1):
        assert (lengths < 121 + 180 * u).mean() == pytest.approx(1.27 * u - 0.27 * u**2, abs=0.012)


def test_lengths_are_distributed_as_mr_hisums(data: Path) -> None:
    with (data / "mrhisum" / "metadata.csv").open(encoding="utf-8") as file:
        real = np.array([int(row["duration"]) for row in csv.DictReader(file)])
    ours = synthetic_lengths(len(real), 0)
    quantiles = np.linspace(0, 1, 21)
    assert np.quantile(ours, quantiles) == pytest.approx(np.quantile(real, quantiles), abs=3)


def test_a_file_can_be_read_like_one_of_mr_hisum(tmp_path: Path) -> None:
    write_synthetic_mrhisum(tmp_path / "m.h5", 5, seed=3, feature_dim=32)
    store = FeatureStore([tmp_path / "m.h5"])
    assert store.lengths.tolist() == synthetic_lengths(5, 3).tolist()
    for key in store.keys:
        annotation = store.annotation(key)
        assert annotation.kind == "mrhisum"
        assert (annotation.gtscore.min(), annotation.gtscore.max()) == (0, 1)
        assert 0 < annotation.user_summary.mean() <= 0.15
        assert np.linalg.norm(store.features(key), axis=1) == pytest.approx(1, abs=2e-3)
    assert not check_file(tmp_path / "m.h5").problems


def test_the_score_can_be_learned_from_the_features(tmp_path: Path) -> None:
    write_synthetic_mrhisum(tmp_path / "m.h5", 12, feature_dim=32)
    store = FeatureStore([tmp_path / "m.h5"])
    x, y = (
        np.concatenate([read(k).reshape(store.length(k), -1) for k in store.keys])
        for read in (store.features, store.scores)
    )
    half = len(x) // 2
    weights = np.linalg.lstsq(x[:half], y[:half, 0], rcond=None)[0]
    assert np.corrcoef(x[half:] @ weights, y[half:, 0])[0, 1] > 0.5


def test_features_are_stored_uncompressed_in_one_chunk(tmp_path: Path) -> None:
    for name, size in (("float16", 2), ("float32", 4)):
        write_synthetic_mrhisum(tmp_path / name, 2, feature_dim=32, dtype=name)  # type: ignore[arg-type]
        with h5py.File(tmp_path / name) as file:
            stored = file["video_1/features"]
            assert (stored.chunks, stored.compression, stored.dtype) == (stored.shape, None, np.dtype(name))
            assert stored.id.get_storage_size() == stored.size * size


def test_the_first_videos_stay_the_same_when_more_are_made(tmp_path: Path) -> None:
    for count in (2, 3):
        write_synthetic_mrhisum(tmp_path / f"{count}.h5", count, feature_dim=32)
    two, three = (FeatureStore([tmp_path / f"{count}.h5"]) for count in (2, 3))
    for key in two.keys:
        assert np.array_equal(two.features(key), three.features(key))
        assert np.array_equal(two.scores(key), three.scores(key))
