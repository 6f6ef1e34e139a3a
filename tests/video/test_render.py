import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.support.media import click_times_s, read_frame_number, read_sound, write_clip
from vidsumm.config import CutConfig
from vidsumm.errors import EncodeError, OutputError
from vidsumm.video import ffmpeg as ffmpeg_module
from vidsumm.video import reencode
from vidsumm.video import render as render_module
from vidsumm.video import verify as verify_module
from vidsumm.video.cut import CutPlan, frame_clock, plan_cut, union_pieces
from vidsumm.video.ffmpeg_binary import find_ffmpeg
from vidsumm.video.info import VideoInfo
from vidsumm.video.join import Measured, measure, write_mp4
from vidsumm.video.probe import probe
from vidsumm.video.render import RenderedFile, render

SMALL = (64, 48)
THREE_ROWS = [(0.7, 1.45), (2.6, 3.5), (3.75, 4.6)]
CLICK_TOLERANCE_S = 0.002
FAST = CutConfig(preset="ultrafast")


Options = dict[str, Any]


@dataclass(frozen=True)
class Seen:
    """What a player finds in a file."""

    numbers: list[int]
    times: list[Fraction]
    size: tuple[int, int]
    rate: Fraction | None
    sar: Fraction
    rotation: int


def look(path: Path) -> Seen:
    numbers, times, rotation = [], [], 0
    with av.open(path) as container:
        stream = container.streams.video[0]
        base = Fraction(stream.time_base or 1)
        for frame in container.decode(stream):
            numbers.append(read_frame_number(frame.to_ndarray(format="rgb24").astype(np.uint8)))
            times.append((frame.pts or 0) * base)
            rotation = frame.rotation
        size = (stream.codec_context.width, stream.codec_context.height)
        sar = Fraction(stream.sample_aspect_ratio or 1)
        return Seen(numbers, times, size, stream.average_rate, sar, rotation)


def planned_times(plan: CutPlan) -> list[Fraction]:
    """When each frame of the plan is shown."""
    times, elapsed = [], 0
    for (begin, end), (first, last) in zip(plan.ticks.tolist(), plan.ranges.tolist(), strict=True):
        times += [elapsed + max(int(tick) - begin, 0) for tick in plan.clock.ticks[first:last]]
        elapsed += end - begin
    return [tick * plan.clock.time_base for tick in times]


def planned_numbers(plan: CutPlan) -> list[int]:
    return [number for first, last in plan.ranges.tolist() for number in range(first, last)]


def planned_clicks(plan: CutPlan, offset_s: float = 0.0, until_s: float = np.inf) -> NDArray[np.float64]:
    """When the clicks of a synthetic clip are heard in a summary; sound begins `offset_s` after the picture."""
    clicks, elapsed_s = [], 0.0
    for begin_s, end_s in plan.spans_s.tolist():
        heard = np.arange(np.ceil(begin_s - offset_s), end_s - offset_s) + offset_s
        clicks += (heard[heard < until_s] - begin_s + elapsed_s).tolist()
        elapsed_s += end_s - begin_s
    return np.array(clicks)


def clicks_in(path: Path) -> NDArray[np.float64]:
    samples, first_s = read_sound(path)
    return click_times_s(samples, 48_000) + first_s


def cut(
    info: VideoInfo, wanted: Sequence[Any], folder: Path, *, config: CutConfig = FAST, **options: Any
) -> tuple[list[CutPlan], list[RenderedFile]]:
    clock = frame_clock(info)
    plans = [plan_cut(info, spans, clock=clock) for spans in wanted]
    outputs = [folder / f"summary-{number}.mp4" for number in range(len(plans))]
    settings: dict[str, Any] = {"metadata": [{}] * len(plans), "on_progress": lambda done: None, "work_dir": folder}
    return plans, render(info, plans, outputs, config=config, **(settings | options))


def assert_as_planned(plan: CutPlan, file: RenderedFile, *, offset_s: float = 0.0, until_s: float = np.inf) -> Seen:
    seen = look(file.path)
    assert seen.numbers == planned_numbers(plan)
    assert seen.times == planned_times(plan)
    assert file.frames == plan.frames
    assert file.duration_s == pytest.approx(plan.duration_s, abs=1e-6)
    if file.audio_s is not None:
        assert file.audio_s == pytest.approx(plan.duration_s, abs=0.001)
        heard, expected = clicks_in(file.path), planned_clicks(plan, offset_s, until_s)
        assert len(heard) == len(expected)
        np.testing.assert_allclose(heard, expected, atol=CLICK_TOLERANCE_S)
    return seen


