import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.support.cutting import FAST
from tests.support.fake_ffmpeg import fake_ffmpeg
from vidsumm.errors import EncodeError, OutputError
from vidsumm.video import ffmpeg_process
from vidsumm.video.cut import frame_clock
from vidsumm.video.ffmpeg_binary import FfmpegBinary, find_ffmpeg
from vidsumm.video.ffmpeg_commands import encode_pieces, read_sound
from vidsumm.video.info import VideoInfo


def encode(
    info: VideoInfo, target: Path, binary: FfmpegBinary, on_frames: Callable[[int], None] = lambda frames: None
) -> None:
    pieces = np.array([[0, 50]])
    encode_pieces(info, frame_clock(info), pieces, target, config=FAST, binary=binary, on_frames=on_frames)


def is_gone(pid: int) -> bool:
    for _ in range(100):
        if not Path(f"/proc/{pid}").exists():
            return True
        time.sleep(0.02)
    return False


def test_a_failure_is_one_line_with_what_ffmpeg_said(plain: VideoInfo, tmp_path: Path) -> None:
    binary = FfmpegBinary(fake_ffmpeg(tmp_path / "f", script="echo 'cannot do it' >&2; exit 3"), "6.0", "system")
    with pytest.raises(EncodeError, match=r"^encoding plain.mp4 failed: cannot do it \(.*\)$"):
        encode(plain, tmp_path / "out.nut", binary)


def test_a_full_disk_is_an_output_error(plain: VideoInfo, tmp_path: Path) -> None:
    script = "echo 'av_interleaved_write_frame(): No space left on device' >&2; exit 1"
    binary = FfmpegBinary(fake_ffmpeg(tmp_path / "f", script=script), "6.0", "system")
    with pytest.raises(OutputError, match="No space left on device") as caught:
        encode(plain, tmp_path / "out.nut", binary)
    assert not isinstance(caught.value, EncodeError)


def test_a_folder_that_cannot_be_written_is_named(plain: VideoInfo, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"encoding plain\.mp4"):
        encode(plain, tmp_path / "nowhere" / "out.nut", find_ffmpeg())


STUCK = "import time\nwhile True: print('frame=1', flush=True), time.sleep(0.05)"


@pytest.mark.parametrize(
    "script", ["exec sleep 600", "while echo frame=1; do :; done", f'exec "{sys.executable}" -c "{STUCK}"']
)
def test_an_ffmpeg_that_makes_no_progress_is_ended(
    script: str, plain: VideoInfo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ffmpeg_process, "STALL_S", 0.4)
    pid = tmp_path / "pid"
    binary = FfmpegBinary(fake_ffmpeg(tmp_path / "f", script=f"echo $$ > {pid}; {script}"), "6.0", "system")
    with pytest.raises(EncodeError, match="made no progress"):
        encode(plain, tmp_path / "out.nut", binary)
    assert is_gone(int(pid.read_text()))


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_an_exception_leaves_no_process(error: type[BaseException], plain: VideoInfo, tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    script = f"echo $$ > {pid}; echo frame=7; exec sleep 600"

    def stop(frames: int) -> None:
        raise error

    binary = FfmpegBinary(fake_ffmpeg(tmp_path / "f", script=script), "6.0", "system")
    with pytest.raises(error):
        encode(plain, tmp_path / "out.nut", binary, on_frames=stop)
    assert is_gone(int(pid.read_text()))


def test_reading_only_the_beginning_of_the_sound_leaves_no_process(plain: VideoInfo, tmp_path: Path) -> None:
    assert plain.audio is not None
    pid = tmp_path / "pid"
    script = f"echo $$ > {pid}; echo samples; exec sleep 600"
    binary = FfmpegBinary(fake_ffmpeg(tmp_path / "f", script=script), "6.0", "system")
    chunks = read_sound(plain, plain.audio, rate_hz=48_000, layout="mono", end_s=1.0, binary=binary)
    assert next(chunks) == b"samples\n"
    chunks.close()
    assert is_gone(int(pid.read_text()))
