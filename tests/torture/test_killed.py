"""A run that is killed at any stage leaves no incomplete result, and the next run continues from the cache."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.support.media import write_clip
from tests.support.places import ROOT
from tests.support.tiny import tiny_networks
from tests.support.torture.trial import CONFIG
from vidsumm.pipeline.summarizer import Summarizer

pytestmark = pytest.mark.slow

STAGES = ("probe+", "decode", "decode+", "shots+", "score+", "select+", "cut", "cut+", "write", "write+")
CACHED = {"shots+": 1, "score+": 2, "select+": 3, "cut": 3, "cut+": 3, "write": 3, "write+": 3}
"""Number of stages whose results the next run reads from the cache."""
NAMES = {"summary-1.mp4", "summary-2.mp4", "summary.json", "summary.png"}


def _contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def _find_marked(mark: str) -> list[int]:
    """Returns the ids of living processes that have a mark in their environment, which they inherit."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.status() != psutil.STATUS_ZOMBIE and process.environ().get("VIDSUMM_TEST_MARK") == mark:
                found.append(process.pid)
        except psutil.Error:
            continue
    return found


def _wait_until_all_have_ended(mark: str) -> None:
    deadline_s = time.monotonic() + 60
    while _find_marked(mark):
        assert time.monotonic() < deadline_s, "a child process outlives the run that was killed"
        time.sleep(0.1)


@pytest.mark.parametrize("stage", STAGES)
def test_a_killed_run_leaves_nothing_and_the_next_one_uses_its_cache(stage: str, tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.mp4", seconds=4, size=(64, 48), fps=10, scenes=4).path
    output, cache = tmp_path / "out", tmp_path / "cache"
    config = CONFIG.replace(use_cache=True, cache_folder=cache)
    output.mkdir()
    earlier = dict.fromkeys(NAMES, b"earlier")
    for name, content in earlier.items():
        (output / name).write_bytes(content)
    command = [sys.executable, "-m", "tests.support.torture.killed_run", stage, str(clip), str(output), str(cache)]
    marked = os.environ | {"VIDSUMM_TEST_MARK": str(tmp_path)}
    done = subprocess.run(command, cwd=ROOT, env=marked, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    _wait_until_all_have_ended(str(tmp_path))
    assert _contents(output) == earlier

    with tiny_networks(), Summarizer(config) as summarizer:
        summary = summarizer.summarize(clip, output, overwrite=True)
    assert {path.name for path in output.iterdir()} == {path.name for path in summary.files} <= NAMES
    assert b"earlier" not in _contents(output).values()
    assert summary.record.notices == () or "differ" in summary.record.notices[0]
    assert len(summary.record.cached) >= CACHED.get(stage, 0)
    assert not [path for path in cache.rglob("*") if path.name.startswith(".")]
