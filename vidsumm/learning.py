"""The second job: annotated videos become a feature file, a feature file becomes a checkpoint."""

import dataclasses
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from vidsumm.config import DeviceName, SummarizeConfig
from vidsumm.datasets.layout import Dataset, read_annotations, read_dataset, write_dataset
from vidsumm.datasets.splits import Fold, k_folds, read_folds
from vidsumm.errors import ConfigError, OutputError
from vidsumm.evaluation.heldout import HeldOut, average, measure
from vidsumm.events import EventSink, ignore
from vidsumm.features.backbones import load_backbone, resolve_device
from vidsumm.features.feature_id import feature_id
from vidsumm.files import file_sha256, write_text_atomic
from vidsumm.model.checkpoint import save_checkpoint
from vidsumm.model.sampling import SamplingOptions
from vidsumm.model.summdiff import SummDiff
from vidsumm.stages.dataset import black_frame_features, describe_annotated, match_videos
from vidsumm.stages.job import Job
from vidsumm.stages.record import versions
from vidsumm.training.card import card_text
from vidsumm.training.recipe import Recipe
from vidsumm.training.trainer import TrainingVideo, fit

__all__ = ["TrainingJob", "build_features", "parse_recipe", "train_checkpoint"]

STEPS = 10  # denoising steps of the measurement, the paper's default
SAMPLES = 5  # curves drawn for each held-out video


def build_features(
    videos: Sequence[Path],
    annotations_path: Path,
    output: Path,
    settings: SummarizeConfig,
    *,
    only: Sequence[str] = (),
    overwrite: bool = False,
    on_event: EventSink = ignore,
) -> str:
    """Describes annotated videos at their picks and writes the feature file.

    Args:
        videos: files, found by their stems, see `match_videos`.
        annotations_path: annotations in the eccv16 layout.
        output: the HDF5 file to write.
        settings: backbone and decoder; ``decode.fps`` is the nominal rate of the picks.
        only: keys of the videos wanted; all where empty.
        overwrite: replace `output`.
        on_event: told about each video.

    Returns:
        One line that says what was written.

    Raises:
        VidsummError: one of its kinds.
    """
    _require_free(output, overwrite=overwrite)
    annotations = read_annotations(annotations_path)
    for key in only:
        if key not in annotations:
            raise ConfigError(f"--only {key}: no such video in {annotations_path}", remedy="check the key")
    chosen = {key: annotations[key] for key in only or annotations}
    files = match_videos(chosen, videos)
    features = settings.features
    backbone = load_backbone(features.backbone, weights=features.backbone_weights, device=features.device)
    job, found = Job(on_event), {}
    for key, annotation in chosen.items():
        with job.stage("decode", len(annotation.picks), "frames") as done:
            found[key] = describe_annotated(
                files[key],
                annotation,
                backbone,
                settings,
                on_progress=lambda n: job.advance("decode", n),
                on_notice=job.notice,
            )
            done(f"{key}, {len(annotation.picks)} frames")
    identity = feature_id(backbone, settings.decode.fps)
    provenance = {
        "annotations": annotations_path.name,
        "annotations_sha256": file_sha256(annotations_path),
        "backbone_weights_sha256": backbone.weights_sha256,
        "precision": backbone.precision,
        "versions": versions(None),
    }
    null = black_frame_features(backbone)
    write_dataset(output, annotations_path, found, feature_id=identity, null_features=null, provenance=provenance)
    return f"{output}: {len(found)} videos, {sum(map(len, found.values()))} samples, {identity}"


@dataclass(frozen=True)
class TrainingJob:
    """What to train and how to measure it."""

    data: Path
    """Feature file."""
    output: Path
    """Checkpoint to write; its card goes beside it."""
    recipe: Recipe
    folds: int = 5
    """Random folds to cross-validate on; 0 for none."""
    splits: Path | None = None
    """Folds to cross-validate on instead."""
    licence: str = "not stated"
    device: DeviceName = "auto"
    command: str = "vidsumm train"
    """How it was called, for the card."""


