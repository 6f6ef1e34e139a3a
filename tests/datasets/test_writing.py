import json
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest

from tests.support.eccv16 import CHANNELS, group_values, write_annotations, write_group
from tests.support.feature_files import FEATURE_ID, NULL, feature_file, features, mrhisum_file, write_features
from vidsumm.datasets.annotation import Annotation
from vidsumm.datasets.feature_info import FeatureInfo
from vidsumm.datasets.reading import read_annotations
from vidsumm.datasets.store import FeatureStore
from vidsumm.datasets.writing import copy_with_feature_info, feature_channels, write_videos
from vidsumm.errors import InputError, OutputError

INFO = FeatureInfo(FEATURE_ID, NULL, {"source": "invented"})


def same(one: Annotation, other: Annotation) -> bool:
    arrays = ("picks", "scores", "shots", "user_summary", "gtscore", "raw_scores")
    plain = ("key", "name", "n_frames", "kind", "fps")
    return all(np.array_equal(getattr(one, n), getattr(other, n)) for n in arrays) and all(
        getattr(one, n) == getattr(other, n) for n in plain
    )


class TestFromAnAnnotationFile:
    @pytest.fixture
    def annotations(self, tmp_path: Path) -> Path:
        return write_annotations(tmp_path / "annotations.h5")

    def test_everything_in_the_annotation_file_is_copied(self, tmp_path: Path, annotations: Path) -> None:
        path = write_features(tmp_path / "f.h5", annotations)
        with h5py.File(path) as file, h5py.File(annotations) as source:
            for name in source["video_1"]:
                assert np.array_equal(file["video_1"][name][()], source["video_1"][name][()])
            assert np.array_equal(file["video_1/features"][()], features(1))
            assert json.loads(file.attrs["provenance"])["source"] == "invented"

    def test_only_videos_with_features_are_written(self, tmp_path: Path, annotations: Path) -> None:
        path = write_features(tmp_path / "part.h5", annotations, {"video_2": features(2)})
        assert FeatureStore([path]).keys == ("video_2",)

    def test_old_features_are_replaced(self, tmp_path: Path) -> None:
        path = write_features(tmp_path / "again.h5", feature_file(tmp_path / "f.h5"), {"video_1": features(9)})
        assert np.array_equal(FeatureStore([path]).features("video_1"), features(9))

    def test_the_annotation_file_may_be_overwritten(self, annotations: Path) -> None:
        assert len(FeatureStore([write_features(annotations, annotations)]).keys) == 2

    def test_the_kind_of_the_videos_is_copied(self, tmp_path: Path, annotations: Path) -> None:
        with h5py.File(annotations, "a") as file:
            file.attrs["kind"] = "summe"
        assert FeatureStore([write_features(tmp_path / "f.h5", annotations)]).annotation("video_1").kind == "summe"

    def test_links_are_not_copied(self, tmp_path: Path, annotations: Path) -> None:
        private = write_annotations(tmp_path / "private.h5")
        with h5py.File(annotations, "a") as file:
            file["video_1"]["more"] = h5py.ExternalLink(str(private), "/video_1/picks")
            file["video_1"]["soft"] = h5py.SoftLink("/video_2/picks")
        with h5py.File(write_features(tmp_path / "f.h5", annotations)) as file:
            assert not {"more", "soft"} & set(file["video_1"])

    def test_nothing_is_left_when_writing_fails(self, tmp_path: Path, annotations: Path) -> None:
        (tmp_path / "folder.h5").mkdir()
        for path in (tmp_path / "absent" / "f.h5", tmp_path / "folder.h5"):
            with pytest.raises(OutputError, match="cannot write") as caught:
                write_features(path, annotations)
            assert "\n" not in str(caught.value)
        with pytest.raises(InputError):
            write_features(tmp_path / "f.h5", tmp_path / "absent.h5")
        with pytest.raises(InputError, match="video_7"):
            write_features(tmp_path / "f.h5", annotations, {"video_7": features(7)})
        assert {path.name for path in tmp_path.iterdir()} == {"annotations.h5", "folder.h5"}


