import dataclasses
import importlib.util
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.support.media import Clip, join_streams, read_frame_number, write_clip
from tests.support.places import ROOT
from tests.support.processes import children
from vidsumm.config import DecoderName
from vidsumm.errors import DecodeError
from vidsumm.video import decode_decord, frames
from vidsumm.video.decode_request import DecodeSettings, Request
from vidsumm.video.frames import FrameBatch, FrameReader, SamplePlan, open_frames, plan_samples
from vidsumm.video.info import VideoInfo, VideoStream
from vidsumm.video.probe import probe

SIZE = (96, 64)
STALL_S = 60.0


def _info(pts: NDArray[np.int64], *, base: Fraction, last: int) -> VideoInfo:
    """A probed video of which only the clock matters."""
    stream = VideoStream(0, "h264", 96, 64, Fraction(1), 0, "yuv420p", base, Fraction(0), Fraction(0), is_default=True)
    return VideoInfo(
        Path("clip.mp4"), "mp4", 1, stream, None, (stream,), (), 0, pts, pts[:1], int(pts[-1]) + last, is_vfr=False
    )


def _regular(frames: int, rate: Fraction) -> VideoInfo:
    return _info(np.arange(frames) * rate.denominator + 7, base=Fraction(1, rate.numerator), last=rate.denominator)


@pytest.mark.parametrize(
    ("rate", "count", "fps", "expected"),
    [
        (Fraction(30), 90, 2, [0, 15, 30, 45, 60, 75]),
        (Fraction(25), 75, 2, [0, 12, 25, 37, 50, 62]),
        (Fraction(1), 3, 2, [0, 0, 1, 1, 2, 2]),
        (Fraction(15), 2, 60, [0, 0, 0, 0, 1, 1, 1, 1]),
        (Fraction(10), 4, 10, [0, 1, 2, 3]),
        (Fraction(30), 40, 0.01, [0]),
    ],
)
def test_plan_takes_the_frames_on_display(rate: Fraction, count: int, fps: float, expected: list[int]) -> None:
    assert plan_samples(_regular(count, rate), fps).frame_idx.tolist() == expected


def test_plan_of_ntsc_video_keeps_whole_steps() -> None:
    plan = plan_samples(_regular(450, Fraction(30_000, 1001)), 2)
    assert plan.frame_idx[:-1].tolist() == list(range(0, 450, 15))


def test_plan_of_a_single_frame() -> None:
    plan = plan_samples(_info(np.array([900]), base=Fraction(1, 90_000), last=3000), 2)
    assert plan.frame_idx.tolist() == plan.inverse.tolist() == plan.unique_idx.tolist() == [0]
    assert plan.grid_s.tolist() == plan.times_s.tolist() == [0.0]


@st.composite
def _videos(draw: st.DrawFn) -> VideoInfo:
    steps = draw(st.lists(st.integers(1, 5000), min_size=0, max_size=60))
    pts = np.cumsum([draw(st.integers(-1000, 10**9)), *steps])
    return _info(
        pts, base=Fraction(1, draw(st.sampled_from([1, 25, 600, 1000, 90_000]))), last=draw(st.integers(1, 5000))
    )


@given(_videos(), st.sampled_from([0.5, 1.0, 2.0, 29.97]))
def test_plan_follows_the_clock(info: VideoInfo, fps: float) -> None:
    if info.duration_s * fps > 20_000:
        return
    plan = plan_samples(info, fps)
    times_s = info.frame_times_s
    np.testing.assert_allclose(plan.grid_s, np.arange(len(plan.grid_s)) / fps)
    assert plan.grid_s[-1] < info.duration_s <= (plan.grid_s[-1] + 1 / fps) * (1 + 1e-6)
    early_s = min(0.02, 0.25 / fps, np.median(np.diff(times_s)) / 2 if len(times_s) > 1 else 0)
    tick_s = float(info.video.time_base)
    assert (plan.times_s <= plan.grid_s + max(early_s, 0.002 * tick_s)).all()
    following_s = np.append(times_s, np.inf)[plan.frame_idx + 1]
    assert (following_s > plan.grid_s).all()
    np.testing.assert_array_equal(plan.times_s, times_s[plan.frame_idx])
    np.testing.assert_array_equal(plan.unique_idx[plan.inverse], plan.frame_idx)
    assert (np.diff(plan.unique_idx) > 0).all()


