"""From clips and annotations to a feature file, and from there to a checkpoint that summarizes videos."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from typer.testing import CliRunner

from tests.support.media import write_clip
from vidsumm.cli.app import app
from vidsumm.config import SummarizeConfig
from vidsumm.datasets.store import FeatureStore
from vidsumm.errors import ConfigError, InputError, OutputError
from vidsumm.featurize.build import build_features
from vidsumm.model.checkpoint import load_checkpoint
from vidsumm.pipeline.summarizer import Summarizer
from vidsumm.training.recipe import Recipe
from vidsumm.training.recipe_file import load_recipe
from vidsumm.training.run import train_checkpoint
from vidsumm.training.settings import TrainingSettings

pytestmark = pytest.mark.slow

CONFIG = SummarizeConfig().replace(device="cpu")
RECIPE = Recipe(epochs=1, videos_per_step=2, curves_per_video=1, width=32, heads=4, feedforward=64)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two annotated videos: a clip that holds only the picked frames, and a whole video found by its own name."""
    folder = tmp_path_factory.mktemp("data")
    write_clip(folder / "video_1.mp4", seconds=4, fps=2, scenes=2, audio=False)
    write_clip(folder / "The whole.mp4", seconds=6, fps=30, scenes=2)
    rng = np.random.default_rng(0)
    with h5py.File(folder / "annotations.h5", "w") as file:
        for key, picks, n_frames, name in (
            ("video_1", np.arange(8) * 15, 120, "else"),
            ("video_2", np.arange(0, 180, 15), 180, "The whole"),
        ):
            group = file.create_group(key)
            group["picks"], group["n_frames"], group["video_name"] = picks, n_frames, name
            group["user_scores"] = rng.integers(1, 6, (4, len(picks)))
    return folder


@pytest.fixture(scope="module")
def features(folder: Path) -> Path:
    path = folder / "features.h5"
    build_features([*folder.glob("*.mp4")], folder / "annotations.h5", path, CONFIG)
    return path


def test_features_are_written_at_the_picks(features: Path) -> None:
    with FeatureStore([features]) as store:
        assert store.feature_id == "inception-v3:7ff4a85c3a63:squash299-bilinear-l2:2fps"
        found = [store.features(key) for key in store.keys]
        assert [values.shape for values in found] == [(8, 2048), (12, 2048)]
        for values in found:
            assert np.linalg.norm(values, axis=1) == pytest.approx(1, abs=1e-3)
        assert np.linalg.norm(store.null_features) == pytest.approx(1, abs=1e-3)
        assert store.provenance["annotations"] == "annotations.h5"


def test_a_video_that_is_not_the_annotated_one_is_refused(folder: Path, tmp_path: Path) -> None:
    wrong = write_clip(tmp_path / "video_1.mp4", seconds=2, fps=10, audio=False).path
    with pytest.raises(InputError, match="20 frames"):
        build_features([wrong], folder / "annotations.h5", tmp_path / "out.h5", CONFIG, only=["video_1"])
    assert not (tmp_path / "out.h5").exists()


def test_missing_videos_and_keys_are_named(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="video_1"):
        build_features([], folder / "annotations.h5", tmp_path / "out.h5", CONFIG)
    with pytest.raises(ConfigError, match="`only=video_9`"):
        build_features([], folder / "annotations.h5", tmp_path / "out.h5", CONFIG, only=["video_9"])


def settings(features: Path, output: Path, **changes: Any) -> TrainingSettings:
    return dataclasses.replace(TrainingSettings((features,), output, RECIPE, device="cpu"), **changes)


def test_a_trained_checkpoint_summarizes_a_video(features: Path, folder: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    rows = train_checkpoint(settings(features, run, folds=2, licence="CC0"))
    assert len(rows) == 2
    info = load_checkpoint(run / "last.safetensors").info
    assert info.card["licence"] == "CC0"
    assert len(info.card["held_out_tau_by_fold"]) == 2
    assert info.training["recipe"]["epochs"] == 1
    card = (run / "last.md").read_text()
    assert f"| mean of the curves | {info.card['held_out']['mean']['tau']:.3f} |" in card
    assert info.feature_id in card
    with Summarizer(CONFIG.replace(weights=run / "last.safetensors", samples=1)) as summarizer:
        summary = summarizer.summarize(folder / "The whole.mp4", dry_run=True)
    assert summary.record.provenance.checkpoint == "last"
    assert summary.record.provenance.checkpoint_sha256 == info.sha256


def test_the_folder_holds_the_whole_run(features: Path, tmp_path: Path) -> None:
    train_checkpoint(settings(features, tmp_path / "run", validation=0.5))
    found = {path.name for path in (tmp_path / "run").iterdir()}
    assert found == {
        "recipe.toml", "run.json", "state.pt", "log.csv", "tensorboard",
        "last.safetensors", "last.md", "best.safetensors", "best.md",
    }  # fmt: skip
    assert load_recipe(str(tmp_path / "run" / "recipe.toml")) == RECIPE
    assert "on videos held out" in (tmp_path / "run" / "best.md").read_text()


def test_a_finished_run_returns_its_numbers_and_is_not_trained_again(features: Path, tmp_path: Path) -> None:
    finished = settings(features, tmp_path / "run", folds=2)
    first = train_checkpoint(finished)
    weights = (tmp_path / "run" / "last.safetensors").stat().st_size
    state = (tmp_path / "run" / "state.pt").stat().st_mtime_ns
    assert train_checkpoint(finished) == first
    assert (tmp_path / "run" / "state.pt").stat().st_mtime_ns == state
    assert (tmp_path / "run" / "last.safetensors").stat().st_size == weights


def test_another_run_is_overwritten_only_on_request(features: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    train_checkpoint(settings(features, run))
    before = (run / "last.safetensors").read_bytes()
    other = settings(features, run, recipe=dataclasses.replace(RECIPE, seed=1))
    with pytest.raises(OutputError, match="another recipe"):
        train_checkpoint(other)
    assert (run / "last.safetensors").read_bytes() == before
    train_checkpoint(other, overwrite=True)
    assert (run / "last.safetensors").read_bytes() != before


def test_folders_and_files_that_are_no_run_are_never_overwritten(features: Path, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "thesis.txt").write_text("x")
    for output in (precious, precious / "thesis.txt"):
        with pytest.raises(OutputError):
            train_checkpoint(settings(features, output), overwrite=True)
    assert (precious / "thesis.txt").read_text() == "x"


def test_the_commands_make_features_and_train(features: Path, folder: Path, tmp_path: Path) -> None:
    runner, out = CliRunner(), tmp_path / "again.h5"
    arguments = ["features", str(folder), "-a", str(folder / "annotations.h5"), "-o", str(out), "--device", "cpu"]
    extracted = runner.invoke(app, [*arguments, "--only", "video_1"])
    assert extracted.exit_code == 0, extracted.output
    assert "1 videos, 8 samples, inception-v3:" in extracted.stdout
    splits = tmp_path / "folds.json"
    splits.write_text(json.dumps({"folds": [{"train": ["video_1"], "test": ["video_2"]}]}))
    run = tmp_path / "run"
    recipe = ["--set", "epochs=1", "--set", "curves_per_video=1", "--set", "width=32", "--set", "heads=4"]
    trained = runner.invoke(
        app, ["train", str(features), "--splits", str(splits), "-o", str(run), *recipe, "--device", "cpu"]
    )
    assert trained.exit_code == 0, trained.output
    assert load_checkpoint(run / "last.safetensors").info.card["split"] == "1-fold cross-validation, folds.json"