def ffmpeg(*args: object) -> None:
    subprocess.run([find_ffmpeg().path, "-v", "error", "-y", *map(str, args)], check=True)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> VideoInfo:
    folder = tmp_path_factory.mktemp("plain")
    return probe(write_clip(folder / "plain.mp4", seconds=5, fps=25, size=SMALL, bframes=2, gop=25).path)


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
    plans, files = cut(info, [[(1.3, 2.2)], THREE_ROWS], tmp_path)
    for plan, file in zip(plans, files, strict=True):
        seen = assert_as_planned(plan, file, offset_s=offset_s)
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
    plans, files = cut(info, [THREE_ROWS], tmp_path)
    seen = look(files[0].path)
    assert seen.numbers == planned_numbers(plans[0])
    assert seen.rate == Fraction(30_000, 1001)
    np.testing.assert_allclose(clicks_in(files[0].path), planned_clicks(plans[0]), atol=0.005)


@pytest.mark.parametrize(("picture_s", "sound_s"), [(0.52, 0.0), (0.0, 0.28)], ids=["late-picture", "late-sound"])
def test_a_stream_that_begins_after_its_container_is_not_moved(
    picture_s: float, sound_s: float, tmp_path: Path
) -> None:
    path = tmp_path / "clip.ts"
    write_clip(path, seconds=5, fps=25, size=SMALL, start_s=picture_s, audio_start_s=sound_s)
    with av.open(path) as container:
        assert container.start_time == 0  # some versions of ffmpeg take this for a time that they set themselves
    info = probe(path)
    plans, files = cut(info, [THREE_ROWS], tmp_path)
    assert look(files[0].path).numbers == planned_numbers(plans[0])
    expected = planned_clicks(plans[0], sound_s - picture_s, until_s=4.9 + sound_s - picture_s)
    np.testing.assert_allclose(clicks_in(files[0].path), expected, atol=CLICK_TOLERANCE_S)


@pytest.mark.parametrize("bframes", [0, 3])
def test_a_variable_rate_keeps_every_interval(bframes: int, tmp_path: Path) -> None:
    steps = np.random.default_rng(1).choice([1 / 60, 1 / 30, 1 / 15, 0.2], 120, p=[0.3, 0.4, 0.25, 0.05])
    times_s = np.concatenate([[0], np.cumsum(steps)]).tolist()
    info = probe(write_clip(tmp_path / "clip.mp4", times_s=times_s, size=SMALL, bframes=bframes).path)
    plans, files = cut(info, [THREE_ROWS, [(0.31, 0.77), (1.1, 4.3)]], tmp_path)
    for plan, file in zip(plans, files, strict=True):
        assert_as_planned(plan, file)


def test_a_still_picture_is_shown_for_as_long_as_planned(tmp_path: Path) -> None:
    times_s = [*np.arange(25) / 25, 1.0, 4.0, 4.04, 9.0, 9.5]
    info = probe(write_clip(tmp_path / "clip.mp4", times_s=times_s, size=SMALL).path)
    plans, files = cut(info, [[(0.2, 0.6), (1.7, 2.4), (2.8, 5.2)], [(3.5, 9.2)]], tmp_path)
    for plan, file in zip(plans, files, strict=True):
        assert_as_planned(plan, file)


def test_forty_joins_do_not_drift(tmp_path: Path) -> None:
    info = probe(write_clip(tmp_path / "clip.mp4", seconds=43, size=SMALL, fps=Fraction(30_000, 1001)).path)
    plans, files = cut(info, [[(k + 0.77, k + 1.31) for k in range(41)]], tmp_path)
    assert len(plans[0].ranges) == 41
    assert_as_planned(plans[0], files[0])