def train_checkpoint(
    work: TrainingJob, *, overwrite: bool = False, on_event: EventSink = ignore
) -> tuple[HeldOut, ...]:
    """Measures a recipe on held-out videos, trains on all of them, writes checkpoint and card.

    Returns:
        What was measured on each fold.

    Raises:
        VidsummError: one of its kinds.
    """
    if work.output.suffix != ".safetensors":
        raise ConfigError(f"--output {work.output} is no .safetensors file", remedy="end the name in .safetensors")
    _require_free(work.output, overwrite=overwrite)
    begin = time.perf_counter()
    dataset = read_dataset(work.data)
    folds = _folds(work, list(dataset.videos))
    run = _Run(dataset, work.recipe, str(resolve_device(work.device)), Job(on_event))
    rows = tuple(run.held_out(number, fold) for number, fold in enumerate(folds, 1))
    model = run.train("all videos", tuple(dataset.videos))
    card = _card(work, rows)
    training = {
        "recipe": dataclasses.asdict(work.recipe),
        "data": {"annotations": "unknown"} | dataset.provenance | {"videos": len(dataset.videos)},
        "versions": versions(None),
        "command": work.command,
        "seconds": round(time.perf_counter() - begin),
        "created": datetime.now(UTC).strftime("%Y-%m-%d"),
    }
    identity, guidance = dataset.feature_id, work.recipe.guidance
    save_checkpoint(work.output, model, feature_id=identity, guidance=guidance, training=training, card=card, half=True)
    write_text_atomic(work.output.with_suffix(".md"), card_text(work.output.stem, identity, training, card))
    return rows


def parse_recipe(pairs: Sequence[str]) -> Recipe:
    """A recipe from ``key=value`` pairs over the defaults.

    Raises:
        ConfigError: a pair that is none, an unknown key or a bad value.
    """
    kinds = {field.name: type(getattr(Recipe(), field.name)) for field in dataclasses.fields(Recipe)}
    changes: dict[str, Any] = {}
    for pair in pairs:
        key, _, text = pair.partition("=")
        if key not in kinds:
            raise ConfigError(f"--set {pair}: unknown field", remedy="one of " + ", ".join(kinds))
        try:
            changes[key] = kinds[key](text)
        except ValueError as error:
            raise ConfigError(f"--set {pair}: not a number", remedy=f"write {key}=NUMBER") from error
    return dataclasses.replace(Recipe(), **changes)


def _require_free(output: Path, *, overwrite: bool) -> None:
    if output.exists() and not overwrite:
        raise OutputError(f"{output} exists", remedy="choose another --output or pass --overwrite")
    if not output.resolve().parent.is_dir():
        raise OutputError(f"{output.parent} is not a folder", remedy="make it first, or choose another --output")


def _folds(work: TrainingJob, keys: Sequence[str]) -> list[Fold]:
    if work.splits is not None:
        return read_folds(work.splits, keys)
    return k_folds(keys, work.folds, work.recipe.seed) if work.folds else []


@dataclass(frozen=True)
class _Run:
    dataset: Dataset
    recipe: Recipe
    device: str
    job: Job

    def train(self, title: str, keys: Sequence[str]) -> SummDiff:
        """Trains on the named videos."""
        found = [self.dataset.videos[key] for key in keys]
        videos = [TrainingVideo(video.features, video.annotation.scores) for video in found]
        with self.job.stage("train", self.recipe.epochs, "epochs") as done:
            losses: list[float] = []

            def tell(epoch: int, loss: float) -> None:
                losses.append(loss)
                self.job.advance("train", epoch)

            model = fit(videos, self.dataset.null_features, self.recipe, device=self.device, on_epoch=tell)
            done(f"{title}: {len(videos)} videos, {len(losses)} epochs, loss {losses[-1]:.4f}")
        return model

    def held_out(self, number: int, fold: Fold) -> HeldOut:
        """Trains on one side of a fold and measures on the other."""
        model = self.train(f"fold {number}", fold.train)
        with self.job.stage("measure") as done:
            found = [self.dataset.videos[key] for key in fold.test]
            videos = [(video.features, video.annotation.scores) for video in found]
            options = SamplingOptions(steps=STEPS, guidance=self.recipe.guidance)
            row = measure(model, videos, options, samples=SAMPLES, seed=self.recipe.seed)
            done(f"fold {number}: tau {row.mean.tau:.3f}, rho {row.mean.rho:.3f} on {len(videos)} held-out videos")
        return row


def _card(work: TrainingJob, rows: Sequence[HeldOut]) -> dict[str, Any]:
    if not rows:
        return {"licence": work.licence, "split": "none, nothing was held out"}
    return {
        "licence": work.licence,
        "split": f"{len(rows)}-fold cross-validation, " + (work.splits.name if work.splits else "random folds"),
        "held_out": dataclasses.asdict(average(rows)),
        "held_out_tau_by_fold": [row.mean.tau for row in rows],
        "measurement": f"{SAMPLES} samples, {STEPS} steps, guidance {work.recipe.guidance:g}, last epoch",
    }