def _uneven_times(frames: int) -> list[float]:
    steps_s = np.random.default_rng(3).uniform(0.01, 0.3, frames - 1)
    return [0.0, *np.cumsum(steps_s).tolist()]


CLIPS: dict[str, dict[str, Any]] = {
    "constant.mp4": {},
    "ntsc.mp4": {"fps": Fraction(30_000, 1001), "gop": 250},
    "b-frames.mp4": {"bframes": 3, "gop": 24},
    "variable.mp4": {"times_s": _uneven_times(24), "bframes": 2, "gop": 8},
    "late.mp4": {"start_s": 1.5, "bframes": 2},
    "slow.mp4": {"fps": 1, "seconds": 6},
    "aspect.mp4": {"sar": Fraction(4, 3)},
    "turned-90.mp4": {"rotation": 90},
    "turned-180.mp4": {"rotation": 180},
    "turned-270.mp4": {"rotation": 270},
    "vp9.webm": {"vcodec": "libvpx-vp9", "gop": 20},
    "rounded.mkv": {"bframes": 3, "fps": 24},
    # containers and codecs in which decord jumps wrongly or lacks time stamps
    "open-gop.mp4": {"bframes": 3, "gop": 24, "options": {"x264-params": "open-gop=1"}},
    "stream.ts": {"bframes": 3, "gop": 20},
    "hevc.mp4": {"vcodec": "libx265", "bframes": 3, "options": {"x265-params": "log-level=none"}},
    "mpeg4.avi": {"vcodec": "mpeg4", "bframes": 2},
    "mpeg2.mpg": {"vcodec": "mpeg2video", "bframes": 2},
}
WRONG_IN_DECORD = ["open-gop.mp4", "stream.ts", "hevc.mp4", "mpeg4.avi", "mpeg2.mpg"]


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Clip]:
    """The clip of a name, written once."""
    folder = tmp_path_factory.mktemp("clips")
    written: dict[str, Clip] = {}

    def get(name: str) -> Clip:
        if name not in written:
            settings: dict[str, Any] = {"seconds": 3, "size": SIZE, "audio": False} | CLIPS[name]
            written[name] = write_clip(folder / name, **settings)
        return written[name]

    return get


def _read(
    info: VideoInfo, plan: SamplePlan, decoder: DecoderName, *, stall_s: float = STALL_S, batch: int = 4
) -> tuple[list[FrameBatch], list[str]]:
    """All batches and the notices."""
    notices: list[str] = []
    with open_frames(
        info, plan, size=SIZE, decoder=decoder, stall_s=stall_s, on_notice=notices.append, batch=batch
    ) as source:
        batches = list(source)
    assert children() == {}
    return batches, notices


def _numbers(batches: list[FrameBatch]) -> list[int]:
    return [read_frame_number(picture) for batch in batches for picture in batch.frames]


def _pictures(batches: list[FrameBatch]) -> NDArray[np.uint8]:
    return np.concatenate([batch.frames for batch in batches])


def _check_delivery(clip: Clip, plan: SamplePlan, batches: list[FrameBatch]) -> None:
    assert _numbers(batches) == plan.unique_idx.tolist()
    np.testing.assert_array_equal(np.concatenate([batch.idx for batch in batches]), np.arange(len(plan.unique_idx)))
    times_s = np.concatenate([batch.times_s for batch in batches])
    np.testing.assert_allclose(times_s, clip.times_s[plan.unique_idx], atol=1.1e-3)
    for batch in batches:
        assert batch.frames.shape == (len(batch.idx), SIZE[1], SIZE[0], 3)
        assert batch.frames.dtype == np.uint8


@pytest.mark.parametrize("name", CLIPS)
def test_pyav_delivers_every_planned_frame(clip: Callable[[str], Clip], name: str) -> None:
    info = probe(clip(name).path)
    plan = plan_samples(info, 4)
    batches, notices = _read(info, plan, "pyav")
    _check_delivery(clip(name), plan, batches)
    assert notices == []
    assert [len(batch.idx) for batch in batches[:-1]] == [4] * (len(batches) - 1)


