import os
import pickle
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.eccv16 import CHANNELS, PICKS, write_annotations
from tests.support.feature_files import FEATURE_ID, NULL, PROVENANCE, feature_file, features, mrhisum_file
from vidsumm.datasets.reading import read_annotations
from vidsumm.datasets.store import FeatureStore
from vidsumm.errors import ConfigError, InputError


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    return feature_file(tmp_path / "one.h5")


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def read(path: Path, key: str) -> NDArray[np.float32]:
    return FeatureStore([path]).features(key)


def refused(path: Path, key: str = "") -> str:
    """The error on opening a file, or on reading the features of one of its videos."""
    with pytest.raises(InputError) as caught:
        read(path, key)
    line = str(caught.value)
    assert str(path) in line
    assert "\n" not in line
    assert caught.value.remedy
    return line


class TestOneFile:
    def test_a_store_knows_its_videos_and_features(self, dataset: Path) -> None:
        store = FeatureStore([dataset])
        assert store.keys == ("video_1", "video_2")
        assert (store.feature_id, store.feature_dim, store.provenance) == (FEATURE_ID, CHANNELS, PROVENANCE)
        assert np.array_equal(store.null_features, NULL)
        assert store.length("video_1") == len(PICKS)
        assert store.lengths.tolist() == [len(PICKS)] * 2

    def test_videos_are_read_as_they_were_written(self, dataset: Path) -> None:
        store = FeatureStore([dataset])
        expected = read_annotations(dataset)
        for seed, key in enumerate(store.keys, 1):
            assert np.array_equal(store.features(key), features(seed))
            assert store.features(key).dtype == np.float32
            assert store.annotation(key).key == key
            assert np.array_equal(store.annotation(key).scores, expected[key].scores)
            assert np.array_equal(store.scores(key), expected[key].scores)

    def test_an_unknown_video_is_refused(self, dataset: Path) -> None:
        store = FeatureStore([dataset])
        for read in (store.length, store.annotation, store.scores, store.features):
            with pytest.raises(InputError, match="no video 'video_9'"):
                read("video_9")

    @pytest.mark.parametrize("stored", ["contiguous", "one chunk", "chunks", "compressed", "half", "big-endian", "int"])
    def test_features_are_read_however_they_are_stored(self, tmp_path: Path, stored: str) -> None:
        path = mrhisum_file(tmp_path / "m.h5")
        values = (np.random.default_rng(0).normal(size=(40, CHANNELS)) * 9).astype(np.float32)
        ways: dict[str, dict[str, Any]] = {
            "one chunk": {"chunks": values.shape},
            "chunks": {"chunks": (7, 2)},
            "compressed": {"chunks": values.shape, "compression": "gzip"},
        }
        values = values.astype({"half": "<f2", "big-endian": ">f4", "int": "i4"}.get(stored, "<f4"))
        with h5py.File(path, "a") as file:
            del file["video_1/features"]
            file["video_1"].create_dataset("features", data=values, **ways.get(stored, {}))
        found = FeatureStore([path]).features("video_1")
        assert found.dtype == np.float32
        assert np.array_equal(found, values.astype(np.float32))

    def test_a_file_with_a_user_block_can_be_read(self, tmp_path: Path) -> None:
        with (
            h5py.File(mrhisum_file(tmp_path / "m.h5")) as source,
            h5py.File(tmp_path / "u.h5", "w", userblock_size=1024) as file,
        ):
            for key in source:
                source.copy(key, file)
            file.attrs.update(source.attrs)
            expected = source["video_1/features"][()]
        assert np.array_equal(FeatureStore([tmp_path / "u.h5"]).features("video_1"), expected)

    def test_files_of_mr_hisum_can_be_read(self, tmp_path: Path) -> None:
        store = FeatureStore([mrhisum_file(tmp_path / "m.h5")])
        assert store.lengths.tolist() == [40, 41, 42]
        for key in store.keys:
            annotation = store.annotation(key)
            assert annotation.kind == "mrhisum"
            assert np.array_equal(store.scores(key), annotation.scores)
            assert store.scores(key).shape == (1, store.length(key))

    @pytest.mark.parametrize(
        "value", [np.full(40, 2.0), np.full(40, np.nan), np.full(39, 0.5), np.full(40, b"a")], ids=str
    )
    def test_wrong_scores_of_mr_hisum_are_refused(self, tmp_path: Path, value: Any) -> None:
        path = mrhisum_file(tmp_path / "m.h5", videos=1)
        with h5py.File(path, "a") as file:
            del file["video_1/gtscore"]
            file["video_1/gtscore"] = value
        with pytest.raises(InputError, match="video_1"):
            FeatureStore([path]).scores("video_1")

    def test_a_file_without_a_feature_id_is_refused(self, data: Path) -> None:
        assert "feature_id is missing" in refused(data / "features" / "googlenet_torchvision_3videos.h5")


