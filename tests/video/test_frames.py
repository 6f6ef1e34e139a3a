import importlib.util
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.support.decoding import CLIPS, HANG, SIZE, STALL_S, check_delivery, frame_numbers, read_frames, sabotage
from tests.support.media import Clip, write_clip
from tests.support.processes import children
from vidsumm.config import DecoderName
from vidsumm.errors import DecodeError
from vidsumm.video.frames import open_frames
from vidsumm.video.probe import probe
from vidsumm.video.sampling import plan_samples

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("name", CLIPS)
def test_pyav_delivers_every_planned_frame(clips: Callable[[str], Clip], name: str) -> None:
    info = probe(clips(name).path)
    plan = plan_samples(info, 4)
    batches, notices = read_frames(info, plan, "pyav")
    check_delivery(clips(name), plan, batches)
    assert notices == []
    assert [len(batch.idx) for batch in batches[:-1]] == [4] * (len(batches) - 1)


def test_sparse_samples_skip_groups_of_pictures(clips: Callable[[str], Clip]) -> None:
    info = probe(clips("open-gop.mp4").path)
    plan = plan_samples(info, 0.7)
    assert plan.unique_idx.tolist() == [0, 43, 86]
    assert frame_numbers(read_frames(info, plan, "pyav")[0]) == [0, 43, 86]


def test_fast_decoding_takes_frames_that_others_refer_to(clips: Callable[[str], Clip]) -> None:
    info = probe(clips("b-frames.mp4").path)
    exact, notices = plan_samples(info, 4), list[str]()
    plan = plan_samples(info, 4, is_fast=True)
    assert plan.frame_idx.tolist() == exact.frame_idx.tolist()  # key frames are 0.8 s apart
    with open_frames(
        info, plan, size=SIZE, decoder="auto", stall_s=STALL_S, on_notice=notices.append, is_fast=True
    ) as source:
        numbers = np.array(frame_numbers(list(source)))
    off = numbers - plan.unique_idx
    assert 0 < np.abs(off).max() <= 2
    np.testing.assert_allclose(source.off_s, np.abs(off) / 30, atol=1e-6)
    assert notices == []


@pytest.mark.parametrize(
    ("deed", "reason", "stall_s"),
    [
        (HANG, "no frame for 4 s", 4.0),
        ("os.kill(os.getpid(), signal.SIGSEGV)", "its process was ended by SIGSEGV", STALL_S),
        ("raise RuntimeError('broken\\nbadly')", "broken", STALL_S),
        ("return", "it ended after 5 of 12 frames", STALL_S),
        ("os._exit(3)", "its process ended with status 3", STALL_S),
    ],
)
def test_decord_continues_where_pyav_fails(
    clips: Callable[[str], Clip], monkeypatch: pytest.MonkeyPatch, deed: str, reason: str, stall_s: float
) -> None:
    sabotage(monkeypatch, deed)
    info = probe(clips("constant.mp4").path)
    plan = plan_samples(info, 4)
    batches, notices = read_frames(info, plan, "auto", stall_s=stall_s)
    check_delivery(clips("constant.mp4"), plan, batches)
    assert notices == [f"constant.mp4: PyAV failed ({reason}); decord decodes from sampled frame 6 on"]


@pytest.mark.parametrize("decoder", ["decord", "pyav", "auto"])
def test_no_decoder_left_is_an_error(
    clips: Callable[[str], Clip], monkeypatch: pytest.MonkeyPatch, decoder: DecoderName
) -> None:
    sabotage(monkeypatch, "raise RuntimeError('broken')", both=True)
    info = probe(clips("constant.mp4").path)
    names = {"auto": "PyAV or decord", "pyav": "PyAV", "decord": "decord"}[decoder]
    with pytest.raises(DecodeError, match=rf"constant\.mp4: frames cannot be decoded by {names}: broken") as caught:
        read_frames(info, plan_samples(info, 4), decoder)
    assert "`decoder=auto`" in caught.value.remedy if decoder == "decord" else "repair" in caught.value.remedy
    assert children() == {}


def test_without_decord_pyav_decodes_quietly(clips: Callable[[str], Clip], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    info = probe(clips("constant.mp4").path)
    batches, notices = read_frames(info, plan_samples(info, 2), "auto")
    assert frame_numbers(batches) == [0, 15, 30, 45, 60, 75]
    assert notices == []


def _damage(path: Path, first: float, last: float) -> Path:
    """Overwrites a file with zeros between two shares of its length."""
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
    info = probe(_damage(long_clip.path, 0.45, 0.55))
    plan = plan_samples(info, 15)
    batches, notices = read_frames(info, plan, "auto")
    numbers = np.array(frame_numbers(batches))
    assert len(numbers) == len(plan.unique_idx)
    right = numbers == plan.unique_idx
    assert 0.7 < right.mean() < 1
    assert right[:20].all()
    assert right[-60:].all()
    (notice,) = notices
    assert "sampled frames are damaged; the nearest undamaged ones are used instead" in notice


def test_a_mostly_damaged_video_is_an_error(long_clip: Clip) -> None:
    info = probe(_damage(long_clip.path, 0.3, 1))
    with pytest.raises(DecodeError, match="more than half of the sampled frames are damaged"):
        read_frames(info, plan_samples(info, 15), "auto")
    assert children() == {}


def test_fast_decoding_still_notices_damage(long_clip: Clip) -> None:
    info = probe(_damage(long_clip.path, 0.3, 1))
    plan = plan_samples(info, 15, is_fast=True)
    with (
        open_frames(info, plan, size=SIZE, decoder="pyav", stall_s=STALL_S, on_notice=print, is_fast=True) as source,
        pytest.raises(DecodeError, match="more than half of the sampled frames are damaged"),
    ):
        list(source)


def test_a_video_of_which_nothing_can_be_decoded_is_an_error(long_clip: Clip) -> None:
    info = probe(long_clip.path)
    _damage(long_clip.path, 0.15, 1)
    with pytest.raises(DecodeError, match=r"c\.mp4: "):
        read_frames(info, plan_samples(info, 2), "auto")


@pytest.mark.parametrize("share", [0.5, 0.8])
def test_a_truncated_file_gives_the_frames_that_it_has(long_clip: Clip, share: float) -> None:
    content = long_clip.path.read_bytes()
    long_clip.path.write_bytes(content[: int(len(content) * share)])
    info = probe(long_clip.path)
    plan = plan_samples(info, 2)
    batches, _ = read_frames(info, plan, "auto")
    numbers = frame_numbers(batches)
    assert len(numbers) > 16 * share / 2
    assert numbers[:-1] == plan.unique_idx[:-1].tolist()
    assert abs(numbers[-1] - plan.unique_idx[-1]) <= 3
