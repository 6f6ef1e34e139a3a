import csv
import dataclasses
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.support.places import ROOT
from tests.support.training import CHANNELS, NULL, RECIPE, training_videos, wait_for
from vidsumm.errors import ConfigError, ResourceError
from vidsumm.evaluation.metrics import RankCorrelation
from vidsumm.model.sampling import SamplingOptions, sample_curves
from vidsumm.model.summdiff import SummDiff
from vidsumm.training.recipe import Recipe
from vidsumm.training.runlog import LOG_NAME, TENSORBOARD_NAME, EpochReport
from vidsumm.training.state import STATE_NAME
from vidsumm.training.trainer import Trained, fit, rate_factor

pytestmark = pytest.mark.slow


def test_the_same_seed_gives_the_same_weights() -> None:
    videos, null = training_videos(3), NULL
    first, again = fit(videos, null, RECIPE).last, fit(videos, null, RECIPE).last
    other = fit(videos, null, dataclasses.replace(RECIPE, seed=1)).last
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), again.parameters(), strict=True))
    assert not torch.equal(first.norm.weight, other.norm.weight)
    assert not first.training


def test_every_epoch_is_reported_and_the_loss_falls() -> None:
    reports: list[EpochReport] = []
    recipe = dataclasses.replace(RECIPE, epochs=30, learning_rate=3e-3, p_uncond=0.0, clamp=0.01)
    trained = fit(training_videos(4), NULL, recipe, on_epoch=reports.append)
    assert [report.epoch for report in reports] == list(range(1, 31))
    assert np.mean([report.loss for report in reports[-5:]]) < 0.8 * reports[0].loss
    assert trained.history == tuple(reports)


def test_it_learns_to_score_by_a_feature() -> None:
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
    model = fit(training_videos(8), NULL, recipe).last
    unseen = training_videos(1, seed=9)[0]
    curve = sample_curves(model, unseen.features, range(4), SamplingOptions()).mean(axis=0)
    assert np.corrcoef(curve, unseen.scores[0])[0, 1] > 0.5


def test_the_network_keeps_the_null_video() -> None:
    null = np.arange(CHANNELS, dtype=np.float32)
    model = fit(training_videos(2), null, dataclasses.replace(RECIPE, p_uncond=1.0)).last
    assert model.null_features.tolist() == null.tolist()


@pytest.mark.parametrize("annotators", [1, 2, 5])
def test_any_number_of_annotators_can_be_trained_on(annotators: int) -> None:
    for use in ("individual", "aggregated"):
        recipe = dataclasses.replace(RECIPE, epochs=1, curves_per_video=4, annotators=use)
        fit(training_videos(1, annotators=annotators), NULL, recipe)


def _same(a: SummDiff, b: SummDiff) -> bool:
    return all(torch.equal(x, y) for x, y in zip(a.state_dict().values(), b.state_dict().values(), strict=True))


def _validate(model: SummDiff) -> RankCorrelation:
    """A tau that rises and falls with a weight, so that the best epoch need not be the last."""
    return RankCorrelation(float(model.norm.weight.detach().sum().sin()), 0.0)


def _interrupted(folder: Path, at: int, recipe: Recipe = RECIPE) -> Trained:
    """Interrupts a run when it reports epoch `at`, and starts it again."""

    def stop(report: EpochReport) -> None:
        if report.epoch == at:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit(training_videos(5), NULL, recipe, folder=folder, validate=_validate, on_epoch=stop)
    return fit(training_videos(5), NULL, recipe, folder=folder, validate=_validate)


@pytest.mark.parametrize("at", [1, 3, 5])
def test_an_interrupted_run_ends_with_the_numbers_of_an_uninterrupted_one(at: int, tmp_path: Path) -> None:
    recipe = dataclasses.replace(RECIPE, epochs=6, validate_every=2)
    whole = fit(training_videos(5), NULL, recipe, validate=_validate)
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


def test_a_killed_run_goes_on_after_its_last_saved_epoch(tmp_path: Path) -> None:
    code = (
        "import sys, dataclasses; from pathlib import Path; from tests.support import training as t; "
        "from vidsumm.training.trainer import fit; "
        "fit(t.training_videos(5), t.NULL, dataclasses.replace(t.RECIPE, epochs=500), folder=Path(sys.argv[1]))"
    )
    process = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], cwd=ROOT)
    try:
        wait_for((tmp_path / LOG_NAME).is_file)
    finally:
        process.kill()
        process.wait()
    done = torch.load(tmp_path / STATE_NAME, weights_only=True)["epoch"]
    recipe = dataclasses.replace(RECIPE, epochs=500)
    reports: list[EpochReport] = []

    def stop(report: EpochReport) -> None:
        reports.append(report)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit(training_videos(5), NULL, recipe, folder=tmp_path, on_epoch=stop)
    assert done >= 1
    assert reports[0].epoch == done + 1


def test_best_is_the_epoch_with_the_highest_validation_tau() -> None:
    recipe = dataclasses.replace(RECIPE, epochs=6, validate_every=2)
    trained = fit(training_videos(5), NULL, recipe, validate=_validate)
    taus = {report.epoch: report.tau for report in trained.history if report.tau is not None}
    assert sorted(taus) == [2, 4, 6]
    assert trained.best_epoch == max(taus, key=lambda epoch: taus[epoch] or 0)
    assert _validate(trained.best).tau == taus[trained.best_epoch]


def test_without_validation_the_last_is_the_best() -> None:
    trained = fit(training_videos(2), NULL, RECIPE)
    assert trained.best_epoch == RECIPE.epochs
    assert _same(trained.best, trained.last)


def test_a_state_of_another_recipe_or_of_other_videos_is_refused(tmp_path: Path) -> None:
    fit(training_videos(3), NULL, RECIPE, folder=tmp_path)
    with pytest.raises(ConfigError, match="another recipe"):
        fit(training_videos(3), NULL, dataclasses.replace(RECIPE, seed=1), folder=tmp_path)
    with pytest.raises(ConfigError, match="other data"):
        fit(training_videos(3, seed=1), NULL, RECIPE, folder=tmp_path)


def test_a_damaged_state_is_refused(tmp_path: Path) -> None:
    fit(training_videos(2), NULL, RECIPE, folder=tmp_path)
    state = tmp_path / STATE_NAME
    state.write_bytes(state.read_bytes()[:-1000])
    with pytest.raises(ResourceError, match="damaged"):
        fit(training_videos(2), NULL, RECIPE, folder=tmp_path)


def test_learning_rate_follows_the_schedule() -> None:
    cosine = dataclasses.replace(RECIPE, epochs=10, warmup=0.1)
    factors = [rate_factor(step, 10, cosine) for step in range(100)]
    assert factors[:10] == pytest.approx(np.linspace(0.1, 1, 10))
    assert factors[10] == 1
    assert all(np.diff(factors[10:]) < 0)
    assert factors[-1] < 1e-3
    exponential = dataclasses.replace(cosine, schedule="exponential", warmup=0.0, decay=0.9)
    assert rate_factor(35, 10, exponential) == pytest.approx(0.9**3)
    assert rate_factor(99, 10, dataclasses.replace(exponential, schedule="constant")) == 1