def test_five_summaries_decode_and_encode_once(
    plain: VideoInfo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs: list[str] = []
    start = ffmpeg_module._Child.__init__

    def listen(self: Any, args: list[str], purpose: str) -> None:
        jobs.append(purpose)
        start(self, args, purpose)

    monkeypatch.setattr(ffmpeg_module._Child, "__init__", listen)
    wanted = [[(0.2, 1.2), (2, 3)], [(0.2, 1.2), (3, 4)], [(2, 4)], [(1.2, 2.4)], [(0.1, 5)]]
    told: list[float] = []
    plans, files = cut(plain, wanted, tmp_path, on_progress=told.append)
    played = [f"playing summary-{number}.mp4" for number in range(5)]
    assert jobs == ["encoding plain.mp4", "decoding the sound of plain.mp4", *played]
    for plan, file in zip(plans, files, strict=True):
        assert_as_planned(plan, file)
    assert told == sorted(told)
    assert told[-1] == 1.0
    assert {path.name for path in tmp_path.iterdir()} == {f"summary-{n}.mp4" for n in range(5)}


def test_far_stretches_are_jumped_over_exactly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reencode, "SKIP_S", 2.0)
    info = probe(write_clip(tmp_path / "clip.mp4", seconds=20, size=SMALL, fps=25, bframes=2, gop=12).path)
    wanted = [[(6.3, 7.4), (7.7, 8.2), (15.3, 16.6)], [(6.7, 7.6), (19.3, 20.0)]]
    plans, files = cut(info, wanted, tmp_path)
    assert [seek_s for _, seek_s in reencode.jumps(info, union_pieces(plans))] == [6.24, 15.0 - 0.12, 19.2]
    for plan, file in zip(plans, files, strict=True):
        assert_as_planned(plan, file)


def test_a_jump_that_lands_too_late_is_taken_back(
    plain: VideoInfo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reencode, "jumps", lambda info, pieces: [(pieces, 4.0)])
    plans, files = cut(plain, [THREE_ROWS], tmp_path)
    assert_as_planned(plans[0], files[0])


def test_sound_shorter_than_the_picture_ends_in_silence(tmp_path: Path) -> None:
    info = probe(write_clip(tmp_path / "clip.mp4", seconds=5, audio_s=2.5, size=SMALL, fps=25).path)
    plans, files = cut(info, [THREE_ROWS], tmp_path)
    assert_as_planned(plans[0], files[0], until_s=2.5)


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
    plans, files = cut(probe(tmp_path / "clip.mkv"), [THREE_ROWS], tmp_path)
    assert look(files[0].path).numbers == planned_numbers(plans[0])
    with av.open(files[0].path) as container:
        sound = container.streams.audio[0]
        assert (sound.codec_context.name, sound.layout.name, sound.rate) == ("aac", *expected)
    samples, first_s = read_sound(files[0].path)
    heard = click_times_s(samples / np.abs(samples).max(), 48_000) + first_s
    np.testing.assert_allclose(heard, planned_clicks(plans[0]), atol=0.005)


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
    plans, files = cut(info, [[(1.0, 1.6)]], tmp_path)
    seen = look(files[0].path)
    assert (seen.numbers, seen.size) == (planned_numbers(plans[0]), size)
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
    plans, files = cut(probe(damaged), [THREE_ROWS], tmp_path)
    seen = look(files[0].path)
    assert files[0].frames < plans[0].frames
    assert files[0].duration_s == pytest.approx(plans[0].duration_s)
    assert set(zip(seen.numbers[:10], seen.times[:10], strict=True)) <= set(
        zip(planned_numbers(plans[0]), planned_times(plans[0]), strict=True)
    )
    np.testing.assert_allclose(clicks_in(files[0].path), planned_clicks(plans[0]), atol=CLICK_TOLERANCE_S)


def test_files_are_repeatable_tagged_and_ready_to_stream(plain: VideoInfo, tmp_path: Path) -> None:
    tags = [{"title": "Summary 1, öäü", "comment": "line one\nline two"}]
    files = [cut(plain, [THREE_ROWS], tmp_path, metadata=tags)[1][0] for _ in range(2)]
    assert files[0].sha256 == files[1].sha256
    assert files[0].size_bytes == files[0].path.stat().st_size
    content = files[0].path.read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")
    with av.open(files[0].path) as container:
        assert container.metadata["title"] == tags[0]["title"]
        assert container.metadata["comment"] == tags[0]["comment"]
        assert "creation_time" not in container.metadata


