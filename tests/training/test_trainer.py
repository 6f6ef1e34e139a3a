import csv
import dataclasses
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.support.places import ROOT
from vidsumm.errors import ConfigError, ResourceError
from vidsumm.evaluation.metrics import RankCorrelation
from vidsumm.model.sampling import SamplingOptions, sample_curves
from vidsumm.model.summdiff import SummDiff
from vidsumm.training.loader import TrainingVideo, VideoList, epoch_batches, kept_annotators
from vidsumm.training.recipe import Recipe
from vidsumm.training.runlog import LOG_NAME, TENSORBOARD_NAME, EpochReport
from vidsumm.training.state import STATE_NAME
from vidsumm.training.trainer import Trained, fit, rate_factor

RECIPE = Recipe(epochs=2, videos_per_step=2, curves_per_video=2, width=32, heads=4, feedforward=64)
CHANNELS = 12
NULL = np.zeros(CHANNELS, np.float32)


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
    videos, null = _videos(3), NULL
    first, again = fit(videos, null, RECIPE).last, fit(videos, null, RECIPE).last
    other = fit(videos, null, dataclasses.replace(RECIPE, seed=1)).last
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), again.parameters(), strict=True))
    assert not torch.equal(first.norm.weight, other.norm.weight)
    assert not first.training


def test_every_epoch_is_told_and_the_loss_falls() -> None:
    told: list[EpochReport] = []
    recipe = dataclasses.replace(RECIPE, epochs=30, learning_rate=3e-3, p_uncond=0.0, clamp=0.01)
    trained = fit(_videos(4), NULL, recipe, on_epoch=told.append)
    assert [report.epoch for report in told] == list(range(1, 31))
    assert np.mean([report.loss for report in told[-5:]]) < 0.8 * told[0].loss
    assert trained.history == tuple(told)


def test_it_learns_what_a_feature_says() -> None:
    recipe = dataclasses.replace(
        RECIPE,
        epochs=60,
        videos_per_step=4,
        curves_per_video=4,
        learning_rate=1e-2,
        ema=0.9,
        input_dropout=0.0,
        p_uncond=0.1,
    )
    model = fit(_videos(8), NULL, recipe).last
    unseen = _videos(1, seed=9)[0]
    curve = sample_curves(model, unseen.features, range(4), SamplingOptions()).mean(axis=0)
    assert np.corrcoef(curve, unseen.scores[0])[0, 1] > 0.5


def test_the_null_video_is_kept() -> None:
    null = np.arange(CHANNELS, dtype=np.float32)
    model = fit(_videos(2), null, dataclasses.replace(RECIPE, p_uncond=1.0)).last
    assert model.null_features.tolist() == null.tolist()


@pytest.mark.parametrize("annotators", [1, 2, 5])
def test_any_number_of_annotators_will_do(annotators: int) -> None:
    for use in ("individual", "aggregated"):
        recipe = dataclasses.replace(RECIPE, epochs=1, curves_per_video=4, annotators=use)
        fit(_videos(1, annotators=annotators), NULL, recipe)


