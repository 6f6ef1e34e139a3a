from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from tests.support.eccv16 import CHANNELS, PICKS, write_annotations
from tests.support.feature_files import FEATURE_ID, feature_file, features, mrhisum_file, write_features
from vidsumm.datasets.checks import check_file
from vidsumm.datasets.report import FileReport, Range
from vidsumm.datasets.store import FeatureStore
from vidsumm.errors import InputError


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    return feature_file(tmp_path / "one.h5")


def fatal(report: FileReport) -> list[tuple[str, str]]:
    assert report.is_usable == (not any(problem.is_fatal for problem in report.problems))
    return [(problem.key, problem.text) for problem in report.problems if problem.is_fatal]


def warnings(report: FileReport) -> list[tuple[str, str]]:
    return [(problem.key, problem.text) for problem in report.problems if not problem.is_fatal]


class TestGoodFiles:
    def test_a_feature_file_is_reported_without_problems(self, dataset: Path) -> None:
        report = check_file(dataset)
        assert report.problems == ()
        assert report.has_features
        assert report.feature_info is not None
        assert report.feature_info.feature_id == FEATURE_ID
        first = report.videos[0]
        assert (first.key, first.name, first.kind) == ("video_1", "clip 0", "tvsum")
        assert (first.samples, first.annotators, first.shots, first.channels) == (len(PICKS), 3, 2, CHANNELS)
        assert first.duration_s is None
        values = np.stack([features(1), features(2)])
        norms = np.linalg.norm(values, axis=-1)
        assert report.ranges["features"] == Range.of(values)
        assert report.ranges["norms"].high == pytest.approx(norms.max(), rel=1e-6)
        assert report.ranges["user_scores"].high == 5
        assert report.ranges["scores"].high == 1

    def test_a_file_of_mr_hisum_is_reported_without_problems(self, tmp_path: Path) -> None:
        report = check_file(mrhisum_file(tmp_path / "m.h5"))
        assert report.problems == ()
        assert [video.duration_s for video in report.videos] == [40, 41, 42]
        assert {video.kind for video in report.videos} == {"mrhisum"}

    def test_annotations_without_features_are_reported_without_problems(self, tmp_path: Path) -> None:
        report = check_file(write_annotations(tmp_path / "a.h5"))
        assert (report.problems, report.feature_info, report.null_length) == ((), None, None)
        assert not report.has_features

    def test_progress_is_told_after_each_video(self, dataset: Path) -> None:
        told: list[tuple[int, int]] = []
        check_file(dataset, on_progress=lambda done, total: told.append((done, total)))
        assert told == [(1, 2), (2, 2)]

    @pytest.mark.parametrize("name", ["tvsum", "summe"])
    def test_the_published_annotations_have_no_problems(self, data: Path, name: str) -> None:
        report = check_file(data / "annotations" / f"{name}_annotations.h5")
        assert report.problems == ()
        hours = sum(video.duration_s or 0 for video in report.videos) / 3600
        assert hours == pytest.approx({"tvsum": 3.5, "summe": 1.1}[name], abs=0.1)

    def test_a_public_file_does_not_say_what_its_features_are(self, data: Path) -> None:
        report = check_file(data / "features" / "googlenet_torchvision_3videos.h5")
        assert fatal(report) == [("", "does not say what its features are: feature_id is missing")]
        assert {video.channels for video in report.videos} == {1024}


