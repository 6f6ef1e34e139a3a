from pathlib import Path

import pytest
from matplotlib import pyplot as plt

from benchmarks import growth
from benchmarks.growth import GrowthPoint, exponent, growth_figure, growth_table, measure_growth
from benchmarks.measuring.program import ProgramRun
from tests.support.fake_summarizer import record
from tests.support.media import write_clip
from vidsumm.export.record import SummaryRecord
from vidsumm.video.probe import probe

pytestmark = pytest.mark.slow

POINTS = [
    GrowthPoint(minutes, {"decode": 3 * minutes, "shots": 0.1 * minutes**2, "whole": 5 * minutes + 1}, 900.0)
    for minutes in (1.0, 4.0, 16.0)
]


def test_exponents_are_those_of_the_powers() -> None:
    assert exponent(POINTS, "decode") == pytest.approx(1)
    assert exponent(POINTS, "shots") == pytest.approx(2)
    assert 0.9 < exponent(POINTS, "whole") < 1


def test_table_and_figure_show_every_stage() -> None:
    table = growth_table(POINTS, Path("clip.mp4"), "python -m benchmarks.growth clip.mp4")
    assert [row.method for row in table.rows] == ["decode, s", "shots, s", "whole, s", "peak memory, MiB"]
    assert [column.title for column in table.columns] == ["1 min", "4 min", "16 min", "exponent"]
    assert table.rows[1].values["at_4"][0] == pytest.approx(1.6)
    assert "exponent" not in table.rows[-1].values
    figure = growth_figure(POINTS)
    legend = figure.axes[0].get_legend()
    assert legend is not None
    labels = [text.get_text() for text in legend.get_texts()]
    assert labels == ["decode (1.00)", "shots (2.00)", f"whole ({exponent(POINTS, 'whole'):.2f})"]
    plt.close(figure)


def test_long_videos_are_a_short_one_repeated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clip = write_clip(tmp_path / "clip.mp4", seconds=2, size=(64, 48), fps=10, gop=10)
    lengths = []

    def timed(run: ProgramRun) -> tuple[SummaryRecord, float]:
        info = probe(run.path)
        lengths.append(info.duration_s)
        assert info.audio is not None
        assert "--no-cache" in run.options
        return record(run.path, 1), 7.0

    monkeypatch.setattr(ProgramRun, "timed", timed)
    points = measure_growth(clip.path, [0.05, 0.15], folder=tmp_path)
    assert lengths == pytest.approx([3, 9], abs=0.25)
    assert [point.seconds[growth._WHOLE] for point in points] == [7.0, 7.0]
    assert [path.name for path in tmp_path.iterdir()] == ["clip.mp4"]
