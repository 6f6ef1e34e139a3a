from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.cutting import ffmpeg
from tests.support.media import read_frame_number, write_clip
from vidsumm.errors import InputError
from vidsumm.video.container import open_source
from vidsumm.video.probe import probe

SMALL = (96, 64)


def _uneven_times(frames: int) -> NDArray[np.float64]:
    steps_s = np.random.default_rng(0).uniform(0.01, 0.2, frames - 1)
    return np.concatenate([[0.0], np.cumsum(steps_s)])


def _shown(path: Path) -> tuple[list[int | None], list[int]]:
    """Returns the time stamps and the drawn numbers of the frames that a decoder shows."""
    with open_source(path) as container:
        frames = [(frame.pts, frame.to_ndarray(format="rgb24").astype(np.uint8)) for frame in container.decode(video=0)]
    return [pts for pts, _ in frames], [read_frame_number(picture) for _, picture in frames]


def test_a_variable_rate_is_recognized(tmp_path: Path) -> None:
    times_s = _uneven_times(30)
    info = probe(write_clip(tmp_path / "vfr.mp4", size=SMALL, times_s=times_s.tolist(), audio=False).path)
    assert info.is_vfr
    np.testing.assert_allclose(info.frame_times_s, times_s, atol=1e-5)


@pytest.mark.parametrize("fps", [Fraction(30_000, 1001), 24, 60])
def test_rounding_of_the_container_is_no_variable_rate(tmp_path: Path, fps: Fraction | int) -> None:
    info = probe(write_clip(tmp_path / "clip.mkv", seconds=2, fps=fps, size=SMALL, audio=False).path)
    assert info.video.time_base == Fraction(1, 1000)
    assert not info.is_vfr


def test_a_single_frame_has_a_length(tmp_path: Path) -> None:
    info = probe(write_clip(tmp_path / "c.mp4", seconds=0.1, fps=10, size=SMALL, audio=False).path)
    assert len(info.frame_pts) == 1
    assert info.duration_s == pytest.approx(0.1)


def test_the_index_follows_the_edit_list(tmp_path: Path) -> None:
    source = write_clip(tmp_path / "source.mp4", seconds=4, size=SMALL, gop=40, bframes=3).path
    cut = tmp_path / "cut.mp4"
    ffmpeg("-ss", 1.6, "-i", source, "-t", 1, "-c", "copy", cut)
    info = probe(cut)
    pts, numbers = _shown(cut)
    assert info.frame_pts.tolist() == pts
    assert numbers[0] == 48


@pytest.mark.parametrize("options", [{}, {"x264-params": "open-gop=1"}])
def test_the_index_leaves_out_frames_that_lack_their_key_frame(tmp_path: Path, options: dict[str, str]) -> None:
    source = write_clip(
        tmp_path / "c.ts", seconds=3, size=SMALL, gop=24, bframes=3, options=options, audio=False
    ).path.read_bytes()
    cut = tmp_path / "cut.ts"
    cut.write_bytes(source[len(source) // 3 // 188 * 188 :])
    info = probe(cut)
    assert 0 < len(info.frame_pts) < 70
    assert info.frame_pts.tolist() == _shown(cut)[0]
    assert info.key_pts[0] == info.frame_pts[0]


def test_a_truncated_file_keeps_the_frames_that_it_has(tmp_path: Path) -> None:
    whole = write_clip(tmp_path / "c.mkv", seconds=3, size=SMALL, audio=False).path
    whole.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    assert 10 < len(probe(whole).frame_pts) < 80


def test_time_stamps_that_span_days_are_refused(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "c.mkv", times_s=[0, 0.04, 9 * 86_400], size=SMALL, audio=False, scenes=1)
    with pytest.raises(InputError, match="its time stamps are damaged: they span"):
        probe(clip.path)


@pytest.mark.parametrize("name", ["auto_editor_example", "opossum_snow", "wannaworktogether"])
def test_the_index_of_real_files_is_what_decoders_show(data: Path, name: str) -> None:
    path = data / "videos" / "real" / f"{name}.mp4"
    info = probe(path)
    with open_source(path) as container:
        stream = container.streams.video[0]
        stream.codec_context.skip_frame = "NONKEY"
        keys = [frame.pts for frame in container.decode(stream)]
    assert info.key_pts.tolist() == keys
    assert np.isin(info.key_pts, info.frame_pts).all()
