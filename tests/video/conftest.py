"""Clips that several tests of reading and cutting share."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.cutting import SMALL
from tests.support.decoding import CLIPS, SIZE
from tests.support.media import Clip, write_clip
from vidsumm.video.info import VideoInfo
from vidsumm.video.probe import probe


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Clip]:
    """Returns the clip of a name in `CLIPS`; each is written once."""
    folder = tmp_path_factory.mktemp("clips")
    written: dict[str, Clip] = {}

    def get(name: str) -> Clip:
        if name not in written:
            settings: dict[str, Any] = {"seconds": 3, "size": SIZE, "audio": False} | CLIPS[name]
            written[name] = write_clip(folder / name, **settings)
        return written[name]

    return get


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> VideoInfo:
    """A clip of 125 frames with sound, and nothing special."""
    folder = tmp_path_factory.mktemp("plain")
    return probe(write_clip(folder / "plain.mp4", seconds=5, fps=25, size=SMALL, bframes=2, gop=25).path)