def test_names_mean_nothing_to_ffmpeg(plain: VideoInfo, tmp_path: Path) -> None:
    folder = tmp_path / "-y a:b'c\"%d\n[é],\\;"
    folder.mkdir()
    strange = folder / "-i https:%03d'\n\udcff.mp4"
    strange.write_bytes(plain.path.read_bytes())
    clock = frame_clock(plain)
    plan = plan_cut(plain, [(1.0, 1.6)], clock=clock)
    info = VideoInfo(**(vars(plain) | {"path": strange}))
    output = folder / "-out:%d'\n\udcff.mp4"
    tags = [{"title": strange.name}]
    render(info, [plan], [output], config=FAST, metadata=tags, on_progress=lambda done: None, work_dir=folder)
    assert {path.name for path in folder.iterdir()} == {strange.name, output.name}


@pytest.mark.parametrize("mode", ["exact", "copy"])
@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_nothing_is_left_when_interrupted(
    mode: Any, error: type[BaseException], plain: VideoInfo, tmp_path: Path
) -> None:
    old = tmp_path / "summary-1.mp4"
    old.write_bytes(b"old")

    def stop(done: float) -> None:
        if done > 0.95:
            raise error

    with pytest.raises(error):
        cut(plain, [THREE_ROWS] * 3, tmp_path, config=CutConfig(mode=mode, preset="ultrafast"), on_progress=stop)
    assert list(tmp_path.iterdir()) == [old]
    assert old.read_bytes() == b"old"


