import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.decoding import HANG, SIZE, STALL_S, frame_numbers, sabotage
from tests.support.media import Clip
from tests.support.places import ROOT
from tests.support.processes import children
from vidsumm.errors import DecodeError
from vidsumm.video.frames import FrameBatch, FrameReader, open_frames
from vidsumm.video.probe import probe
from vidsumm.video.sampling import plan_samples

pytestmark = pytest.mark.slow


def _raise_inside(source: FrameReader, ending: BaseException) -> None:
    with source:
        assert frame_numbers([next(iter(source))]) == [0]
        assert len(children()) == 1
        raise ending


@pytest.mark.parametrize("ending", [KeyboardInterrupt(), ValueError("no")])
def test_no_child_outlives_the_with_statement(clips: Callable[[str], Clip], ending: BaseException) -> None:
    info = probe(clips("constant.mp4").path)
    plan = plan_samples(info, 30)
    source = open_frames(info, plan, size=SIZE, decoder="pyav", stall_s=STALL_S, on_notice=print, batch=1)
    with pytest.raises(type(ending)):
        _raise_inside(source, ending)
    assert children() == {}
    assert list(source) == []


def test_a_child_that_is_killed_from_outside_is_an_error(clips: Callable[[str], Clip]) -> None:
    info = probe(clips("constant.mp4").path)
    plan = plan_samples(info, 30)
    with open_frames(info, plan, size=SIZE, decoder="pyav", stall_s=STALL_S, on_notice=print, batch=1) as source:
        batches = iter(source)
        next(batches)
        os.kill(next(iter(children())), signal.SIGKILL)
        with pytest.raises(DecodeError, match="ended by SIGKILL"):
            list(batches)
        assert children() == {}


def test_close_from_another_thread_ends_the_wait(clips: Callable[[str], Clip], monkeypatch: pytest.MonkeyPatch) -> None:
    sabotage(monkeypatch, HANG, both=True)
    info = probe(clips("constant.mp4").path)
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
    assert frame_numbers(received) == [0, 7, 15, 22, 30]
    assert children() == {}


def test_a_slow_consumer_is_no_stall(clips: Callable[[str], Clip]) -> None:
    info = probe(clips("constant.mp4").path)
    notices: list[str] = []
    numbers: list[int] = []
    with open_frames(
        info, plan_samples(info, 30), size=SIZE, decoder="pyav", stall_s=2, on_notice=notices.append, batch=30
    ) as source:
        for batch in source:
            time.sleep(1.2)
            numbers += frame_numbers([batch])
    assert numbers == list(range(90))
    assert notices == []


def test_the_child_ends_with_its_parent(clips: Callable[[str], Clip]) -> None:
    script = """
        import sys, time
        from pathlib import Path
        from tests.support.decoding import SIZE
        from tests.support.processes import children
        from vidsumm.video.frames import open_frames
        from vidsumm.video.probe import probe
        from vidsumm.video.sampling import plan_samples
        info = probe(Path(sys.argv[1]))
        plan = plan_samples(info, 30)
        with open_frames(info, plan, size=SIZE, decoder="pyav", stall_s=60, on_notice=print) as source:
            next(iter(source))
            print(*children(), flush=True)
            time.sleep(1000)
    """
    command = [sys.executable, "-c", textwrap.dedent(script), str(clips("constant.mp4").path)]
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
