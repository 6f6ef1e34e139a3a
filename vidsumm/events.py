"""Events that the pipeline reports while it works; the command line shows them, other callers may too.

Each says which videos it is about in `sources`: one as a rule, several when they are summarized together, none where a
run is not about videos, such as training.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

__all__ = ["Event", "EventSink", "Notice", "Stage", "StageAdvanced", "StageFinished", "StageStarted", "ignore"]

Stage = Literal["probe", "decode", "shots", "score", "select", "cut", "write", "train", "measure", "tasks"]


@dataclass(frozen=True)
class StageStarted:
    """A stage has started; `total` is its amount of work in `unit`, None if unknown."""

    stage: Stage
    total: float | None
    unit: str
    sources: tuple[Path, ...] = ()


@dataclass(frozen=True)
class StageAdvanced:
    """A stage has done `done` of its total so far, counted from its start."""

    stage: Stage
    done: float
    sources: tuple[Path, ...] = ()


@dataclass(frozen=True)
class StageFinished:
    """A stage has finished after `seconds`; `detail` is one short line to show to the user."""

    stage: Stage
    seconds: float
    detail: str
    sources: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Notice:
    """A message of one line that the user should see; the run goes on."""

    level: Literal["info", "warning"]
    text: str
    sources: tuple[Path, ...] = ()


Event = StageStarted | StageAdvanced | StageFinished | Notice
EventSink = Callable[[Event], None]


def ignore(event: Event) -> None:
    """Ignores the event: the event sink of callers that want none."""
