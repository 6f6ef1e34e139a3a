import dataclasses
from pathlib import Path

import pytest

from vidsumm.benchmark.compare import run_benchmark
from vidsumm.benchmark.config import BenchConfig
from vidsumm.benchmark.report.formats import write_table
from vidsumm.benchmark.report.paper_figures import draw_figures
from vidsumm.benchmark.report.tables import RHO, TAU, Row, Table
from vidsumm.benchmark.videos import videos_of
from vidsumm.errors import ConfigError, InputError

pytestmark = pytest.mark.slow


@pytest.fixture
def results(config: BenchConfig) -> BenchConfig:
    """A run of simple methods, finished, with its curves."""
    config = dataclasses.replace(config, methods=("random", "centre", "training-free", "ridge"), keep_curves=True)
    run_benchmark(config)
    return config


def test_every_figure_with_data_is_drawn(results: BenchConfig) -> None:
    rows = [
        Row(f"SummDiff, {steps} DDIM steps{epoch}", {"tau": (0.1, None), "rho": (0.2, 0.01)})
        for steps in (1, 10)
        for epoch in (", last epoch", ", best test epoch")
    ]
    write_table(Table("Steps", (TAU, RHO), rows), results.output, "ablation-6")
    paths = draw_figures(results.output, videos_of(results), rows=["Ridge regression", "Random"])
    assert {path.name for path in paths} == {
        "quantisation.png",
        "coverage.png",
        "contours.png",
        "selections.png",
        "steps.png",
    }
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in paths)


def test_figures_of_annotators_are_left_out_without_them(results: BenchConfig) -> None:
    assert [path.name for path in draw_figures(results.output, None)] == ["quantisation.png"]


def test_what_cannot_be_drawn_is_named(results: BenchConfig, tmp_path: Path) -> None:
    videos = videos_of(results)
    with pytest.raises(ConfigError, match="`rows=Human`"):
        draw_figures(results.output, videos, rows=["Human"])
    with pytest.raises(ConfigError, match="`keys=video_99`"):
        draw_figures(results.output, videos, keys=["video_99"])
    with pytest.raises(InputError, match="not a folder of results"):
        draw_figures(tmp_path / "missing", None)
