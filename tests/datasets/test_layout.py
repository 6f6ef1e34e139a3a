from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.datasets.eccv16 import ANNOTATORS, CHANNELS, FRAMES, PICKS, group_values, write_annotations, write_group
from vidsumm.datasets.layout import read_annotations, read_dataset, write_dataset
from vidsumm.errors import InputError, OutputError

FEATURE_ID = "inception-v3:7ff4a85c3a63:squash299-bilinear-l2:2fps"
NULL = np.linspace(0, 1, CHANNELS, dtype=np.float32)


def features(seed: int) -> NDArray[np.float32]:
    return np.random.default_rng(seed).normal(size=(len(PICKS), CHANNELS)).astype(np.float32)


@pytest.fixture
def annotations(tmp_path: Path) -> Path:
    return write_annotations(tmp_path / "annotations.h5")


@pytest.fixture
def dataset(tmp_path: Path, annotations: Path) -> Path:
    write_to(tmp_path / "features.h5", annotations)
    return tmp_path / "features.h5"


def write_to(path: Path, annotations: Path, values: dict[str, NDArray[np.float32]] | None = None) -> None:
    write_dataset(
        path,
        annotations,
        {"video_1": features(1), "video_2": features(2)} if values is None else values,
        feature_id=FEATURE_ID,
        null_features=NULL,
        provenance={"source": "invented", "videos": 2},
    )


def refused(read: Callable[[Path], object], path: Path) -> str:
    with pytest.raises(InputError) as caught:
        read(path)
    line = str(caught.value)
    assert str(path) in line
    assert "\n" not in line
    assert caught.value.remedy
    return line


class TestAnnotations:
    def test_graded_scores_are_shares_of_each_annotators_highest(self, annotations: Path) -> None:
        found = read_annotations(annotations)["video_1"]
        raw = group_values(0, graded=True)["user_scores"].astype(np.float64)
        assert (found.key, found.name, found.n_frames) == ("video_1", "clip 0", FRAMES)
        assert found.picks.tolist() == PICKS.tolist()
        assert found.picks.dtype == np.int64
        np.testing.assert_allclose(found.scores, raw / raw.max(axis=1, keepdims=True), rtol=1e-6)
        assert found.scores.dtype == np.float32

    def test_binary_summaries_are_read_at_the_picks(self, tmp_path: Path) -> None:
        path = write_annotations(tmp_path / "a.h5", graded=False)
        scores = read_annotations(path)["video_2"].scores
        assert scores.shape == (ANNOTATORS, len(PICKS))
        assert np.array_equal(scores, group_values(1, graded=False)["user_summary"][:, PICKS])

    def test_scores_of_every_frame_give_way_to_the_summaries(self, tmp_path: Path) -> None:
        # SumMe's files carry `user_scores` too, but for all frames
        values = group_values(0, graded=False) | {"user_scores": np.full((ANNOTATORS, FRAMES), 3)}
        with h5py.File(tmp_path / "a.h5", "w") as file:
            write_group(file, "video_1", values)
        scores = read_annotations(tmp_path / "a.h5")["video_1"].scores
        assert np.array_equal(scores, values["user_summary"][:, PICKS])

    def test_an_annotator_who_liked_nothing(self, tmp_path: Path) -> None:
        values = group_values(0, graded=True)
        values["user_scores"][1] = 0
        with h5py.File(tmp_path / "a.h5", "w") as file:
            write_group(file, "video_1", values)
        assert not read_annotations(tmp_path / "a.h5")["video_1"].scores[1].any()

    def test_videos_come_in_natural_order(self, tmp_path: Path) -> None:
        keys = ("video_10", "video_9", "holiday", "video_x", "7", "video_²")
        path = write_annotations(tmp_path / "a.h5", keys)
        assert list(read_annotations(path)) == ["7", "holiday", "video_9", "video_10", "video_x", "video_²"]

    def test_a_name_is_optional_and_may_be_garbled(self, tmp_path: Path) -> None:
        values = group_values(0, graded=True)
        with h5py.File(tmp_path / "a.h5", "w") as file:
            write_group(file, "video_1", {k: v for k, v in values.items() if k != "video_name"})
            write_group(file, "video_2", values | {"video_name": np.bytes_(b"caf\xe9")})
        found = read_annotations(tmp_path / "a.h5")
        assert (found["video_1"].name, found["video_2"].name) == ("", "caf\ufffd")

    def test_other_groups_are_passed_over(self, tmp_path: Path) -> None:
        path = write_annotations(tmp_path / "a.h5", ("video_1",))
        with h5py.File(path, "a") as file:
            file.create_group("notes")["text"] = "hello"
            file["loose"] = np.arange(3)
        assert list(read_annotations(path)) == ["video_1"]

    @pytest.mark.parametrize("name", ["tvsum", "summe"])
    def test_real_files(self, data: Path, name: str) -> None:
        found = read_annotations(data / "annotations" / f"{name}_annotations.h5")
        assert len(found) == {"tvsum": 50, "summe": 25}[name]
        for annotation in found.values():
            assert annotation.scores.shape[1] == len(annotation.picks)
            assert annotation.scores.min() >= 0
            assert annotation.scores.max() == 1
            assert len(annotation.scores) >= 15


