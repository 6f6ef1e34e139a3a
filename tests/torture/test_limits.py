"""The limits on what an input may demand: an error names the flag that raises the limit, and the flag works."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.media import write_clip
from tests.support.tiny import tiny_networks
from tests.support.torture.trial import CONFIG
from vidsumm.errors import DecodeError, InputError
from vidsumm.pipeline.summarizer import Summarizer
from vidsumm.video import decode_client
from vidsumm.video.frames import open_frames
from vidsumm.video.probe import probe
from vidsumm.video.sampling import plan_samples

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("limits") / "clip.mp4", seconds=4, size=(64, 48), fps=10).path


@pytest.fixture(autouse=True)
def _tiny() -> Iterator[None]:
    with tiny_networks():
        yield


@pytest.mark.parametrize(
    ("low", "enough", "flag"),
    [
        ({"max_pixels": 64 * 48 - 1}, {"max_pixels": 64 * 48}, "`max_pixels=3072`"),
        ({"max_hours": 0.001}, {"max_hours": 0.002}, "`max_hours=0.1`"),
        ({"max_streams": 1}, {"max_streams": 2}, "`max_streams=2`"),
    ],
)
def test_the_error_names_the_flag_that_raises_a_limit(
    clip: Path, tmp_path: Path, low: dict[str, float], enough: dict[str, float], flag: str
) -> None:
    with pytest.raises(InputError) as caught:
        Summarizer(CONFIG.replace(**low)).summarize(clip, tmp_path / "out")
    assert flag in caught.value.remedy
    assert not (tmp_path / "out").exists()
    assert Summarizer(CONFIG.replace(**enough)).summarize(clip, dry_run=True).record.candidates


def test_decoding_that_takes_too_much_memory_is_stopped(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # a decoder that takes a gigabyte
    greedy = """
        import numpy as np
        from vidsumm.video import decode_pyav, decode_worker
        decode_pyav.pictures = lambda request, on_progress: iter([(np.ones(1 << 30, np.uint8), 0)])
        decode_worker.main()
    """
    script = "\n".join(line.strip() for line in greedy.splitlines())
    monkeypatch.setattr(decode_client, "worker_command", lambda: [sys.executable, "-c", script])
    info = probe(clip)
    with (
        open_frames(
            info,
            plan_samples(info, 2),
            size=(64, 48),
            decoder="pyav",
            stall_s=60,
            on_notice=print,
            memory_bytes=600_000_000,
        ) as source,
        pytest.raises(DecodeError, match="more memory than `max_memory_gb` allows") as caught,
    ):
        list(source)
    assert caught.value.remedy == "allow more with `max_memory_gb`"


def test_an_ordinary_clip_needs_little_memory(clip: Path) -> None:
    info = probe(clip)
    plan = plan_samples(info, 2)
    with open_frames(
        info, plan, size=(64, 48), decoder="pyav", stall_s=60, on_notice=print, memory_bytes=1_000_000_000
    ) as source:
        assert sum(len(batch.idx) for batch in source) == len(plan.unique_idx)
