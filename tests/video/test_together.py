"""Summaries of several sources: each frame and each sound is the right one of the right source at its exact time."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.cutting import (
    CLICK_TOLERANCE_S,
    Options,
    clicks_in,
    cut_together,
    ffmpeg,
    look,
    planned_clicks,
    planned_numbers,
    planned_times,
    ranges,
)
from tests.support.media import read_frame_number, write_clip
from vidsumm.config import CutConfig, PresetName
from vidsumm.errors import EncodeError
from vidsumm.timeline import Clip, Timeline
from vidsumm.video.cut import frame_clock, plan_timeline
from vidsumm.video.info import VideoInfo
from vidsumm.video.packets import PacketList
from vidsumm.video.picture_format import CommonPicture
from vidsumm.video.probe import probe
from vidsumm.video.render import RenderedFile
from vidsumm.video.verify import read_contents

pytestmark = pytest.mark.slow

TO_HDR = (
    "zscale=tin=709:min=170m:pin=709:rin=limited:t={0}:p=2020:m=2020_ncl:npl=203,format=yuv420p10,"
    "setparams=colorspace=bt2020nc:color_primaries=bt2020:color_trc={0}"
)
"""Filters that make a high dynamic range of a standard one whose white is as bright as usual there."""

SIZE = (160, 120)
COPY = CutConfig(mode="copy")
STEPS_S = np.random.default_rng(1).choice([1 / 60, 1 / 30, 1 / 15, 0.2], 90, p=[0.3, 0.4, 0.25, 0.05])


@dataclass(frozen=True)
class Box:
    """Where the picture of a source lies in the frame."""

    left: int
    top: int
    width: int
    height: int


WHOLE = Box(0, 0, *SIZE)
BOXES = {"wide.mp4": Box(0, 14, 160, 90), "portrait.mp4": Box(34, 0, 90, 120), "narrow.mp4": Box(0, 14, 160, 90)}
"""Of sources that do not fill a frame of `SIZE`."""


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> dict[str, VideoInfo]:
    """Sources of 4 s and more that differ in everything, by their names."""
    folder = tmp_path_factory.mktemp("sources")
    still_s = [*np.arange(25) / 25, 1.0, 4.0, 4.04, 9.0, 9.5]
    made: dict[str, Options] = {
        "plain.mp4": {"fps": 25, "bframes": 2},
        "wide.mp4": {"fps": Fraction(30_000, 1001), "size": (320, 180), "bframes": 3},
        "portrait.mp4": {"fps": 24, "size": (180, 240), "rotation": 90, "audio": False},
        "narrow.mp4": {"fps": 50, "sar": Fraction(4, 3)},
        "varying.mp4": {"times_s": np.concatenate([[0], np.cumsum(STEPS_S)]).tolist()},
        "still.mp4": {"times_s": still_s},
    }
    for name, options in made.items():
        settings: Options = {"seconds": 4, "size": SIZE} | options
        write_clip(folder / name, **settings)
    ffmpeg("-i", folder / "plain.mp4", "-c:v", "copy", "-ac", 1, "-ar", 44_100, folder / "mono.mkv")
    ffmpeg("-i", folder / "plain.mp4", "-c", "copy", folder / "plain.ts")
    return {path.name: probe(path) for path in folder.iterdir()}


def pictures_of(path: Path) -> list[NDArray[np.uint8]]:
    with av.open(path) as container:
        return [frame.to_ndarray(format="rgb24").astype(np.uint8) for frame in container.decode(video=0)]


def headers_of(path: Path) -> bytes:
    with av.open(path) as container:
        return bytes(container.streams.video[0].codec_context.extradata or b"")


def assert_frames(file: RenderedFile, infos: Sequence[VideoInfo]) -> None:
    """Checks that a file in which most footage has `SIZE` shows what its timeline says: numbers, places and times."""
    timeline, pictures = file.timeline, pictures_of(file.path)
    shown = [(clip, k) for clip in timeline.clips for k in range(clip.first_frame, clip.last_frame_exclusive)]
    assert len(pictures) == len(shown)
    for picture, (clip, number) in zip(pictures, shown, strict=True):
        box = BOXES.get(infos[clip.source].path.name, WHOLE)
        inside = np.zeros(picture.shape[:2], dtype=bool)
        inside[box.top : box.top + box.height, box.left : box.left + box.width] = True
        assert read_frame_number(picture[inside].reshape(box.height, box.width, 3)) == number
        assert picture[~inside].size == 0 or picture[~inside].mean() < 12
    seen = look(file.path)
    assert (seen.size, seen.sar, seen.rotation) == (SIZE, Fraction(1), 0)
    assert seen.times == planned_times(timeline, *infos)
    assert read_contents(file.path).video_s == pytest.approx(float(timeline.duration), abs=1e-6)


def assert_sound(file: RenderedFile) -> None:
    """Checks that the clicks of every clip are heard when they should be, and nothing else."""
    heard, expected = clicks_in(file.path), planned_clicks(file.timeline)
    assert len(heard) == len(expected) > 0
    np.testing.assert_allclose(heard, expected, atol=CLICK_TOLERANCE_S)
    assert read_contents(file.path).audio_s == pytest.approx(float(file.timeline.duration), abs=0.001)


@pytest.mark.parametrize("preset", ["ultrafast", "veryfast"])
def test_sources_that_differ_in_everything_become_one_file(
    preset: PresetName, sources: dict[str, VideoInfo], tmp_path: Path
) -> None:
    names = ["plain.mp4", "wide.mp4", "portrait.mp4", "mono.mkv", "narrow.mp4"]
    infos, notices = [sources[name] for name in names], list[str]()
    first = [(0, 0.7, 2.4), (1, 0.5, 1.3), (2, 1.1, 1.9), (3, 1.7, 3.9), (4, 2.5, 3.3)]
    second = [(2, 2.2, 3.4), (0, 1.5, 3.7), (3, 0.3, 1.2), (1, 1.1, 1.6)]
    timelines = [plan_timeline(infos, clips) for clips in (first, second)]
    config = CutConfig(preset=preset)
    files = cut_together(infos, timelines, tmp_path, config=config, on_notice=lambda text, number: notices.append(text))
    for file, timeline in zip(files, timelines, strict=True):
        assert file.timeline == timeline
        assert_frames(file, infos)
        assert_sound(file)
    assert headers_of(files[0].path) == headers_of(files[1].path)
    assert [text.partition(":")[0] for text in notices] == names[1:]
    assert "silent" in notices[1]
    assert "44100 Hz mono to 48000 Hz stereo" in notices[2]


@pytest.mark.parametrize("name", ["varying.mp4", "still.mp4"])
def test_a_variable_rate_keeps_its_times_among_others(name: str, sources: dict[str, VideoInfo], tmp_path: Path) -> None:
    """Its pictures may not be coded in another order than shown, and therefore nobody's."""
    infos = [sources["wide.mp4"], sources[name], sources["plain.mp4"]]
    clips = [(0, 0.4, 0.9), (1, 0.31, 3.1), (2, 0.6, 2.3), (0, 1.4, 1.9), (1, 3.3, 3.9)]
    (file,) = cut_together(infos, [plan_timeline(infos, clips)], tmp_path, config=CutConfig(preset="veryfast"))
    assert_frames(file, infos)
    assert_sound(file)


