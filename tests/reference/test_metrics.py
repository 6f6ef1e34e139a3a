"""Every metric gives the authors' numbers on the recorded videos."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.places import REFERENCE
from vidsumm.benchmark.video_measures import VideoMeasures, measure_video
from vidsumm.datasets.annotation import Annotation, Kind
from vidsumm.datasets.layout import inclusive_shots
from vidsumm.evaluation.summaries import frame_scores, machine_summaries, shot_lengths

TOLERANCE = 1e-6
FILE = REFERENCE / "metrics.npz"
PERCENT = 100  # the unit of the authors' F1


def recorded_videos() -> list[Any]:
    if not FILE.is_file():
        return [pytest.param("", marks=pytest.mark.skip(f"no {FILE}: set VIDSUMM_REFERENCE or VIDSUMM_DATA"))]
    with np.load(FILE) as file:
        return sorted({key.rpartition("/")[0] for key in file.files})


def read(video: str) -> dict[str, NDArray[Any]]:
    with np.load(FILE) as file:
        return {key.rpartition("/")[2]: file[key] for key in file.files if key.startswith(f"{video}/")}


def kind_of(video: str) -> Kind:
    kinds: dict[str, Kind] = {"tvsum": "tvsum", "summe": "summe", "mrhisum": "mrhisum"}
    return kinds[video.partition("/")[0]]


def annotated(video: str, arrays: dict[str, NDArray[Any]]) -> Annotation:
    n_frames = int(arrays.get("n_frames", np.array(len(arrays["pred"]))))
    users = arrays["user_summary"] if "user_summary" in arrays else arrays["gt_summary"][None]
    scores = arrays["user_scores"] if "user_scores" in arrays else arrays["gtscore"][None]
    return Annotation(
        key=video,
        name="",
        n_frames=n_frames,
        picks=arrays["picks"].astype(np.int64),
        scores=scores.astype(np.float32),
        shots=inclusive_shots(arrays["change_points"], n_frames),
        user_summary=users.astype(np.bool_),
        gtscore=arrays.get("gtscore", scores.mean(axis=0)).astype(np.float32),
        kind=kind_of(video),
    )


def differences(found: VideoMeasures, arrays: dict[str, NDArray[Any]], kind: Kind) -> dict[str, float]:
    """The difference from the recorded value, for each measure that was recorded."""
    f1 = found.f1_avg if kind == "tvsum" else found.f1_max
    assert f1 is not None
    ours = {
        "f1": PERCENT * f1,
        "tau": found.tau_one,
        "rho": found.rho_one,
        "WSE": found.wse,
        "CIS": found.cis,
        "WIR": found.wir,
        "IR": found.ir,
        "AP50": found.map50,
        "AP15": found.map15,
    }
    return {name: float(value - arrays[name]) for name, value in ours.items() if value is not None and name in arrays}


@pytest.mark.parametrize("video", recorded_videos())
def test_measures_are_the_recorded_ones(video: str) -> None:
    arrays, kind = read(video), kind_of(video)
    found = differences(measure_video(annotated(video, arrays), arrays["pred"][None]), arrays, kind)
    assert len(found) == (9 if kind == "mrhisum" else 3)
    assert {name: value for name, value in found.items() if not abs(value) < TOLERANCE} == {}


@pytest.mark.parametrize("video", recorded_videos())
def test_the_machine_summary_is_the_recorded_one(video: str) -> None:
    arrays = read(video)
    annotation = annotated(video, arrays)
    frames = frame_scores(arrays["pred"][None], annotation.picks, annotation.n_frames)
    reach = 1 if annotation.kind == "mrhisum" else 0
    np.testing.assert_array_equal(shot_lengths(annotation.shots), arrays["n_frame_per_seg"])
    found = machine_summaries(frames, annotation.shots, reach=reach)[0]
    np.testing.assert_array_equal(found, arrays["machine_summary"].astype(np.bool_))


@pytest.mark.parametrize("video", [video for video in recorded_videos() if "mrhisum" in str(video)])
def test_the_true_summary_is_the_recorded_one(video: str) -> None:
    """The stored summary is the optimal choice for the stored scores, by the authors' convention."""
    arrays = read(video)
    annotation = annotated(video, arrays)
    frames = frame_scores(arrays["gtscore"][None], annotation.picks, annotation.n_frames)
    np.testing.assert_array_equal(machine_summaries(frames, annotation.shots, reach=1)[0], arrays["gt_summary"] > 0)


def test_every_data_set_was_recorded(reference: Path) -> None:
    with np.load(reference / "metrics.npz") as file:
        kinds = {key.partition("/")[0] for key in file.files}
    assert kinds == {"tvsum", "summe", "mrhisum"}
