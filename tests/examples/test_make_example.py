import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.places import ROOT

pytestmark = pytest.mark.slow

EXAMPLES = ROOT / "examples"
SHOTS = 33
FRAMES = 5
RATE = 25


@pytest.fixture(scope="module")
def generator() -> Iterator[Any]:
    """The generator script, imported the way Python runs it: with its own folder on the path."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", [str(EXAMPLES), *sys.path])
        yield importlib.import_module("make_example")


@pytest.fixture(scope="module")
def short_film(generator: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("film") / "short.mp4"
    generator.main(["--output", str(path), "--size", "160x90", "--seconds-per-shot", str(FRAMES / RATE)])
    return path


def frames(path: Path) -> NDArray[np.float64]:
    with av.open(path) as container:
        return np.stack([frame.to_ndarray(format="gray") for frame in container.decode(video=0)]).astype(np.float64)


def samples(path: Path) -> NDArray[np.float32]:
    with av.open(path) as container:
        return np.concatenate([frame.to_ndarray()[0] for frame in container.decode(audio=0)])


def test_the_streams_are_what_players_expect(short_film: Path) -> None:
    with av.open(short_film) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        assert len(container.streams) == 2
        assert (video.codec_context.name, video.width, video.height) == ("h264", 160, 90)
        assert video.codec_context.pix_fmt == "yuv420p"
        assert video.average_rate == RATE
        assert (audio.codec_context.name, audio.rate, audio.codec_context.layout.name) == ("aac", 48_000, "mono")


def test_picture_and_sound_are_as_long_as_the_shots(short_film: Path) -> None:
    assert len(frames(short_film)) == SHOTS * FRAMES
    assert abs(len(samples(short_film)) / 48_000 - SHOTS * FRAMES / RATE) < 0.04


def test_shots_change_by_cuts(short_film: Path) -> None:
    changes = np.abs(np.diff(frames(short_film), axis=0)).mean(axis=(1, 2))
    cuts = np.arange(1, SHOTS) * FRAMES - 1
    # The flash of lightning is as bright as a cut, and lasts two frames.
    assert changes[cuts].min() > np.sort(np.delete(changes, cuts))[-3]


def test_every_shot_starts_and_ends_in_silence(generator: Any) -> None:
    for scene in generator.SCENES:
        for shot in generator.play(scene, generator.View(48, 27), [FRAMES] * SHOTS):
            sound = np.concatenate([clip for _, clip in shot])
            assert len(sound) == FRAMES * 48_000 // RATE
            assert sound[0] == sound[-1] == 0


def test_a_scene_goes_on_where_it_was_left(generator: Any) -> None:
    scene, view = generator.SCENES[0], generator.View(48, 27)
    first, second = ([canvas.pixels for canvas, _ in shot] for shot in generator.play(scene, view, [FRAMES] * SHOTS))
    paint, _ = scene(view, 2 * FRAMES / RATE, np.random.default_rng((generator.SEED, 0)))
    np.testing.assert_array_equal(first + second, [paint(i / RATE).pixels for i in range(2 * FRAMES)])


def test_the_index_stands_before_the_data(short_film: Path) -> None:
    data = short_film.read_bytes()
    assert 0 < data.index(b"moov") < data.index(b"mdat")


def test_the_same_film_is_the_same_bytes(generator: Any, short_film: Path, tmp_path: Path) -> None:
    generator.make(tmp_path / "again.mp4", (160, 90), FRAMES / RATE)
    assert (tmp_path / "again.mp4").read_bytes() == short_film.read_bytes()


@pytest.mark.parametrize("number", range(12))
def test_a_scene_moves_and_its_sound_fits(generator: Any, number: int) -> None:
    view = generator.View(96, 54)
    paint, sound = generator.SCENES[number](view, 2.0, np.random.default_rng(1))
    first, later = paint(0.4).pixels.copy(), paint(1.6).pixels
    assert first.shape == (54, 96, 3)
    assert first.dtype == sound.dtype == np.float32
    assert np.isfinite(first).all()
    assert np.abs(later - first).mean() > 0.002
    assert len(sound) == 96_000
    assert 0.3 < np.abs(sound).max() <= np.float32(0.8)


@pytest.mark.parametrize("size", ["161x90", "8x8", "640"])
def test_impossible_sizes_are_refused(generator: Any, size: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        generator.main(["--size", size])
    assert "--size" in capsys.readouterr().err


def test_the_film_in_the_repository_is_the_full_one(generator: Any) -> None:
    path = generator.DEFAULT_OUTPUT
    assert path.stat().st_size < 3_000_000
    with av.open(path) as container:
        video = container.streams.video[0]
        assert (video.width, video.height) == (640, 360)
        assert video.frames == sum(round(shot.seconds * RATE) for shot in generator.SHOTS)
