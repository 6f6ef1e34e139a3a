"""`vidsumm convert` on files of all kinds: what it prints, what it writes and its exit code."""

from pathlib import Path

import numpy as np
import pytest
import torch
from typer.testing import CliRunner, Result

from tests.model.test_official import Trap
from tests.support.networks import CHANNELS, small_model, video
from tests.support.official_state import official_state
from vidsumm.cli.app import app
from vidsumm.files import file_sha256
from vidsumm.model.checkpoint import load_checkpoint
from vidsumm.model.conversion import UNKNOWN_FEATURES
from vidsumm.model.sampling import SamplingOptions, sample_curves

FEATURES = "googlenet-bvlc:0123456789ab:squash224-l2:2fps"


@pytest.fixture
def official(tmp_path: Path) -> Path:
    path = tmp_path / "official.pkl"
    torch.save({"model": official_state(small_model("decoder"))}, path)
    return path


def convert(source: Path, *options: str) -> Result:
    target = source.with_name("mine.safetensors")
    return CliRunner().invoke(app, ["convert", str(source), "-o", str(target), "--heads", "4", *options])


def refused(source: Path, code: int, *options: str) -> str:
    """The error message; checks that nothing was written and no traceback was printed."""
    before = sorted(source.parent.iterdir())
    result = convert(source, *options)
    assert result.exit_code == code, result.output
    assert sorted(source.parent.iterdir()) == before
    lines = result.stderr.splitlines()
    assert lines[0].startswith("vidsumm: error: ")
    assert len(lines) <= 2  # what, and what to do about it
    return lines[0]


def test_a_converted_network_draws_the_same_curves(official: Path) -> None:
    null = np.linspace(0, 1, CHANNELS)
    np.save(official.with_name("black.npy"), null)
    result = convert(
        official, "--null-video", str(official.with_name("black.npy")), "--feature-id", FEATURES, "--guidance", "0.2"
    )
    assert result.exit_code == 0, result.output
    assert len(result.stdout.splitlines()) == 1
    assert "decoder, 2 encoder and 2 denoiser layers" in result.stdout
    found = load_checkpoint(official.with_name("mine.safetensors"))
    assert (found.info.feature_id, found.info.guidance) == (FEATURES, 0.2)
    for about in (found.info.training, found.info.card):
        assert about["converted_from"] == "official.pkl"
        assert about["sha256"] == file_sha256(official)
    assert found.info.card["null_video"] == "black.npy"
    np.testing.assert_allclose(found.model.null_features.numpy(), null, rtol=0, atol=1e-7)
    options = SamplingOptions(steps=3)
    curves = [sample_curves(m, video(9), [0], options) for m in (found.model, small_model("decoder"))]
    assert np.array_equal(curves[0], curves[1])


def test_the_command_tells_what_was_not_given(official: Path) -> None:
    result = convert(official)
    assert result.exit_code == 0, result.output
    assert [line.partition(":")[0] for line in result.stdout.splitlines()[1:]] == ["null video", "features"]
    found = load_checkpoint(official.with_name("mine.safetensors"))
    assert found.info.feature_id == UNKNOWN_FEATURES
    assert not found.model.null_features.any()
    assert found.model.config.temperature == 2


def test_quiet_prints_nothing(official: Path) -> None:
    assert convert(official, "--quiet").output == ""


def test_temperature_and_bins_reach_the_checkpoint(official: Path) -> None:
    torch.save(official_state(small_model(score_embedding="sinusoidal")), official)
    assert convert(official, "--temperature", "1", "--bins", "50").exit_code == 0
    config = load_checkpoint(official.with_name("mine.safetensors")).model.config
    assert (config.temperature, config.bins, config.score_embedding) == (1.0, 50, "sinusoidal")


def test_a_file_is_only_overwritten_on_request(official: Path) -> None:
    assert convert(official).exit_code == 0
    target = official.with_name("mine.safetensors")
    before = target.read_bytes()
    assert "exists" in refused(official, 6)
    assert convert(official, "--overwrite", "--guidance", "1").exit_code == 0
    assert target.read_bytes() != before


def test_a_malicious_pickle_is_refused_and_not_run(official: Path) -> None:
    sprung = official.with_name("sprung")
    torch.save({"model": official_state(small_model()), "args": Trap(sprung)}, official)
    assert str(official) in refused(official, 4)
    assert not sprung.exists()


def test_files_that_are_not_official_checkpoints_are_refused(official: Path) -> None:
    assert "no such file" in refused(official.with_name("absent.pkl"), 4)
    torch.save({"conv1.weight": torch.ones(3)}, official)
    assert "not a SummDiff network" in refused(official, 4)
    torch.save(official_state(small_model()) | {"surprise.weight": torch.ones(3)}, official)
    line = refused(official, 4)
    assert "surprise.weight" in line
    assert str(official) in line
    official.write_bytes(b"nothing of the kind")
    assert str(official) in refused(official, 4)


@pytest.mark.parametrize(
    "options",
    [
        ("--heads", "5"),
        ("--heads", "0"),
        ("--temperature", "nan"),
        ("--temperature", "-1"),
        ("--bins", "0"),
        ("--guidance", "99"),
        ("--feature-id", "googlenet"),
        ("--output", "mine.pkl"),
    ],
    ids=" ".join,
)
def test_bad_options_are_named(official: Path, options: tuple[str, str]) -> None:
    assert options[0] in refused(official, 2, *options)


@pytest.mark.parametrize(
    "values",
    [np.zeros(CHANNELS + 1), np.zeros((1, 1, CHANNELS)), np.full(CHANNELS, np.nan), np.array(["a"] * CHANNELS)],
    ids=["too many", "three axes", "not finite", "text"],
)
def test_null_videos_that_do_not_fit_are_refused(
    official: Path, values: np.ndarray[tuple[int, ...], np.dtype[np.generic]]
) -> None:
    path = official.with_name("black.npy")
    np.save(path, values)
    assert "black.npy" in refused(official, 3, "--null-video", str(path))
    path.write_bytes(b"no array")
    assert "black.npy" in refused(official, 3, "--null-video", str(path))
    path.unlink()
    assert "black.npy" in refused(official, 3, "--null-video", str(path))
