from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from tests.support.eccv16 import (
    ANNOTATORS,
    FRAMES,
    PICKS,
    group_values,
    mrhisum_values,
    write_annotations,
    write_group,
)
from vidsumm.datasets.annotation import Annotation
from vidsumm.datasets.reading import examine_video, read_annotations
from vidsumm.errors import InputError


@pytest.fixture
def annotations(tmp_path: Path) -> Path:
    return write_annotations(tmp_path / "annotations.h5")


def only_video(path: Path, values: dict[str, Any], **attributes: Any) -> Annotation:
    """Writes a file of one video with these arrays and reads it."""
    with h5py.File(path, "w") as file:
        write_group(file, "video_1", values)
        file.attrs.update(attributes)
    return read_annotations(path)["video_1"]


def refused(read: Callable[[Path], object], path: Path) -> str:
    with pytest.raises(InputError) as caught:
        read(path)
    line = str(caught.value)
    assert str(path) in line
    assert "\n" not in line
    assert caught.value.remedy
    return line


class TestAnnotations:
    def test_graded_scores_are_divided_by_each_annotators_maximum(self, annotations: Path) -> None:
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

    def test_scores_of_every_frame_are_ignored_beside_summaries(self, tmp_path: Path) -> None:
        # SumMe's files carry `user_scores` too, but for all frames
        values = group_values(0, graded=False) | {"user_scores": np.full((ANNOTATORS, FRAMES), 3)}
        with h5py.File(tmp_path / "a.h5", "w") as file:
            write_group(file, "video_1", values)
        scores = read_annotations(tmp_path / "a.h5")["video_1"].scores
        assert np.array_equal(scores, values["user_summary"][:, PICKS])

    def test_scores_of_an_annotator_who_liked_nothing_are_zero(self, tmp_path: Path) -> None:
        values = group_values(0, graded=True)
        values["user_scores"][1] = 0
        with h5py.File(tmp_path / "a.h5", "w") as file:
            write_group(file, "video_1", values)
        assert not read_annotations(tmp_path / "a.h5")["video_1"].scores[1].any()

    def test_videos_come_in_natural_order(self, tmp_path: Path) -> None:
        keys = ("video_10", "video_9", "holiday", "video_x", "7", "video_²")
        path = write_annotations(tmp_path / "a.h5", keys)
        assert list(read_annotations(path)) == ["7", "holiday", "video_9", "video_10", "video_x", "video_²"]

    def test_a_video_name_may_be_missing_or_not_utf8(self, tmp_path: Path) -> None:
        values = group_values(0, graded=True)
        with h5py.File(tmp_path / "a.h5", "w") as file:
            write_group(file, "video_1", {k: v for k, v in values.items() if k != "video_name"})
            write_group(file, "video_2", values | {"video_name": np.bytes_(b"caf\xe9")})
        found = read_annotations(tmp_path / "a.h5")
        assert (found["video_1"].name, found["video_2"].name) == ("", "caf\ufffd")

    def test_other_groups_are_ignored(self, tmp_path: Path) -> None:
        path = write_annotations(tmp_path / "a.h5", ("video_1",))
        with h5py.File(path, "a") as file:
            file.create_group("notes")["text"] = "hello"
            file["loose"] = np.arange(3)
        assert list(read_annotations(path)) == ["video_1"]

    @pytest.mark.parametrize("name", ["tvsum", "summe"])
    def test_the_published_files_can_be_read(self, data: Path, name: str) -> None:
        found = read_annotations(data / "annotations" / f"{name}_annotations.h5")
        assert len(found) == {"tvsum": 50, "summe": 25}[name]
        for annotation in found.values():
            assert annotation.scores.shape[1] == len(annotation.picks)
            assert annotation.scores.min() >= 0
            assert annotation.scores.max() == 1
            assert len(annotation.scores) >= 15


