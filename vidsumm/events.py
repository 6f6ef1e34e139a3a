"""Events that the pipeline reports while it works; the command line shows them, other callers may too."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

__all__ = ["Event", "EventSink", "Notice", "Stage", "StageAdvanced", "StageFinished", "StageStarted", "ignore"]

Stage = Literal["probe", "decode", "shots", "score", "select", "cut", "write", "train", "measure", "tasks"]


@dataclass(frozen=True)
class StageStarted:
    """A stage has started; `total` is its amount of work in `unit`, None if unknown."""

    stage: Stage
    total: float | None
    unit: str


@dataclass(frozen=True)
class StageAdvanced:
    """A stage has done `done` of its total so far, counted from its start."""

    stage: Stage
    done: float


@dataclass(frozen=True)
class StageFinished:
    """A stage has finished after `seconds`; `detail` is one short line to show to the user."""

    stage: Stage
    seconds: float
    detail: str


@dataclass(frozen=True)
class Notice:
    """A message of one line that the user should see; the run goes on."""

    level: Literal["info", "warning"]
    text: str


Event = StageStarted | StageAdvanced | StageFinished | Notice
EventSink = Callable[[Event], None]


def ignore(event: Event) -> None:
    """Ignores the event: the event sink of callers that want none."""