def test_clips_may_come_in_any_order_and_overlap(sources: dict[str, VideoInfo], tmp_path: Path) -> None:
    """As an editor may arrange them; the planner's own clips ascend."""
    infos = [sources["plain.mp4"], sources["wide.mp4"], sources["still.mp4"]]
    base = plan_timeline(infos, [(n, 0.0, 1.0) for n in range(3)])
    random = np.random.default_rng(5)
    timelines = []
    for _ in range(6):
        clips = [_any_clip(base, frame_clock(infos[n]).ticks, n, random) for n in random.integers(0, 3, 5).tolist()]
        timelines.append(Timeline(base.sources, (*clips, clips[0], clips[2])))
    for file in cut_together(infos, timelines, tmp_path):
        assert_frames(file, infos)
        assert clicks_in(file.path).tolist() == pytest.approx(
            sorted(planned_clicks(file.timeline).tolist()), abs=CLICK_TOLERANCE_S
        )


def _any_clip(timeline: Timeline, ticks: NDArray[np.int64], source: int, random: np.random.Generator) -> Clip:
    """Returns a clip of whole frames, whose edges stay clear of the clicks at whole seconds."""
    ends_s = ticks * float(timeline.sources[source].time_base)
    is_clear = np.abs(ends_s - np.rint(ends_s)) > 0.02
    edges = np.flatnonzero(is_clear & (ends_s < 3.9))
    first, last = sorted(random.choice(edges, 2, replace=False).tolist())
    begin, end = ticks[[first, last]].tolist()
    return Clip(source, begin, end, first, last, None if timeline.clips[source].sound_ticks is None else (begin, end))


