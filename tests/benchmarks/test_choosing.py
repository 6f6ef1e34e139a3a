from pathlib import Path

import pytest
from typer.testing import CliRunner

from benchmarks.choosing import ChoiceTimes, app, choice_table, measure_choices
from tests.support.media import write_clip
from tests.support.tiny import tiny_networks
from vidsumm.config import SummarizeConfig

pytestmark = pytest.mark.slow


def test_choices_from_a_video_are_timed(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.mp4", seconds=12, fps=12, scenes=5)
    with tiny_networks():
        (times,) = measure_choices([clip.path], runs=2, config=SummarizeConfig().replace(device="cpu", use_cache=False))
    assert times.name == "clip.mp4"
    assert times.minutes == pytest.approx(0.2)
    assert times.shots >= 2
    assert min(times.first_s, *times.second_s.values()) > 0


def test_the_table_has_a_column_for_each_video() -> None:
    second_s = dict.fromkeys((0.05, 0.1, 0.15, 0.2, 0.4), 0.01)
    times = [ChoiceTimes(name, minutes, 9, 0.5, second_s) for name, minutes in (("a.mp4", 10.0), ("b.mp4", 120.0))]
    table = choice_table(times, "python -m benchmarks.choosing a.mp4 b.mp4")
    assert [column.title for column in table.columns] == ["a.mp4, 10 min", "b.mp4, 120 min"]
    assert [row.method for row in table.rows][:3] == [
        "shots",
        "first choice, s",
        "another choice, 5% of the video, s",
    ]


def test_a_missing_video_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["absent.mp4", "-o", "out", "--device", "cpu"])
    assert done.exit_code == 3
    assert "absent.mp4" in done.stderr
