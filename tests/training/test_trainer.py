import dataclasses

import numpy as np
import pytest
import torch

from vidsumm.errors import ConfigError
from vidsumm.model.sampling import SamplingOptions, sample_curves
from vidsumm.training.recipe import Recipe
from vidsumm.training.trainer import TrainingVideo, fit

RECIPE = Recipe(epochs=2, videos_per_step=2, curves_per_video=2)
CHANNELS = 12


def _videos(count: int, *, annotators: int = 3, seed: int = 0) -> list[TrainingVideo]:
    """Videos whose importance is one of the feature channels."""
    rng = np.random.default_rng(seed)
    videos = []
    for i in range(count):
        features = rng.normal(size=(30 + 7 * i, CHANNELS)).astype(np.float32)
        scores = 1 / (1 + np.exp(-2 * features[:, 0]))
        videos.append(TrainingVideo(features, np.tile(scores, (annotators, 1)).astype(np.float32)))
    return videos


def test_a_seed_gives_the_same_weights() -> None:
    videos, null = _videos(3), np.zeros(CHANNELS, np.float32)
    first, again = fit(videos, null, RECIPE), fit(videos, null, RECIPE)
    other = fit(videos, null, dataclasses.replace(RECIPE, seed=1))
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), again.parameters(), strict=True))
    assert not torch.equal(first.norm.weight, other.norm.weight)
    assert not first.training


def test_every_epoch_is_told_and_the_loss_falls() -> None:
    told: list[tuple[int, float]] = []
    recipe = dataclasses.replace(RECIPE, epochs=30, learning_rate=2e-3)
    fit(_videos(4), np.zeros(CHANNELS, np.float32), recipe, on_epoch=lambda e, loss: told.append((e, loss)))
    assert [epoch for epoch, _ in told] == list(range(1, 31))
    assert np.mean([loss for _, loss in told[-5:]]) < 0.7 * told[0][1]


def test_it_learns_what_a_feature_says() -> None:
    recipe = Recipe(
        epochs=60, videos_per_step=4, curves_per_video=4, learning_rate=2e-3, ema=0.9, input_dropout=0.0, p_uncond=0.1
    )
    model = fit(_videos(8), np.zeros(CHANNELS, np.float32), recipe)
    unseen = _videos(1, seed=9)[0]
    curve = sample_curves(model, unseen.features, range(4), SamplingOptions()).mean(axis=0)
    assert np.corrcoef(curve, unseen.scores[0])[0, 1] > 0.5


def test_the_null_video_is_kept() -> None:
    null = np.arange(CHANNELS, dtype=np.float32)
    model = fit(_videos(2), null, dataclasses.replace(RECIPE, p_uncond=1.0))
    assert model.null_features.tolist() == null.tolist()


@pytest.mark.parametrize("annotators", [1, 2, 5])
def test_any_number_of_annotators_will_do(annotators: int) -> None:
    for use in ("individual", "aggregated"):
        recipe = dataclasses.replace(RECIPE, epochs=1, curves_per_video=4, annotators=use)
        fit(_videos(1, annotators=annotators), np.zeros(CHANNELS, np.float32), recipe)


@pytest.mark.parametrize(
    ("field", "value"),
    [("epochs", 0), ("learning_rate", 0.0), ("annotators", "some"), ("denoiser", "none"), ("ema", 1.0), ("clamp", 0.5)],
)
def test_bad_recipes_are_refused(field: str, value: object) -> None:
    with pytest.raises(ConfigError, match=field.replace("_", "-")):
        dataclasses.replace(RECIPE, **{field: value})  # type: ignore[arg-type]
