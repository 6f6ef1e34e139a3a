from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.video_info import make_info
from vidsumm.video.info import VideoInfo
from vidsumm.video.picture_format import fit, upright_sar, upright_size


def picture(width: int, height: int, *, sar: Fraction = Fraction(1), rotation: int = 0) -> VideoInfo:
    """Returns the info of a video of this coded size."""
    info = make_info([0, 1], Fraction(1, 25))
    shape = {"width": width, "height": height, "sample_aspect_ratio": sar, "rotation": rotation}
    return replace(info, video=replace(info.video, **shape))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("info", "canvas", "expected"),
    [
        (picture(1280, 720), (1920, 1080), (1920, 1080)),
        (picture(640, 480), (1280, 720), (960, 720)),
        (picture(1920, 1080, rotation=90), (1280, 720), (404, 720)),
        (picture(720, 576, sar=Fraction(16, 15)), (768, 576), (768, 576)),
        (picture(720, 576, sar=Fraction(16, 15), rotation=270), (1280, 720), (540, 720)),
        (picture(854, 480), (1280, 720), (1280, 720)),
        (picture(63, 47), (64, 48), (63, 47)),
        (picture(64, 2), (1280, 720), (1280, 40)),
        (picture(4000, 2), (64, 64), (64, 2)),
    ],
)
def test_pictures_are_as_large_as_fits(info: VideoInfo, canvas: tuple[int, int], expected: tuple[int, int]) -> None:
    assert fit(info, canvas) == expected


def test_a_turned_picture_is_measured_upright() -> None:
    info = picture(720, 576, sar=Fraction(16, 15), rotation=90)
    assert upright_size(info) == (576, 720)
    assert upright_sar(info) == Fraction(15, 16)


sizes = st.tuples(st.integers(16, 4000), st.integers(16, 4000))


@given(sizes, sizes, st.fractions(Fraction(1, 4), 4, max_denominator=99), st.sampled_from([0, 90, 180, 270]))
def test_nothing_is_cropped_or_stretched(
    size: tuple[int, int], half: tuple[int, int], sar: Fraction, rotation: int
) -> None:
    canvas = 2 * half[0], 2 * half[1]
    info = picture(*size, sar=sar, rotation=rotation)
    width, height = fit(info, canvas)
    shape = upright_size(info)[0] * upright_sar(info) / upright_size(info)[1]
    assert width <= canvas[0]
    assert height <= canvas[1]
    assert canvas[0] - width <= 1 or canvas[1] - height <= 1
    assert abs(width - height * shape) <= 1 + shape or min(width, height) == 2
