import csv
import json
from pathlib import Path

import pytest

from vidsumm.benchmark.config import BenchConfig
from vidsumm.benchmark.methods.baselines import RIDGE
from vidsumm.benchmark.protocols.task import RowResult, Task, TaskResult
from vidsumm.benchmark.report.formats import write_table
from vidsumm.benchmark.report.result_table import measured_rows, result_table
from vidsumm.datasets.splits import Split
from vidsumm.errors import OutputError


def result(label: str, split: str, tau: float, **more: float) -> TaskResult:
    values = {"tau": tau, "rho": tau + 0.1, **more}
    return TaskResult(Task(RIDGE, Split((), (), (), split), 0, {}), (RowResult(label, "", {"v": values}),), 0.0)


def test_tasks_become_mean_and_deviation() -> None:
    rows = measured_rows([result("A", "1", 0.1), result("A", "2", 0.3, f1_avg=50.0), result("B", "1", 0.5)])
    assert [row.method for row in rows] == ["A", "B"]
    assert rows[0].values["tau"] == pytest.approx((0.2, 0.2**0.5 * 0.1**0.5))
    assert rows[0].values["f1_avg"] == (50.0, None)
    assert rows[1].values["tau"] == (0.5, None)


def test_published_rows_stand_below(tmp_path: Path) -> None:
    config = BenchConfig("tvsum", "tvt", tmp_path)
    table = result_table(config, [result("A", "1", 0.1, cis=3.0)])
    assert [row.published for row in table.rows] == [False] + [True] * 7
    assert [column.key for column in table.columns] == ["tau", "rho"]
    augmented = BenchConfig("tvsum", "tvt", tmp_path, setting="augmented")
    assert len(result_table(augmented, [result("A", "1", 0.1)]).rows) == 1


def test_the_three_files_agree(tmp_path: Path) -> None:
    config = BenchConfig("tvsum", "5fcv", tmp_path, seeds=2, command="vidsumm bench --seeds 2")
    table = result_table(config, [result("A", "1", 0.125), result("A", "2", 0.25)])
    paths = write_table(table, tmp_path)
    assert [path.name for path in paths] == ["table.csv", "table.json", "table.md"]
    lines = list(csv.DictReader(paths[0].read_text(encoding="utf-8").splitlines()))
    content = json.loads(paths[1].read_text(encoding="utf-8"))
    markdown = paths[2].read_text(encoding="utf-8")
    assert [line["method"] for line in lines] == [row["method"] for row in content["rows"]]
    for line, row in zip(lines, content["rows"], strict=True):
        assert float(line["tau"]) == row["values"]["tau"]["mean"]
        assert (line["published"] == "true") == row["published"]
        assert f"{row['values']['tau']['mean']:.3f}" in markdown
    assert content["meta"]["command"] == "vidsumm bench --seeds 2"
    assert content["meta"]["seeds"] == [0, 1]
    assert content["meta"]["versions"]["machine"]
    assert "vidsumm bench --seeds 2" in markdown
    with pytest.raises(OutputError):
        write_table(table, tmp_path / "missing")
