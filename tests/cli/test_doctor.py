"""``vidsumm doctor`` shows a diagnosis."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from vidsumm.cli.app import app
from vidsumm.diagnosis import (
    BackboneState,
    CheckpointState,
    Decoder,
    Device,
    Diagnosis,
    Ffmpeg,
    Folder,
    InstallationProblem,
)
from vidsumm.errors import ResourceError

SOUND = Diagnosis(
    versions={"vidsumm": "1.2", "python": "3.11", "platform": "Linux", "torch": "2.5"},
    ffmpeg=Ffmpeg(Path("/bin/ffmpeg"), "7.0", "system", "the first on the PATH"),
    decoders=(Decoder("pyav", "14.0"),),
    devices=(Device("cpu", "4 threads", "float32"), Device("cuda:0", "GPU, 24 GiB", "bfloat16")),
    backbones=(BackboneState("inception-v3", True, "a.pt"), BackboneState("googlenet", False, "downloaded")),
    checkpoints=(CheckpointState("tvsum", Path("tvsum.safetensors"), "inception-v3:1", "ab" * 32),),
    folders=(Folder("temporary files", Path("/tmp"), True, 2**31),),  # noqa: S108  shown, not used
    problems=(InstallationProblem("decord does not load", "run `pip install decord`", is_fatal=False),),
)
BARE = Diagnosis(
    versions={"vidsumm": "1.2", "python": "3.11", "platform": "Linux"},
    ffmpeg=None,
    decoders=(),
    devices=(),
    backbones=(),
    checkpoints=(),
    folders=(),
    problems=(InstallationProblem("no ffmpeg", "install it", is_fatal=True),),
)


def run(monkeypatch: pytest.MonkeyPatch, diagnosis: Diagnosis, *args: str) -> tuple[int, str]:
    monkeypatch.setattr("vidsumm.cli.doctor.diagnose", lambda ffmpeg: diagnosis)
    result = CliRunner().invoke(app, ["doctor", *args])
    assert result.stderr == ""
    return result.exit_code, result.stdout


def test_a_complete_installation_is_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    code, text = run(monkeypatch, SOUND)
    assert code == 0
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert lines == [
        "vidsumm 1.2, Python 3.11, Linux",
        "part name found",
        "package torch 2.5",
        "package torchvision missing",
        "package numpy missing",
        "ffmpeg system 7.0 with libx264, /bin/ffmpeg",
        "why this one: the first on the PATH",
        "decoder decord missing",
        "decoder pyav 14.0",
        "device cpu 4 threads, float32",
        "device cuda:0 GPU, 24 GiB, bfloat16",
        "backbone inception-v3 a.pt",
        "backbone googlenet missing: downloaded",
        "checkpoint tvsum inception-v3:1, SHA-256 abababababab",
        "folder temporary files /tmp, 2.0 GiB free",
        "warning: decord does not load",
        "run `pip install decord`",
        "ready to summarize",
    ]


def test_a_bare_installation_is_not_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    code, text = run(monkeypatch, BARE)
    assert code == ResourceError.exit_code
    assert text.splitlines()[-3:] == ["error: no ffmpeg", "  install it", "not ready to summarize"]


@pytest.mark.parametrize(("diagnosis", "code"), [(SOUND, 0), (BARE, 4)], ids=["sound", "bare"])
def test_json_has_the_whole_diagnosis(monkeypatch: pytest.MonkeyPatch, diagnosis: Diagnosis, code: int) -> None:
    ended, text = run(monkeypatch, diagnosis, "--json")
    assert ended == code
    assert len(text.splitlines()) == 1
    assert json.loads(text) == json.loads(json.dumps(diagnosis.as_dict()))
