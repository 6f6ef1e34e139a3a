"""Which frames features are computed from; the stand-in for the network returns the frame itself."""

import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from tests.support.media import read_frame_number, write_clip
from vidsumm.cli.app import app
from vidsumm.config import SummarizeConfig
from vidsumm.datasets.store import FeatureStore
from vidsumm.errors import ConfigError, InputError
from vidsumm.features.backbone import Backbone, BackboneSpec
from vidsumm.featurize.build import build_features

pytestmark = pytest.mark.slow

CONFIG = SummarizeConfig().replace(device="cpu")
FPS, SECONDS = 30, 6
SIZE = 32
PICKS = np.arange(0, FPS * SECONDS, 15)


@pytest.fixture(autouse=True)
def picture_backbone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Features are the pixels of a frame, so that tests can read its number."""
    spec = BackboneSpec("inception-v3", 3 * SIZE * SIZE, (SIZE, SIZE), "pixels", "pixels", "none")
    backbone = Backbone(spec, "0" * 64, torch.device("cpu"), "float32", torch.nn.Flatten(), lambda x: x + 1e-3)
    monkeypatch.setattr("vidsumm.featurize.build.load_backbone", lambda *args, **kwargs: backbone)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One video of 180 frames at four frame rates, and a shorter one."""
    folder = tmp_path_factory.mktemp("videos")
    for name, rate in (("whole", FPS), ("picks", 2), ("slow", 5), ("odd", 7)):
        write_clip(folder / f"{name}.mp4", seconds=SECONDS, fps=rate, scenes=1, audio=False)
    write_clip(folder / "short.mp4", seconds=3, fps=7, scenes=1, audio=False)
    return folder


def annotations(path: Path, *, fps: float | None = float(FPS)) -> Path:
    rng = np.random.default_rng(0)
    with h5py.File(path, "w") as file:
        for key in ("video_1", "video_2"):
            group = file.create_group(key)
            group["picks"], group["n_frames"], group["video_name"] = PICKS, FPS * SECONDS, f"{key} by name"
            group["user_scores"] = rng.integers(1, 6, (4, len(PICKS)))
            if fps:
                group["fps"] = fps
    return path


def numbers(path: Path, key: str = "video_1") -> list[int]:
    """Numbers of the frames that a video's features are of."""
    rows = FeatureStore([path]).features(key).reshape(-1, 3, SIZE, SIZE).transpose(0, 2, 3, 1)
    return [read_frame_number((row / row.max() * 255).astype(np.uint8)) for row in rows]


@pytest.mark.parametrize(
    ("name", "rate", "how"), [("whole", FPS, "frames"), ("picks", 2, "picks"), ("slow", 5, "time"), ("odd", 7, "time")]
)
def test_features_are_those_of_the_frames_at_the_picks(
    folder: Path, tmp_path: Path, name: str, rate: int, how: str
) -> None:
    out = tmp_path / "out.h5"
    build_features([], annotations(tmp_path / "a.h5"), out, CONFIG, given={"video_1": folder / f"{name}.mp4"})
    shown_s = np.array(numbers(out)) / rate
    assert np.abs(shown_s - PICKS / FPS).max() <= 0.75 / rate
    assert FeatureStore([out]).provenance["matched"] == {"video_1": how}


def test_an_inexact_fps_moves_no_pick(folder: Path, tmp_path: Path) -> None:
    # annotations derive it from the length of the container, which sound may stretch
    out, path = tmp_path / "out.h5", annotations(tmp_path / "a.h5", fps=FPS * 0.97)
    build_features([], path, out, CONFIG, given={"video_1": folder / "slow.mp4"})
    assert np.abs(np.array(numbers(out)) / 5 - PICKS / FPS).max() <= 0.75 / 5


@pytest.mark.parametrize(
    ("name", "fps", "told"), [("short", 30.0, "lasts 3.0 s, not 6.0 s"), ("slow", None, "gives no fps")]
)
def test_other_videos_are_refused(folder: Path, tmp_path: Path, name: str, fps: float | None, told: str) -> None:
    path = annotations(tmp_path / "a.h5", fps=fps)
    with pytest.raises(InputError, match=told):
        build_features([], path, tmp_path / "out.h5", CONFIG, given={"video_1": folder / f"{name}.mp4"})
    assert not (tmp_path / "out.h5").exists()


def test_files_given_by_key_come_before_names(folder: Path, tmp_path: Path) -> None:
    path, out = annotations(tmp_path / "a.h5"), tmp_path / "out.h5"
    shutil.copy(folder / "picks.mp4", tmp_path / "video_1.mp4")
    shutil.copy(folder / "picks.mp4", tmp_path / "video_2 by name.mp4")
    files = [tmp_path / "video_1.mp4", tmp_path / "video_2 by name.mp4"]
    build_features(files, path, out, CONFIG, given={"video_1": folder / "whole.mp4"})
    assert FeatureStore([out]).provenance["matched"] == {"video_1": "frames", "video_2": "picks"}


def test_an_unknown_key_is_refused(folder: Path, tmp_path: Path) -> None:
    path = annotations(tmp_path / "a.h5")
    with pytest.raises(ConfigError, match="`given=video_9`: no such video"):
        build_features([], path, tmp_path / "out.h5", CONFIG, given={"video_9": folder / "whole.mp4"})


def test_the_command_takes_files_by_key(folder: Path, tmp_path: Path) -> None:
    path, out = annotations(tmp_path / "a.h5"), tmp_path / "out.h5"
    arguments = ["features", "-a", str(path), "-o", str(out), "--device", "cpu"]
    given = [part for key in ("video_1", "video_2") for part in ("--video", f"{key}={folder / 'odd.mp4'}")]
    done = CliRunner().invoke(app, [*arguments, *given])
    assert done.exit_code == 0, done.output
    assert "2 videos, 24 samples" in done.stdout
    assert "matched by time" in done.stderr
    for wrong, told in (("video_1", "not KEY=FILE"), ("=a.mp4", "not KEY=FILE"), ("video_1=", "not KEY=FILE")):
        refused = CliRunner().invoke(app, [*arguments, "--video", wrong])
        assert refused.exit_code == 2
        assert told in refused.stderr
    twice = CliRunner().invoke(app, [*arguments, *given[:2], *given[:2]])
    assert "given twice" in twice.stderr
