"""The folder of a training run: it belongs to one run, and holds its recipe, its checkpoints and their cards."""

import dataclasses
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from vidsumm.datasets.store import FeatureStore
from vidsumm.errors import OutputError
from vidsumm.files import file_identity, file_sha256, write_text_atomic
from vidsumm.model.checkpoint import save_checkpoint
from vidsumm.model.summdiff import SummDiff
from vidsumm.training.card import card_facts, card_text, training_facts
from vidsumm.training.heldout import HeldOut
from vidsumm.training.recipe_file import recipe_toml
from vidsumm.training.runlog import EpochReport
from vidsumm.training.settings import TrainingSettings
from vidsumm.versions import result_versions

__all__ = ["open_run_folder", "write_checkpoint"]

_RUN_NAME, _RECIPE_NAME = "run.json", "recipe.toml"


def open_run_folder(settings: TrainingSettings, *, overwrite: bool) -> None:
    """Makes the folder of a run, or checks that it holds the same run, which is then resumed.

    Args:
        settings: settings of the run.
        overwrite: delete the folder first if it is the folder of any run.

    Raises:
        OutputError: the folder is a file, holds another run or something else, or cannot be written.
    """
    folder, about = settings.output, _about(settings)
    if folder.exists() and not folder.is_dir():
        raise OutputError(f"{folder} is a file", remedy="choose another `output`")
    if overwrite and (folder / _RUN_NAME).is_file():
        shutil.rmtree(folder)
    found = _read_run(folder)
    if found is None and folder.is_dir() and any(folder.iterdir()):
        raise OutputError(f"{folder} is not empty and not the folder of a run", remedy="choose another `output`")
    if found is not None and found["same"] != about["same"]:
        raise OutputError(
            f"{folder} holds a run of another recipe, split or data",
            remedy="choose another `output`, or allow `overwrite` to start again",
        )
    folder.mkdir(parents=True, exist_ok=True)
    write_text_atomic(folder / _RECIPE_NAME, recipe_toml(settings.recipe))
    if found is None:
        write_text_atomic(folder / _RUN_NAME, json.dumps(about, indent=2) + "\n")


def write_checkpoint(
    which: Literal["last", "best"],
    model: SummDiff,
    report: EpochReport,
    *,
    settings: TrainingSettings,
    store: FeatureStore,
    folds: Sequence[HeldOut] = (),
    spent_s: float | None = None,
) -> None:
    """Writes a checkpoint and its card into the folder of a run.

    Args:
        which: whether the network is that of the last or of the best epoch.
        model: the network.
        report: report of its epoch.
        settings: settings of the run.
        store: the videos of the run.
        folds: what cross-validation measured on each fold.
        spent_s: time spent on the final training, seconds; None while it is not over.

    Raises:
        OutputError: a file cannot be written.
    """
    path = settings.output / f"{which}.safetensors"
    card = card_facts(settings, folds, report)
    training = training_facts(settings, store, report.epoch, spent_s)
    save_checkpoint(
        path,
        model,
        feature_id=store.feature_id,
        guidance=settings.recipe.guidance,
        training=training,
        card=card,
        half=True,
    )
    title = settings.output.resolve().name + (", best epoch" if which == "best" else "")
    write_text_atomic(path.with_suffix(".md"), card_text(title, store.feature_id, training, card))


def _about(settings: TrainingSettings) -> dict[str, Any]:
    """Returns the content of ``run.json``; runs that agree in ``same`` are one run."""
    same = {
        "recipe": dataclasses.asdict(settings.recipe),
        "data": [file_identity(path) for path in settings.data],
        "splits_sha256": None if settings.splits is None else file_sha256(settings.splits),
        "folds": settings.folds,
        "validation": settings.validation,
    }
    return {"schema": "vidsumm.run/1", "same": same, "command": settings.command, "versions": result_versions()}


def _read_run(folder: Path) -> dict[str, Any] | None:
    """Reads the content of ``run.json``; None where there is none."""
    try:
        return dict(json.loads((folder / _RUN_NAME).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise OutputError(f"{folder / _RUN_NAME} is damaged", remedy="allow `overwrite` to start again") from error
