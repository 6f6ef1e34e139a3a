import dataclasses
import json
from pathlib import Path

import pytest

from tests.benchmark.conftest import INVENTED
from vidsumm.benchmark.config import BenchConfig
from vidsumm.benchmark.protocols.splits import protocol_title, splits_of, target_keys
from vidsumm.benchmark.videos import AnnotatedVideos, open_videos
from vidsumm.datasets.synthetic import write_synthetic
from vidsumm.errors import ConfigError, InputError


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "invented.h5"
    write_synthetic(path, INVENTED)
    return path


def test_the_known_folds_are_the_default(config: BenchConfig, data: Path) -> None:
    videos = AnnotatedVideos(data / "annotations" / "tvsum_annotations.h5")
    tvsum = dataclasses.replace(config, dataset="tvsum")
    splits = splits_of(tvsum, videos)
    rows = json.loads((data / "splits" / "tvsum_5fcv.json").read_text())["folds"]
    assert [set(split.test) for split in splits] == [set(row["test"]) for row in rows]
    with pytest.raises(InputError, match="are of tvsum"):
        target_keys(dataclasses.replace(config, dataset="summe"), videos)


def test_folds_of_a_file_replace_the_official_ones(config: BenchConfig, file: Path, tmp_path: Path) -> None:
    folds = tmp_path / "folds.json"
    folds.write_text(json.dumps({"folds": [{"train": ["video_1"], "test": ["video_2", "video_3"]}]}))
    (split,) = splits_of(dataclasses.replace(config, splits=folds), open_videos([file], None))
    assert (split.train, split.validation, split.test) == (("video_1",), (), ("video_2", "video_3"))


def test_mr_hisum_needs_its_split(config: BenchConfig, file: Path) -> None:
    hisum = dataclasses.replace(config, dataset="mrhisum", protocol="official")
    with pytest.raises(ConfigError, match="needs a split file"):
        splits_of(hisum, open_videos([file], None))


def test_files_of_two_kinds_of_features_are_refused(file: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.h5"
    write_synthetic(other, dataclasses.replace(INVENTED, seed=1))
    with pytest.raises(InputError, match="one feature id"):
        open_videos([file, other], None)


def test_augmented_keeps_the_test_side(config: BenchConfig, file: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.h5"
    write_synthetic(other, INVENTED)
    videos = open_videos([file, other], None)
    own = dataclasses.replace(config, protocol="tvt")
    for plain, more in zip(
        splits_of(own, videos), splits_of(dataclasses.replace(own, setting="augmented"), videos), strict=True
    ):
        assert (more.test, more.validation) == (plain.test, plain.validation)
        assert set(more.train) - set(plain.train) == {f"other/video_{n}" for n in range(1, 7)}
    assert protocol_title(dataclasses.replace(own, setting="augmented")).endswith(", augmented")


@pytest.mark.parametrize(
    "changes",
    [
        {"dataset": "cosum"},
        {"protocol": "loo"},
        {"setting": "x"},
        {"seeds": 0},
        {"samples": 0},
        {"protocol": "official"},
    ],
)
def test_impossible_runs_are_refused(config: BenchConfig, changes: dict[str, object]) -> None:
    (name,) = changes
    with pytest.raises(ConfigError, match=f"`{name}={changes[name]}`"):
        dataclasses.replace(config, **changes)  # type: ignore[arg-type]
