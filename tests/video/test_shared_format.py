from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from tests.support.video_info import make_info
from vidsumm.video import shared_format
from vidsumm.video.colour import BT709, Colour
from vidsumm.video.cut import ShownSource, frame_clock, plan_timeline
from vidsumm.video.info import AudioStream, VideoInfo
from vidsumm.video.shared_format import SharedFormat, choose_format
from vidsumm.video.sound import SoundFormat

BT601 = Colour(1, 1, 6)
STEREO = AudioStream(1, "aac", 48_000, 2)


def source(
    name: str, size: tuple[int, int] = (640, 360), audio: AudioStream | None = STEREO, rate: int = 25
) -> VideoInfo:
    """Returns the info of a video of 10 s."""
    info = make_info(list(range(10 * rate)), Fraction(1, rate), rate=Fraction(rate))
    return replace(info, path=Path(name), audio=audio, video=replace(info.video, width=size[0], height=size[1]))


@pytest.fixture(autouse=True)
def colours(monkeypatch: pytest.MonkeyPatch) -> dict[str, Colour]:
    """The colours of the sources by their names; BT.601 unless a test says otherwise."""
    known: dict[str, Colour] = {}
    monkeypatch.setattr(shared_format, "read_colour", lambda info: known.get(info.path.name, BT601))
    return known


def shared(*shown: tuple[VideoInfo, float]) -> SharedFormat:
    """Returns the format of a summary that shows so many seconds of each source."""
    infos = [info for info, _ in shown]
    timeline = plan_timeline(infos, [(n, 0.0, seconds) for n, (_, seconds) in enumerate(shown)])
    return choose_format({n: ShownSource(info, frame_clock(info)) for n, info in enumerate(infos)}, [timeline])


def test_a_single_source_keeps_everything() -> None:
    sound = AudioStream(1, "aac", 22_050, 1)
    assert shared((source("a.mp4", (63, 47), sound), 5)) == SharedFormat(
        Fraction(1, 25), {}, SoundFormat(22_050, "mono", 1), {}
    )


def test_sources_that_agree_are_not_changed() -> None:
    infos = [source(name, (63, 47), rate=rate) for name, rate in [("a.mp4", 25), ("b.mp4", 50), ("c.mp4", 24)]]
    infos = [replace(info, video=replace(info.video, sample_aspect_ratio=Fraction(4, 3))) for info in infos]
    found = shared(*((info, 1) for info in infos))
    assert found.notices == {}
    assert found.time_base == Fraction(1, 600)
    common = found.pictures[0].common
    assert (common.canvas, common.sar, common.colour, common.top_rate) == (
        (64, 48),
        Fraction(4, 3),
        BT601,
        Fraction(50),
    )
    for picture in found.pictures.values():
        assert picture.common == common
        assert picture.scaled == (63, 47)
        assert not picture.is_converted
        assert not picture.has_bars


@pytest.mark.parametrize(
    ("seconds", "canvas"),
    [((4, 5, 4), (640, 360)), ((3, 8, 4), (1280, 720)), ((4, 8, 4), (1280, 720)), ((4.04, 8, 4), (640, 360))],
)
def test_the_size_of_most_of_what_is_shown_is_taken(
    seconds: tuple[float, float, float], canvas: tuple[int, int]
) -> None:
    infos = [source("a.mp4"), source("b.mp4", (1280, 720)), source("c.mp4")]
    found = shared(*zip(infos, seconds, strict=True))
    assert {picture.common.canvas for picture in found.pictures.values()} == {canvas}
    assert all(picture.scaled == canvas for picture in found.pictures.values())


def test_every_change_is_told_with_the_name_of_the_file(colours: dict[str, Colour]) -> None:
    colours["portrait.mp4"] = BT709
    upright = source("portrait.mp4", (1080, 1920), None)
    mono = source("mono.mp4", audio=AudioStream(1, "aac", 44_100, 1))
    surround = source("surround.mp4", (642, 360), AudioStream(1, "ac3", 48_000, 6))
    found = shared((source("plain.mp4"), 9), (upright, 3), (mono, 3), (surround, 3))
    assert dict(text.split(": ") for text in found.notices.values()) == {
        "plain.mp4": "colours converted to BT.709",
        "portrait.mp4": (
            "scaled from 1080x1920 to 202x360, black bars added up to 640x360, silent, because it has no sound"
        ),
        "mono.mp4": "colours converted to BT.709, sound converted from 44100 Hz mono to 48000 Hz stereo",
        "surround.mp4": (
            "scaled from 642x360 to 640x358, black bars added up to 640x360, colours converted to BT.709, "
            "sound converted from 48000 Hz with 6 channels to 48000 Hz stereo"
        ),
    }


def test_colours_that_agree_are_kept_unless_they_have_the_full_range(colours: dict[str, Colour]) -> None:
    pair = ((source("a.mp4"), 1.0), (source("b.mp4"), 1.0))
    colours |= {"a.mp4": Colour(9, 16, 9), "b.mp4": Colour(9, 16, 9)}
    assert shared(*pair).pictures[0].common.colour == Colour(9, 16, 9)
    assert shared(*pair).notices == {}
    colours |= {name: replace(BT601, is_full_range=True) for name in colours}
    assert shared(*pair).pictures[0].common.colour == BT709
    assert all(picture.is_converted for picture in shared(*pair).pictures.values())


def test_sound_is_that_of_most_of_what_is_shown() -> None:
    mono = AudioStream(1, "aac", 44_100, 1)
    infos = [source("a.mp4"), source("b.mp4", audio=mono), source("c.mp4", audio=None)]
    assert shared((infos[0], 3), (infos[1], 4), (infos[2], 9)).sound == SoundFormat(44_100, "mono", 1)
    assert shared((infos[0], 4), (infos[1], 4), (infos[2], 9)).sound == SoundFormat(48_000, "stereo", 2)
    silent = shared((infos[2], 3), (source("d.mp4", audio=None), 1))
    assert (silent.sound, silent.notices) == (None, {})
