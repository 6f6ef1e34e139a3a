from pathlib import Path

import pytest

from tests.support.fake_summarizer import FakeSummarizer


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> type[FakeSummarizer]:
    """The command line with `FakeSummarizer` in place of the real one."""
    monkeypatch.setattr("vidsumm.cli.batch.Summarizer", FakeSummarizer)
    monkeypatch.setattr(FakeSummarizer, "made", [])
    monkeypatch.setattr(FakeSummarizer, "troubles", {})
    return FakeSummarizer


@pytest.fixture
def clips(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with three files and a folder of two that look like videos by name."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "more").mkdir()
    for name in ("a.mp4", "b.mkv", "c.mov", "more/a.mp4", "more/Z.MP4", "more/notes.txt", "more/._a.mp4"):
        (tmp_path / name).touch()
    return tmp_path
