"""The card of a checkpoint: what it was trained on and how well it did, for people and for programs."""

from typing import Any

__all__ = ["card_text"]

_ROWS = {"single": "one sample", "mean": "mean of the samples", "people": "annotators with each other"}


def card_text(name: str, feature_id: str, training: dict[str, Any], card: dict[str, Any]) -> str:
    """The card as Markdown.

    Args:
        name: of the checkpoint.
        feature_id: of the features it takes.
        training: recipe, data, versions and command of the run.
        card: split, measured numbers and licence, as stored in the checkpoint.
    """
    data = training["data"]
    lines = [
        f"# {name}",
        "",
        f"- features: `{feature_id}`",
        f"- data: {data['videos']} videos of {data['annotations']}, {training['recipe']['annotators']} annotators",
        f"- split: {card['split']}",
        f"- licence: {card['licence']}",
        f"- made by: `{training['command']}` on {training['created']}{_spent(training['seconds'])}",
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


def _spent(seconds: int | None) -> str:
    return "" if seconds is None else f", {seconds} s for the last training"
