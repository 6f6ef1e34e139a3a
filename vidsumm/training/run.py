"""The second job: annotated feature files become a checkpoint, in a folder that holds the whole run."""

import dataclasses
import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import numpy as np

from vidsumm.config import DeviceName
from vidsumm.datasets.splits import Split, augmented, k_folds, official_folds
from vidsumm.datasets.store import FeatureStore
from vidsumm.errors import ConfigError, OutputError
from vidsumm.events import EventSink, ignore
from vidsumm.features.backbones import resolve_device
from vidsumm.files import file_identity, file_sha256, write_text_atomic
from vidsumm.model.checkpoint import save_checkpoint
from vidsumm.model.summdiff import SummDiff
from vidsumm.progress import Progress
from vidsumm.training.card import card_text
from vidsumm.training.heldout import HeldOut, average, measure
from vidsumm.training.recipe import Recipe, recipe_toml
from vidsumm.training.trainer import EpochReport, Trained, TrainingVideo, fit
from vidsumm.versions import result_versions

__all__ = ["StoredVideos", "TrainingJob", "train_checkpoint"]

RUN_NAME, RECIPE_NAME = "run.json", "recipe.toml"


@dataclass(frozen=True)
class TrainingJob:
    """What to train and how to measure it."""

    data: tuple[Path, ...]
    """Annotated feature files of one feature_id."""
    output: Path
    """Folder of the run."""
    recipe: Recipe
    folds: int = 0
    """Random folds to cross-validate on first; 0 for none."""
    splits: Path | None = None
    """Folds of the first feature file to cross-validate on instead; all other videos join every training side."""
    validation: float = 0.0
    """Share of the videos that the final training holds out, to choose its epoch by tau."""
    licence: str = "not stated"
    device: DeviceName = "auto"
    command: str = "vidsumm train"
    """How it was called, for the card."""


class StoredVideos:
    """Videos of a feature store as training takes them, each read when its turn comes."""

    def __init__(self, store: FeatureStore, keys: Sequence[str]) -> None:
        self._store, self._keys = store, tuple(keys)
        self.lengths = np.array([store.length(key) for key in keys], dtype=np.int64)

    def __len__(self) -> int:
        return len(self._keys)

    def __getitem__(self, index: int) -> TrainingVideo:
        key = self._keys[index]
        return TrainingVideo(self._store.features(key), self._store.scores(key))


def train_checkpoint(
    work: TrainingJob, *, overwrite: bool = False, on_event: EventSink = ignore
) -> tuple[HeldOut, ...]:
    """Measures a recipe on held-out videos, trains on all of them, writes checkpoints and cards.

    The folder of the run then holds ``recipe.toml`` (every field), ``run.json`` (data, versions, command),
    ``last.safetensors`` and ``best.safetensors`` with their cards, ``log.csv``, ``tensorboard/``, the state to resume
    from, and a folder of its own for each fold. Called again with the same job, an interrupted run goes on, to the same
    numbers.

    Returns:
        What was measured on each fold.

    Raises:
        VidsummError: one of its kinds.
    """
    with FeatureStore(work.data) as store:
        folds = _folds(work, store.keys)
        run = _Run(work, store, str(resolve_device(work.device)), Progress(on_event))
        run.open_folder(overwrite=overwrite)
        rows = tuple(run.held_out(number, fold) for number, fold in enumerate(folds, 1))
        run.final(rows)
    return rows


def _folds(work: TrainingJob, keys: Sequence[str]) -> list[Split]:
    if work.splits is not None:
        own = f"{work.data[0].stem}/" if len(work.data) > 1 else ""
        folds = official_folds(work.splits, [key for key in keys if key.startswith(own)])
        tested = {key for fold in folds for key in fold.test}
        return [augmented(fold, [key for key in keys if key not in tested]) for fold in folds]
    return k_folds(keys, work.folds, work.recipe.seed) if work.folds else []