class TestDamagedAnnotations:
    def test_missing_files_folders_and_other_formats_are_refused(self, tmp_path: Path) -> None:
        refused(read_annotations, tmp_path / "absent.h5")
        refused(read_annotations, tmp_path)
        (tmp_path / "text.h5").write_text("picks: 1 2 3\n")
        refused(read_annotations, tmp_path / "text.h5")
        (tmp_path / "empty.h5").touch()
        refused(read_annotations, tmp_path / "empty.h5")

    def test_a_truncated_file_is_refused(self, annotations: Path) -> None:
        whole = annotations.read_bytes()
        annotations.write_bytes(whole[: len(whole) // 2])
        refused(read_annotations, annotations)

    def test_a_file_without_videos_is_refused(self, tmp_path: Path) -> None:
        h5py.File(tmp_path / "a.h5", "w").close()
        assert "no annotated video" in refused(read_annotations, tmp_path / "a.h5")

    @pytest.mark.parametrize("name", ["n_frames", "user_summary"])
    def test_a_missing_array_is_named(self, tmp_path: Path, name: str) -> None:
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
    def test_arrays_that_do_not_fit_together_are_refused(self, tmp_path: Path, name: str, value: Any) -> None:
        with h5py.File(tmp_path / "a.h5", "w") as file:
            write_group(file, "video_1", group_values(0, graded=False) | {name: value})
        assert "video_1" in refused(read_annotations, tmp_path / "a.h5")

    @pytest.mark.parametrize(
        "value", [np.full((3, 7), -1.0), np.full((3, 7), np.nan), np.zeros((0, 7)), np.full((3, 7), b"a")], ids=str
    )
    def test_invalid_graded_scores_are_refused(self, tmp_path: Path, value: Any) -> None:
        with h5py.File(tmp_path / "a.h5", "w") as file:
            write_group(file, "video_1", group_values(0, graded=True) | {"user_scores": value})
        refused(read_annotations, tmp_path / "a.h5")

    @pytest.mark.parametrize("name", ["picks", "n_frames", "user_scores", "user_summary", "video_name"])
    def test_a_group_in_place_of_an_array_is_refused(self, tmp_path: Path, name: str) -> None:
        values = group_values(0, graded=name == "user_scores")
        del values[name]
        with h5py.File(tmp_path / "a.h5", "w") as file:
            write_group(file, "video_1", values)
            file["video_1"].create_group(name)
        refused(read_annotations, tmp_path / "a.h5")

    def test_an_array_of_impossible_size_is_refused(self, tmp_path: Path) -> None:
        values = group_values(0, graded=False)
        del values["user_summary"]
        with h5py.File(tmp_path / "a.h5", "w") as file:
            write_group(file, "video_1", values)
            file["video_1"].create_dataset("user_summary", shape=(1 << 30, 1 << 30), chunks=(1, 1024), dtype="u1")
        refused(read_annotations, tmp_path / "a.h5")


class TestOtherFiles:
    """HDF5 files can point into other files; nothing outside the file itself is read."""

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


class TestKinds:
    def test_graded_scores_at_the_picks_are_of_the_kind_tvsum(self, tmp_path: Path) -> None:
        values = group_values(0, graded=True)
        found = only_video(tmp_path / "a.h5", values | {"fps": 29.97})
        assert (found.kind, found.fps) == ("tvsum", 29.97)
        assert found.raw_scores is not None
        assert np.array_equal(found.raw_scores, values["user_scores"])
        assert np.array_equal(found.user_summary, values["user_summary"].astype(bool))
        assert np.array_equal(found.gtscore, values["gtscore"])
        assert found.shots.tolist() == [[0, 49], [50, 99]]

    def test_ordinal_scores_of_every_frame_are_of_the_kind_summe(self, tmp_path: Path) -> None:
        raw = np.random.default_rng(0).integers(0, 12, (ANNOTATORS, FRAMES))
        values = group_values(0, graded=False) | {"user_scores": raw, "user_summary": raw > 0}
        found = only_video(tmp_path / "a.h5", values)
        assert found.kind == "summe"
        assert found.raw_scores is not None
        assert np.array_equal(found.raw_scores, raw)
        assert np.array_equal(found.scores, (raw > 0)[:, PICKS])

    def test_groups_without_picks_are_of_the_kind_mrhisum(self, tmp_path: Path) -> None:
        values = mrhisum_values(0)
        found = only_video(tmp_path / "a.h5", values)
        assert (found.kind, found.fps, found.n_frames) == ("mrhisum", 1.0, 40)
        assert found.picks.tolist() == list(range(40))
        assert np.array_equal(found.scores, values["gtscore"][None])
        assert found.shots.tolist() == [[0, 14], [15, 29], [30, 39]]
        assert found.user_summary.shape == (1, 40)
        assert np.flatnonzero(found.user_summary[0]).tolist() == list(range(15, 21))

    def test_summaries_alone_are_of_the_kind_other(self, tmp_path: Path) -> None:
        assert only_video(tmp_path / "a.h5", group_values(0, graded=False)).kind == "other"

    def test_the_file_may_state_the_kind(self, tmp_path: Path) -> None:
        values = group_values(0, graded=False)
        assert only_video(tmp_path / "a.h5", values, kind="tvsum").kind == "tvsum"
        assert only_video(tmp_path / "b.h5", values, kind="what?").kind == "other"
        assert only_video(tmp_path / "c.h5", values, kind=7).kind == "other"

    def test_the_published_files_have_their_kinds(self, data: Path) -> None:
        folder = data / "annotations"
        tvsum = read_annotations(folder / "tvsum_annotations.h5").values()
        summe = read_annotations(folder / "summe_annotations.h5").values()
        assert {a.kind for a in tvsum} == {"tvsum"}
        assert {a.kind for a in summe} == {"summe"}
        for annotation in (*tvsum, *summe):
            assert len(annotation.shots) - 1 == annotation.n_frames // 150
            assert annotation.user_summary.shape[1] == annotation.n_frames
            assert annotation.raw_scores is not None
            expected = annotation.n_frames if annotation.kind == "summe" else len(annotation.picks)
            assert annotation.raw_scores.shape[1] == expected


class TestMissingParts:
    def test_missing_shots_and_summaries_are_a_warning(self, tmp_path: Path) -> None:
        values = group_values(0, graded=True)
        for name in ("change_points", "user_summary", "gtscore"):
            del values[name]
        found = only_video(tmp_path / "a.h5", values)
        assert (found.shots.shape, found.user_summary.shape) == ((0, 2), (0, FRAMES))
        np.testing.assert_allclose(found.gtscore, found.scores.mean(axis=0), rtol=1e-6)
        with h5py.File(tmp_path / "a.h5") as file:
            notes = " ".join(fault.text for fault in examine_video(file, "video_1")[1])
        assert "F1 cannot" in notes
        assert "change_points are missing" in notes

    def test_every_fault_of_a_video_is_found(self, tmp_path: Path) -> None:
        wrong = {"user_summary": np.full((3, 50), 7), "gtscore": np.full(3, 2.0), "change_points": np.array([[1, 99]])}
        with h5py.File(tmp_path / "a.h5", "w") as file:
            write_group(file, "video_1", group_values(0, graded=True) | wrong)
        with h5py.File(tmp_path / "a.h5") as file:
            annotation, faults = examine_video(file, "video_1")
        assert annotation is None
        text = "; ".join(fault.text for fault in faults if fault.is_fatal)
        for part in ("user_summary (3, 50) does not fit", "is not binary", "gtscore has 3 values", "begin at frame 1"):
            assert part in text
        assert "(and 3 more)" in refused(read_annotations, tmp_path / "a.h5")

    @pytest.mark.parametrize(
        ("name", "value", "told"),
        [
            ("gtscore", np.full(7, 1.5), "gtscore is not within"),
            ("gtscore", np.full(7, np.nan), "gtscore is not within"),
            ("gtscore", np.zeros(6), "gtscore has 6"),
            ("gtscore", np.full(7, b"a"), "no numbers"),
            ("user_scores", np.ones((3, 8)), "neither the 7 picks nor the 100 frames"),
            ("fps", 0.0, "fps is 0"),
            ("fps", np.nan, "fps is nan"),
            ("change_points", np.array([[0, 99, 1]]), "not (M, 2)"),
            ("change_points", np.zeros((0, 2)), "not (M, 2)"),
            ("change_points", np.array([[0, np.inf]]), "not finite"),
        ],
    )
    def test_values_out_of_range_are_refused(self, tmp_path: Path, name: str, value: Any, told: str) -> None:
        with h5py.File(tmp_path / "a.h5", "w") as file:
            write_group(file, "video_1", group_values(0, graded=True) | {name: value})
        assert told in refused(read_annotations, tmp_path / "a.h5")

    @pytest.mark.parametrize("values", [{"gtscore": np.zeros(0)}, {"gtscore": np.zeros((2, 2))}, {"gtscore": "high"}])
    def test_damaged_videos_of_mr_hisum_are_refused(self, tmp_path: Path, values: dict[str, Any]) -> None:
        with h5py.File(tmp_path / "a.h5", "w") as file:
            write_group(file, "video_1", values)
        assert "video_1" in refused(read_annotations, tmp_path / "a.h5")
