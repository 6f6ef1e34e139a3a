from pathlib import Path

import pytest

from benchmarks.measuring.loading import measure_loading
from vidsumm.datasets.synthetic_mrhisum import synthetic_lengths, write_synthetic_mrhisum
from vidsumm.errors import InputError


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("loading") / "m.h5"
    write_synthetic_mrhisum(path, 20, feature_dim=64)
    return path


def test_one_pass_reads_all_videos(path: Path) -> None:
    report = measure_loading(path, videos_per_step=6)
    assert (report.videos, report.steps, report.feature_dim) == (20, 4, 64)
    assert report.size_gib == path.stat().st_size / 2**30
    assert report.frames_per_s / report.videos_per_s == pytest.approx(synthetic_lengths(20, 0).mean())
    assert report.mib_per_s == pytest.approx(report.frames_per_s * 64 * 4 / 2**20)
    assert 5 * 121 * 64 * 4 / 2**20 <= report.batch_mib <= 6 * 300 * 64 * 4 / 2**20
    assert report.growth_mib == report.peak_rss_mib - report.start_rss_mib >= 0
    assert report.index_s > 0


def test_a_pass_can_end_after_some_steps(path: Path) -> None:
    assert measure_loading(path, videos_per_step=6, max_steps=2).steps == 2


def test_a_file_without_features_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        measure_loading(tmp_path / "absent.h5")
