from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from tests.support.cutting import (
    CLICK_TOLERANCE_S,
    SMALL,
    THREE_CLIPS,
    Options,
    assert_as_planned,
    clicks_in,
    cut,
    ffmpeg,
    look,
    planned_clicks,
    planned_numbers,
    planned_times,
)
from tests.support.media import SAMPLE_RATE_HZ, click_times_s, read_sound, write_clip
from vidsumm.config import CutConfig, PresetName
from vidsumm.video import encoded_source, ffmpeg_process
from vidsumm.video.cut import union_pieces
from vidsumm.video.info import VideoInfo
from vidsumm.video.probe import probe
from vidsumm.video.verify import read_contents

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("options", "offset_s"),
    [
        ({"fps": 25, "bframes": 2}, 0.0),
        ({"fps": Fraction(30_000, 1001), "bframes": 3}, 0.0),
        ({"fps": 50}, 0.0),
        ({"fps": 60}, 0.0),
        ({"fps": 25, "start_s": 5.0}, 0.0),
        ({"fps": 25, "audio_start_s": 0.28}, 0.28),
        ({"fps": 25, "audio": False}, 0.0),
        ({"fps": 25, "rotation": 90, "sar": Fraction(4, 3)}, 0.0),
    ],
    ids=["25", "ntsc", "50", "60", "late", "late-sound", "mute", "turned"],
)
def test_every_frame_and_click_is_where_it_was_planned(
    options: dict[str, Any], offset_s: float, tmp_path: Path
) -> None:
    info = probe(write_clip(tmp_path / "clip.mp4", seconds=5, size=SMALL, **options).path)
    timelines, files = cut(info, [[(1.3, 2.2)], THREE_CLIPS], tmp_path)
    for timeline, file in zip(timelines, files, strict=True):
        seen = assert_as_planned(info, timeline, file, offset_s=offset_s)
        assert seen.rate == options["fps"]
        assert (seen.size, seen.rotation) == (SMALL, 0)
        assert seen.sar == (Fraction(3, 4) if "rotation" in options else 1)


