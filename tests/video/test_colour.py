from pathlib import Path

import pytest

from tests.support.cutting import ffmpeg
from tests.support.media import write_clip
from vidsumm.video.colour import BT709, Colour, read_colour
from vidsumm.video.info import VideoInfo
from vidsumm.video.probe import probe

BT601 = Colour(1, 1, 6)


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ((2, 2, 2), BT601),
        ((1, 1, 1), BT709),
        ((9, 16, 9), Colour(9, 16, 9)),
        ((9, 14, 2), Colour(9, 14, 9)),
        ((2, 2, 9), Colour(9, 1, 9)),
        ((5, 6, 5), Colour(5, 6, 5)),
        ((10, 8, 8), BT601),
    ],
)
def test_declared_colours_are_read_and_others_guessed(
    tags: tuple[int, int, int], expected: Colour, plain: VideoInfo, tmp_path: Path
) -> None:
    names = ("colour_primaries", "transfer_characteristics", "matrix_coefficients")
    settings = ":".join(f"{name}={code}" for name, code in zip(names, tags, strict=True))
    ffmpeg("-i", plain.path, "-c", "copy", "-bsf:v", f"h264_metadata={settings}", tmp_path / "clip.mp4")
    assert read_colour(probe(tmp_path / "clip.mp4")) == expected


def test_large_pictures_are_taken_for_bt709(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.mp4", seconds=0.2, size=(1280, 64), audio=False)
    assert read_colour(probe(clip.path)) == BT709


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["-c:v", "ffv1", "-pix_fmt", "gbrp"], BT709),
        (["-c:v", "mjpeg", "-pix_fmt", "yuvj420p"], Colour(1, 1, 5, is_full_range=True)),
    ],
    ids=["rgb", "full-range"],
)
def test_pixels_other_than_usual_are_recognized(
    options: list[str], expected: Colour, plain: VideoInfo, tmp_path: Path
) -> None:
    ffmpeg("-i", plain.path, *options, "-t", 0.2, "-an", tmp_path / "clip.mkv")
    assert read_colour(probe(tmp_path / "clip.mkv")).meaning == expected


def test_equal_meanings_have_equal_codes() -> None:
    assert Colour(1, 6, 6).meaning == Colour(1, 14, 5).meaning
    assert Colour(1, 1, 1).meaning != Colour(1, 1, 1, is_full_range=True).meaning
    assert BT601.meaning != BT709.meaning
