import dataclasses
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vidsumm.datasets.reading import read_annotations
from vidsumm.datasets.store import FeatureStore
from vidsumm.datasets.synthetic import SyntheticConfig, feature_id, synthetic_videos, write_synthetic
from vidsumm.errors import ConfigError
from vidsumm.features.feature_id import parse_feature_id

SMALL = SyntheticConfig(videos=3, frames=(60, 90), annotators=8, feature_dim=16)


@settings(deadline=None, max_examples=25)
@given(st.integers(1, 5), st.integers(1, 12), st.floats(0, 1), st.floats(0, 2), st.integers(0, 2**32))
def test_every_configuration_gives_videos_that_keep_its_promises(
    modes: int, annotators: int, agreement: float, noise: float, seed: int
) -> None:
    config = SyntheticConfig(2, (72, 100), annotators, modes, agreement, 8, noise, seed)
    for video in synthetic_videos(config):
        samples = len(video.features)
        assert 72 <= samples <= 100
        assert video.features.shape == (samples, 8)
        assert video.features.dtype == video.scores.dtype == np.float32
        np.testing.assert_allclose(np.linalg.norm(video.features, axis=1), 1, atol=1e-5)
        assert video.scores.shape == (annotators, samples)
        assert video.scores.min() >= 0
        assert video.scores.max() <= 1
        assert video.modes.shape == (modes, samples)
        assert (np.ptp(video.modes, axis=1) > 0.3).all()
        assert ((video.modes > 0.2).sum(axis=0) <= 1).all()  # no frame is liked in two modes
        np.testing.assert_array_equal(video.shots[1:, 0], video.shots[:-1, 1] + 1)
        assert (video.shots[0, 0], video.shots[-1, 1]) == (0, samples - 1)
        assert (video.shots[:, 1] - video.shots[:, 0] >= 3).all()


@pytest.mark.parametrize(
    ("agreement", "followers"), [(0.0, [4, 4, 4]), (0.25, [6, 3, 3]), (0.5, [8, 2, 2]), (1.0, [12, 0, 0])]
)
def test_agreement_moves_annotators_to_one_mode(agreement: float, followers: list[int]) -> None:
    config = dataclasses.replace(SMALL, annotators=12, agreement=agreement)
    for video in synthetic_videos(config):
        assert np.bincount(video.annotator_mode, minlength=3).tolist() == followers
        assert len(video.followed_modes) == np.count_nonzero(followers)


def test_without_noise_annotators_score_their_mode() -> None:
    (video,) = synthetic_videos(dataclasses.replace(SMALL, videos=1, noise=0))
    followed = video.modes[video.annotator_mode]
    np.testing.assert_allclose(video.scores, followed / followed.max(axis=1, keepdims=True), atol=1e-6)


def test_modes_can_be_learned_from_other_videos() -> None:
    videos = synthetic_videos(SyntheticConfig(videos=12))
    features = np.concatenate([video.features for video in videos[:10]])
    modes = np.concatenate([video.modes.T for video in videos[:10]])
    weights = np.linalg.lstsq(features, modes - modes.mean(axis=0), rcond=None)[0]
    for video in videos[10:]:
        for mode, predicted in zip(video.modes, (video.features @ weights).T, strict=True):
            assert np.corrcoef(mode, predicted)[0, 1] > 0.9


def test_the_first_videos_stay_the_same_when_more_are_made() -> None:
    few, many = synthetic_videos(SMALL), synthetic_videos(dataclasses.replace(SMALL, videos=5))
    for one, other in zip(few, many, strict=False):
        np.testing.assert_array_equal(one.features, other.features)
        np.testing.assert_array_equal(one.scores, other.scores)
    assert not np.array_equal(few[0].scores[0, :60], few[1].scores[0, :60])


def test_the_file_can_be_read_like_any_data_set(tmp_path: Path) -> None:
    path = tmp_path / "synthetic.h5"
    write_synthetic(path, SMALL)
    store = FeatureStore([path])
    assert list(store.keys) == ["video_1", "video_2", "video_3"]
    assert store.feature_id == feature_id(SMALL)
    again = SyntheticConfig(**store.provenance["synthetic"])
    annotations = read_annotations(path)
    for video in synthetic_videos(again):
        annotation = annotations[video.key]
        np.testing.assert_array_equal(store.features(video.key), video.features)
        np.testing.assert_array_equal(annotation.scores, video.scores)
        np.testing.assert_array_equal(np.searchsorted(annotation.picks, annotation.shots[:, 0]), video.shots[:, 0])
        assert annotation.kind == "other"
        assert (annotation.user_summary.mean(axis=1) <= 0.15).all()
        assert (annotation.user_summary.mean(axis=1) > 0.04).all()
        chosen = annotation.user_summary[:, annotation.picks]
        liked = [row[taken].mean() / row.mean() for row, taken in zip(video.scores, chosen, strict=True)]
        assert np.mean(liked) > 1.5


def test_the_feature_id_has_the_usual_form_and_depends_on_the_kinds_alone() -> None:
    assert parse_feature_id(feature_id(SMALL)).backbone == "synthetic"
    assert feature_id(SMALL) == feature_id(dataclasses.replace(SMALL, videos=9, agreement=1.0, noise=0.5))
    assert feature_id(SMALL) != feature_id(dataclasses.replace(SMALL, seed=1))


@pytest.mark.parametrize(
    "wrong",
    [
        {"agreement": 1.1},
        {"agreement": float("nan")},
        {"videos": 0},
        {"frames": (20, 30)},
        {"frames": (90, 60)},
        {"noise": -1.0},
        {"feature_dim": 3},
        {"annotators": 0},
    ],
)
def test_impossible_configurations_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        dataclasses.replace(SMALL, **wrong)  # type: ignore[arg-type]