@pytest.mark.parametrize("suffix", [".mkv", ".webm", ".mov", ".ts"])
def test_containers_with_coarse_clocks_give_exact_rates(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"clip{suffix}"
    settings: Options = {"seconds": 5, "size": SMALL, "fps": Fraction(30_000, 1001)}
    if suffix == ".webm":
        write_clip(path, vcodec="libvpx", options={"deadline": "realtime", "cpu-used": "8"}, **settings)
    else:
        ffmpeg("-i", write_clip(tmp_path / "clip.mp4", **settings).path, "-c", "copy", path)
    info = probe(path)
    timelines, files = cut(info, [THREE_CLIPS], tmp_path)
    seen = look(files[0].path)
    assert seen.numbers == planned_numbers(timelines[0])
    assert seen.rate == Fraction(30_000, 1001)
    np.testing.assert_allclose(clicks_in(files[0].path), planned_clicks(timelines[0]), atol=0.005)


@pytest.mark.parametrize(("picture_s", "sound_s"), [(0.52, 0.0), (0.0, 0.28)], ids=["late-picture", "late-sound"])
def test_a_stream_that_begins_after_its_container_is_not_moved(
    picture_s: float, sound_s: float, tmp_path: Path
) -> None:
    path = tmp_path / "clip.ts"
    write_clip(path, seconds=5, fps=25, size=SMALL, start_s=picture_s, audio_start_s=sound_s)
    with av.open(path) as container:
        assert container.start_time == 0  # some versions of ffmpeg take a zero for a time that they set themselves
    info = probe(path)
    timelines, files = cut(info, [THREE_CLIPS], tmp_path)
    assert look(files[0].path).numbers == planned_numbers(timelines[0])
    expected = planned_clicks(timelines[0], sound_s - picture_s, until_s=4.9 + sound_s - picture_s)
    np.testing.assert_allclose(clicks_in(files[0].path), expected, atol=CLICK_TOLERANCE_S)


@pytest.mark.parametrize("bframes", [0, 3])
def test_a_variable_rate_keeps_every_interval(bframes: int, tmp_path: Path) -> None:
    steps = np.random.default_rng(1).choice([1 / 60, 1 / 30, 1 / 15, 0.2], 120, p=[0.3, 0.4, 0.25, 0.05])
    times_s = np.concatenate([[0], np.cumsum(steps)]).tolist()
    info = probe(write_clip(tmp_path / "clip.mp4", times_s=times_s, size=SMALL, bframes=bframes).path)
    timelines, files = cut(info, [THREE_CLIPS, [(0.31, 0.77), (1.1, 4.3)]], tmp_path)
    for timeline, file in zip(timelines, files, strict=True):
        assert_as_planned(info, timeline, file)


def test_a_still_picture_is_shown_for_as_long_as_planned(tmp_path: Path) -> None:
    times_s = [*np.arange(25) / 25, 1.0, 4.0, 4.04, 9.0, 9.5]
    info = probe(write_clip(tmp_path / "clip.mp4", times_s=times_s, size=SMALL).path)
    timelines, files = cut(info, [[(0.2, 0.6), (1.7, 2.4), (2.8, 5.2)], [(3.5, 9.2)]], tmp_path)
    for timeline, file in zip(timelines, files, strict=True):
        assert_as_planned(info, timeline, file)


def test_forty_joins_do_not_drift(tmp_path: Path) -> None:
    info = probe(write_clip(tmp_path / "clip.mp4", seconds=43, size=SMALL, fps=Fraction(30_000, 1001)).path)
    timelines, files = cut(info, [[(k + 0.77, k + 1.31) for k in range(41)]], tmp_path)
    assert len(timelines[0].clips) == 41
    assert_as_planned(info, timelines[0], files[0])


def test_five_summaries_decode_and_encode_once(
    plain: VideoInfo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    purposes: list[str] = []
    start = ffmpeg_process.FfmpegProcess.__init__

    def listen(self: Any, args: list[str], purpose: str) -> None:
        purposes.append(purpose)
        start(self, args, purpose)

    monkeypatch.setattr(ffmpeg_process.FfmpegProcess, "__init__", listen)
    wanted = [[(0.2, 1.2), (2, 3)], [(0.2, 1.2), (3, 4)], [(2, 4)], [(1.2, 2.4)], [(0.1, 5)]]
    shares: list[float] = []
    timelines, files = cut(plain, wanted, tmp_path, on_progress=shares.append)
    played = [f"playing summary-{number}.mp4" for number in range(5)]
    assert purposes == ["encoding plain.mp4", "decoding the sound of plain.mp4", *played]
    for timeline, file in zip(timelines, files, strict=True):
        assert_as_planned(plain, timeline, file)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert {path.name for path in tmp_path.iterdir()} == {f"summary-{n}.mp4" for n in range(5)}


def test_long_unused_stretches_are_skipped_exactly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoded_source, "SKIP_S", 2.0)
    info = probe(write_clip(tmp_path / "clip.mp4", seconds=20, size=SMALL, fps=25, bframes=2, gop=12).path)
    wanted = [[(6.3, 7.4), (7.7, 8.2), (15.3, 16.6)], [(6.7, 7.6), (19.3, 20.0)]]
    timelines, files = cut(info, wanted, tmp_path)
    regions = encoded_source.split_into_regions(info, union_pieces([*timelines[0].clips, *timelines[1].clips]))
    assert [region.seek_s for region in regions] == [6.24, 15.0 - 0.12, 19.2]
    for timeline, file in zip(timelines, files, strict=True):
        assert_as_planned(info, timeline, file)


def test_after_a_seek_that_lands_too_late_all_is_encoded_without_seeking(
    plain: VideoInfo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encoded_source, "split_into_regions", lambda info, pieces: [encoded_source.Region(pieces, 4.0)])
    timelines, files = cut(plain, [THREE_CLIPS], tmp_path)
    assert_as_planned(plain, timelines[0], files[0])


@pytest.mark.parametrize("preset", ["ultrafast", "veryfast", "medium"])
@pytest.mark.parametrize("clips_s", [[(0.0, 1.0)], [(0.0, 0.5), (2.0, 3.0)], [(0.0, 4.0)]])
def test_the_first_frame_may_be_shown_whatever_the_preset(
    preset: PresetName, clips_s: list[tuple[float, float]], plain: VideoInfo, tmp_path: Path
) -> None:
    """Pictures coded in another order than shown make the first decoding time negative; nothing may shift by it."""
    (timeline,), (file,) = cut(plain, [clips_s], tmp_path, config=CutConfig(preset=preset))
    assert_as_planned(plain, timeline, file)


def test_sound_shorter_than_the_picture_ends_in_silence(tmp_path: Path) -> None:
    info = probe(write_clip(tmp_path / "clip.mp4", seconds=5, audio_s=2.5, size=SMALL, fps=25).path)
    timelines, files = cut(info, [THREE_CLIPS], tmp_path)
    assert_as_planned(info, timelines[0], files[0], until_s=2.5)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["-ac", 1, "-ar", 8000], ("mono", 8000)),
        (["-af", "pan=5.1(side)|FL=c0|FR=c0|FC=c0|LFE=0*c0|SL=0*c0|SR=0*c0"], ("5.1", 48_000)),
        (["-c:a", "pcm_s16le", "-ar", 192_000], ("stereo", 48_000)),
    ],
    ids=["mono8", "surround", "192k"],
)
def test_sound_keeps_rate_and_channels_where_aac_can(
    options: list[object], expected: tuple[str, int], plain: VideoInfo, tmp_path: Path
) -> None:
    ffmpeg("-i", plain.path, "-c:v", "copy", *options, tmp_path / "clip.mkv")
    timelines, files = cut(probe(tmp_path / "clip.mkv"), [THREE_CLIPS], tmp_path)
    assert look(files[0].path).numbers == planned_numbers(timelines[0])
    with av.open(files[0].path) as container:
        sound = container.streams.audio[0]
        assert (sound.codec_context.name, sound.layout.name, sound.rate) == ("aac", *expected)
    samples, first_s = read_sound(files[0].path)
    heard = click_times_s(samples / np.abs(samples).max(), SAMPLE_RATE_HZ) + first_s
    np.testing.assert_allclose(heard, planned_clicks(timelines[0]), atol=0.005)


