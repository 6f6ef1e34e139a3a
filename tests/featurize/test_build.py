"""Which frames of which files feature files are made of; the network is the picture itself."""

import shutil
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from tests.support.eccv16 import group_values, write_group
from tests.support.feature_files import FEATURE_ID, feature_file, features
from tests.support.media import read_frame_number, write_clip
from vidsumm.cli.app import app
from vidsumm.config import SummarizeConfig
from vidsumm.datasets.store import FeatureStore
from vidsumm.errors import ConfigError, InputError, OutputError
from vidsumm.features.backbones import Backbone, BackboneSpec
from vidsumm.featurize.build import build_features, check_features, declare_identity

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
    """One video of 180 frames in four guises, and its annotation."""
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
def test_the_frames_of_the_picks(folder: Path, tmp_path: Path, name: str, rate: int, how: str) -> None:
    out = tmp_path / "out.h5"
    build_features([], annotations(tmp_path / "a.h5"), out, CONFIG, given={"video_1": folder / f"{name}.mp4"})
    shown_s = np.array(numbers(out)) / rate
    assert np.abs(shown_s - PICKS / FPS).max() <= 0.75 / rate
    assert FeatureStore([out]).provenance["matched"] == {"video_1": how}


def test_an_inexact_fps_does_no_harm(folder: Path, tmp_path: Path) -> None:
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
    with pytest.raises(ConfigError, match="--video video_9: no such video"):
        build_features([], path, tmp_path / "out.h5", CONFIG, given={"video_9": folder / "whole.mp4"})


def test_the_command_takes_files_by_key(folder: Path, tmp_path: Path) -> None:
    path, out = annotations(tmp_path / "a.h5"), tmp_path / "out.h5"
    arguments = ["features", "-a", str(path), "-o", str(out), "--device", "cpu"]
    given = [part for key in ("video_1", "video_2") for part in ("--video", f"{key}={folder / 'odd.mp4'}")]
    done = CliRunner().invoke(app, [*arguments, *given])
    assert done.exit_code == 0, done.output
    assert "2 videos, 24 samples" in done.stdout
    assert "matched by time" in done.stderr
    for wrong, told in (("video_1", "no KEY=FILE"), ("=a.mp4", "no KEY=FILE"), ("video_1=", "no KEY=FILE")):
        refused = CliRunner().invoke(app, [*arguments, "--video", wrong])
        assert refused.exit_code == 2
        assert told in refused.stderr
    twice = CliRunner().invoke(app, [*arguments, *given[:2], *given[:2]])
    assert "given twice" in twice.stderr


class TestIdentity:
    @pytest.fixture
    def bare(self, tmp_path: Path) -> Path:
        with h5py.File(tmp_path / "bare.h5", "w") as file:
            write_group(file, "video_1", group_values(1, graded=False) | {"features": features(1)})
        return tmp_path / "bare.h5"

    def test_declaring_makes_a_file_usable(self, bare: Path, tmp_path: Path) -> None:
        out, identity = tmp_path / "named.h5", "pool5:000000000000:unknown:2fps"
        assert not check_features(bare).is_usable
        assert declare_identity(bare, out, identity, None, kind="summe") == 1
        assert check_features(out).problems == ()
        store = FeatureStore([out])
        assert store.feature_id == identity
        assert not store.null_features.any()
        assert store.provenance["source"] == "bare.h5"
        assert "declared" in store.provenance

    def test_features_of_a_black_frame(self, bare: Path, tmp_path: Path) -> None:
        np.save(tmp_path / "black.npy", np.arange(6.0))
        declare_identity(bare, tmp_path / "n.h5", "pool5:000000000000:unknown:2fps", tmp_path / "black.npy")
        assert FeatureStore([tmp_path / "n.h5"]).null_features.tolist() == list(range(6))

    @pytest.mark.parametrize("identity", ["", "pool5", "pool5:xyz:unknown:2fps", "googlenet:000000000000:squash:2fps"])
    def test_names_that_cannot_be_right(self, bare: Path, tmp_path: Path, identity: str) -> None:
        with pytest.raises(ConfigError, match="--feature-id"):
            declare_identity(bare, tmp_path / "named.h5", identity, None)
        assert not (tmp_path / "named.h5").exists()

    def test_what_stands_there_is_kept(self, bare: Path, tmp_path: Path) -> None:
        (tmp_path / "named.h5").write_bytes(b"precious")
        identity = "pool5:000000000000:unknown:2fps"
        with pytest.raises(OutputError, match="exists"):
            declare_identity(bare, tmp_path / "named.h5", identity, None)
        with pytest.raises(ConfigError, match="--kind films"):
            declare_identity(bare, tmp_path / "other.h5", identity, None, kind="films")
        declare_identity(bare, bare, identity, None, overwrite=True)
        assert FeatureStore([bare]).keys == ("video_1",)

    @pytest.mark.parametrize(
        ("identity", "told", "is_fatal"),
        [
            (FEATURE_ID, "inception-v3 has 2048 channels, the file 6", True),
            ("mine", "is not a feature id", True),
            ("mine:000000000000:squash:2fps", "'mine', a network unknown here", False),
        ],
    )
    def test_names_are_judged_on_checking(self, tmp_path: Path, identity: str, told: str, is_fatal: bool) -> None:
        path = feature_file(tmp_path / "f.h5")
        with h5py.File(path, "a") as file:
            file.attrs["feature_id"] = identity
        report = check_features(path)
        assert told in report.problems[0].text
        assert report.is_usable == (not is_fatal)