class TestDamagedAnnotations:
    def test_missing_folder_or_no_hdf5(self, tmp_path: Path) -> None:
        refused(read_annotations, tmp_path / "absent.h5")
        refused(read_annotations, tmp_path)
        (tmp_path / "text.h5").write_text("picks: 1 2 3\n")
        refused(read_annotations, tmp_path / "text.h5")
        (tmp_path / "empty.h5").touch()
        refused(read_annotations, tmp_path / "empty.h5")

    def test_cut_short(self, annotations: Path) -> None:
        whole = annotations.read_bytes()
        annotations.write_bytes(whole[: len(whole) // 2])
        refused(read_annotations, annotations)

    def test_no_video_in_it(self, tmp_path: Path) -> None:
        h5py.File(tmp_path / "a.h5", "w").close()
        assert "no annotated video" in refused(read_annotations, tmp_path / "a.h5")

    @pytest.mark.parametrize("name", ["n_frames", "user_summary"])
    def test_a_missing_array(self, tmp_path: Path, name: str) -> None:
        values = group_values(0, graded=False)
        del values[name]
        with h5py.File(tmp_path / "a.h5", "w") as file:
            write_group(file, "video_1", values)
        line = refused(read_annotations, tmp_path / "a.h5")
        assert name in line
        assert "video_1" in line

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("picks", np.array([], dtype=np.int64)),
            ("picks", np.int64(3)),
            ("picks", PICKS[None]),
            ("picks", PICKS[::-1].copy()),
            ("picks", PICKS - 1),
            ("picks", np.zeros(7, np.int64)),
            ("picks", PICKS + 11),
            ("picks", "zero, fifteen"),
            ("n_frames", 0),
            ("n_frames", np.arange(3)),
            ("n_frames", "many"),
            ("n_frames", 90),
            ("user_summary", np.zeros((0, FRAMES))),
            ("user_summary", np.zeros((3, 50))),
            ("user_summary", np.zeros(FRAMES)),
            ("user_summary", np.full((3, FRAMES), np.nan)),
            ("user_summary", np.full((3, FRAMES), 7)),
            ("user_summary", "none"),
            ("video_name", 5),
            ("video_name", np.array([b"a", b"b"])),
        ],
    )
    def test_arrays_that_do_not_agree(self, tmp_path: Path, name: str, value: Any) -> None:
        with h5py.File(tmp_path / "a.h5", "w") as file:
            write_group(file, "video_1", group_values(0, graded=False) | {name: value})
        assert "video_1" in refused(read_annotations, tmp_path / "a.h5")

    @pytest.mark.parametrize(
        "value", [np.full((3, 7), -1.0), np.full((3, 7), np.nan), np.zeros((0, 7)), np.full((3, 7), b"a")], ids=str
    )
    def test_graded_scores_that_are_none(self, tmp_path: Path, value: Any) -> None:
        with h5py.File(tmp_path / "a.h5", "w") as file:
            write_group(file, "video_1", group_values(0, graded=True) | {"user_scores": value})
        refused(read_annotations, tmp_path / "a.h5")

    @pytest.mark.parametrize("name", ["picks", "n_frames", "user_scores", "user_summary", "video_name"])
    def test_a_group_in_place_of_an_array(self, tmp_path: Path, name: str) -> None:
        values = group_values(0, graded=name == "user_scores")
        del values[name]
        with h5py.File(tmp_path / "a.h5", "w") as file:
            write_group(file, "video_1", values)
            file["video_1"].create_group(name)
        refused(read_annotations, tmp_path / "a.h5")

    def test_an_array_of_impossible_size(self, tmp_path: Path) -> None:
        values = group_values(0, graded=False)
        del values["user_summary"]
        with h5py.File(tmp_path / "a.h5", "w") as file:
            write_group(file, "video_1", values)
            file["video_1"].create_dataset("user_summary", shape=(1 << 30, 1 << 30), chunks=(1, 1024), dtype="u1")
        refused(read_annotations, tmp_path / "a.h5")