def test_sources_that_agree_are_not_scaled(sources: dict[str, VideoInfo], tmp_path: Path) -> None:
    infos, notices = [sources["plain.ts"], sources["plain.mp4"]], list[str]()
    timeline = plan_timeline(infos, [(0, 0.5, 1.6), (1, 2.2, 3.4)])
    (file,) = cut_together(infos, [timeline], tmp_path, on_notice=lambda text, number: notices.append(text))
    assert notices == []
    assert_frames(file, infos)
    assert look(file.path).rate == 25


def test_a_source_of_which_nothing_is_shown_changes_nothing(sources: dict[str, VideoInfo], tmp_path: Path) -> None:
    infos = [sources["portrait.mp4"], sources["plain.mp4"]]
    alone, among = plan_timeline(infos[1:], [(0, 0.5, 1.6)]), plan_timeline(infos, [(1, 0.5, 1.6)])
    (tmp_path / "alone").mkdir()
    (tmp_path / "among").mkdir()
    (one,) = cut_together(infos[1:], [alone], tmp_path / "alone")
    (two,) = cut_together(infos, [among], tmp_path / "among")
    assert one.path.read_bytes() == two.path.read_bytes()


@pytest.mark.parametrize(
    "filters",
    [
        "scale=out_color_matrix=bt709,setparams=colorspace=bt709:color_primaries=bt709:color_trc=bt709:range=tv",
        "format=gbrp",
        "scale=out_range=pc,format=yuvj420p",
        "format=yuv422p10",
        TO_HDR.format("smpte2084"),
        TO_HDR.format("arib-std-b67"),
    ],
    ids=["bt709", "rgb", "full-range", "10-bit", "pq", "hlg"],
)
def test_colours_look_the_same_whatever_stands_for_them(
    filters: str, sources: dict[str, VideoInfo], tmp_path: Path
) -> None:
    plain = sources["plain.mp4"]
    codec = ["-c:v", "mjpeg", "-q:v", "2"] if "yuvj420p" in filters else ["-c:v", "ffv1"]
    ffmpeg("-i", plain.path, "-vf", filters, *codec, "-c:a", "copy", tmp_path / "other.mkv")
    infos = [plain, probe(tmp_path / "other.mkv")]
    (file,) = cut_together(infos, [plan_timeline(infos, [(0, 1.0, 1.4), (1, 1.0, 1.4)])], tmp_path)
    assert_frames(file, infos)
    pictures = np.array(pictures_of(file.path), dtype=np.float64)[:, 64:, 8:-8]
    np.testing.assert_allclose(pictures[:10].mean(axis=(1, 2)), pictures[10:].mean(axis=(1, 2)), atol=6)


def test_a_mono_source_is_as_loud_in_stereo(sources: dict[str, VideoInfo], tmp_path: Path) -> None:
    infos = [sources["plain.mp4"], sources["mono.mkv"]]
    (file,) = cut_together(infos, [plan_timeline(infos, [(0, 1.1, 1.9), (1, 2.1, 2.9)])], tmp_path)
    with av.open(infos[1].path) as source, av.open(file.path) as made:
        before = np.concatenate([frame.to_ndarray() for frame in source.decode(audio=0)], axis=1)
        after = np.concatenate([frame.to_ndarray() for frame in made.decode(audio=0)], axis=1)
    tone = before[0, round(2.2 * 44_100) : round(2.8 * 44_100)].std()
    np.testing.assert_allclose(after[:, round(0.9 * 48_000) : round(1.5 * 48_000)].std(axis=1), tone, rtol=0.02)


