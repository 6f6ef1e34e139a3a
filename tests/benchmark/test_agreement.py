import dataclasses

import pytest

from vidsumm.benchmark.agreement import run_agreement
from vidsumm.benchmark.config import BenchConfig
from vidsumm.errors import ConfigError

pytestmark = pytest.mark.slow


def test_modes_are_measured_at_each_agreement(config: BenchConfig, trainings: list[int]) -> None:
    config = dataclasses.replace(config, protocol="tvt", methods=("centre", "summdiff@2"))
    table = run_agreement(config, [1.0, 0.0])
    assert [row.method for row in table.rows] == [
        f"{name}, agreement {value}" for value in (0, 1) for name in ("Centre prior", "SummDiff, 2 steps")
    ]
    for row in table.rows:
        assert 0 <= row.values["modes"][0] <= 1
        assert 0 <= row.values["matching"][0] <= 1
    assert (config.output / "agreement.png").stat().st_size > 1000
    assert run_agreement(config, [0.0, 1.0]).rows == table.rows
    assert len(trainings) == 10


def test_other_videos_and_levels_out_of_range_are_refused(config: BenchConfig) -> None:
    with pytest.raises(ConfigError, match="invented videos only"):
        run_agreement(dataclasses.replace(config, dataset="tvsum"), [0.0])
    with pytest.raises(ConfigError, match="agreement"):
        run_agreement(config, [1.5])
