"""Tasks in several processes: the same numbers, and no process left behind."""

import dataclasses
import os
import signal
from collections.abc import Mapping
from typing import Any

import pytest

from tests.support.processes import children
from vidsumm.benchmark.compare import run_benchmark
from vidsumm.benchmark.config import BenchConfig
from vidsumm.benchmark.methods.method import PreparedMethod, PreparedRow, TaskInputs, VideoResult
from vidsumm.benchmark.protocols.run import run_tasks
from vidsumm.benchmark.videos import videos_of
from vidsumm.errors import ConfigError, ResourceError
from vidsumm.events import Event, StageAdvanced, StageFinished

pytestmark = pytest.mark.slow


@dataclasses.dataclass(frozen=True)
class Deadly:
    """A method that kills its own process on the third fold."""

    name: str = "deadly"
    needs_features: bool = False
    is_random: bool = False
    facts: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    def prepare(self, inputs: TaskInputs) -> PreparedMethod:
        if inputs.split.name == "fold 3":
            os.kill(os.getpid(), signal.SIGKILL)
        return PreparedMethod((PreparedRow("Deadly", measure_nothing),))


def measure_nothing(key: str) -> VideoResult:
    return VideoResult({"tau": 0.0})


def test_two_processes_give_the_numbers_of_one(config: BenchConfig) -> None:
    config = dataclasses.replace(config, methods=("random", "ridge", "summdiff@2"), keep_curves=True)
    alone = run_benchmark(dataclasses.replace(config, output=config.output / "alone"))
    events: list[Event] = []
    together = run_benchmark(dataclasses.replace(config, jobs=2), on_event=events.append)
    assert [row.method for row in together.rows] == [row.method for row in alone.rows]
    for one, other in zip(alone.rows, together.rows, strict=True):
        for name, (mean, _) in one.values.items():
            assert other.values[name][0] == pytest.approx(mean, rel=1e-3, abs=1e-3), (one.method, name)
    assert [event.done for event in events if isinstance(event, StageAdvanced)] == list(range(1, 16))
    assert len([event for event in events if isinstance(event, StageFinished) and event.stage == "measure"]) == 20
    assert len(list((config.output / "curves").iterdir())) == 15
    assert not children()


def test_a_killed_process_is_an_error_and_finished_tasks_are_kept(config: BenchConfig) -> None:
    config = dataclasses.replace(config, jobs=2)
    with pytest.raises(ResourceError, match="was killed"):
        run_tasks(config, [Deadly()], videos_of(config))
    assert not children()
    assert len(list((config.output / "units").iterdir())) <= 4


def test_jobs_below_one_are_refused(config: BenchConfig) -> None:
    with pytest.raises(ConfigError, match="`jobs=0`"):
        dataclasses.replace(config, jobs=0)