@dataclass(frozen=True)
class _Run:
    work: TrainingJob
    store: FeatureStore
    device: str
    progress: Progress

    def open_folder(self, *, overwrite: bool) -> None:
        """Makes the folder, or checks that what is in it is this very run."""
        folder, about = self.work.output, self._about()
        if folder.exists() and not folder.is_dir():
            raise OutputError(f"{folder} is a file", remedy="choose another --output")
        if overwrite and (folder / RUN_NAME).is_file():
            shutil.rmtree(folder)
        known = _read_run(folder)
        if known is None and folder.is_dir() and any(folder.iterdir()):
            raise OutputError(f"{folder} is no folder of a run and not empty", remedy="choose another --output")
        if known is not None and known["same"] != about["same"]:
            raise OutputError(
                f"{folder} holds a run of another recipe, split or data",
                remedy="choose another --output, or pass --overwrite to begin anew",
            )
        folder.mkdir(parents=True, exist_ok=True)
        write_text_atomic(folder / RECIPE_NAME, recipe_toml(self.work.recipe))
        if known is None:
            write_text_atomic(folder / RUN_NAME, json.dumps(about, indent=2) + "\n")

    def _about(self) -> dict[str, Any]:
        """What makes the run the same run, and what is good to know about it."""
        work = self.work
        splits = None if work.splits is None else file_sha256(work.splits)
        same = {
            "recipe": dataclasses.asdict(work.recipe),
            "data": [file_identity(path) for path in work.data],
            "splits_sha256": splits,
            "folds": work.folds,
            "validation": work.validation,
        }
        return {"schema": "vidsumm.run/1", "same": same, "command": work.command, "versions": result_versions()}

    def train(self, title: str, folder: Path, train: Sequence[str], test: Sequence[str], *, keep: bool) -> Trained:
        """Trains on one side, validates on the other where there is one."""
        recipe, losses = self.work.recipe, []
        folder.mkdir(parents=True, exist_ok=True)
        with self.progress.stage("train", recipe.epochs, "epochs") as done:

            def tell(report: EpochReport) -> None:
                losses.append(report.loss)
                self.progress.advance("train", report.epoch)

            def store(which: Literal["last", "best"], model: SummDiff, report: EpochReport) -> None:
                self._write(which, model, report, ())

            trained = fit(
                StoredVideos(self.store, train),
                self.store.null_features,
                recipe,
                device=self.device,
                folder=folder,
                validate=(lambda model: self.measure(model, test).mean) if test else None,
                on_epoch=tell,
                keep=store if keep else None,
            )
            loss = trained.history[-1].loss
            done(f"{title}: {len(train)} videos, {recipe.epochs} epochs, loss {loss:.4f}")
        return trained

    def measure(self, model: SummDiff, keys: Sequence[str]) -> HeldOut:
        """Rank correlations on held-out videos."""
        videos = [(self.store.features(key), self.store.annotation(key).scores) for key in keys]
        recipe = self.work.recipe
        return measure(model, videos, recipe.sampling(), samples=recipe.samples, seed=recipe.seed)

    def held_out(self, number: int, fold: Split) -> HeldOut:
        """Trains on one side of a fold, to the last epoch, and measures on the other."""
        trained = self.train(f"fold {number}", self.work.output / f"fold-{number}", fold.train, (), keep=False)
        with self.progress.stage("measure") as done:
            row = self.measure(trained.last, fold.test)
            done(f"fold {number}: tau {row.mean.tau:.3f}, rho {row.mean.rho:.3f} on {len(fold.test)} held-out videos")
        return row

    def final(self, rows: Sequence[HeldOut]) -> None:
        """Trains the network that is kept, on all videos but those that choose its epoch."""
        train, validation = self._sides()
        trained = self.train("final", self.work.output, train, validation, keep=True)
        spent_s = sum(report.seconds for report in trained.history)
        self._write("last", trained.last, trained.history[-1], rows, spent_s)
        best = next((row for row in trained.history if row.epoch == trained.best_epoch), trained.history[-1])
        self._write("best", trained.best, best, rows, spent_s)

    def _sides(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        keys = tuple(self.store.keys)
        if not self.work.validation:
            return keys, ()
        count = max(1, round(self.work.validation * len(keys)))
        if count >= len(keys):
            raise ConfigError(f"--validation {self.work.validation} leaves no video to train on", remedy="lower it")
        chosen = set(np.random.default_rng([self.work.recipe.seed, 7]).choice(len(keys), count, replace=False).tolist())
        return (
            tuple(key for i, key in enumerate(keys) if i not in chosen),
            tuple(key for i, key in enumerate(keys) if i in chosen),
        )

    def _write(
        self, which: str, model: SummDiff, report: EpochReport, rows: Sequence[HeldOut], spent_s: float | None = None
    ) -> None:
        """A checkpoint and its card; `spent_s` on training is not known before the end."""
        path, recipe = self.work.output / f"{which}.safetensors", self.work.recipe
        card = _card(self.work, rows, report)
        training = {
            "recipe": dataclasses.asdict(recipe),
            "data": _data(self.store),
            "epoch": report.epoch,
            "versions": result_versions(),
            "command": self.work.command,
            "seconds": None if spent_s is None else round(spent_s),
            "created": datetime.now(UTC).strftime("%Y-%m-%d"),
        }
        identity = self.store.feature_id
        title = self.work.output.resolve().name + (", best epoch" if which == "best" else "")
        save_checkpoint(
            path, model, feature_id=identity, guidance=recipe.guidance, training=training, card=card, half=True
        )
        write_text_atomic(path.with_suffix(".md"), card_text(title, identity, training, card))


def _data(store: FeatureStore) -> dict[str, Any]:
    """What a network was trained on; of several files, each by its name."""
    files = [store.provenance] if len(store.paths) == 1 else [store.provenance[path.stem] for path in store.paths]
    names = [str(about.get("annotations", "unknown")) for about in files]
    return dict(store.provenance) | {"annotations": ", ".join(names), "videos": len(store.keys)}


def _read_run(folder: Path) -> dict[str, Any] | None:
    try:
        return dict(json.loads((folder / RUN_NAME).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise OutputError(f"{folder / RUN_NAME} is damaged", remedy="pass --overwrite to begin anew") from error


def _card(work: TrainingJob, rows: Sequence[HeldOut], report: EpochReport) -> dict[str, Any]:
    card: dict[str, Any] = {"licence": work.licence, "epoch": report.epoch}
    if report.tau is not None:
        card["validation"] = {"share": work.validation, "tau": report.tau, "rho": report.rho}
    if not rows:
        return card | {"split": "no cross-validation"}
    recipe = work.recipe
    return card | {
        "split": f"{len(rows)}-fold cross-validation, " + (work.splits.name if work.splits else "random folds"),
        "held_out": dataclasses.asdict(average(rows)),
        "held_out_tau_by_fold": [row.mean.tau for row in rows],
        "measurement": f"{recipe.samples} samples, {recipe.steps} steps, guidance {recipe.guidance:g}, last epoch",
    }