@pytest.mark.parametrize(
    ("filters", "size"),
    [
        ("format=yuv444p,crop=63:47:0:0", (64, 48)),
        ("format=gbrp", SMALL),
        ("scale=out_range=pc,format=yuvj420p", SMALL),
        ("format=yuv422p10", SMALL),
    ],
    ids=["odd", "rgb", "full", "10-bit"],
)
def test_any_pixels_become_plain_h264_of_the_same_colours(
    filters: str, size: tuple[int, int], plain: VideoInfo, tmp_path: Path
) -> None:
    ffmpeg("-i", plain.path, "-vf", filters, "-c:v", "ffv1", "-c:a", "copy", tmp_path / "clip.mkv")
    info = probe(tmp_path / "clip.mkv")
    timelines, files = cut(info, [[(1.0, 1.6)]], tmp_path)
    seen = look(files[0].path)
    assert (seen.numbers, seen.size) == (planned_numbers(timelines[0]), size)
    with av.open(info.path) as source, av.open(files[0].path) as made:
        assert made.streams.video[0].codec_context.name == "h264"
        before = [frame.to_ndarray(format="rgb24")[24:46, :62] for frame in source.decode(video=0)][25]
        after = next(made.decode(video=0)).to_ndarray(format="rgb24")[24:46, :62]
    np.testing.assert_allclose(before.mean(axis=(0, 1)), after.mean(axis=(0, 1)), atol=4)


def test_colour_tags_are_kept(plain: VideoInfo, tmp_path: Path) -> None:
    tags = "colour_primaries=9:transfer_characteristics=16:matrix_coefficients=9"
    ffmpeg("-i", plain.path, "-c", "copy", "-bsf:v", f"h264_metadata={tags}", tmp_path / "clip.mp4")
    _, files = cut(probe(tmp_path / "clip.mp4"), [[(1.0, 1.6)]], tmp_path)
    with av.open(files[0].path) as made:
        context = made.streams.video[0].codec_context
        assert (int(context.color_primaries), int(context.color_trc), int(context.colorspace)) == (9, 16, 9)


def test_frames_that_cannot_be_decoded_do_not_shift_the_rest(plain: VideoInfo, tmp_path: Path) -> None:
    raw = bytearray(plain.path.read_bytes())
    with av.open(plain.path) as container:
        packets = [p for p in container.demux(video=0) if p.pos is not None and p.size]
    for packet in packets[70:73]:
        assert packet.pos is not None
        raw[packet.pos : packet.pos + packet.size] = bytes(packet.size)
    damaged = tmp_path / "damaged.mp4"
    damaged.write_bytes(raw)
    info = probe(damaged)
    timelines, files = cut(info, [THREE_CLIPS], tmp_path)
    seen = look(files[0].path)
    assert files[0].frames < timelines[0].frames
    assert files[0].duration_s == pytest.approx(float(timelines[0].duration))
    assert set(zip(seen.numbers[:10], seen.times[:10], strict=True)) <= set(
        zip(planned_numbers(timelines[0]), planned_times(timelines[0], info), strict=True)
    )
    np.testing.assert_allclose(clicks_in(files[0].path), planned_clicks(timelines[0]), atol=CLICK_TOLERANCE_S)


@pytest.mark.parametrize("name", ["real/nasa_13013.mp4", "real/wannaworktogether.mp4", "labelled/Jumps.webm"])
def test_real_videos_keep_frames_and_sync(name: str, data: Path, tmp_path: Path) -> None:
    info = probe(data / "videos" / name)
    timelines, files = cut(info, [[(1.3, 2.2), (5.1, 6.0), (11.2, 12.4)], [(2.0, 3.1), (5.5, 6.4)]], tmp_path)
    for timeline, file in zip(timelines, files, strict=True):
        assert file.frames == timeline.frames
        assert file.duration_s == pytest.approx(float(timeline.duration), abs=1e-6)
        assert read_contents(file.path).audio_s == pytest.approx(float(timeline.duration), abs=0.001)
        assert look(file.path).times == planned_times(timeline, info)
