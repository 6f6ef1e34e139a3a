"""A training run: measures the recipe by cross-validation, then trains a checkpoint on annotated feature files."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from vidsumm.datasets.split_files import official_folds
from vidsumm.datasets.splits import Split, augment, k_folds
from vidsumm.datasets.store import FeatureStore
from vidsumm.devices import resolve_device
from vidsumm.errors import ConfigError
from vidsumm.events import EventSink, ignore
from vidsumm.model.summdiff import SummDiff
from vidsumm.progress import Progress
from vidsumm.training.folder import open_run_folder, write_checkpoint
from vidsumm.training.heldout import HeldOut, measure
from vidsumm.training.runlog import EpochReport
from vidsumm.training.settings import TrainingSettings
from vidsumm.training.trainer import Trained, fit
from vidsumm.training.videos import StoredVideos

__all__ = ["train_checkpoint"]

_VALIDATION_SEED = 7
"""Used with the recipe's seed to choose validation videos."""


def train_checkpoint(
    settings: TrainingSettings, *, overwrite: bool = False, on_event: EventSink = ignore
) -> tuple[HeldOut, ...]:
    """Measures a recipe on held-out videos, trains on all videos, and writes checkpoints and cards.

    The folder of the run then holds ``recipe.toml`` (every field), ``run.json`` (data, versions, command),
    ``last.safetensors`` and ``best.safetensors`` with their cards, ``log.csv``, ``tensorboard/``, the state to resume
    from, and a folder for each fold. Called again with the same settings, an interrupted run goes on and gives the
    same numbers.

    Args:
        settings: what to train.
        overwrite: replace another run in the folder.
        on_event: receives the progress.

    Returns:
        What was measured on each fold.

    Raises:
        VidsummError: one of its kinds.
    """
    with FeatureStore(settings.data) as store:
        folds = _folds(settings, store.keys)
        run = _Run(settings, store, str(resolve_device(settings.device)), Progress(on_event))
        open_run_folder(settings, overwrite=overwrite)
        measured = tuple(run.cross_validate(number, fold) for number, fold in enumerate(folds, 1))
        run.train_final(measured)
    return measured


def _folds(settings: TrainingSettings, keys: Sequence[str]) -> list[Split]:
    """Returns the folds to cross-validate on."""
    if settings.splits is None:
        return k_folds(keys, settings.folds, settings.recipe.seed) if settings.folds else []
    prefix = f"{settings.data[0].stem}/" if len(settings.data) > 1 else ""
    folds = official_folds(settings.splits, [key for key in keys if key.startswith(prefix)])
    tested = {key for fold in folds for key in fold.test}
    return [augment(fold, [key for key in keys if key not in tested]) for fold in folds]


@dataclass(frozen=True)
class _Run:
    settings: TrainingSettings
    store: FeatureStore
    device: str
    progress: Progress

    def cross_validate(self, number: int, fold: Split) -> HeldOut:
        """Trains on one side of a fold, to the last epoch, and measures on the other."""
        folder = self.settings.output / f"fold-{number}"
        trained = self._train(f"fold {number}", folder, fold.train, (), keep=False)
        with self.progress.stage("measure") as done:
            row = self._measure(trained.last, fold.test)
            done(f"fold {number}: tau {row.mean.tau:.3f}, rho {row.mean.rho:.3f} on {len(fold.test)} held-out videos")
        return row

    def train_final(self, folds: Sequence[HeldOut]) -> None:
        """Trains the network that is kept, on all videos except those that choose its best epoch."""
        train, validation = self._hold_out_validation()
        trained = self._train("final", self.settings.output, train, validation, keep=True)
        spent_s = sum(report.seconds for report in trained.history)
        last = trained.history[-1]
        best = next((report for report in trained.history if report.epoch == trained.best_epoch), last)
        self._write("last", trained.last, last, folds, spent_s)
        self._write("best", trained.best, best, folds, spent_s)

    def _train(self, title: str, folder: Path, train: Sequence[str], test: Sequence[str], *, keep: bool) -> Trained:
        """Trains on one side of the videos and validates on the other, where there is one."""
        recipe = self.settings.recipe
        folder.mkdir(parents=True, exist_ok=True)
        with self.progress.stage("train", recipe.epochs, "epochs") as done:
            trained = fit(
                StoredVideos(self.store, train),
                self.store.null_features,
                recipe,
                device=self.device,
                folder=folder,
                validate=(lambda model: self._measure(model, test).mean) if test else None,
                on_epoch=lambda report: self.progress.advance("train", report.epoch),
                keep=self._write if keep else None,
            )
            loss = trained.history[-1].loss
            done(f"{title}: {len(train)} videos, {recipe.epochs} epochs, loss {loss:.4f}")
        return trained

    def _measure(self, model: SummDiff, keys: Sequence[str]) -> HeldOut:
        """Returns the rank correlations on held-out videos."""
        videos = [(self.store.features(key), self.store.annotation(key).scores) for key in keys]
        recipe = self.settings.recipe
        return measure(model, videos, recipe.sampling(), curves=recipe.samples, seed=recipe.seed)

    def _hold_out_validation(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Returns the videos to train on, and those that choose the best epoch."""
        keys, share = tuple(self.store.keys), self.settings.validation
        if not share:
            return keys, ()
        count = max(1, round(share * len(keys)))
        if count >= len(keys):
            raise ConfigError(f"`validation={share}` leaves no video to train on", remedy="lower it")
        rng = np.random.default_rng([self.settings.recipe.seed, _VALIDATION_SEED])
        chosen = set(rng.choice(len(keys), count, replace=False).tolist())
        return (
            tuple(key for i, key in enumerate(keys) if i not in chosen),
            tuple(key for i, key in enumerate(keys) if i in chosen),
        )

    def _write(
        self,
        which: Literal["last", "best"],
        model: SummDiff,
        report: EpochReport,
        folds: Sequence[HeldOut] = (),
        spent_s: float | None = None,
    ) -> None:
        write_checkpoint(which, model, report, settings=self.settings, store=self.store, folds=folds, spent_s=spent_s)
