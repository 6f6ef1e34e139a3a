"""Mutated files and settings: whatever the bytes are, the only errors are those of `vidsumm.errors`.

The environment variable `VIDSUMM_FUZZ_EXAMPLES` sets how many are tried of each kind (30 by default).
"""

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from av.error import FFmpegError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.media import write_clip
from vidsumm.config import SummarizeConfig, load_toml
from vidsumm.errors import ConfigError, InputError
from vidsumm.video import decode_pyav
from vidsumm.video.decode_request import DecodeSettings, Request
from vidsumm.video.probe import probe
from vidsumm.video.sampling import plan_samples

pytestmark = pytest.mark.slow

EXAMPLES = int(os.environ.get("VIDSUMM_FUZZ_EXAMPLES", "30"))
Change = tuple[float, int, int]
"""Where in the file, as a share of its length; which of the ways in `mutate`; and with which byte."""

fuzzed = settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.function_scoped_fixture])
changes = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 3), st.integers(0, 255)), min_size=1, max_size=12)

SETTINGS = """
[decode]
fps = 2.0
decoder = "pyav"
[draw]
samples = 3
guidance = 0.5
[select]
ratio = 0.15
[cut]
mode = "exact"
crf = 20
[cache]
use_cache = false
[limits]
max_hours = 3
"""


def mutate(content: bytes, steps: Sequence[Change]) -> bytes:
    """Changes, inserts and removes bytes, and cuts off the end."""
    found = bytearray(content)
    ways: tuple[Callable[[int, int], None], ...] = (
        lambda place, byte: found.__setitem__(slice(place, place + 1), bytes([byte])),
        lambda place, byte: found.__setitem__(slice(place, place), bytes([byte]) * (1 + byte % 7)),
        lambda place, byte: found.__delitem__(slice(place, place + 1 + byte % 50)),
        lambda place, byte: found.__delitem__(
            slice(max(place, len(found) // 2) if byte % 4 == 0 else len(found), None)
        ),
    )
    for share, way, byte in steps:
        ways[way](int(share * len(found)), byte)
    return bytes(found)


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("originals")
    """Contents of small clips by file name."""
    clips: dict[str, dict[str, Any]] = {
        "clip.mp4": {"bframes": 2},
        "front.mp4": {"container_options": {"movflags": "faststart"}},
        "clip.mkv": {},
        "clip.ts": {},
        "clip.avi": {"vcodec": "mpeg4"},
        "clip.webm": {"vcodec": "libvpx-vp9", "audio": False},
    }
    found = {}
    for name, changes_of in clips.items():
        path = write_clip(folder / name, **{"seconds": 1, "fps": 10, "size": (48, 32), **changes_of}).path
        found[name] = path.read_bytes()
    return found


@pytest.mark.parametrize("name", ["clip.mp4", "front.mp4", "clip.mkv", "clip.ts", "clip.avi", "clip.webm"])
@fuzzed
@given(steps=changes)
def test_mutated_files_are_read_or_refused(
    name: str, originals: dict[str, bytes], tmp_path: Path, steps: list[Change]
) -> None:
    path = tmp_path / name
    path.write_bytes(mutate(originals[name], steps))
    with suppress(InputError):
        info = probe(path)
        plan = plan_samples(info, 2)
        assert len(plan.unique_idx) > 0
        decode = DecodeSettings(str(path), "pyav", info.video.index, info.video.rotation, 32, 32, 0.001, 60)
        request = Request(decode, info.frame_pts, info.key_pts, plan.unique_idx[:50])
        with suppress(FFmpegError):
            for picture, _ in decode_pyav.pictures(request, lambda: None):
                assert picture.shape == (32, 32, 3)


@fuzzed
@given(steps=changes)
def test_mutated_settings_are_read_or_refused(tmp_path: Path, steps: list[Change]) -> None:
    path = tmp_path / "settings.toml"
    path.write_bytes(mutate(SETTINGS.encode(), steps))
    with suppress(ConfigError):
        SummarizeConfig().replace(**load_toml(path))
