import sys
import time
from pathlib import Path

import numpy as np
import pytest

from tests.support.fake_ffmpeg import fake_ffmpeg
from tests.support.media import write_clip
from vidsumm.config import CutConfig
from vidsumm.errors import EncodeError, OutputError
from vidsumm.video import ffmpeg as ffmpeg_module
from vidsumm.video.cut import frame_clock
from vidsumm.video.ffmpeg import encode_pieces, read_sound
from vidsumm.video.ffmpeg_binary import FfmpegBinary, find_ffmpeg
from vidsumm.video.info import VideoInfo
from vidsumm.video.probe import probe

FAST = CutConfig(preset="ultrafast")
ALL = np.array([[0, 50]])


@pytest.fixture(scope="module")
def info(tmp_path_factory: pytest.TempPathFactory) -> VideoInfo:
    return probe(write_clip(tmp_path_factory.mktemp("clip") / "clip.mp4", seconds=2, fps=25, size=(64, 48)).path)


def encode(info: VideoInfo, target: Path, binary: FfmpegBinary, **options: object) -> None:
    encode_pieces(
        info,
        frame_clock(info),
        ALL,
        target,
        config=FAST,
        binary=binary,
        on_frames=options.get("on_frames", lambda frames: None),  # type: ignore[arg-type]
    )


def is_gone(pid: int) -> bool:
    for _ in range(100):
        if not Path(f"/proc/{pid}").exists():
            return True
        time.sleep(0.02)
    return False


def test_a_failing_job_is_one_line_with_what_ffmpeg_said(info: VideoInfo, tmp_path: Path) -> None:
    binary = FfmpegBinary(fake_ffmpeg(tmp_path / "f", job="echo 'cannot do it' >&2; exit 3"), "6.0", "system")
    with pytest.raises(EncodeError, match=r"^encoding clip.mp4 failed: cannot do it \(.*\)$"):
        encode(info, tmp_path / "out.nut", binary)


def test_a_full_disk_is_an_output_error(info: VideoInfo, tmp_path: Path) -> None:
    job = "echo 'av_interleaved_write_frame(): No space left on device' >&2; exit 1"
    binary = FfmpegBinary(fake_ffmpeg(tmp_path / "f", job=job), "6.0", "system")
    with pytest.raises(OutputError, match="No space left on device") as caught:
        encode(info, tmp_path / "out.nut", binary)
    assert not isinstance(caught.value, EncodeError)


def test_a_folder_that_cannot_be_written_is_named(info: VideoInfo, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"encoding clip\.mp4"):
        encode(info, tmp_path / "nowhere" / "out.nut", find_ffmpeg())


SLOW = "import time\nwhile True: print('frame=1', flush=True), time.sleep(0.05)"


@pytest.mark.parametrize(
    "job", ["exec sleep 600", "while echo frame=1; do :; done", f'exec "{sys.executable}" -c "{SLOW}"']
)
def test_a_job_that_stands_still_is_ended(
    job: str, info: VideoInfo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ffmpeg_module, "STALL_S", 0.4)
    pid = tmp_path / "pid"
    binary = FfmpegBinary(fake_ffmpeg(tmp_path / "f", job=f"echo $$ > {pid}; {job}"), "6.0", "system")
    with pytest.raises(EncodeError, match="stood still"):
        encode(info, tmp_path / "out.nut", binary)
    assert is_gone(int(pid.read_text()))


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_an_exception_leaves_no_process(error: type[BaseException], info: VideoInfo, tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    job = f"echo $$ > {pid}; echo frame=7; exec sleep 600"

    def stop(frames: int) -> None:
        raise error

    binary = FfmpegBinary(fake_ffmpeg(tmp_path / "f", job=job), "6.0", "system")
    with pytest.raises(error):
        encode(info, tmp_path / "out.nut", binary, on_frames=stop)
    assert is_gone(int(pid.read_text()))


def test_sound_left_early_leaves_no_process(info: VideoInfo, tmp_path: Path) -> None:
    assert info.audio is not None
    pid = tmp_path / "pid"
    job = f"echo $$ > {pid}; echo samples; exec sleep 600"
    binary = FfmpegBinary(fake_ffmpeg(tmp_path / "f", job=job), "6.0", "system")
    chunks = read_sound(info, info.audio, rate_hz=48_000, layout="mono", end_s=1.0, binary=binary)
    assert next(chunks) == b"samples\n"
    chunks.close()
    assert is_gone(int(pid.read_text()))


def test_sound_lies_on_the_clock_of_the_picture(info: VideoInfo) -> None:
    assert info.audio is not None
    chunks = read_sound(info, info.audio, rate_hz=48_000, layout="mono", end_s=1.5, binary=find_ffmpeg())
    samples = np.frombuffer(b"".join(chunks), dtype="<i2")
    assert len(samples) == 72_000
    loud = np.flatnonzero(np.abs(samples) > 16_000)
    np.testing.assert_allclose([loud[0], loud[loud > 24_000][0]], [0, 48_000], atol=48)


def test_frames_done_are_told_and_the_source_gives_only_what_is_wanted(info: VideoInfo, tmp_path: Path) -> None:
    told: list[int] = []
    encode(info, tmp_path / "out.nut", find_ffmpeg(), on_frames=told.append)
    assert told == sorted(told)
    assert told[-1] == 50
