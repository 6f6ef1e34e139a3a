import dataclasses
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.decoding import (
    CLIPS,
    SIZE,
    STALL_S,
    WRONG_IN_DECORD,
    all_pictures,
    check_delivery,
    frame_numbers,
    read_frames,
)
from tests.support.media import Clip, join_streams, write_clip
from vidsumm.errors import DecodeError
from vidsumm.video import decode_decord
from vidsumm.video.decode_request import DecodeSettings, Request
from vidsumm.video.info import VideoInfo
from vidsumm.video.probe import probe
from vidsumm.video.sampling import plan_samples

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("name", [name for name in CLIPS if name not in WRONG_IN_DECORD])
def test_decord_delivers_every_planned_frame(clips: Callable[[str], Clip], name: str) -> None:
    info = probe(clips(name).path)
    plan = plan_samples(info, 4)
    batches, notices = read_frames(info, plan, "decord")
    check_delivery(clips(name), plan, batches)
    assert notices == []


@pytest.mark.parametrize("name", WRONG_IN_DECORD)
def test_decord_refuses_files_that_it_would_read_wrongly(clips: Callable[[str], Clip], name: str) -> None:
    info = probe(clips(name).path)
    plan = plan_samples(info, 4)
    batches, notices = read_frames(info, plan, "auto")
    check_delivery(clips(name), plan, batches)
    assert notices == []
    with pytest.raises(DecodeError, match="cannot be decoded by decord") as caught:
        read_frames(info, plan, "decord")
    assert caught.value.remedy == "use `decoder=auto`"


@pytest.mark.parametrize("name", ["constant.mp4", "turned-90.mp4"])
def test_decoders_agree_on_colours(clips: Callable[[str], Clip], name: str) -> None:
    info = probe(clips(name).path)
    plan = plan_samples(info, 2)
    one, other = (all_pictures(read_frames(info, plan, decoder)[0]).astype(int) for decoder in ("decord", "pyav"))
    assert np.abs(one - other).mean() < 2


def test_decord_refuses_a_stream_that_it_would_not_open(tmp_path: Path) -> None:
    first = write_clip(tmp_path / "a.mp4", seconds=2, size=SIZE, audio=False)
    second = write_clip(tmp_path / "b.mp4", seconds=2, fps=10, size=SIZE, audio=False)
    joined = tmp_path / "two.mp4"
    join_streams(joined, [first.path, second.path], default=[1])
    assert probe(joined).video.index == 1
    info = dataclasses.replace(probe(first.path), path=joined)
    assert frame_numbers(read_frames(info, plan_samples(info, 2), "auto")[0]) == [0, 15, 30, 45]
    with pytest.raises(DecodeError, match=r"two\.mp4: .* by decord: it opens another video stream"):
        read_frames(info, plan_samples(info, 2), "decord")


class _FakeReader:
    """Stands for decord's reader, with wrong times, key frames, number of frames or, after a seek, pictures."""

    def __init__(self, pictures: NDArray[np.uint8], info: VideoInfo, fault: dict[str, Any]) -> None:
        self._pictures = pictures
        self._times_s = info.frame_times_s + np.where(np.arange(len(pictures)) > 45, fault.get("late_s", 0), 0)
        self._keys: list[int] = fault.get("keys", [0, 30, 60])
        self._lag: int = fault.get("lag", 0)
        self._surplus: int = fault.get("surplus", 0)

    def __len__(self) -> int:
        return len(self._times_s) + self._surplus

    def get_frame_timestamp(self, indices: NDArray[np.int64]) -> NDArray[np.float32]:
        starts_s = self._times_s[indices]
        return np.stack([starts_s, starts_s], axis=1).astype(np.float32)

    def get_key_indices(self) -> list[int]:
        return self._keys

    def get_batch(self, indices: list[int]) -> Any:
        # it is right until it seeks
        lag = self._lag if indices[0] >= 30 else 0
        batch = self._pictures[np.array(indices) - lag]
        return type("Batch", (), {"asnumpy": lambda self: batch})()


def _fake_decord(reader: _FakeReader) -> Any:
    logging = type("Logging", (), {"QUIET": 0, "set_level": staticmethod(lambda level: None)})
    return type("Decord", (), {"logging": logging, "DECORDError": OSError, "VideoReader": lambda *a, **k: reader})


@pytest.mark.parametrize(
    ("fault", "reason", "delivered"),
    [
        ({}, None, 6),
        ({"surplus": 131}, "it counts 221 frames, the container 90", 0),
        ({"late_s": 0.5}, "its time stamps are not the container's", 0),
        ({"keys": [0, 27, 57]}, "it looks for key frames in the wrong places", 0),
        ({"lag": 20}, r"its picture 3 differs from PyAV's by \d+ of 255", 2),
    ],
)
def test_decord_is_checked_against_the_container_and_pyav(
    clips: Callable[[str], Clip],
    monkeypatch: pytest.MonkeyPatch,
    fault: dict[str, Any],
    reason: str | None,
    delivered: int,
) -> None:
    info = probe(clips("constant.mp4").path)
    pictures = all_pictures(read_frames(info, plan_samples(info, 30), "pyav", batch=90)[0])
    reader = _FakeReader(pictures, info, fault)
    monkeypatch.setitem(sys.modules, "decord", _fake_decord(reader))
    settings = DecodeSettings(str(info.path), "decord", 0, 0, *SIZE, float(info.video.time_base), STALL_S)
    answers = decode_decord.pictures(Request(settings, info.frame_pts, info.key_pts, np.arange(0, 90, 15)))
    assert len(list(_until(answers, reason))) == delivered


def _until(answers: Iterator[Any], reason: str | None) -> Iterator[Any]:
    """Yields the answers up to an error with this reason; None if there must be no error."""
    if reason is None:
        yield from answers
        return
    with pytest.raises(decode_decord.DecordError, match=reason):
        yield from answers