class TestOtherFiles:
    """HDF5 can point into other files: what a file does not hold itself is not read."""

    @pytest.fixture
    def private(self, tmp_path: Path) -> Path:
        return write_annotations(tmp_path / "private.h5", ("video_1",))

    def test_links_to_videos_are_not_followed(self, tmp_path: Path, private: Path) -> None:
        path = write_annotations(tmp_path / "a.h5", ("video_1",))
        with h5py.File(path, "a") as file:
            file["video_2"] = h5py.ExternalLink(str(private), "/video_1")
            file["video_3"] = h5py.SoftLink("/video_2")
            file["video_4"] = h5py.SoftLink("/nowhere")
        assert list(read_annotations(path)) == ["video_1"]

    @pytest.mark.parametrize("name", ["picks", "n_frames", "user_summary"])
    @pytest.mark.parametrize("kind", ["external", "soft", "virtual"])
    def test_links_to_arrays_are_not_followed(self, tmp_path: Path, private: Path, name: str, kind: str) -> None:
        values = group_values(0, graded=False)
        shape = np.shape(values.pop(name))
        with h5py.File(tmp_path / "a.h5", "w") as file:
            write_group(file, "video_1", values)
            if kind == "external":
                file["video_1"][name] = h5py.ExternalLink(str(private), f"/video_1/{name}")
            elif kind == "soft":
                file["door"] = h5py.ExternalLink(str(private), "/video_1")
                file["video_1"][name] = h5py.SoftLink(f"/door/{name}")
            elif shape:
                layout = h5py.VirtualLayout(shape=shape, dtype="i8")
                layout[...] = h5py.VirtualSource(str(private), f"video_1/{name}", shape=shape)
                file["video_1"].create_virtual_dataset(name, layout)
        refused(read_annotations, tmp_path / "a.h5")

    def test_raw_bytes_of_other_files_are_not_read(self, tmp_path: Path) -> None:
        secret = tmp_path / "secret.bin"
        secret.write_bytes(bytes(ANNOTATORS * FRAMES))
        values = group_values(0, graded=False)
        del values["user_summary"]
        with h5py.File(tmp_path / "a.h5", "w") as file:
            write_group(file, "video_1", values)
            file["video_1"].create_dataset(
                "user_summary", (ANNOTATORS, FRAMES), "u1", external=[(str(secret), 0, ANNOTATORS * FRAMES)]
            )
        assert "of the file itself" in refused(read_annotations, tmp_path / "a.h5")


class TestDataset:
    def test_round_trip(self, dataset: Path, annotations: Path) -> None:
        found = read_dataset(dataset)
        assert (found.path, found.feature_id) == (dataset, FEATURE_ID)
        assert found.provenance == {"source": "invented", "videos": 2}
        assert np.array_equal(found.null_features, NULL)
        expected = read_annotations(annotations)
        assert list(found.videos) == list(expected)
        for seed, (key, video) in enumerate(found.videos.items(), 1):
            assert np.array_equal(video.features, features(seed))
            assert video.features.dtype == np.float32
            assert np.array_equal(video.annotation.scores, expected[key].scores)

    def test_everything_of_the_annotation_file_comes_along(self, dataset: Path) -> None:
        with h5py.File(dataset) as file:
            assert {"change_points", "n_frame_per_seg", "user_summary", "gtscore"} < set(file["video_1"])

    def test_a_part_of_the_videos(self, tmp_path: Path, annotations: Path) -> None:
        write_to(tmp_path / "part.h5", annotations, {"video_2": features(2)})
        assert list(read_dataset(tmp_path / "part.h5").videos) == ["video_2"]

    def test_old_features_are_replaced(self, tmp_path: Path, dataset: Path) -> None:
        write_to(tmp_path / "again.h5", dataset, {"video_1": features(9)})
        assert np.array_equal(read_dataset(tmp_path / "again.h5").videos["video_1"].features, features(9))

    def test_the_annotation_file_may_be_written_over(self, annotations: Path) -> None:
        write_to(annotations, annotations)
        assert len(read_dataset(annotations).videos) == 2

    def test_nothing_is_left_when_writing_fails(self, tmp_path: Path, annotations: Path) -> None:
        (tmp_path / "folder.h5").mkdir()
        for path in (tmp_path / "absent" / "f.h5", tmp_path / "folder.h5"):
            with pytest.raises(OutputError, match="cannot write") as caught:
                write_to(path, annotations)
            assert "\n" not in str(caught.value)
        with pytest.raises(InputError):
            write_to(tmp_path / "f.h5", tmp_path / "absent.h5")
        assert {path.name for path in tmp_path.iterdir()} == {"annotations.h5", "folder.h5"}

    def test_annotations_alone_are_no_dataset(self, annotations: Path) -> None:
        assert "feature_id" in refused(read_dataset, annotations)

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("null_features", "black"),
            ("null_features", np.float32(1)),
            ("null_features", np.full(CHANNELS, np.nan)),
            ("null_features", NULL[:-1]),
            ("provenance", "{"),
            ("provenance", "3"),
        ],
    )
    def test_wrong_descriptions(self, dataset: Path, name: str, value: Any) -> None:
        with h5py.File(dataset, "a") as file:
            file.attrs[name] = value
        refused(read_dataset, dataset)

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
    def test_wrong_features(self, dataset: Path, value: Any) -> None:
        with h5py.File(dataset, "a") as file:
            del file["video_1"]["features"]
            if value is not None:
                file["video_1"]["features"] = value
        assert "video_1" in refused(read_dataset, dataset)

    def test_features_of_another_file_are_not_read(self, tmp_path: Path, dataset: Path) -> None:
        path = tmp_path / "linked.h5"
        path.write_bytes(dataset.read_bytes())
        with h5py.File(path, "a") as file:
            del file["video_1"]["features"]
            file["video_1"]["features"] = h5py.ExternalLink(str(dataset), "/video_1/features")
        assert "video_1" in refused(read_dataset, path)
