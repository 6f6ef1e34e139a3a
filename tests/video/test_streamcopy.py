import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.support.cutting import (
    SMALL,
    Options,
    clicks_in,
    clips_s,
    cut,
    look,
    planned_clicks,
    planned_numbers,
    planned_times,
    spoil,
)
from tests.support.media import write_clip
from vidsumm.config import CutConfig
from vidsumm.errors import EncodeError
from vidsumm.video.info import VideoInfo
from vidsumm.video.probe import probe
from vidsumm.video.verify import read_contents

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("options", [{}, {"options": {"x264-params": "open-gop=1"}}, {"fps": 30, "rotation": 270}])
def test_copying_widens_to_key_frames(options: dict[str, Any], tmp_path: Path) -> None:
    settings: Options = {"seconds": 8, "fps": 25, "size": SMALL, "bframes": 2, "gop": 20} | options
    info = probe(write_clip(tmp_path / "clip.mp4", **settings).path)
    timelines, files = cut(info, [[(1.0, 1.7), (4.4, 4.6)], [(6.5, 8.0)]], tmp_path, config=CutConfig(mode="copy"))
    frame_s = 1 / settings["fps"]
    for timeline, file in zip(timelines, files, strict=True):
        seen, shown = look(file.path), clips_s(file.timeline)
        assert probe(file.path).video.rotation == info.video.rotation
        for begin_s, end_s in shown:
            assert np.abs(info.key_times_s - begin_s).min() < 1e-6
            assert np.abs(np.append(info.key_times_s, info.duration_s) - end_s).min() < 1e-6
        for begin_s, end_s in clips_s(timeline):
            assert ((shown[:, 0] <= begin_s) & (shown[:, 1] >= end_s)).any()
        assert file.duration_s == pytest.approx(np.diff(shown).sum())
        assert read_contents(file.path).audio_s == pytest.approx(file.duration_s, abs=frame_s)
        wide = file.timeline
        if "rotation" not in options:
            assert set(zip(seen.numbers, seen.times, strict=True)) <= set(
                zip(planned_numbers(wide), planned_times(wide, info), strict=True)
            )
        begins_s = np.cumsum([0, *np.diff(shown)[:-1, 0]])
        for click_s in planned_clicks(wide):
            if np.abs(begins_s - click_s).min() > 0.03:  # the first packet of a clip may lack its beginning
                assert np.abs(clicks_in(file.path) - click_s).min() < 0.012


def test_copying_many_clips_keeps_sound_within_half_a_packet(tmp_path: Path) -> None:
    info = probe(write_clip(tmp_path / "clip.mp4", seconds=43, fps=30, size=SMALL, gop=10).path)
    wanted = [[(k + 0.7, k + 1.3) for k in range(41)]]
    _, files = cut(info, wanted, tmp_path, config=CutConfig(mode="copy"))
    wide = files[0].timeline
    heard = clicks_in(files[0].path)
    assert len(wide.clips) == 41
    np.testing.assert_allclose([np.abs(heard - at_s).min() for at_s in planned_clicks(wide)], 0, atol=0.0125)
    assert read_contents(files[0].path).audio_s == pytest.approx(files[0].duration_s, abs=1 / 30)


def test_codecs_that_mp4_cannot_hold_are_refused_with_a_remedy(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.webm", seconds=1, size=SMALL, vcodec="libvpx", options={"deadline": "realtime"})
    with pytest.raises(EncodeError, match=r"vp8 cannot be copied into MP4.*set `mode=exact`"):
        cut(probe(clip.path), [[(0.2, 0.6)]], tmp_path, config=CutConfig(mode="copy"))
    assert os.listdir(tmp_path) == ["clip.webm"]  # noqa: PTH208


def test_a_damaged_source_may_be_copied(plain: VideoInfo, tmp_path: Path) -> None:
    source = tmp_path / "damaged.mp4"
    source.write_bytes(plain.path.read_bytes())
    spoil(source, "video")
    _, files = cut(probe(source), [[(0.0, 5.0)]], tmp_path, config=CutConfig(mode="copy"))
    assert files[0].undecodable <= 3  # a decoder may cover up
    assert files[0].frames == 125