def wait_for(holds: Callable[[], bool], seconds: float = 60.0) -> None:
    """Returns as soon as something holds; fails if it does not in time."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)


def _same(a: SummDiff, b: SummDiff) -> bool:
    return all(torch.equal(x, y) for x, y in zip(a.state_dict().values(), b.state_dict().values(), strict=True))


def _validate(model: SummDiff) -> RankCorrelation:
    """Rises and falls with a weight, so that the best epoch need not be the last."""
    return RankCorrelation(float(model.norm.weight.detach().sum().sin()), 0.0)


def _interrupted(folder: Path, at: int, recipe: Recipe = RECIPE) -> Trained:
    """A run that breaks off while it tells of epoch `at`, and goes on when it is called again."""

    def stop(report: EpochReport) -> None:
        if report.epoch == at:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit(_videos(5), NULL, recipe, folder=folder, validate=_validate, on_epoch=stop)
    return fit(_videos(5), NULL, recipe, folder=folder, validate=_validate)


@pytest.mark.parametrize("at", [1, 3, 5])
def test_an_interrupted_run_ends_with_the_numbers_of_an_uninterrupted_one(at: int, tmp_path: Path) -> None:
    recipe = dataclasses.replace(RECIPE, epochs=6, validate_every=2)
    whole = fit(_videos(5), NULL, recipe, validate=_validate)
    resumed = _interrupted(tmp_path, at, recipe)
    assert _same(resumed.last, whole.last)
    assert _same(resumed.best, whole.best)
    assert resumed.best_epoch == whole.best_epoch
    for mine, theirs in zip(resumed.history, whole.history, strict=True):
        assert dataclasses.replace(mine, seconds=0) == dataclasses.replace(theirs, seconds=0)
    rows = list(csv.DictReader((tmp_path / LOG_NAME).read_text().splitlines()))
    assert [int(row["epoch"]) for row in rows] == list(range(1, 7))
    assert [float(row["loss"]) for row in rows] == [report.loss for report in whole.history]
    assert [row["tau"] != "" for row in rows] == [False, True, False, True, False, True]
    assert list((tmp_path / TENSORBOARD_NAME).iterdir())


def test_a_killed_run_goes_on(tmp_path: Path) -> None:
    code = (
        "import sys, dataclasses; from pathlib import Path; from tests.training import test_trainer as t; "
        "t.fit(t._videos(5), t.NULL, dataclasses.replace(t.RECIPE, epochs=500), folder=Path(sys.argv[1]))"
    )
    process = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], cwd=ROOT)
    try:
        wait_for((tmp_path / LOG_NAME).is_file)
    finally:
        process.kill()
        process.wait()
    done = torch.load(tmp_path / STATE_NAME, weights_only=True)["epoch"]
    recipe = dataclasses.replace(RECIPE, epochs=500)
    told: list[EpochReport] = []

    def stop(report: EpochReport) -> None:
        told.append(report)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit(_videos(5), NULL, recipe, folder=tmp_path, on_epoch=stop)
    assert done >= 1
    assert told[0].epoch == done + 1


def test_best_is_the_epoch_validation_liked_best() -> None:
    recipe = dataclasses.replace(RECIPE, epochs=6, validate_every=2)
    trained = fit(_videos(5), NULL, recipe, validate=_validate)
    taus = {report.epoch: report.tau for report in trained.history if report.tau is not None}
    assert sorted(taus) == [2, 4, 6]
    assert trained.best_epoch == max(taus, key=lambda epoch: taus[epoch] or 0)
    assert _validate(trained.best).tau == taus[trained.best_epoch]


def test_without_validation_the_last_is_the_best() -> None:
    trained = fit(_videos(2), NULL, RECIPE)
    assert trained.best_epoch == RECIPE.epochs
    assert _same(trained.best, trained.last)


def test_another_recipe_or_other_videos_do_not_go_on_from_a_state(tmp_path: Path) -> None:
    fit(_videos(3), NULL, RECIPE, folder=tmp_path)
    with pytest.raises(ConfigError, match="another recipe"):
        fit(_videos(3), NULL, dataclasses.replace(RECIPE, seed=1), folder=tmp_path)
    with pytest.raises(ConfigError, match="other data"):
        fit(_videos(3, seed=1), NULL, RECIPE, folder=tmp_path)


def test_a_damaged_state_is_refused(tmp_path: Path) -> None:
    fit(_videos(2), NULL, RECIPE, folder=tmp_path)
    state = tmp_path / STATE_NAME
    state.write_bytes(state.read_bytes()[:-1000])
    with pytest.raises(ResourceError, match="damaged"):
        fit(_videos(2), NULL, RECIPE, folder=tmp_path)


def test_batches_hold_every_video_once_and_depend_on_seed_and_epoch_alone() -> None:
    videos = VideoList(_videos(7))
    recipe = dataclasses.replace(RECIPE, videos_per_step=3)
    batches, again = (list(epoch_batches(videos, recipe, 4)) for _ in range(2))
    assert all(torch.equal(a.scores, b.scores) for a, b in zip(batches, again, strict=True))
    lengths = sorted(int(n) for batch in batches for n in batch.mask.sum(dim=1))
    assert lengths == sorted(videos.lengths.tolist())
    other = list(epoch_batches(videos, recipe, 5))
    assert [b.scores.shape for b in other] != [b.scores.shape for b in batches] or not torch.equal(
        other[0].features, batches[0].features
    )


def test_an_error_of_the_loading_thread_is_raised_here() -> None:
    class Broken(VideoList):
        def __getitem__(self, index: int) -> TrainingVideo:
            raise OSError("disk gone")

    with pytest.raises(OSError, match="disk gone"):
        list(epoch_batches(Broken(_videos(2)), RECIPE, 1))


def test_leaving_early_stops_the_loading_thread() -> None:
    for _ in epoch_batches(VideoList(_videos(8)), dataclasses.replace(RECIPE, videos_per_step=1), 1):
        break
    wait_for(lambda: not any(thread.name == "vidsumm-loader" for thread in threading.enumerate()))


def test_a_part_of_the_annotators_is_the_same_part_always() -> None:
    scores = np.arange(10, dtype=np.float32)[:, None] * np.ones(4, np.float32)
    recipe = dataclasses.replace(RECIPE, annotators_kept=3)
    kept = kept_annotators(scores, 2, recipe)
    assert kept.shape == (3, 4)
    assert np.array_equal(kept, kept_annotators(scores, 2, recipe))
    assert not np.array_equal(kept, kept_annotators(scores, 3, recipe))
    assert kept_annotators(scores, 0, RECIPE) is scores


def test_learning_rates() -> None:
    cosine = dataclasses.replace(RECIPE, epochs=10, warmup=0.1)
    factors = [rate_factor(step, 10, cosine) for step in range(100)]
    assert factors[:10] == pytest.approx(np.linspace(0.1, 1, 10))
    assert factors[10] == 1
    assert all(np.diff(factors[10:]) < 0)
    assert factors[-1] < 1e-3
    exponential = dataclasses.replace(cosine, schedule="exponential", warmup=0.0, decay=0.9)
    assert rate_factor(35, 10, exponential) == pytest.approx(0.9**3)
    assert rate_factor(99, 10, dataclasses.replace(exponential, schedule="constant")) == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("epochs", 0),
        ("learning_rate", 0.0),
        ("annotators", "some"),
        ("denoiser", "blob"),
        ("ema", 1.0),
        ("clamp", 0.5),
        ("optimizer", "sgd"),
    ],
)
def test_bad_recipes_are_refused(field: str, value: object) -> None:
    with pytest.raises(ConfigError, match=f"{field} = {value}"):
        dataclasses.replace(RECIPE, **{field: value})  # type: ignore[arg-type]
