"""A key changes with everything that can change a result, and with nothing else."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.support.videos import video_info
from vidsumm.config import DecodeConfig, FeatureConfig, ShotConfig, SummarizeConfig
from vidsumm.features.registry import SPECS, BackboneFile
from vidsumm.pipeline.keys import features_key, hardware, shots_key
from vidsumm.pipeline.source import Source
from vidsumm.versions import installed_versions
from vidsumm.video.sampling import plan_samples

BACKBONE = BackboneFile(SPECS["inception-v3"], Path("a.pt"), "7f" * 32, torch.device("cpu"), "float32")
SOURCE = Source(video_info([40] * 100, keys=[0, 50]), "5e" * 32, (1, 2))
CONFIG = SummarizeConfig()

OTHERS: dict[str, Any] = {
    "fps": 1.0,
    "decoder": "pyav",
    "fast": True,
    "batch_size": 8,
    "segmenter": "pelt",
    "min_shot_s": 0.5,
    "max_shot_s": 9.0,
    "penalty": 2.0,
}
"""Another value for each setting that counts by itself."""
ELSEWHERE = {
    "stall_s": "what a decoder delivers does not depend on it",
    "backbone": "counts by its feature id",
    "backbone_weights": "count by their digest",
    "device": "counts as it is resolved",
}


def key(source: Source = SOURCE, backbone: BackboneFile = BACKBONE, config: SummarizeConfig = CONFIG) -> str:
    return features_key(source, plan_samples(source.info, config.decode.fps), backbone, config)


def test_every_setting_of_the_stages_is_thought_of() -> None:
    stages = (DecodeConfig, FeatureConfig, ShotConfig)
    assert {field.name for stage in stages for field in dataclasses.fields(stage)} == OTHERS.keys() | ELSEWHERE.keys()


@pytest.mark.parametrize("setting", ["fps", "decoder", "batch_size"])
def test_settings_that_change_features(setting: str) -> None:
    assert key(config=CONFIG.replace(**{setting: OTHERS[setting]})) != key()


@pytest.mark.parametrize(
    "changes",
    [
        {"stall_s": 5.0},
        {"samples": 2, "seed": 3, "steps": 4, "guidance": 1.0, "redraws": 0},
        {"ratio": 0.3},
        {"duration_s": 9.0},
        {"mode": "copy", "crf": 1, "preset": "slow"},
        {"segmenter": "pelt", "penalty": 3.0},
        {"use_cache": False, "cache_folder": Path("a"), "cache_limit_gb": 1.0},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_settings_that_do_not(changes: dict[str, Any]) -> None:
    assert key(config=CONFIG.replace(**changes)) == key()


@pytest.mark.parametrize(
    "changes",
    [
        {"spec": SPECS["googlenet"]},
        {"weights_sha256": "7f" * 31 + "00"},
        {"precision": "bfloat16"},
        {"device": torch.device("meta")},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_the_network_counts(changes: dict[str, Any]) -> None:
    assert key(backbone=dataclasses.replace(BACKBONE, **changes)) != key()


def test_where_its_file_lies_does_not() -> None:
    assert key(backbone=dataclasses.replace(BACKBONE, path=Path("b.pt"))) == key()


@pytest.mark.parametrize(
    "info",
    [
        video_info([40] * 99, keys=[0, 50]),
        video_info([40] * 100, keys=[0, 51]),
        video_info([40] * 99 + [41], keys=[0, 50]),
        dataclasses.replace(SOURCE.info, video=dataclasses.replace(SOURCE.info.video, index=1)),
        dataclasses.replace(SOURCE.info, video=dataclasses.replace(SOURCE.info.video, rotation=90)),
    ],
)
def test_stream_and_clocks_count(info: Any) -> None:
    assert key(dataclasses.replace(SOURCE, info=info)) != key()


def test_content_counts_and_name_and_time_do_not() -> None:
    assert key(dataclasses.replace(SOURCE, sha256="00" * 32)) != key()
    elsewhere = dataclasses.replace(SOURCE.info, path=Path("moved.mp4"))
    assert key(dataclasses.replace(SOURCE, info=elsewhere, stamp=(7, 8))) == key()


@pytest.mark.parametrize("package", ["vidsumm", "torch", "torchvision", "av", "decord"])
def test_versions_count(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = key()
    monkeypatch.setattr(
        "vidsumm.pipeline.keys.installed_versions", lambda names: installed_versions(names) | {package: "0.0"}
    )
    assert key() != before


def test_the_revision_of_our_own_code_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    before = key()
    monkeypatch.setattr("vidsumm.pipeline.keys._REVISION", 99)
    assert key() != before


def test_threads_count(monkeypatch: pytest.MonkeyPatch) -> None:
    cpu = torch.device("cpu")
    assert hardware(cpu) == hardware(cpu)
    before = key()
    monkeypatch.setattr(torch, "get_num_threads", lambda: 99)
    assert key() != before


@pytest.mark.parametrize("setting", ["segmenter", "min_shot_s", "penalty"])
def test_settings_that_change_changes_of_scene(setting: str) -> None:
    assert shots_key("a", CONFIG.replace(**{setting: OTHERS[setting]}).shots) != shots_key("a", CONFIG.shots)
    assert shots_key("b", CONFIG.shots) != shots_key("a", CONFIG.shots)


def test_the_longest_shot_counts_only_where_shots_are_uniform() -> None:
    assert shots_key("a", CONFIG.replace(max_shot_s=9.0).shots) == shots_key("a", CONFIG.shots)
    uniform = CONFIG.replace(segmenter="uniform")
    assert shots_key("a", uniform.replace(max_shot_s=9.0).shots) != shots_key("a", uniform.shots)