class TestFromMemory:
    @pytest.mark.parametrize("graded", [True, False])
    def test_eccv16_files_are_read_as_they_were_written(self, tmp_path: Path, graded: bool) -> None:
        given = read_annotations(write_annotations(tmp_path / "a.h5", graded=graded))
        given = {key: replace(a, kind="tvsum" if graded else "summe", fps=30.0) for key, a in given.items()}
        write_videos(tmp_path / "b.h5", ((a, features(i)) for i, a in enumerate(given.values())), INFO)
        store = FeatureStore([tmp_path / "b.h5"])
        assert all(same(store.annotation(key), annotation) for key, annotation in given.items())
        assert np.array_equal(store.features("video_2"), features(1))

    def test_files_of_mr_hisum_are_read_as_they_were_written(self, tmp_path: Path) -> None:
        given = FeatureStore([mrhisum_file(tmp_path / "a.h5")])
        pairs = ((given.annotation(key), given.features(key).astype(np.float16)) for key in given.keys)
        write_videos(tmp_path / "b.h5", pairs, INFO)
        found = FeatureStore([tmp_path / "b.h5"])
        assert all(same(found.annotation(key), given.annotation(key)) for key in given.keys)
        assert np.array_equal(found.features("video_2"), given.features("video_2").astype(np.float16).astype("f4"))
        with h5py.File(tmp_path / "b.h5") as file:
            assert "picks" not in file["video_1"]
            assert file["video_1/change_points"][()].tolist() == [[0, 15], [15, 30], [30, 40]]

    def test_missing_arrays_stay_missing(self, tmp_path: Path) -> None:
        with h5py.File(tmp_path / "a.h5", "w") as file:
            values = group_values(0, graded=True)
            write_group(file, "video_1", {name: values[name] for name in ("picks", "n_frames", "user_scores")})
        (given,) = read_annotations(tmp_path / "a.h5").values()
        write_videos(tmp_path / "b.h5", [(given, None)], None)
        assert same(read_annotations(tmp_path / "b.h5")["video_1"], given)

    def test_annotations_alone_are_not_a_feature_file(self, tmp_path: Path) -> None:
        given = read_annotations(write_annotations(tmp_path / "a.h5"))
        write_videos(tmp_path / "b.h5", ((a, None) for a in given.values()), None)
        with pytest.raises(InputError, match="feature_id is missing"):
            FeatureStore([tmp_path / "b.h5"])


class TestDeclaring:
    @pytest.fixture
    def bare(self, tmp_path: Path) -> Path:
        """A file that has features and does not say what they are, like public files."""
        with h5py.File(tmp_path / "bare.h5", "w") as file:
            for seed in (1, 2):
                write_group(file, f"video_{seed}", group_values(seed, graded=False) | {"features": features(seed)})
        return tmp_path / "bare.h5"

    def test_a_public_file_becomes_usable(self, bare: Path, tmp_path: Path) -> None:
        assert copy_with_feature_info(bare, tmp_path / "named.h5", INFO, kind="summe") == 2
        store = FeatureStore([tmp_path / "named.h5"])
        assert (store.feature_id, store.provenance) == (FEATURE_ID, {"source": "invented"})
        assert store.annotation("video_1").kind == "summe"
        assert np.array_equal(store.features("video_2"), features(2))

    def test_a_file_may_be_declared_in_place(self, bare: Path) -> None:
        copy_with_feature_info(bare, bare, INFO)
        assert len(FeatureStore([bare]).keys) == 2

    def test_links_are_not_copied(self, bare: Path, tmp_path: Path) -> None:
        private = write_annotations(tmp_path / "private.h5")
        with h5py.File(bare, "a") as file:
            file["video_3"] = h5py.ExternalLink(str(private), "/video_1")
            file["video_1"]["more"] = h5py.ExternalLink(str(private), "/video_1/picks")
        copy_with_feature_info(bare, tmp_path / "named.h5", INFO)
        with h5py.File(tmp_path / "named.h5") as file:
            assert set(file) == {"video_1", "video_2"}
            assert "more" not in file["video_1"]

    def test_another_number_of_channels_is_refused(self, bare: Path, tmp_path: Path) -> None:
        wide = replace(INFO, null_features=np.zeros(CHANNELS + 1, np.float32))
        with pytest.raises(InputError, match="video_1: features have 6 channels, not 7"):
            copy_with_feature_info(bare, tmp_path / "named.h5", wide)
        assert not (tmp_path / "named.h5").exists()

    def test_files_without_features_or_videos_are_refused(self, tmp_path: Path) -> None:
        annotations = write_annotations(tmp_path / "a.h5")
        with pytest.raises(InputError, match="features is missing"):
            copy_with_feature_info(annotations, tmp_path / "named.h5", INFO)
        h5py.File(tmp_path / "empty.h5", "w").close()
        for use in (feature_channels, lambda path: copy_with_feature_info(path, tmp_path / "named.h5", INFO)):
            with pytest.raises(InputError, match="no annotated video"):
                use(tmp_path / "empty.h5")
        with pytest.raises(InputError, match="features is missing"):
            feature_channels(annotations)

    def test_channels_are_those_of_the_first_video(self, bare: Path) -> None:
        assert feature_channels(bare) == CHANNELS
