import os
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.stream import Disposition

from tests.support.media import draw_frame, join_streams, write_clip
from vidsumm.errors import InputError
from vidsumm.video.probe import probe

SMALL = (96, 64)


def test_an_ordinary_clip_is_read(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.mp4", seconds=3, fps=25, size=SMALL, gop=20, bframes=2)
    info = probe(clip.path)
    assert info.path == clip.path
    assert info.size_bytes == clip.path.stat().st_size
    assert "mp4" in info.container
    assert (info.video.codec, info.video.pixel_format) == ("h264", "yuv420p")
    assert (info.video.width, info.video.height) == info.display_size == SMALL
    assert info.video.sample_aspect_ratio == 1
    assert info.video.rotation == 0
    assert info.video.average_rate == info.video.real_rate == 25
    assert info.video.time_base == Fraction(1, 12_800)
    np.testing.assert_allclose(info.frame_times_s, clip.times_s)
    np.testing.assert_allclose(info.key_times_s, [0, 0.8, 1.6, 2.4])
    assert info.duration_s == pytest.approx(3)
    assert (info.start_s, info.is_vfr) == (0, False)
    assert info.audio is not None
    assert (info.audio.codec, info.audio.sample_rate_hz, info.audio.channels) == ("aac", 48_000, 2)


def test_times_count_from_the_first_frame_wherever_it_starts(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "late.mp4", seconds=2, size=SMALL, start_s=1.5, audio_start_s=0.25, bframes=2)
    info = probe(clip.path)
    assert info.start_s == pytest.approx(1.5)
    assert info.duration_s == pytest.approx(2)
    np.testing.assert_allclose(info.frame_times_s, clip.times_s)


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_rotation_and_aspect_give_the_display_size(tmp_path: Path, rotation: int) -> None:
    clip = write_clip(tmp_path / "c.mp4", seconds=0.2, size=SMALL, rotation=rotation, sar=Fraction(4, 3), audio=False)
    info = probe(clip.path)
    assert info.video.rotation == rotation
    assert info.video.sample_aspect_ratio == Fraction(4, 3)
    assert info.display_size == ((128, 64) if rotation in (0, 180) else (96, 85))


def test_the_default_video_stream_and_its_sound_are_chosen(tmp_path: Path) -> None:
    first = write_clip(tmp_path / "a.mp4", seconds=1, size=SMALL)
    second = write_clip(tmp_path / "b.mp4", seconds=1, fps=10, size=SMALL)
    join_streams(tmp_path / "two.mp4", [first.path, second.path], default=[2, 3])
    info = probe(tmp_path / "two.mp4")
    assert info.video.index == 2
    assert info.audio is not None
    assert info.audio.index == 3
    assert len(info.frame_pts) == 10


def test_a_silent_clip_has_no_audio(tmp_path: Path) -> None:
    info = probe(write_clip(tmp_path / "c.webm", seconds=0.5, size=SMALL, vcodec="libvpx-vp9", audio=False).path)
    assert info.audio is None


def _write_sound_with_cover(path: Path) -> None:
    """Writes sound with an attached picture, as the cover of an album."""
    with av.open(path, "w", format="mp4") as container:
        cover = container.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = 64, 64, "yuvj420p"
        cover.disposition = Disposition.attached_pic
        sound = container.add_stream("aac", rate=8000)
        container.mux(cover.encode(av.VideoFrame.from_ndarray(draw_frame(1, 0, (64, 64)))))
        tone = av.AudioFrame.from_ndarray(np.zeros((1, 8000), np.float32), format="flt", layout="mono")
        tone.sample_rate = 8000
        for packets in (cover.encode(None), sound.encode(tone), sound.encode(None)):
            container.mux(packets)


def _write_text(text: str) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        path.write_text(text)

    return write


def _write_noise(path: Path) -> None:
    path.write_bytes(np.random.default_rng(0).bytes(4000))


def _write_picture(path: Path) -> None:
    with av.open(path, "w", format="image2", options={"update": "1"}) as container:
        stream = container.add_stream("png", rate=1)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "rgb24"
        for frame in (av.VideoFrame.from_ndarray(draw_frame(1, 0, (64, 64))), None):
            container.mux(stream.encode(frame))


def _write_elementary(path: Path) -> None:
    write_clip(path, seconds=0.5, size=SMALL, audio=False)


@pytest.mark.parametrize(
    ("name", "write", "message"),
    [
        ("missing.mp4", lambda path: None, "no such file"),
        ("folder.mp4", Path.mkdir, "a folder"),
        ("pipe.mp4", os.mkfifo, "not an ordinary file"),
        ("empty.mp4", Path.touch, "empty"),
        ("noise.mp4", _write_noise, "not a readable video file"),
        ("text.txt", _write_text("hello\n" * 50), "not a readable video file"),
        ("sound.m4a", _write_sound_with_cover, "no video stream"),
        ("picture.png", _write_picture, "pictures"),
        (
            "list.m3u8",
            _write_text("#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\nclip.ts\n#EXT-X-ENDLIST\n"),
            "playlists",
        ),
        ("list.ffconcat", _write_text("ffconcat version 1.0\nfile clip.mp4\n"), "playlists"),
        ("stream.h264", _write_elementary, "no video frame carries a time stamp"),
        ("nul\0.mp4", lambda path: None, "cannot be read"),
    ],
)
def test_one_line_says_why_a_file_cannot_be_used(
    tmp_path: Path, name: str, write: Callable[[Path], None], message: str
) -> None:
    path = tmp_path / name
    write(path)
    with pytest.raises(InputError, match=message) as caught:
        probe(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.remedy


def test_a_file_that_may_not_be_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_clip(tmp_path / "c.mp4", seconds=0.2, size=SMALL, audio=False).path

    def refuse(self: Path, mode: str) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(InputError, match="cannot be read: Permission denied"):
        probe(path)


def test_any_file_name_will_do(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/http:caf\xff ' $(x) %d.mp4"))
    write_clip(tmp_path / "c.mp4", seconds=0.2, size=SMALL, audio=False).path.rename(path)
    assert len(probe(path).frame_pts) == 6


def test_a_real_file_with_two_programmes_is_read(data: Path) -> None:
    nasa = probe(data / "videos" / "real" / "nasa_13013.mp4")  # streams 0 and 3 are video, 1 and 4 audio
    assert nasa.video.index == 3
    assert nasa.audio is not None
    assert nasa.audio.index == 4
    assert len(nasa.frame_pts) == 390
    assert nasa.duration_s == pytest.approx(390 * 1001 / 30_000)


def test_ratios_are_fractions_in_every_version_of_pyav(tmp_path: Path) -> None:
    video = probe(write_clip(tmp_path / "clip.mp4", seconds=1, fps=10).path).video
    ratios = (video.time_base, video.average_rate, video.real_rate, video.sample_aspect_ratio)
    assert [type(ratio) for ratio in ratios] == [Fraction] * 4