@pytest.mark.parametrize("name", [name for name in CLIPS if name not in WRONG_IN_DECORD])
def test_decord_delivers_every_planned_frame(clip: Callable[[str], Clip], name: str) -> None:
    info = probe(clip(name).path)
    plan = plan_samples(info, 4)
    batches, notices = _read(info, plan, "decord")
    _check_delivery(clip(name), plan, batches)
    assert notices == []


@pytest.mark.parametrize("name", WRONG_IN_DECORD)
def test_what_decord_gets_wrong_is_not_taken_from_it(clip: Callable[[str], Clip], name: str) -> None:
    info = probe(clip(name).path)
    plan = plan_samples(info, 4)
    batches, notices = _read(info, plan, "auto")
    _check_delivery(clip(name), plan, batches)
    assert notices == []
    with pytest.raises(DecodeError, match="cannot be decoded by decord") as caught:
        _read(info, plan, "decord")
    assert caught.value.remedy == "use --decoder auto"


@pytest.mark.parametrize("name", ["constant.mp4", "turned-90.mp4"])
def test_decoders_agree_on_colours(clip: Callable[[str], Clip], name: str) -> None:
    info = probe(clip(name).path)
    plan = plan_samples(info, 2)
    one, other = (_pictures(_read(info, plan, decoder)[0]).astype(int) for decoder in ("decord", "pyav"))
    assert np.abs(one - other).mean() < 2


def test_sparse_samples_skip_groups_of_pictures(clip: Callable[[str], Clip]) -> None:
    info = probe(clip("open-gop.mp4").path)
    plan = plan_samples(info, 0.7)
    assert plan.unique_idx.tolist() == [0, 43, 86]
    assert _numbers(_read(info, plan, "pyav")[0]) == [0, 43, 86]


def test_a_hurry_takes_frames_from_which_others_are_decoded(clip: Callable[[str], Clip]) -> None:
    info = probe(clip("b-frames.mp4").path)
    exact, notices = plan_samples(info, 4), list[str]()
    plan = plan_samples(info, 4, is_fast=True)
    assert plan.frame_idx.tolist() == exact.frame_idx.tolist()  # key frames are 0.8 s apart
    with open_frames(
        info, plan, size=SIZE, decoder="auto", stall_s=STALL_S, on_notice=notices.append, is_fast=True
    ) as source:
        numbers = np.array(_numbers(list(source)))
    off = numbers - plan.unique_idx
    assert 0 < np.abs(off).max() <= 2
    np.testing.assert_allclose(source.off_s, np.abs(off) / 30, atol=1e-6)
    assert notices == []


@pytest.mark.parametrize("decoder", ["auto", "pyav"])
def test_a_hurry_takes_key_frames_where_they_lie_close(tmp_path: Path, decoder: DecoderName) -> None:
    written = write_clip(tmp_path / "a.mp4", seconds=3, size=SIZE, gop=8, bframes=2, audio=False)
    info = probe(written.path)
    plan = plan_samples(info, 3, is_fast=True)
    on_display = plan_samples(info, 3).frame_idx
    keys = np.searchsorted(info.frame_pts, info.key_pts)
    assert plan.frame_idx.tolist() == [min(keys.tolist(), key=lambda key: abs(key - at)) for at in on_display.tolist()]
    np.testing.assert_allclose(plan.off_s, np.abs(plan.frame_idx - on_display) / 30, atol=1e-6)
    assert 0 < plan.off_s.max() <= 8 / 2 / 30 + 1e-6
    assert not plan_samples(info, 3).off_s.any()
    with open_frames(info, plan, size=SIZE, decoder=decoder, stall_s=STALL_S, on_notice=print, is_fast=True) as source:
        assert _numbers(list(source)) == plan.unique_idx.tolist()
    assert not any(source.off_s)


def test_a_single_key_frame_is_not_close_enough(clip: Callable[[str], Clip]) -> None:
    info = probe(clip("ntsc.mp4").path)
    assert len(info.key_pts) == 1
    plan = plan_samples(info, 2, is_fast=True)
    assert plan.frame_idx.tolist() == plan_samples(info, 2).frame_idx.tolist()


