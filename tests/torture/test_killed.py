"""A job that is killed at any stage leaves nothing half-done, and the next one goes on from the cache."""

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

STAGES = ("probe+", "decode", "decode+", "shots+", "score+", "select+", "cut", "cut+", "write", "write+")
CACHED = {"shots+": 1, "score+": 2, "select+": 3, "cut": 3, "cut+": 3, "write": 3, "write+": 3}
"""Stages that the next job takes from the cache."""
NAMES = {"summary-1.mp4", "summary-2.mp4", "summary.json", "summary.png"}


def _listing(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def _marked(mark: str) -> list[int]:
    """Living processes that were started with a mark in their environment, by themselves or by an ancestor."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.status() != psutil.STATUS_ZOMBIE and process.environ().get("VIDSUMM_TEST_MARK") == mark:
                found.append(process.pid)
        except psutil.Error:
            continue
    return found


def _wait_for_the_end_of(mark: str) -> None:
    deadline_s = time.monotonic() + 60
    while _marked(mark):
        assert time.monotonic() < deadline_s, "a child outlives the job that was killed"
        time.sleep(0.1)


@pytest.mark.parametrize("stage", STAGES)
def test_killed(stage: str, tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.mp4", seconds=4, size=(64, 48), fps=10, scenes=4).path
    output, cache = tmp_path / "out", tmp_path / "cache"
    config = CONFIG.replace(use_cache=True, cache_folder=cache)
    output.mkdir()
    earlier = dict.fromkeys(NAMES, b"earlier")
    for name, content in earlier.items():
        (output / name).write_bytes(content)
    command = [sys.executable, "-m", "tests.support.torture.killed", stage, str(clip), str(output), str(cache)]
    marked = os.environ | {"VIDSUMM_TEST_MARK": str(tmp_path)}
    done = subprocess.run(command, cwd=ROOT, env=marked, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    _wait_for_the_end_of(str(tmp_path))
    assert _listing(output) == earlier

    with tiny_networks(), Summarizer(config) as summarizer:
        summary = summarizer.summarize(clip, output, overwrite=True)
    assert {path.name for path in output.iterdir()} == {path.name for path in summary.files} <= NAMES
    assert b"earlier" not in _listing(output).values()
    assert summary.record.notices == () or "differ" in summary.record.notices[0]
    assert len(summary.record.cached) >= CACHED.get(stage, 0)
    assert not [path for path in cache.rglob("*") if path.name.startswith(".")]
