"""The card of a checkpoint, which says what it was trained on and how well it did.

The facts are stored in the checkpoint; a Markdown file beside it shows them to a reader.
"""

import dataclasses
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from vidsumm.datasets.store import FeatureStore
from vidsumm.training.heldout import HeldOut, average
from vidsumm.training.runlog import EpochReport
from vidsumm.training.settings import TrainingSettings
from vidsumm.versions import result_versions

__all__ = ["card_facts", "card_text", "training_facts"]

_ROWS = {"single": "one curve", "mean": "mean of the curves", "people": "annotators with each other"}


def training_facts(
    settings: TrainingSettings, store: FeatureStore, epoch: int, spent_s: float | None
) -> dict[str, Any]:
    """Returns how a checkpoint was made: recipe, data, epoch, versions and command, ready for JSON.

    Args:
        settings: settings of the run.
        store: the videos it trained on.
        epoch: epoch of the network.
        spent_s: time spent on the final training, seconds; None while it is not over.
    """
    return {
        "recipe": dataclasses.asdict(settings.recipe),
        "data": _data_facts(store),
        "epoch": epoch,
        "versions": result_versions(),
        "command": settings.command,
        "seconds": None if spent_s is None else round(spent_s),
        "created": datetime.now(UTC).strftime("%Y-%m-%d"),
    }


def card_facts(settings: TrainingSettings, folds: Sequence[HeldOut], report: EpochReport) -> dict[str, Any]:
    """Returns how well a checkpoint did, and its licence, ready for JSON.

    Args:
        settings: settings of the run.
        folds: what cross-validation measured on each fold; empty where there was none.
        report: report of the checkpoint's epoch.
    """
    card: dict[str, Any] = {"licence": settings.licence, "epoch": report.epoch}
    if report.tau is not None:
        card["validation"] = {"share": settings.validation, "tau": report.tau, "rho": report.rho}
    if not folds:
        return card | {"split": "no cross-validation"}
    recipe = settings.recipe
    split = settings.splits.name if settings.splits else "random folds"
    return card | {
        "split": f"{len(folds)}-fold cross-validation, {split}",
        "held_out": dataclasses.asdict(average(folds)),
        "held_out_tau_by_fold": [fold.mean.tau for fold in folds],
        "measurement": f"{recipe.samples} curves, {recipe.steps} steps, guidance {recipe.guidance:g}, last epoch",
    }


def card_text(name: str, feature_id: str, training: dict[str, Any], card: dict[str, Any]) -> str:
    """Returns the card as Markdown.

    Args:
        name: name of the checkpoint.
        feature_id: feature id of the features that it takes.
        training: see `training_facts`.
        card: see `card_facts`.
    """
    data = training["data"]
    lines = [
        f"# {name}",
        "",
        f"- features: `{feature_id}`",
        f"- data: {data['videos']} videos of {data['annotations']}, {training['recipe']['annotators']} annotators",
        f"- split: {card['split']}",
        f"- licence: {card['licence']}",
        f"- made by: `{training['command']}` on {training['created']}{_time_spent(training['seconds'])}",
        "",
    ]
    if "validation" in card:
        tau, rho, share = (card["validation"][key] for key in ("tau", "rho", "share"))
        lines += [
            f"Epoch {card['epoch']}: tau {tau:.3f}, rho {rho:.3f} on videos held out to choose it ({share:.0%}).",
            "",
        ]
    if "held_out" in card:
        lines += [f"Rank correlation with annotators on held-out videos ({card['measurement']}):", ""]
        lines += ["| | tau | rho |", "|---|---|---|"]
        lines += [f"| {_ROWS[key]} | {row['tau']:.3f} | {row['rho']:.3f} |" for key, row in card["held_out"].items()]
        folds = ", ".join(f"{tau:.3f}" for tau in card["held_out_tau_by_fold"])
        lines += ["", f"tau of the mean by fold: {folds}. The weights here were then trained by the same recipe on"]
        lines += ["all videos, so they have no held-out number of their own.", ""]
    lines += ["Recipe: " + ", ".join(f"{key} {value}" for key, value in training["recipe"].items()) + ".", ""]
    lines += ["Made with " + ", ".join(f"{key} {value}" for key, value in training["versions"].items()) + ".", ""]
    return "\n".join(lines)


def _data_facts(store: FeatureStore) -> dict[str, Any]:
    """Returns what the feature files say about their making, and the names of the annotation files."""
    files = [store.provenance] if len(store.paths) == 1 else [store.provenance[path.stem] for path in store.paths]
    names = [str(about.get("annotations", "unknown")) for about in files]
    return dict(store.provenance) | {"annotations": ", ".join(names), "videos": len(store.keys)}


def _time_spent(seconds: int | None) -> str:
    return "" if seconds is None else f", {seconds} s for the last training"