def test_in_a_hurry_damage_is_still_seen(long_clip: Clip) -> None:
    info = probe(_damaged(long_clip.path, 0.3, 1))
    plan = plan_samples(info, 15, is_fast=True)
    with (
        open_frames(info, plan, size=SIZE, decoder="pyav", stall_s=STALL_S, on_notice=print, is_fast=True) as source,
        pytest.raises(DecodeError, match="more than half of the sampled frames are damaged"),
    ):
        list(source)


def test_a_stream_that_decord_would_not_open_is_not_taken_from_it(tmp_path: Path) -> None:
    first = write_clip(tmp_path / "a.mp4", seconds=2, size=SIZE, audio=False)
    second = write_clip(tmp_path / "b.mp4", seconds=2, fps=10, size=SIZE, audio=False)
    joined = tmp_path / "two.mp4"
    join_streams(joined, [first.path, second.path], default=[1])
    assert probe(joined).video.index == 1
    info = dataclasses.replace(probe(first.path), path=joined)
    assert _numbers(_read(info, plan_samples(info, 2), "auto")[0]) == [0, 15, 30, 45]
    with pytest.raises(DecodeError, match=r"two\.mp4: .* by decord: it opens another video stream"):
        _read(info, plan_samples(info, 2), "decord")


# misbehaves in the sixth picture, in a child as the real one
_SABOTAGE = """
import ctypes, os, signal, sys, time
from vidsumm.video import decode_decord, decode_pyav, decode_worker
def sabotaged(module):
    real = module.pictures
    def pictures(request, *on_progress):
        for number, item in enumerate(real(request, *on_progress)):
            if number == 5:
                {deed}
            yield item
    module.pictures = pictures
sabotaged(decode_pyav)
if {both}:
    sabotaged(decode_decord)
decode_worker.main()
"""
# PyDLL keeps the interpreter locked while C code sleeps, as a decoder may when it hangs
_HANG = "ctypes.PyDLL(None).sleep(1000)"


def _sabotage(monkeypatch: pytest.MonkeyPatch, deed: str, *, both: bool = False) -> None:
    command = [sys.executable, "-c", _SABOTAGE.format(deed=deed, both=both)]
    monkeypatch.setattr(frames, "_worker_command", lambda: command)


@pytest.mark.parametrize(
    ("deed", "reason", "stall_s"),
    [
        (_HANG, "no frame for 4 s", 4.0),
        ("os.kill(os.getpid(), signal.SIGSEGV)", "its process was ended by SIGSEGV", STALL_S),
        ("raise RuntimeError('broken\\nbadly')", "broken", STALL_S),
        ("return", "it ended after 5 of 12 frames", STALL_S),
        ("os._exit(3)", "its process ended with status 3", STALL_S),
    ],
)
def test_decord_goes_on_where_pyav_fails(
    clip: Callable[[str], Clip], monkeypatch: pytest.MonkeyPatch, deed: str, reason: str, stall_s: float
) -> None:
    _sabotage(monkeypatch, deed)
    info = probe(clip("constant.mp4").path)
    plan = plan_samples(info, 4)
    batches, notices = _read(info, plan, "auto", stall_s=stall_s)
    _check_delivery(clip("constant.mp4"), plan, batches)
    assert notices == [f"constant.mp4: PyAV failed ({reason}); decord decodes from sampled frame 6 on"]


@pytest.mark.parametrize("decoder", ["decord", "pyav", "auto"])
def test_no_decoder_left_is_an_error(
    clip: Callable[[str], Clip], monkeypatch: pytest.MonkeyPatch, decoder: DecoderName
) -> None:
    _sabotage(monkeypatch, "raise RuntimeError('broken')", both=True)
    info = probe(clip("constant.mp4").path)
    names = {"auto": "PyAV or decord", "pyav": "PyAV", "decord": "decord"}[decoder]
    with pytest.raises(DecodeError, match=rf"constant\.mp4: frames cannot be decoded by {names}: broken") as caught:
        _read(info, plan_samples(info, 4), decoder)
    assert "--decoder auto" in caught.value.remedy if decoder == "decord" else "repair" in caught.value.remedy
    assert children() == {}


