"""Pieces of work in several processes: the same numbers, and nothing left behind whatever happens."""

import dataclasses
import os
import signal
from collections.abc import Mapping
from typing import Any

import pytest

from tests.support.processes import children
from vidsumm.benchmark.compare import run_benchmark
from vidsumm.benchmark.config import BenchConfig
from vidsumm.benchmark.methods.method import Prepared, Task, Variant
from vidsumm.benchmark.protocols.run import run_units
from vidsumm.benchmark.videos import videos_of
from vidsumm.errors import ConfigError, ResourceError
from vidsumm.events import Event, StageAdvanced, StageFinished


@dataclasses.dataclass(frozen=True)
class Deadly:
    """A method whose process is killed on the third fold, or which stops everything there."""

    name: str = "deadly"
    needs_features: bool = False
    is_random: bool = False
    facts: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    def prepare(self, task: Task) -> Prepared:
        if task.split.name == "fold 3":
            os.kill(os.getpid(), signal.SIGKILL)
        return Prepared((Variant("Deadly", _nothing),))


def _nothing(key: str) -> Any:
    from vidsumm.benchmark.methods.method import Measured

    return Measured({"tau": 0.0})


def test_two_processes_say_what_one_says(config: BenchConfig) -> None:
    config = dataclasses.replace(config, methods=("random", "ridge", "summdiff@2"), keep_curves=True)
    alone = run_benchmark(dataclasses.replace(config, output=config.output / "alone"))
    told: list[Event] = []
    together = run_benchmark(dataclasses.replace(config, jobs=2), on_event=told.append)
    assert [row.method for row in together.rows] == [row.method for row in alone.rows]
    for one, other in zip(alone.rows, together.rows, strict=True):
        for name, (mean, _) in one.values.items():
            assert other.values[name][0] == pytest.approx(mean, rel=1e-3, abs=1e-3), (one.method, name)
    assert [event.done for event in told if isinstance(event, StageAdvanced)] == list(range(1, 16))
    assert len([event for event in told if isinstance(event, StageFinished) and event.stage == "measure"]) == 20
    assert len(list((config.output / "curves").iterdir())) == 15
    assert not children()


def test_a_killed_process_is_told_and_what_was_finished_stays(config: BenchConfig) -> None:
    config = dataclasses.replace(config, jobs=2)
    with pytest.raises(ResourceError, match="was killed"):
        run_units(config, [Deadly()], videos_of(config))
    assert not children()
    assert len(list((config.output / "units").iterdir())) <= 4


def test_jobs_below_one_are_refused(config: BenchConfig) -> None:
    with pytest.raises(ConfigError, match="--jobs 0"):
        dataclasses.replace(config, jobs=0)
