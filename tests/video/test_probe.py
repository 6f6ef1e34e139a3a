import itertools
import os
import subprocess
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import numpy as np
import pytest
from av.container import InputContainer
from av.stream import Disposition
from numpy.typing import NDArray

from tests.support.media import draw_frame, join_streams, read_frame_number, write_clip
from vidsumm.errors import InputError
from vidsumm.video.ffmpeg_binary import find_ffmpeg
from vidsumm.video.info import VideoInfo
from vidsumm.video.probe import open_container, packets_of, probe

SMALL = (96, 64)


def _shown(path: Path) -> tuple[list[int | None], list[int]]:
    """Time stamps and frame numbers that a decoder shows."""
    with open_container(path) as container:
        frames = [(frame.pts, frame.to_ndarray(format="rgb24").astype(np.uint8)) for frame in container.decode(video=0)]
    return [pts for pts, _ in frames], [read_frame_number(picture) for _, picture in frames]


def test_describes_an_ordinary_clip(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.mp4", seconds=3, fps=25, size=SMALL, gop=20, bframes=2)
    info = probe(clip.path)
    assert info.path == clip.path
    assert info.size_bytes == clip.path.stat().st_size
    assert "mp4" in info.container
    assert (info.video.codec, info.video.pixel_format) == ("h264", "yuv420p")
    assert (info.video.width, info.video.height) == info.display_size == SMALL
    assert info.video.sample_aspect_ratio == 1
    assert info.video.rotation == 0
    assert info.video.is_default
    assert info.video.average_rate == info.video.real_rate == 25
    assert info.video.time_base == Fraction(1, 12_800)
    np.testing.assert_allclose(info.frame_times_s, clip.times_s)
    np.testing.assert_allclose(info.key_times_s, [0, 0.8, 1.6, 2.4])
    assert info.duration_s == pytest.approx(3)
    assert (info.start_s, info.is_vfr, info.subtitle_streams) == (0, False, 0)
    assert info.audio is not None
    assert (info.audio.codec, info.audio.sample_rate_hz, info.audio.channels) == ("aac", 48_000, 2)
    assert info.audio.duration_s == pytest.approx(3, abs=0.03)


def test_times_count_from_the_first_frame_wherever_it_starts(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "late.mp4", seconds=2, size=SMALL, start_s=1.5, audio_start_s=0.25, bframes=2)
    info = probe(clip.path)
    assert info.start_s == pytest.approx(1.5)
    assert info.duration_s == pytest.approx(2)
    np.testing.assert_allclose(info.frame_times_s, clip.times_s)
    assert info.audio is not None
    assert info.audio.start_s == pytest.approx(0.25, abs=0.025)


def _uneven_times(frames: int) -> NDArray[np.float64]:
    steps_s = np.random.default_rng(0).uniform(0.01, 0.2, frames - 1)
    return np.concatenate([[0.0], np.cumsum(steps_s)])


def test_recognises_a_variable_rate(tmp_path: Path) -> None:
    times_s = _uneven_times(30)
    info = probe(write_clip(tmp_path / "vfr.mp4", size=SMALL, times_s=times_s.tolist(), audio=False).path)
    assert info.is_vfr
    np.testing.assert_allclose(info.frame_times_s, times_s, atol=1e-5)


@pytest.mark.parametrize("fps", [Fraction(30_000, 1001), 24, 60])
def test_rounding_of_the_container_is_no_variable_rate(tmp_path: Path, fps: Fraction | int) -> None:
    info = probe(write_clip(tmp_path / "clip.mkv", seconds=2, fps=fps, size=SMALL, audio=False).path)
    assert info.video.time_base == Fraction(1, 1000)
    assert not info.is_vfr


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_rotation_and_aspect_give_the_display_size(tmp_path: Path, rotation: int) -> None:
    clip = write_clip(tmp_path / "c.mp4", seconds=0.2, size=SMALL, rotation=rotation, sar=Fraction(4, 3), audio=False)
    info = probe(clip.path)
    assert info.video.rotation == rotation
    assert info.video.sample_aspect_ratio == Fraction(4, 3)
    assert info.display_size == ((128, 64) if rotation in (0, 180) else (96, 85))


def test_takes_the_default_video_stream_and_its_sound(tmp_path: Path) -> None:
    first = write_clip(tmp_path / "a.mp4", seconds=1, size=SMALL)
    second = write_clip(tmp_path / "b.mp4", seconds=1, fps=10, size=SMALL)
    join_streams(tmp_path / "two.mp4", [first.path, second.path], default=[2, 3])
    info = probe(tmp_path / "two.mp4")
    assert [stream.index for stream in info.video_streams] == [0, 2]
    assert [stream.is_default for stream in info.video_streams] == [False, True]
    assert [stream.index for stream in info.audio_streams] == [1, 3]
    assert info.video.index == 2
    assert info.audio is not None
    assert info.audio.index == 3
    assert len(info.frame_pts) == 10


def test_silent_clip_has_no_audio(tmp_path: Path) -> None:
    info = probe(write_clip(tmp_path / "c.webm", seconds=0.5, size=SMALL, vcodec="libvpx-vp9", audio=False).path)
    assert info.audio is None
    assert info.audio_streams == ()


def test_single_frame_has_a_length(tmp_path: Path) -> None:
    info = probe(write_clip(tmp_path / "c.mp4", seconds=0.1, fps=10, size=SMALL, audio=False).path)
    assert len(info.frame_pts) == 1
    assert info.duration_s == pytest.approx(0.1)


def test_index_follows_the_edit_list(tmp_path: Path) -> None:
    source = write_clip(tmp_path / "source.mp4", seconds=4, size=SMALL, gop=40, bframes=3).path
    cut = tmp_path / "cut.mp4"
    command = [
        str(find_ffmpeg().path),
        "-v",
        "error",
        "-ss",
        "1.6",
        "-i",
        str(source),
        "-t",
        "1",
        "-c",
        "copy",
        str(cut),
    ]
    subprocess.run(command, check=True)
    info = probe(cut)
    pts, numbers = _shown(cut)
    assert info.frame_pts.tolist() == pts
    assert numbers[0] == 48


@pytest.mark.parametrize("options", [{}, {"x264-params": "open-gop=1"}])
def test_index_leaves_out_what_lacks_its_key_frame(tmp_path: Path, options: dict[str, str]) -> None:
    source = write_clip(
        tmp_path / "c.ts", seconds=3, size=SMALL, gop=24, bframes=3, options=options, audio=False
    ).path.read_bytes()
    cut = tmp_path / "cut.ts"
    cut.write_bytes(source[len(source) // 3 // 188 * 188 :])
    info = probe(cut)
    assert 0 < len(info.frame_pts) < 70
    assert info.frame_pts.tolist() == _shown(cut)[0]
    assert info.key_pts[0] == info.frame_pts[0]


def test_truncated_file_keeps_what_is_there(tmp_path: Path) -> None:
    whole = write_clip(tmp_path / "c.mkv", seconds=3, size=SMALL, audio=False).path
    whole.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    assert 10 < len(probe(whole).frame_pts) < 80


def _cover_only(path: Path) -> None:
    """Sound with a picture on the sleeve."""
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
        ("sound.m4a", _cover_only, "no video stream"),
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
def test_says_in_one_line_why_a_file_cannot_be_used(
    tmp_path: Path, name: str, write: Callable[[Path], None], message: str
) -> None:
    path = tmp_path / name
    write(path)
    with pytest.raises(InputError, match=message) as caught:
        probe(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.remedy


def test_unreadable_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_clip(tmp_path / "c.mp4", seconds=0.2, size=SMALL, audio=False).path

    def refuse(self: Path, mode: str) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(InputError, match="cannot be read: Permission denied"):
        probe(path)


def test_senseless_time_stamps(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "c.mkv", times_s=[0, 0.04, 9 * 86_400], size=SMALL, audio=False, scenes=1)
    with pytest.raises(InputError, match="its time stamps are damaged: they span"):
        probe(clip.path)


@pytest.mark.parametrize("error", [av.error.InvalidDataError(1, "damaged"), IndexError("list index out of range")])
def test_a_damaged_place_ends_the_packets(tmp_path: Path, error: Exception) -> None:
    class Broken:
        """A container that can be read as far as the third packet."""

        def __init__(self, container: InputContainer) -> None:
            self._container = container

        def demux(self, stream: av.VideoStream) -> Iterator[object]:
            yield from itertools.islice(self._container.demux(stream), 3)
            raise error

    path = write_clip(tmp_path / "c.mp4", seconds=0.5, size=SMALL, audio=False).path
    with open_container(path) as container:
        broken = cast("InputContainer", Broken(container))
        assert len(list(packets_of(broken, container.streams.video[0]))) == 3


def test_any_file_name_will_do(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/http:caf\xff ' $(x) %d.mp4"))
    write_clip(tmp_path / "c.mp4", seconds=0.2, size=SMALL, audio=False).path.rename(path)
    assert len(probe(path).frame_pts) == 6


@pytest.fixture(scope="module")
def nasa(data: Path) -> VideoInfo:
    return probe(data / "videos" / "real" / "nasa_13013.mp4")


def test_real_file_with_two_programmes(nasa: VideoInfo) -> None:
    assert [stream.index for stream in nasa.video_streams] == [0, 3]
    assert [stream.index for stream in nasa.audio_streams] == [1, 4]
    assert nasa.video.index == 3
    assert nasa.audio is not None
    assert nasa.audio.index == 4
    assert nasa.subtitle_streams == 2
    assert len(nasa.frame_pts) == 390
    assert nasa.duration_s == pytest.approx(390 * 1001 / 30_000)


@pytest.mark.parametrize("name", ["auto_editor_example", "opossum_snow", "wannaworktogether"])
def test_index_of_real_files_is_what_decoders_show(data: Path, name: str) -> None:
    path = data / "videos" / "real" / f"{name}.mp4"
    info = probe(path)
    with open_container(path) as container:
        stream = container.streams.video[0]
        stream.codec_context.skip_frame = "NONKEY"
        keys = [frame.pts for frame in container.decode(stream)]
    assert info.key_pts.tolist() == keys
    assert np.isin(info.key_pts, info.frame_pts).all()