def test_pieces_with_different_headers_are_refused(
    sources: dict[str, VideoInfo], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CommonPicture, "header_filter", "null")
    infos = [sources["plain.mp4"], sources["wide.mp4"]]
    with pytest.raises(EncodeError, match=r"plain\.mp4 and wide\.mp4: the headers of the encoded pieces differ"):
        cut_together(infos, [plan_timeline(infos, [(0, 0.5, 1.0), (1, 0.5, 1.0)])], tmp_path)


def test_a_timeline_of_another_video_is_refused(sources: dict[str, VideoInfo], tmp_path: Path) -> None:
    timeline = plan_timeline([sources["plain.mp4"]], [(0, 0.5, 1.0)])
    for other in ("wide.mp4", "still.mp4"):
        with pytest.raises(EncodeError, match=f"{other} is not the video that was chosen from"):
            cut_together([sources[other]], [timeline], tmp_path)


def test_like_sources_are_copied_into_one_file(tmp_path: Path) -> None:
    infos, notices = [], list[str]()
    for name, seconds in [("a.mp4", 4), ("b.mp4", 5)]:
        infos.append(probe(write_clip(tmp_path / name, seconds=seconds, fps=25, size=SIZE, bframes=2, gop=20).path))
    timeline = plan_timeline(infos, [(1, 1.0, 1.4), (0, 1.7, 2.3), (1, 3.3, 3.5)])
    (file,) = cut_together(
        infos, [timeline], tmp_path, config=COPY, on_notice=lambda text, number: notices.append(text)
    )
    assert notices == []
    assert ranges(file.timeline) == [[20, 40], [40, 60], [80, 100]]
    seen = look(file.path)
    assert seen.numbers == planned_numbers(file.timeline)
    assert seen.times == planned_times(file.timeline, *infos)
    assert headers_of(file.path) == headers_of(infos[0].path)
    begins_s = np.array([0.0, 0.8, 1.6])
    for click_s in planned_clicks(file.timeline):
        if np.abs(begins_s - click_s).min() > 0.03:  # the first packet of a clip may lack its beginning
            assert np.abs(clicks_in(file.path) - click_s).min() < 0.012


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"size": (64, 48)}, r"size \(160x120, 64x48\)"),
        ({"rotation": 180}, r"rotation \(0 degrees, 180 degrees\)"),
        ({"sar": Fraction(4, 3)}, r"the shape of pixels \(1, 4/3\)"),
        ({"vcodec": "mpeg4"}, r"video codec \(h264, mpeg4\)"),
        ({"audio": False}, r"sound \(aac with \d channels at 48000 Hz, none\)"),
        ({"options": {"preset": "ultrafast"}}, "the header of the picture"),
    ],
    ids=["size", "rotation", "pixels", "codec", "mute", "header"],
)
def test_unlike_sources_are_not_copied_into_one_file(options: dict[str, Any], reason: str, tmp_path: Path) -> None:
    settings: Options = {"seconds": 1, "fps": 25, "size": SIZE}
    changed: Options = settings | options
    infos = [
        probe(write_clip(tmp_path / "a.mp4", **settings).path),
        probe(write_clip(tmp_path / "b.mp4", **changed).path),
    ]
    timeline = plan_timeline(infos, [(0, 0.0, 0.5), (1, 0.0, 0.5)])
    with pytest.raises(EncodeError, match=rf"a\.mp4 and b\.mp4 .* differ in {reason}.*`mode=exact`"):
        cut_together(infos, [timeline], tmp_path, config=COPY)


@pytest.mark.parametrize("names", [("nasa_13013.mp4", "opossum_snow.mp4", "wannaworktogether.mp4")])
def test_real_videos_keep_frames_and_sync(names: Sequence[str], data: Path, tmp_path: Path) -> None:
    infos = [probe(data / "videos" / "real" / name) for name in names]
    clips = [(0, 1.3, 2.2), (0, 5.1, 6.0), (1, 11.2, 12.4), (2, 2.0, 3.1), (2, 35.5, 36.4)]
    (file,) = cut_together(infos, [plan_timeline(infos, clips)], tmp_path)
    assert file.frames == file.timeline.frames
    assert file.duration_s == pytest.approx(float(file.timeline.duration), abs=1e-6)
    assert read_contents(file.path).audio_s == pytest.approx(float(file.timeline.duration), abs=0.001)
    assert look(file.path).times == planned_times(file.timeline, *infos)
    assert len(set(PacketList.scan([file.path], 0).headers())) == 1