def test_a_folder_that_cannot_be_written_is_one_line(plain: VideoInfo, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot write to"):
        cut(plain, [THREE_ROWS], tmp_path / "nowhere")
    with pytest.raises(OutputError, match="cannot write to"):
        cut(plain, [THREE_ROWS], tmp_path / "nowhere", work_dir=tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("lost", [{"frames": 70}, {"video_s": 2.0}, {"audio_s": 2.0}])
def test_a_file_that_is_not_as_planned_is_refused(
    lost: dict[str, float], plain: VideoInfo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verify_module, "measure", lambda path: Measured(**(vars(measure(path)) | lost)))
    with pytest.raises(EncodeError, match=r"summary-0\.mp4 has"):
        cut(plain, [THREE_ROWS], tmp_path)
    assert not list(tmp_path.iterdir())


def spoil(path: Path, kind: str) -> None:
    """Overwrites the largest packet of a stream that is no key frame, but for its beginning."""
    with av.open(path) as container:
        packets = [packet for packet in container.demux() if packet.stream.type == kind and packet.pos is not None]
    packet = max(packets, key=lambda packet: (kind == "audio" or not packet.is_keyframe, packet.size))
    begin, end = int(packet.pos or 0) + 8, int(packet.pos or 0) + packet.size
    raw = bytearray(path.read_bytes())
    raw[begin:end] = bytes([0xA5]) * (end - begin)
    path.write_bytes(raw)


@pytest.mark.parametrize("kind", ["video", "audio"])
def test_a_file_that_does_not_play_to_its_end_is_refused(
    kind: str, plain: VideoInfo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write_badly(target: Path, *tracks: Any, **options: Any) -> None:
        write_mp4(target, *tracks, **options)
        spoil(target, kind)

    monkeypatch.setattr(render_module, "write_mp4", write_badly)
    with pytest.raises(EncodeError, match=r"playing summary-0\.mp4 failed"):
        cut(plain, [THREE_ROWS], tmp_path)
    assert not list(tmp_path.iterdir())


def test_frames_that_are_lost_without_a_word_are_noticed(
    plain: VideoInfo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verify_module, "count_decoded", lambda *args, **options: 50)
    with pytest.raises(EncodeError, match="of which only 50 can be played"):
        cut(plain, [THREE_ROWS], tmp_path)
    _, files = cut(plain, [THREE_ROWS], tmp_path, config=CutConfig(mode="copy"))
    assert files[0].lost == files[0].frames - 50 > 0


def test_a_damaged_source_may_be_copied(plain: VideoInfo, tmp_path: Path) -> None:
    source = tmp_path / "damaged.mp4"
    source.write_bytes(plain.path.read_bytes())
    spoil(source, "video")
    _, files = cut(probe(source), [[(0.0, 5.0)]], tmp_path, config=CutConfig(mode="copy"))
    assert files[0].lost <= 3  # a decoder may cover up
    assert files[0].frames == 125


@pytest.mark.parametrize("options", [{}, {"options": {"x264-params": "open-gop=1"}}, {"fps": 30, "rotation": 270}])
def test_copying_widens_to_key_frames(options: dict[str, Any], tmp_path: Path) -> None:
    settings: Options = {"seconds": 8, "fps": 25, "size": SMALL, "bframes": 2, "gop": 20} | options
    info = probe(write_clip(tmp_path / "clip.mp4", **settings).path)
    plans, files = cut(info, [[(1.0, 1.7), (4.4, 4.6)], [(6.5, 8.0)]], tmp_path, config=CutConfig(mode="copy"))
    frame_s = 1 / settings["fps"]
    for plan, file in zip(plans, files, strict=True):
        seen = look(file.path)
        assert probe(file.path).video.rotation == info.video.rotation
        for begin_s, end_s in file.spans_s:
            assert np.abs(info.key_times_s - begin_s).min() < 1e-6
            assert np.abs(np.append(info.key_times_s, info.duration_s) - end_s).min() < 1e-6
        for begin_s, end_s in plan.spans_s:
            assert ((file.spans_s[:, 0] <= begin_s) & (file.spans_s[:, 1] >= end_s)).any()
        assert file.duration_s == pytest.approx(np.diff(file.spans_s).sum())
        assert file.audio_s == pytest.approx(file.duration_s, abs=frame_s)
        wide = plan_cut(info, file.spans_s)
        if "rotation" not in options:
            assert set(zip(seen.numbers, seen.times, strict=True)) <= set(
                zip(planned_numbers(wide), planned_times(wide), strict=True)
            )
        begins_s = np.cumsum([0, *np.diff(file.spans_s)[:-1, 0]])
        for click_s in planned_clicks(wide):
            if np.abs(begins_s - click_s).min() > 0.03:  # the first packet of a row may lack its beginning
                assert np.abs(clicks_in(file.path) - click_s).min() < 0.012


def test_copying_many_rows_keeps_sound_within_half_a_packet(tmp_path: Path) -> None:
    info = probe(write_clip(tmp_path / "clip.mp4", seconds=43, fps=30, size=SMALL, gop=10).path)
    wanted = [[(k + 0.7, k + 1.3) for k in range(41)]]
    _, files = cut(info, wanted, tmp_path, config=CutConfig(mode="copy"))
    wide = plan_cut(info, files[0].spans_s)
    heard = clicks_in(files[0].path)
    assert len(wide.ranges) == 41
    np.testing.assert_allclose([np.abs(heard - at_s).min() for at_s in planned_clicks(wide)], 0, atol=0.0125)
    assert files[0].audio_s == pytest.approx(files[0].duration_s, abs=1 / 30)


def test_copying_what_does_not_fit_says_what_to_do(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.webm", seconds=1, size=SMALL, vcodec="libvpx", options={"deadline": "realtime"})
    with pytest.raises(EncodeError, match=r"vp8 cannot be copied into MP4.*--cut exact"):
        cut(probe(clip.path), [[(0.2, 0.6)]], tmp_path, config=CutConfig(mode="copy"))
    assert os.listdir(tmp_path) == ["clip.webm"]  # noqa: PTH208


@pytest.mark.parametrize("name", ["real/nasa_13013.mp4", "real/wannaworktogether.mp4", "labelled/Jumps.webm"])
def test_real_videos_keep_frames_and_sync(name: str, data: Path, tmp_path: Path) -> None:
    info = probe(data / "videos" / name)
    plans, files = cut(info, [[(1.3, 2.2), (5.1, 6.0), (11.2, 12.4)], [(2.0, 3.1), (5.5, 6.4)]], tmp_path)
    for plan, file in zip(plans, files, strict=True):
        assert file.frames == plan.frames
        assert file.duration_s == pytest.approx(plan.duration_s, abs=1e-6)
        assert file.audio_s == pytest.approx(plan.duration_s, abs=0.001)
        assert look(file.path).times == planned_times(plan)


@pytest.mark.parametrize("preset", ["ultrafast", "veryfast", "medium"])
@pytest.mark.parametrize("rows", [[(0.0, 1.0)], [(0.0, 0.5), (2.0, 3.0)], [(0.0, 4.0)]])
def test_the_first_frame_may_be_shown_whatever_the_preset(
    preset: str, rows: list[tuple[float, float]], plain: VideoInfo, tmp_path: Path
) -> None:
    """Reordered pictures make the first decoding time negative, which must not shift what follows."""
    (plan,), (file,) = cut(plain, [rows], tmp_path, config=CutConfig(preset=preset))
    assert_as_planned(plan, file)