class TestSeveralFiles:
    def test_keys_have_the_name_of_their_file_in_front(self, tmp_path: Path) -> None:
        store = FeatureStore([feature_file(tmp_path / "a.h5"), mrhisum_file(tmp_path / "b.h5")])
        assert store.keys == ("a/video_1", "a/video_2", "b/video_1", "b/video_2", "b/video_3")
        assert store.annotation("b/video_3").key == "b/video_3"
        assert store.annotation("b/video_3").kind == "mrhisum"
        assert store.lengths.tolist() == [7, 7, 40, 41, 42]
        assert np.array_equal(store.features("a/video_2"), features(2))
        assert store.provenance == {"a": PROVENANCE, "b": {}}

    def test_different_features_are_refused(self, tmp_path: Path) -> None:
        first, second = feature_file(tmp_path / "a.h5"), feature_file(tmp_path / "b.h5")
        with h5py.File(second, "a") as file:
            file.attrs["null_features"] = NULL + 1
        with pytest.raises(InputError, match="null_features"):
            FeatureStore([first, second])
        with h5py.File(second, "a") as file:
            file.attrs["feature_id"] = "other:7ff4a85c3a63:squash:2fps"
        with pytest.raises(InputError, match="'other:7ff4a85c3a63:squash:2fps'"):
            FeatureStore([first, second])

    def test_files_of_the_same_name_are_refused(self, tmp_path: Path) -> None:
        (tmp_path / "more").mkdir()
        twins = [feature_file(tmp_path / "a.h5"), feature_file(tmp_path / "more" / "a.h5")]
        with pytest.raises(ConfigError, match="named a"):
            FeatureStore(twins)
        with pytest.raises(ConfigError, match="no feature file"):
            FeatureStore([])


class TestHandles:
    def test_a_pickled_store_can_be_used(self, dataset: Path) -> None:
        store = FeatureStore([dataset])
        store.features("video_1")
        again = pickle.loads(pickle.dumps(store))  # noqa: S301 our own bytes
        assert np.array_equal(again.features("video_2"), features(2))

    def test_several_threads_may_read(self, tmp_path: Path) -> None:
        store = FeatureStore([mrhisum_file(tmp_path / "m.h5", videos=20)])
        expected = {key: store.features(key) for key in store.keys}
        with ThreadPoolExecutor(4) as pool:
            for key, found in zip(store.keys * 5, pool.map(store.features, store.keys * 5), strict=True):
                assert np.array_equal(found, expected[key])

    def test_a_closed_store_frees_its_files_and_opens_them_again(self, dataset: Path) -> None:
        before = open_files()
        with FeatureStore([dataset]) as store:
            store.features("video_1")
            assert open_files() > before
        assert open_files() == before
        assert np.array_equal(store.features("video_1"), features(1))
        store.close()

    def test_a_file_truncated_after_opening_is_refused(self, tmp_path: Path) -> None:
        path = mrhisum_file(tmp_path / "m.h5")
        store = FeatureStore([path])
        assert store.lengths.tolist() == [40, 41, 42]
        os.truncate(path, 1000)
        with pytest.raises(InputError, match="cut short"):
            store.features("video_3")


