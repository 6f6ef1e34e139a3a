"""What is found, and what becomes of parts that are missing or broken."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from vidsumm.diagnosis import InstallationProblem, diagnose
from vidsumm.errors import ResourceError
from vidsumm.model.checkpoint import CheckpointInfo
from vidsumm.model.config import ModelConfig

MISSING = ResourceError("it is not there", remedy="get it")
CHECKPOINT = CheckpointInfo(
    name="tvsum",
    path=Path("tvsum.safetensors"),
    feature_id="inception-v3:0",
    sha256="0" * 64,
    guidance=0.0,
    model=ModelConfig(feature_dim=2048),
    training={},
    card={},
)


def missing(*args: object, **kwargs: object) -> Any:
    raise MISSING


@pytest.fixture(autouse=True)
def shipped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every part is in order unless a test breaks it."""
    monkeypatch.setattr("vidsumm.model.checkpoint.shipped_checkpoint", lambda backbone: CHECKPOINT)
    monkeypatch.setattr("vidsumm.model.checkpoint.shipped_checkpoints", lambda: [CHECKPOINT])
    monkeypatch.setattr("vidsumm.features.registry.backbone_available", lambda name, weights: (True, "here"))


def test_a_sound_installation() -> None:
    diagnosis = diagnose()
    assert diagnosis.can_summarize
    assert not [problem for problem in diagnosis.problems if problem.is_fatal]
    assert diagnosis.ffmpeg is not None
    assert diagnosis.ffmpeg.path.is_file()
    assert "pyav" in {decoder.name for decoder in diagnosis.decoders}
    assert diagnosis.devices[0].name == "cpu"
    assert diagnosis.devices[0].precision in ("float32", "bfloat16")
    assert [checkpoint.name for checkpoint in diagnosis.checkpoints] == ["tvsum"]
    assert {"vidsumm", "python", "torch", "av"} <= set(diagnosis.versions)


def test_as_dict_is_json() -> None:
    told = json.loads(json.dumps(diagnose().as_dict(), allow_nan=False))
    assert told["can_summarize"] is True
    assert told["checkpoints"][0] == {
        "name": "tvsum",
        "path": "tvsum.safetensors",
        "feature_id": "inception-v3:0",
        "sha256": "0" * 64,
    }


@pytest.mark.parametrize(
    "part", ["vidsumm.video.ffmpeg_binary.find_ffmpeg", "vidsumm.model.checkpoint.shipped_checkpoint"], ids=str
)
def test_what_the_job_needs_is_fatal(monkeypatch: pytest.MonkeyPatch, part: str) -> None:
    monkeypatch.setattr(part, missing)
    diagnosis = diagnose()
    assert not diagnosis.can_summarize
    assert InstallationProblem("it is not there", "get it", is_fatal=True) in diagnosis.problems


@pytest.mark.parametrize(
    ("name", "is_fatal"), [("inception-v3", True), ("googlenet", False), ("googlenet-bvlc", False)]
)
def test_only_the_default_backbone_is_needed(monkeypatch: pytest.MonkeyPatch, name: str, is_fatal: bool) -> None:
    monkeypatch.setattr(
        "vidsumm.features.registry.backbone_available", lambda other, weights: (other != name, "somewhere")
    )
    diagnosis = diagnose()
    assert {state.name for state in diagnosis.backbones if not state.is_available} == {name}
    assert diagnosis.can_summarize == (not is_fatal)


@pytest.mark.parametrize(("package", "name", "is_fatal"), [("decord", "decord", False), ("av", "pyav", True)])
def test_a_decoder_that_does_not_load(monkeypatch: pytest.MonkeyPatch, package: str, name: str, is_fatal: bool) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    diagnosis = diagnose()
    assert name not in {decoder.name for decoder in diagnosis.decoders}
    (problem,) = [problem for problem in diagnosis.problems if problem.what.startswith(f"{package} does not load")]
    assert problem.is_fatal == is_fatal
    assert f"pip install {package}" in problem.remedy


def test_no_folder_for_temporary_files(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone() -> str:
        raise FileNotFoundError("no usable temporary directory")

    monkeypatch.setattr("tempfile.gettempdir", gone)
    diagnosis = diagnose()
    assert diagnosis.folders == ()
    assert not diagnosis.can_summarize
