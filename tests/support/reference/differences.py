"""Prints how far our networks are from the authors' numbers: ``python -m tests.support.reference.differences``."""

import sys
from collections.abc import Mapping

from tests.support.places import REFERENCE
from tests.support.reference.replay import sampling_difference, train_loss, train_scores
from tests.support.reference.vectors import Recording, read_recording, recorded_networks


def differences(recording: Recording) -> dict[str, float]:
    """The largest absolute difference of each recorded part; scores and loss lie in [0, 1]."""
    batch = train_scores(recording.model(masked=False), recording)
    longest = max(range(len(recording.lengths)), key=lambda video: recording.lengths[video])
    alone = train_scores(recording.model(), recording, longest)
    recorded, mask = recording.tensor("train/pred_scores"), recording.tensor("mask")
    parts = {
        "training forward, padded batch": float((batch - recorded)[mask].abs().max()),
        "training forward, longest video alone": float((alone - recorded[longest, mask[longest]]).abs().max()),
        "training loss": abs(train_loss(batch, recording) - float(recording.arrays["train/loss"])),
    }
    for video, length in enumerate(recording.lengths):
        steps = len(recording.arrays[f"sample/{video}/step_noise"])
        guided = f"w = {recording.guidance:g}" if recording.guidance else "unguided"
        part = f"sampling, {steps} steps, {guided}, {length} frames"
        parts[part] = sampling_difference(recording, video, recording.guidance)
    return parts


def markdown(rows: Mapping[str, Mapping[str, float]]) -> str:
    """A Markdown table of files, their parts and the largest absolute difference of each part."""
    lines = ["| file | part | largest difference |", "|---|---|---|"]
    lines += [f"| {file} | {part} | {value:.1e} |" for file, parts in rows.items() for part, value in parts.items()]
    return "\n".join(lines)


def report() -> str:
    """The table of all recordings, and a line for each that is of an unknown kind."""
    recordings = {path.stem: read_recording(path) for path in recorded_networks()}
    lines = [markdown({file: differences(r) for file, r in recordings.items() if not r.unknown})]
    lines += [f"\n{file} is of an unknown kind: {r.unknown}" for file, r in recordings.items() if r.unknown]
    return "\n".join(lines) if recordings else f"no recorded networks at {REFERENCE}"


if __name__ == "__main__":
    sys.stdout.write(report() + "\n")
