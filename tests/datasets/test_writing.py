import gc
import json
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest

from tests.support.eccv16 import CHANNELS, group_values, write_annotations, write_group
from tests.support.feature_files import FEATURE_ID, NULL, feature_file, features, mrhisum_file, write_features
from vidsumm.datasets.layout import Annotation, read_annotations
from vidsumm.datasets.store import Description, FeatureStore
from vidsumm.datasets.writing import declare_features, feature_channels, read_null, write_videos
from vidsumm.errors import InputError, OutputError

DESCRIPTION = Description(FEATURE_ID, NULL, {"source": "invented"})


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

    def test_everything_of_the_annotation_file_comes_along(self, tmp_path: Path, annotations: Path) -> None:
        path = write_features(tmp_path / "f.h5", annotations)
        with h5py.File(path) as file, h5py.File(annotations) as source:
            for name in source["video_1"]:
                assert np.array_equal(file["video_1"][name][()], source["video_1"][name][()])
            assert np.array_equal(file["video_1/features"][()], features(1))
            assert json.loads(file.attrs["provenance"])["source"] == "invented"

    def test_a_part_of_the_videos(self, tmp_path: Path, annotations: Path) -> None:
        path = write_features(tmp_path / "part.h5", annotations, {"video_2": features(2)})
        assert FeatureStore([path]).keys == ("video_2",)

    def test_old_features_are_replaced(self, tmp_path: Path) -> None:
        path = write_features(tmp_path / "again.h5", feature_file(tmp_path / "f.h5"), {"video_1": features(9)})
        assert np.array_equal(FeatureStore([path]).features("video_1"), features(9))

    def test_the_annotation_file_may_be_written_over(self, annotations: Path) -> None:
        assert len(FeatureStore([write_features(annotations, annotations)]).keys) == 2

    def test_what_kind_of_videos_they_are_comes_along(self, tmp_path: Path, annotations: Path) -> None:
        with h5py.File(annotations, "a") as file:
            file.attrs["kind"] = "summe"
        assert FeatureStore([write_features(tmp_path / "f.h5", annotations)]).annotation("video_1").kind == "summe"

    def test_links_to_other_files_do_not(self, tmp_path: Path, annotations: Path) -> None:
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
    def test_eccv16_round_trip(self, tmp_path: Path, graded: bool) -> None:
        given = read_annotations(write_annotations(tmp_path / "a.h5", graded=graded))
        given = {key: replace(a, kind="tvsum" if graded else "summe", fps=30.0) for key, a in given.items()}
        write_videos(tmp_path / "b.h5", ((a, features(i)) for i, a in enumerate(given.values())), DESCRIPTION)
        store = FeatureStore([tmp_path / "b.h5"])
        assert all(same(store.annotation(key), annotation) for key, annotation in given.items())
        assert np.array_equal(store.features("video_2"), features(1))

    def test_mr_hisum_round_trip(self, tmp_path: Path) -> None:
        given = FeatureStore([mrhisum_file(tmp_path / "a.h5")])
        pairs = ((given.annotation(key), given.features(key).astype(np.float16)) for key in given.keys)
        write_videos(tmp_path / "b.h5", pairs, DESCRIPTION)
        found = FeatureStore([tmp_path / "b.h5"])
        assert all(same(found.annotation(key), given.annotation(key)) for key in given.keys)
        assert np.array_equal(found.features("video_2"), given.features("video_2").astype(np.float16).astype("f4"))
        with h5py.File(tmp_path / "b.h5") as file:
            assert "picks" not in file["video_1"]
            assert file["video_1/change_points"][()].tolist() == [[0, 15], [15, 30], [30, 40]]

    def test_parts_that_are_missing_stay_so(self, tmp_path: Path) -> None:
        with h5py.File(tmp_path / "a.h5", "w") as file:
            values = group_values(0, graded=True)
            write_group(file, "video_1", {name: values[name] for name in ("picks", "n_frames", "user_scores")})
        (given,) = read_annotations(tmp_path / "a.h5").values()
        write_videos(tmp_path / "b.h5", [(given, None)], None)
        assert same(read_annotations(tmp_path / "b.h5")["video_1"], given)

    def test_annotations_alone_are_no_feature_file(self, tmp_path: Path) -> None:
        given = read_annotations(write_annotations(tmp_path / "a.h5"))
        write_videos(tmp_path / "b.h5", ((a, None) for a in given.values()), None)
        with pytest.raises(InputError, match="feature_id is missing"):
            FeatureStore([tmp_path / "b.h5"])