class TestFaults:
    """Fatal faults of arrays are refused on loading, too, in the same words."""

    @pytest.mark.parametrize(
        ("name", "value", "told"),
        [
            ("gtscore", np.full(7, 2.0), "gtscore is not within 0 and 1"),
            ("gtscore", np.zeros(5), "gtscore has 5 values for 7 samples"),
            ("user_scores", np.full((3, 7), np.nan), "user_scores are not finite numbers of 0 or more"),
            (
                "change_points",
                np.array([[0, 50], [52, 99]]),
                "the shots do not meet: one ends at 50, the next begins at 52",
            ),
            ("change_points", np.array([[0, 49], [50, 90]]), "the shots end at frame 90, the video at 99"),
            ("picks", np.arange(8) * 14, "features have 7 rows for 8 samples"),
            ("features", np.full((7, CHANNELS), np.nan), "features are not finite"),
        ],
    )
    def test_damaged_arrays_are_reported_in_the_words_of_the_error_on_loading(
        self, dataset: Path, name: str, value: Any, told: str
    ) -> None:
        with h5py.File(dataset, "a") as file:
            del file["video_2"][name]
            file["video_2"][name] = value
        assert ("video_2", told) in fatal(check_file(dataset))
        store = FeatureStore([dataset])
        read = store.features if "features" in told else store.annotation
        with pytest.raises(InputError) as caught:
            read("video_2")
        assert told in str(caught.value)

    def test_all_faults_of_all_videos_are_reported(self, dataset: Path) -> None:
        with h5py.File(dataset, "a") as file:
            for key in ("video_1", "video_2"):
                for name in ("gtscore", "features"):
                    del file[key][name]
                    file[key][name] = np.full((7, CHANNELS) if name == "features" else 7, np.inf)
        assert len(fatal(check_file(dataset))) == 4

    def test_missing_and_wrong_null_features_are_reported(self, dataset: Path) -> None:
        with h5py.File(dataset, "a") as file:
            del file.attrs["null_features"]
        assert fatal(check_file(dataset)) == [("", "does not say what its features are: null_features is missing")]
        with h5py.File(dataset, "a") as file:
            file.attrs["null_features"] = np.zeros(CHANNELS + 1)
        assert fatal(check_file(dataset)) == [("", "null_features have 7 channels, features 6")]

    def test_null_features_of_another_scale_are_a_warning(self, tmp_path: Path) -> None:
        unit = {key: features(i) for i, key in enumerate(("video_1", "video_2"))}
        unit = {key: v / np.linalg.norm(v, axis=1, keepdims=True) for key, v in unit.items()}
        path = write_features(tmp_path / "f.h5", write_annotations(tmp_path / "a.h5"), unit)
        assert warnings(check_file(path)) == [("", "features are of unit length, null_features of length 1.48")]

    def test_different_numbers_of_channels_are_reported(self, dataset: Path) -> None:
        with h5py.File(dataset, "a") as file:
            del file["video_2/features"]
            file["video_2/features"] = np.ones((7, 4), "f4")
        assert ("", "features have different numbers of channels: 4, 6") in fatal(check_file(dataset))

    def test_videos_without_features_are_reported(self, dataset: Path) -> None:
        with h5py.File(dataset, "a") as file:
            del file["video_2/features"]
        assert fatal(check_file(dataset)) == [("video_2", "features are missing")]

    def test_features_of_zeros_are_a_warning(self, dataset: Path) -> None:
        with h5py.File(dataset, "a") as file:
            file["video_2/features"][3:5] = 0
        assert warnings(check_file(dataset)) == [("video_2", "2 of 7 samples have features of zeros")]

    def test_duplicate_videos_are_reported(self, dataset: Path) -> None:
        with h5py.File(dataset, "a") as file:
            file.copy("video_1", "video_3")
        assert [key for key, text in fatal(check_file(dataset)) if "duplicates could" in text] == ["video_3"] * 2

    def test_annotators_with_constant_scores_are_a_warning(self, dataset: Path) -> None:
        with h5py.File(dataset, "a") as file:
            file["video_1/user_scores"][1] = 3
        assert warnings(check_file(dataset)) == [("video_1", "1 of 3 annotators give every sample the same score")]

    def test_shot_lengths_that_disagree_are_a_warning(self, dataset: Path) -> None:
        with h5py.File(dataset, "a") as file:
            file["video_1/n_frame_per_seg"][0] = 51
        assert warnings(check_file(dataset)) == [("video_1", "n_frame_per_seg does not agree with change_points")]

    def test_links_are_reported_and_not_followed(self, tmp_path: Path, dataset: Path) -> None:
        private = write_annotations(tmp_path / "private.h5")
        with h5py.File(dataset, "a") as file:
            file["video_8"] = h5py.ExternalLink(str(private), "/video_1")
            file["video_9"] = h5py.SoftLink("/video_1")
            file["video_1"]["category"] = h5py.ExternalLink(str(private), "/video_1/video_name")
            del file["video_2"]["gtscore"]
            file["video_2"]["gtscore"] = h5py.SoftLink("/video_1/gtscore")
            file.create_group("notes")
        report = check_file(dataset)
        assert set(fatal(report)) == {
            ("video_8", "is a link and is not followed"),
            ("video_9", "is a link and is not followed"),
            ("video_2", "gtscore is a link, not data"),
        }
        assert set(warnings(report)) == {
            ("video_1", "category is a link, not data"),
            ("notes", "is a group without picks or gtscore and is ignored"),
        }

    def test_a_file_without_videos_is_reported(self, tmp_path: Path) -> None:
        h5py.File(tmp_path / "empty.h5", "w").close()
        assert fatal(check_file(tmp_path / "empty.h5")) == [("", "holds no annotated video")]

    def test_other_files_are_refused(self, tmp_path: Path) -> None:
        (tmp_path / "text.h5").write_text("hello")
        for name in ("text.h5", "absent.h5"):
            with pytest.raises(InputError, match=name):
                check_file(tmp_path / name)


class TestAgainstAnnotations:
    def test_unchanged_annotations_are_no_problem(self, tmp_path: Path) -> None:
        annotations = write_annotations(tmp_path / "a.h5")
        assert not check_file(write_features(tmp_path / "f.h5", annotations), against=annotations).problems

    def test_differences_from_the_annotations_are_reported(self, tmp_path: Path) -> None:
        annotations = write_annotations(tmp_path / "a.h5", ("video_1", "video_2", "video_3"))
        path = write_features(tmp_path / "f.h5", annotations)
        with h5py.File(path, "a") as file:
            file["video_1/user_scores"][0] = [1, 1, 2, 2, 3, 3, 4]
            file.copy("video_2", "video_4")
            file["video_4/video_name"][()] = "other"
            file["video_4/features"][...] += 1
        report = check_file(path, against=annotations)
        assert fatal(report) == [("video_1", "scores differ from a.h5")]
        assert warnings(report) == [("video_3", "is in a.h5 but not here"), ("video_4", "is not in a.h5")]

    def test_a_missing_annotation_file_is_refused(self, tmp_path: Path, dataset: Path) -> None:
        with pytest.raises(InputError, match=r"absent\.h5"):
            check_file(dataset, against=tmp_path / "absent.h5")
