"""Tasks: which are done, which are done again and which are not."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from tests.benchmark.conftest import INVENTED
from vidsumm.benchmark.compare import run_benchmark
from vidsumm.benchmark.config import BenchConfig
from vidsumm.benchmark.methods.method import PreparedRow
from vidsumm.benchmark.protocols import task as task_module
from vidsumm.benchmark.report.tables import Row, Table
from vidsumm.datasets.synthetic import write_synthetic
from vidsumm.errors import ConfigError
from vidsumm.events import Event, Notice, StageFinished

pytestmark = pytest.mark.slow


def rows(table: Table) -> dict[str, Row]:
    return {row.method: row for row in table.rows}


def test_every_method_has_its_rows(config: BenchConfig) -> None:
    table = run_benchmark(config)
    labels = [row.method for row in table.rows]
    assert labels[:4] == ["Random", "Human", "Centre prior", "Training-free"]
    assert labels[4:7] == ["Ridge regression", "Encoder only, last epoch", "Encoder only, best test epoch"]
    assert "SummDiff, 1 step, best test epoch" in labels
    assert "SummDiff, aggregated, 10 steps, last epoch" in labels
    found = rows(table)
    assert found["Random"].values["tau"][0] == pytest.approx(0, abs=0.15)
    assert found["Human"].values["tau"][1] is None
    assert "tau_one" not in found["Encoder only, last epoch"].values
    for label in ("SummDiff, 2 steps", "Encoder only"):
        best, last = (found[f"{label}, {epoch}"].values["tau"][0] for epoch in ("best test epoch", "last epoch"))
        assert best >= last
        assert "optimistic" in found[f"{label}, best test epoch"].note


def test_a_second_run_trains_nothing_and_gives_the_same_table(config: BenchConfig, trainings: list[int]) -> None:
    config = dataclasses.replace(config, methods=("summdiff@2", "random"))
    first = run_benchmark(config)
    assert trainings == [4, 5, 5, 5, 5]
    events: list[Event] = []
    again = run_benchmark(config, on_event=events.append)
    assert len(trainings) == 5
    assert again.rows == first.rows
    assert not [event for event in events if isinstance(event, StageFinished)]
    assert events == [Notice("info", "10 of 10 tasks were finished before")]
    run_benchmark(dataclasses.replace(config, overwrite=True))
    assert len(trainings) == 10


def test_a_changed_recipe_is_trained_anew(config: BenchConfig, trainings: list[int]) -> None:
    config = dataclasses.replace(config, methods=("summdiff@2",))
    run_benchmark(config)
    run_benchmark(dataclasses.replace(config, recipe=dataclasses.replace(config.recipe, learning_rate=1e-3)))
    assert len(trainings) == 10


def test_an_interrupted_run_goes_on(config: BenchConfig, trainings: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    config = dataclasses.replace(config, methods=("summdiff@2",))
    whole = run_benchmark(dataclasses.replace(config, output=config.output / "whole"))
    trainings.clear()
    measure, calls = task_module._measure, []

    def measure_until_interrupted(row: PreparedRow, *args: object) -> object:
        calls.append(row.label)
        if len(calls) == 6:
            raise KeyboardInterrupt
        return measure(row, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(task_module, "_measure", measure_until_interrupted)
    with pytest.raises(KeyboardInterrupt):
        run_benchmark(config)
    assert len(list((config.output / "units").iterdir())) == 2
    monkeypatch.setattr(task_module, "_measure", measure)
    assert run_benchmark(config).rows == whole.rows
    assert len(trainings) == 3 + 3


def test_validation_videos_choose_the_epoch_of_tvt(config: BenchConfig) -> None:
    table = run_benchmark(dataclasses.replace(config, protocol="tvt", methods=("summdiff@2",), seeds=2))
    assert [row.method for row in table.rows] == ["SummDiff, 2 steps"]
    assert table.rows[0].note == "epoch chosen on validation videos"
    assert table.meta.seeds == (0, 1)
    results = [json.loads(path.read_text()) for path in (config.output / "units").iterdir()]
    assert len(results) == 5 * 2
    for result in results:
        sides = [set(result["facts"][side]) for side in ("train", "validation", "test")]
        assert set(result["variants"][0]["videos"]) == sides[2]
        assert sum(map(len, sides)) == len(set.union(*sides)) == INVENTED.videos
        best = max(row["tau"] for row in result["training"]["history"])
        assert result["training"]["history"][result["training"]["best_epoch"] - 1]["tau"] == best


def test_means_and_deviations_are_over_the_tasks(config: BenchConfig) -> None:
    table = run_benchmark(dataclasses.replace(config, methods=("ridge",)))
    results = [json.loads(path.read_text()) for path in (config.output / "units").iterdir()]
    taus = [np.mean([v["tau"] for v in result["variants"][0]["videos"].values()]) for result in results]
    mean, deviation = table.rows[0].values["tau"]
    assert mean == pytest.approx(np.mean(taus))
    assert deviation == pytest.approx(np.std(taus, ddof=1))


def test_methods_that_need_features_are_left_out_without_them(config: BenchConfig, tmp_path: Path) -> None:
    path = tmp_path / "videos.h5"
    write_synthetic(path, INVENTED)
    events: list[Event] = []
    config = dataclasses.replace(config, dataset="tvsum", protocol="tvt", annotations=path)
    table = run_benchmark(config, on_event=events.append)
    assert [row.method for row in table.rows if not row.published] == ["Random", "Human", "Centre prior"]
    assert sum(row.published for row in table.rows) == 7
    notices = [event.text for event in events if isinstance(event, Notice)]
    assert len(notices) == 5
    assert all("needs features" in text for text in notices)
    with pytest.raises(ConfigError, match="none of the methods"):
        run_benchmark(dataclasses.replace(config, methods=("ridge",)))


def test_other_data_sets_are_part_of_the_training_or_all_of_it(
    config: BenchConfig, tmp_path: Path, trainings: list[int]
) -> None:
    paths = tuple(tmp_path / f"{name}.h5" for name in ("own", "other"))
    for path in paths:
        write_synthetic(path, INVENTED)
    config = dataclasses.replace(config, data=paths, methods=("summdiff@2",))
    run_benchmark(dataclasses.replace(config, setting="augmented"))
    assert trainings == [10, 11, 11, 11, 11]
    table = run_benchmark(dataclasses.replace(config, setting="transfer"))
    assert trainings[5:] == [6]
    assert [row.method for row in table.rows] == ["SummDiff, 2 steps, last epoch"]


def test_annotators_who_agree_have_a_tau_of_one(config: BenchConfig) -> None:
    same = dataclasses.replace(INVENTED, agreement=1.0, noise=0.0)
    table = run_benchmark(dataclasses.replace(config, methods=("human",), synthetic=same))
    assert table.rows[0].values["tau"][0] == pytest.approx(1)
    assert table.rows[0].reference