class TestDeclaring:
    @pytest.fixture
    def bare(self, tmp_path: Path) -> Path:
        """As public files are: features, and not a word about them."""
        with h5py.File(tmp_path / "bare.h5", "w") as file:
            for seed in (1, 2):
                write_group(file, f"video_{seed}", group_values(seed, graded=False) | {"features": features(seed)})
        return tmp_path / "bare.h5"

    def test_a_public_file_becomes_usable(self, bare: Path, tmp_path: Path) -> None:
        assert declare_features(bare, tmp_path / "named.h5", DESCRIPTION, kind="summe") == 2
        store = FeatureStore([tmp_path / "named.h5"])
        assert (store.feature_id, store.provenance) == (FEATURE_ID, {"source": "invented"})
        assert store.annotation("video_1").kind == "summe"
        assert np.array_equal(store.features("video_2"), features(2))

    def test_in_place(self, bare: Path) -> None:
        declare_features(bare, bare, DESCRIPTION)
        assert len(FeatureStore([bare]).keys) == 2

    def test_links_stay_behind(self, bare: Path, tmp_path: Path) -> None:
        private = write_annotations(tmp_path / "private.h5")
        with h5py.File(bare, "a") as file:
            file["video_3"] = h5py.ExternalLink(str(private), "/video_1")
            file["video_1"]["more"] = h5py.ExternalLink(str(private), "/video_1/picks")
        declare_features(bare, tmp_path / "named.h5", DESCRIPTION)
        with h5py.File(tmp_path / "named.h5") as file:
            assert set(file) == {"video_1", "video_2"}
            assert "more" not in file["video_1"]

    def test_another_number_of_channels_is_refused(self, bare: Path, tmp_path: Path) -> None:
        wide = replace(DESCRIPTION, null_features=np.zeros(CHANNELS + 1, np.float32))
        with pytest.raises(InputError, match="video_1: features have 6 channels, not 7"):
            declare_features(bare, tmp_path / "named.h5", wide)
        assert not (tmp_path / "named.h5").exists()

    def test_files_without_features_or_videos(self, tmp_path: Path) -> None:
        annotations = write_annotations(tmp_path / "a.h5")
        with pytest.raises(InputError, match="features is missing"):
            declare_features(annotations, tmp_path / "named.h5", DESCRIPTION)
        h5py.File(tmp_path / "empty.h5", "w").close()
        for use in (feature_channels, lambda path: declare_features(path, tmp_path / "named.h5", DESCRIPTION)):
            with pytest.raises(InputError, match="no annotated video"):
                use(tmp_path / "empty.h5")
        with pytest.raises(InputError, match="features is missing"):
            feature_channels(annotations)

    def test_channels_are_those_of_the_first_video(self, bare: Path) -> None:
        assert feature_channels(bare) == CHANNELS


class TestNullFeatures:
    def test_one_black_frame_or_several(self, tmp_path: Path) -> None:
        rows = np.random.default_rng(0).normal(size=(5, CHANNELS))
        np.save(tmp_path / "one.npy", rows[0])
        np.save(tmp_path / "five.npy", rows)
        assert read_null(tmp_path / "one.npy") == pytest.approx(rows[0], rel=1e-6)
        assert read_null(tmp_path / "five.npy") == pytest.approx(rows.mean(axis=0), rel=1e-5)
        assert read_null(tmp_path / "five.npy").dtype == np.float32

    @pytest.mark.parametrize(
        "value",
        [np.array(["a"]), np.zeros(0), np.zeros((2, 2, 2)), np.array([1, np.nan]), np.array([{}], object)],
        ids=str,
    )
    def test_other_arrays_are_refused(self, tmp_path: Path, value: np.ndarray) -> None:
        np.save(tmp_path / "null.npy", value)
        with pytest.raises(InputError, match=r"null\.npy"):
            read_null(tmp_path / "null.npy")

    def test_other_files_are_refused(self, tmp_path: Path) -> None:
        (tmp_path / "text.npy").write_text("1 2 3")
        np.savez(tmp_path / "many.npz", a=np.zeros(3))
        for name in ("text.npy", "many.npz", "absent.npy"):
            with pytest.raises(InputError, match=name):
                read_null(tmp_path / name)
        gc.collect()  # a file that is left open fails this test, not a later one

    def test_a_size_that_the_file_does_not_hold(self, tmp_path: Path) -> None:
        header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999,), }".ljust(117) + b"\n"
        (tmp_path / "null.npy").write_bytes(
            b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + bytes(64)
        )
        with pytest.raises(InputError, match=r"null\.npy"):
            read_null(tmp_path / "null.npy")