def test_without_decord_pyav_decodes_quietly(clip: Callable[[str], Clip], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    info = probe(clip("constant.mp4").path)
    batches, notices = _read(info, plan_samples(info, 2), "auto")
    assert _numbers(batches) == [0, 15, 30, 45, 60, 75]
    assert notices == []


def _interrupted(source: FrameReader, ending: BaseException) -> None:
    with source:
        assert _numbers([next(iter(source))]) == [0]
        assert len(children()) == 1
        raise ending


@pytest.mark.parametrize("ending", [KeyboardInterrupt(), ValueError("no")])
def test_no_child_outlives_the_with_statement(clip: Callable[[str], Clip], ending: BaseException) -> None:
    info = probe(clip("constant.mp4").path)
    plan = plan_samples(info, 30)
    source = open_frames(info, plan, size=SIZE, decoder="pyav", stall_s=STALL_S, on_notice=print, batch=1)
    with pytest.raises(type(ending)):
        _interrupted(source, ending)
    assert children() == {}
    assert list(source) == []


def test_child_killed_from_outside(clip: Callable[[str], Clip]) -> None:
    info = probe(clip("constant.mp4").path)
    plan = plan_samples(info, 30)
    with open_frames(info, plan, size=SIZE, decoder="pyav", stall_s=STALL_S, on_notice=print, batch=1) as source:
        batches = iter(source)
        next(batches)
        os.kill(next(iter(children())), signal.SIGKILL)
        with pytest.raises(DecodeError, match="ended by SIGKILL"):
            list(batches)
        assert children() == {}


def test_close_from_another_thread_ends_the_wait(clip: Callable[[str], Clip], monkeypatch: pytest.MonkeyPatch) -> None:
    _sabotage(monkeypatch, _HANG, both=True)
    info = probe(clip("constant.mp4").path)
    source = open_frames(
        info, plan_samples(info, 4), size=SIZE, decoder="pyav", stall_s=STALL_S, on_notice=print, batch=5
    )
    received: list[FrameBatch] = []
    has_first = threading.Event()

    def consume() -> None:
        for batch in source:
            received.append(batch)
            has_first.set()

    thread = threading.Thread(target=consume)
    thread.start()
    assert has_first.wait(60)
    source.close()
    thread.join(30)
    assert not thread.is_alive()
    assert _numbers(received) == [0, 7, 15, 22, 30]
    assert children() == {}


def test_a_slow_consumer_is_no_stall(clip: Callable[[str], Clip], monkeypatch: pytest.MonkeyPatch) -> None:
    info = probe(clip("constant.mp4").path)
    notices: list[str] = []
    numbers = []
    with open_frames(
        info, plan_samples(info, 30), size=SIZE, decoder="pyav", stall_s=2, on_notice=notices.append, batch=30
    ) as source:
        for batch in source:
            time.sleep(1.2)
            numbers += _numbers([batch])
    assert numbers == list(range(90))
    assert notices == []


def test_child_ends_with_its_parent(clip: Callable[[str], Clip]) -> None:
    script = """
        import sys, time
        from pathlib import Path
        from tests.support.processes import children
        from tests.video.test_frames import SIZE
        from vidsumm.video.frames import open_frames, plan_samples
        from vidsumm.video.probe import probe
        info = probe(Path(sys.argv[1]))
        plan = plan_samples(info, 30)
        with open_frames(info, plan, size=SIZE, decoder="pyav", stall_s=60, on_notice=print) as source:
            next(iter(source))
            print(*children(), flush=True)
            time.sleep(1000)
    """
    command = [sys.executable, "-c", textwrap.dedent(script), str(clip("constant.mp4").path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as parent:
        assert parent.stdout is not None
        orphan = int(parent.stdout.readline())
        parent.kill()
    deadline_s = time.monotonic() + 30
    while _is_alive(orphan):
        assert time.monotonic() < deadline_s
        time.sleep(0.05)


def _is_alive(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


def _damaged(path: Path, first: float, last: float) -> Path:
    """The file with zeros between two shares of its length."""
    content = bytearray(path.read_bytes())
    hole = slice(int(len(content) * first), int(len(content) * last))
    content[hole] = bytes(hole.stop - hole.start)
    path.write_bytes(content)
    return path


@pytest.fixture
def long_clip(tmp_path: Path) -> Clip:
    options = {"movflags": "faststart"}
    return write_clip(
        tmp_path / "c.mp4", seconds=8, size=SIZE, gop=30, bframes=2, audio=False, container_options=options
    )


def test_damaged_frames_are_replaced_by_their_neighbours(long_clip: Clip) -> None:
    info = probe(_damaged(long_clip.path, 0.45, 0.55))
    plan = plan_samples(info, 15)
    batches, notices = _read(info, plan, "auto")
    numbers = np.array(_numbers(batches))
    assert len(numbers) == len(plan.unique_idx)
    right = numbers == plan.unique_idx
    assert 0.7 < right.mean() < 1
    assert right[:20].all()
    assert right[-60:].all()
    (notice,) = notices
    assert "sampled frames are damaged; the nearest sound ones stand for them" in notice


def test_mostly_damaged_is_an_error(long_clip: Clip) -> None:
    info = probe(_damaged(long_clip.path, 0.3, 1))
    with pytest.raises(DecodeError, match="more than half of the sampled frames are damaged"):
        _read(info, plan_samples(info, 15), "auto")
    assert children() == {}


def test_nothing_decodable_is_an_error(long_clip: Clip) -> None:
    info = probe(long_clip.path)
    _damaged(long_clip.path, 0.15, 1)
    with pytest.raises(DecodeError, match=r"c\.mp4: "):
        _read(info, plan_samples(info, 2), "auto")


@pytest.mark.parametrize("share", [0.5, 0.8])
def test_truncated_file_gives_what_is_there(long_clip: Clip, share: float) -> None:
    content = long_clip.path.read_bytes()
    long_clip.path.write_bytes(content[: int(len(content) * share)])
    info = probe(long_clip.path)
    plan = plan_samples(info, 2)
    batches, _ = _read(info, plan, "auto")
    numbers = _numbers(batches)
    assert len(numbers) > 16 * share / 2
    assert numbers[:-1] == plan.unique_idx[:-1].tolist()
    assert abs(numbers[-1] - plan.unique_idx[-1]) <= 3


class _FakeReader:
    """A decord reader with faults."""

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
        # it is right until it jumps
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
def test_decord_is_checked(
    clip: Callable[[str], Clip],
    monkeypatch: pytest.MonkeyPatch,
    fault: dict[str, Any],
    reason: str | None,
    delivered: int,
) -> None:
    info = probe(clip("constant.mp4").path)
    pictures = _pictures(_read(info, plan_samples(info, 30), "pyav", batch=90)[0])
    reader = _FakeReader(pictures, info, fault)
    monkeypatch.setitem(sys.modules, "decord", _fake_decord(reader))
    settings = DecodeSettings(str(info.path), "decord", 0, 0, *SIZE, float(info.video.time_base), STALL_S)
    answers = decode_decord.pictures(Request(settings, info.frame_pts, info.key_pts, np.arange(0, 90, 15)))
    assert len(list(_until(answers, reason))) == delivered


def _until(answers: Iterator[Any], reason: str | None) -> Iterator[Any]:
    if reason is None:
        yield from answers
        return
    with pytest.raises(decode_decord.DecordError, match=reason):
        yield from answers


def test_request_survives_the_pipe(tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xff\n.mp4")
    settings = DecodeSettings(name, "pyav", 3, 90, 64, 48, 1 / 90_000, 2.5)
    request = Request(settings, np.array([-5, 0, 2**40]), np.array([-5]), np.array([0, 2]))
    sent = tmp_path / "request"
    sent.write_bytes(request.to_bytes())
    with sent.open("rb") as stream:
        received = Request.read(stream)
    assert received.settings == settings
    np.testing.assert_array_equal(received.wanted_pts, [-5, 2**40])
    np.testing.assert_array_equal(received.key_idx, [0])
