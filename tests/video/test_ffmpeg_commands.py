from pathlib import Path

import numpy as np

from tests.support.cutting import FAST
from vidsumm.video.cut import frame_clock
from vidsumm.video.ffmpeg_binary import find_ffmpeg
from vidsumm.video.ffmpeg_commands import encode_pieces, read_sound
from vidsumm.video.info import VideoInfo


def test_sound_lies_on_the_clock_of_the_picture(plain: VideoInfo) -> None:
    assert plain.audio is not None
    chunks = read_sound(plain, plain.audio, rate_hz=48_000, layout="mono", end_s=1.5, binary=find_ffmpeg())
    samples = np.frombuffer(b"".join(chunks), dtype="<i2")
    assert len(samples) == 72_000
    loud = np.flatnonzero(np.abs(samples) > 16_000)
    np.testing.assert_allclose([loud[0], loud[loud > 24_000][0]], [0, 48_000], atol=48)


def test_the_number_of_encoded_frames_is_reported(plain: VideoInfo, tmp_path: Path) -> None:
    counts: list[int] = []
    clock, pieces, target = frame_clock(plain), np.array([[10, 40], [60, 80]]), tmp_path / "out.nut"
    encode_pieces(plain, clock, pieces, target, config=FAST, binary=find_ffmpeg(), on_frames=counts.append)
    assert counts == sorted(counts)
    assert counts[-1] == 50
