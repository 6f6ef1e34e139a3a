"""What the pipeline tells while it works: typed events, free of any terminal."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

__all__ = ["Event", "EventSink", "Notice", "Stage", "StageAdvanced", "StageFinished", "StageStarted", "ignore"]

Stage = Literal["probe", "decode", "shots", "score", "select", "cut", "write", "train", "measure", "work"]


@dataclass(frozen=True)
class StageStarted:
    """A stage begins; `total` is in `unit`, None where it is not known."""

    stage: Stage
    total: float | None
    unit: str


@dataclass(frozen=True)
class StageAdvanced:
    """A stage has done `done` of its total so far (not a difference)."""

    stage: Stage
    done: float


@dataclass(frozen=True)
class StageFinished:
    """A stage ended after `seconds`; `detail` is one short line for people."""

    stage: Stage
    seconds: float
    detail: str


@dataclass(frozen=True)
class Notice:
    """Something worth one line that stops nothing."""

    level: Literal["info", "warning"]
    text: str


Event = StageStarted | StageAdvanced | StageFinished | Notice
EventSink = Callable[[Event], None]


def ignore(event: Event) -> None:
    """The event sink that listens to nothing."""