class TestDamage:
    def test_annotations_without_features_are_refused(self, tmp_path: Path) -> None:
        line = refused(write_annotations(tmp_path / "a.h5"))
        assert "feature_id" in line
        assert "vidsumm data declare" in line

    def test_missing_files_other_formats_and_empty_files_are_refused(self, tmp_path: Path) -> None:
        refused(tmp_path / "absent.h5")
        (tmp_path / "text.h5").write_text("features")
        refused(tmp_path / "text.h5")
        with h5py.File(tmp_path / "empty.h5", "w") as file:
            file.attrs.update({"feature_id": FEATURE_ID, "null_features": NULL})
        assert "no annotated video" in refused(tmp_path / "empty.h5")

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("null_features", np.zeros((2, CHANNELS))),
            ("null_features", np.full(CHANNELS, np.nan)),
            ("null_features", np.zeros(0)),
            ("null_features", "black"),
            ("feature_id", 7),
            ("feature_id", ""),
            ("provenance", "{"),
            ("provenance", "[1]"),
            ("provenance", "[" * 100_000),
        ],
    )
    def test_damaged_attributes_are_refused(self, dataset: Path, name: str, value: Any) -> None:
        with h5py.File(dataset, "a", libver="latest") as file:
            file.attrs[name] = value
        refused(dataset)

    @pytest.mark.parametrize(
        "value",
        [
            None,
            features(1)[:-1],
            features(1)[:, :-1],
            features(1)[None],
            np.full((len(PICKS), CHANNELS), np.inf),
            np.full((len(PICKS), CHANNELS), b"a"),
        ],
        ids=["none", "too few", "too narrow", "too deep", "not finite", "text"],
    )
    def test_features_that_do_not_fit_are_refused(self, dataset: Path, value: Any) -> None:
        with h5py.File(dataset, "a") as file:
            del file["video_1"]["features"]
            if value is not None:
                file["video_1"]["features"] = value
        assert "video_1" in refused(dataset, "video_1")

    def test_features_of_an_impossible_size_are_refused(self, tmp_path: Path) -> None:
        with h5py.File(tmp_path / "m.h5", "w") as file:
            group = file.create_group("video_1")
            group.create_dataset("gtscore", (1 << 40,), "f4", chunks=(1024,))
            group.create_dataset("features", (1 << 40, CHANNELS), "f4", chunks=(1024, CHANNELS))
            file.attrs.update({"feature_id": FEATURE_ID, "null_features": NULL})
        assert "impossible size" in refused(tmp_path / "m.h5", "video_1")
        with pytest.raises(InputError, match="impossible size"):
            read_annotations(tmp_path / "m.h5")


class TestOtherFiles:
    def test_features_of_another_file_are_not_read(self, tmp_path: Path, dataset: Path) -> None:
        path = tmp_path / "linked.h5"
        path.write_bytes(dataset.read_bytes())
        with h5py.File(path, "a") as file:
            del file["video_1"]["features"]
            file["video_1"]["features"] = h5py.ExternalLink(str(dataset), "/video_1/features")
        assert "features is a link" in refused(path, "video_1")

    @pytest.mark.parametrize("kind", ["virtual", "external"])
    def test_virtual_and_external_features_are_not_read(self, tmp_path: Path, dataset: Path, kind: str) -> None:
        path = tmp_path / "linked.h5"
        path.write_bytes(dataset.read_bytes())
        shape = (len(PICKS), CHANNELS)
        with h5py.File(path, "a") as file:
            del file["video_1"]["features"]
            if kind == "virtual":
                layout = h5py.VirtualLayout(shape=shape, dtype="f4")
                layout[...] = h5py.VirtualSource(str(dataset), "video_1/features", shape=shape)
                file["video_1"].create_virtual_dataset("features", layout)
            else:
                (tmp_path / "raw.bin").write_bytes(bytes(4 * len(PICKS) * CHANNELS))
                outside = [(str(tmp_path / "raw.bin"), 0, 4 * len(PICKS) * CHANNELS)]
                file["video_1"].create_dataset("features", shape, "f4", external=outside)
        assert "of the file itself" in refused(path, "video_1")

    def test_links_to_videos_are_ignored(self, tmp_path: Path, dataset: Path) -> None:
        path = mrhisum_file(tmp_path / "m.h5")
        with h5py.File(path, "a") as file:
            file["video_8"] = h5py.ExternalLink(str(dataset), "/video_1")
            file["video_9"] = h5py.SoftLink("/video_1")
        assert FeatureStore([path]).keys == ("video_1", "video_2", "video_3")
