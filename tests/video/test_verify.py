from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.support.cutting import THREE_CLIPS, cut, spoil
from vidsumm.config import CutConfig
from vidsumm.errors import EncodeError
from vidsumm.video import render as render_module
from vidsumm.video import verify as verify_module
from vidsumm.video.info import VideoInfo
from vidsumm.video.mux import write_mp4
from vidsumm.video.verify import Mp4Contents, read_contents

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("change", [{"frames": 70}, {"video_s": 2.0}, {"audio_s": 2.0}])
def test_a_file_that_is_not_as_planned_is_refused(
    change: dict[str, float], plain: VideoInfo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_wrongly(path: Path) -> Mp4Contents:
        return replace(read_contents(path), **change)  # type: ignore[arg-type]

    monkeypatch.setattr(verify_module, "read_contents", read_wrongly)
    with pytest.raises(EncodeError, match=r"summary-0\.mp4 has"):
        cut(plain, [THREE_CLIPS], tmp_path)


@pytest.mark.parametrize("kind", ["video", "audio"])
def test_a_file_that_does_not_play_to_its_end_is_refused(
    kind: str, plain: VideoInfo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write_badly(target: Path, *tracks: Any, **options: Any) -> None:
        write_mp4(target, *tracks, **options)
        spoil(target, kind)

    monkeypatch.setattr(render_module, "write_mp4", write_badly)
    with pytest.raises(EncodeError, match=r"playing summary-0\.mp4 failed"):
        cut(plain, [THREE_CLIPS], tmp_path)


def test_frames_that_do_not_decode_are_noticed(
    plain: VideoInfo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verify_module, "count_decoded", lambda *args, **options: 50)
    with pytest.raises(EncodeError, match="of which only 50 can be played"):
        cut(plain, [THREE_CLIPS], tmp_path)
    _, files = cut(plain, [THREE_CLIPS], tmp_path, config=CutConfig(mode="copy"))
    assert files[0].undecodable == files[0].frames - 50 > 0
