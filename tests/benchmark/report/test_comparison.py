import csv
import json
from pathlib import Path

import pytest

from vidsumm.benchmark.config import BenchConfig
from vidsumm.benchmark.protocols.run import Finished
from vidsumm.benchmark.protocols.store import Outcome, Unit, VariantResult
from vidsumm.benchmark.report.comparison import benchmark_table, measured_rows, write_table
from vidsumm.errors import OutputError


def finished(label: str, split: str, tau: float, **more: float) -> Finished:
    values = {"tau": tau, "rho": tau + 0.1, **more}
    return Finished(Unit("ridge", split, 0, {}), Outcome((VariantResult(label, "", {"v": values}),), 0.0))


def test_runs_become_mean_and_deviation() -> None:
    rows = measured_rows([finished("A", "1", 0.1), finished("A", "2", 0.3, f1_avg=50.0), finished("B", "1", 0.5)])
    assert [row.method for row in rows] == ["A", "B"]
    assert rows[0].values["tau"] == pytest.approx((0.2, 0.2**0.5 * 0.1**0.5))
    assert rows[0].values["f1_avg"] == (50.0, None)
    assert rows[1].values["tau"] == (0.5, None)


def test_published_rows_stand_below(tmp_path: Path) -> None:
    config = BenchConfig("tvsum", "tvt", tmp_path)
    table = benchmark_table(config, [finished("A", "1", 0.1, cis=3.0)])
    assert [row.published for row in table.rows] == [False] + [True] * 7
    assert [column.key for column in table.columns] == ["tau", "rho"]
    augmented = BenchConfig("tvsum", "tvt", tmp_path, setting="augmented")
    assert len(benchmark_table(augmented, [finished("A", "1", 0.1)]).rows) == 1


def test_the_three_files_agree(tmp_path: Path) -> None:
    config = BenchConfig("tvsum", "5fcv", tmp_path, seeds=2, command="vidsumm bench --seeds 2")
    table = benchmark_table(config, [finished("A", "1", 0.125), finished("A", "2", 0.25)])
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
