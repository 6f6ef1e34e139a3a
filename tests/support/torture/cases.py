"""All difficult inputs, and what must happen to each."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from tests.support.torture.making import (
    Make,
    clip,
    cut_short,
    ffmpeg,
    flip_bits,
    leave_unfinished,
    rename,
    repeat,
    run_ffmpeg,
    text,
)

__all__ = ["CASES", "SUMMARY", "Case"]

SUMMARY = 0
"""Exit code when summaries are written."""
_REFUSED = 3
_EITHER = (SUMMARY, _REFUSED)


@dataclass(frozen=True)
class Case:
    """One input."""

    what: str
    """What is special about it; names it in the table of results."""
    make: Make
    outcomes: tuple[int, ...] = (SUMMARY,)
    """Exit codes that are right; several if it depends on the codec's implementation which damage it survives."""
    says: str = ""
    """Regular expression that the line of the error matches if the input is refused."""
    name: str = "clip.mp4"
    settings: Mapping[str, object] = field(default_factory=dict)
    """Settings that differ from those of all other inputs."""


def _refused(what: str, make: Make, says: str, name: str = "clip.mp4") -> Case:
    return Case(what, make, (_REFUSED,), says, name)


def _write_link(path: Path) -> None:
    clip()(path.with_name("behind.mp4"))
    path.symlink_to("behind.mp4")


def _write_broken_link(path: Path) -> None:
    path.symlink_to("nowhere.mp4")


def _write_many_streams(path: Path) -> None:
    parts = [path.with_name(name) for name in ("one.mp4", "two.mp4")]
    clip()(parts[0])
    clip(size=(64, 48))(parts[1])
    subtitles, note = path.with_name("words.srt"), path.with_name("note.txt")
    subtitles.write_text("1\n00:00:00,000 --> 00:00:02,000\nHello\n")
    note.write_text("a note")
    inputs = [word for part in (*parts, subtitles) for word in ("-i", f"file:{part}")]
    maps = [word for stream in ("0:v", "0:a", "1:v", "1:a", "2:s") for word in ("-map", stream)]
    attached = ["-attach", str(note), "-metadata:s:t", "mimetype=text/plain"]
    run_ffmpeg([*inputs, *maps, "-c", "copy", "-c:s", "srt", *attached, f"file:{path}"])
    for part in (*parts, subtitles, note):
        part.unlink()


def _write_with_cover(path: Path) -> None:
    video, cover = path.with_name("video.mp4"), path.with_name("cover.jpg")
    clip()(video)
    run_ffmpeg(["-f", "lavfi", "-i", "color=red:size=64x64", "-frames:v", "1", f"file:{cover}"])
    streams = ["-map", "1", "-map", "0", "-c", "copy", "-disposition:v:0", "attached_pic"]
    run_ffmpeg(["-i", f"file:{video}", "-i", f"file:{cover}", *streams, f"file:{path}"])
    video.unlink()
    cover.unlink()


def _write_empty_file(path: Path) -> None:
    path.touch()


def _make_folder_without_videos(path: Path) -> None:
    path.mkdir()
    (path / "notes.txt").write_text("none here")


def _write_noise(path: Path) -> None:
    path.write_bytes(os.urandom(5000))


_HLS = "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\nsecret.ts\n#EXT-X-ENDLIST\n"
_DASH = (
    '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT4S">'
    "<Period><AdaptationSet mimeType='video/mp4'><Representation id='1' bandwidth='1'><BaseURL>secret.mp4</BaseURL>"
    "</Representation></AdaptationSet></Period></MPD>"
)
_SDP = (
    "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n"
)
_XML = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>'

_DAMAGED = (
    Case("cut short at 10 %", cut_short(0.1, clip()), (_REFUSED,), "clip.mp4"),
    Case("cut short at 50 %", cut_short(0.5, clip()), (_REFUSED,), "clip.mp4"),
    Case("cut short at 90 %", cut_short(0.9, clip()), (_REFUSED,), "clip.mp4"),
    Case("Matroska cut short at 10 %", cut_short(0.1, clip()), _EITHER, "clip.mkv", "clip.mkv"),
    Case("Matroska cut short at 50 %", cut_short(0.5, clip()), name="clip.mkv"),
    Case("Matroska cut short at 90 %", cut_short(0.9, clip()), name="clip.mkv"),
    Case("bytes flipped in the header", flip_bits(0, 0.01, 20, clip()), _EITHER, "clip.mkv", "clip.mkv"),
    Case("bytes flipped in the data", flip_bits(0.1, 0.9, 60, clip()), _EITHER, "clip.mp4"),
    Case("bytes flipped in the index", flip_bits(0.93, 1, 20, clip()), _EITHER, "clip.mp4"),
    Case("still being written", leave_unfinished(ffmpeg("-movflags", "frag_keyframe+empty_moov", "-g", "25"))),
    Case("a transport stream joined in the middle", cut_short(0.7, clip(gop=20)), name="clip.ts"),
)
_NO_VIDEO = (
    _refused("an empty file", _write_empty_file, "the file is empty"),
    _refused("text called .mp4", text("hello\n" * 200), "not a readable video file|not read as video"),
    _refused("noise", _write_noise, "not a readable video file"),
    _refused("no stream has a packet", ffmpeg("-t", "0", "-movflags", "empty_moov"), "no video"),
    _refused("sound only", ffmpeg(picture=None), "no video stream", "clip.m4a"),
    _refused("a still picture", ffmpeg("-frames:v", "1", "-update", "1", sound=None), "not read as video", "still.png"),
    _refused("a folder without videos", _make_folder_without_videos, "no video"),
    _refused("a pipe", os.mkfifo, "not an ordinary file"),
    _refused("a link to nothing", _write_broken_link, "no such file"),
    _refused("nothing at all", lambda path: None, "no such file"),
)
_FOLLOWING = tuple(
    _refused(f"{what} called {name}", text(content), "not a readable video file|not read as video", name)
    for what, content, names in (
        ("an HLS playlist", _HLS, ("list.m3u8", "clip.mp4")),
        ("a concat script", "ffconcat version 1.0\nfile secret.mp4\n", ("list.ffconcat", "clip.mp4")),
        ("a DASH manifest", _DASH, ("list.mpd", "clip.mp4")),
        ("a session description", _SDP, ("stream.sdp", "clip.mp4")),
        ("XML that names a file", _XML, ("film.xml", "clip.mp4")),
    )
    for name in names
)
_TIMES = (
    Case("one frame", clip(seconds=0.04, audio=False)),
    Case("0.3 s", clip(seconds=0.3)),
    Case("1 frame a second", clip(fps=1, seconds=8)),
    Case("240 frames a second", clip(fps=240, seconds=2)),
    Case(
        "uneven times with a gap",
        clip(times_s=[0, 0.04, 0.1, 0.5, 0.52, 0.9, 3.0, 3.1, 3.2, 3.21, 3.9], scenes=2, audio=False),
        name="clip.mkv",
    ),
    Case("sound starts late", clip(audio_start_s=1.5, audio_s=2)),
    Case("picture starts at 1000 s", clip(start_s=1000, audio=False), name="clip.mkv"),
    Case("times start below zero", ffmpeg("-output_ts_offset", "-2", "-avoid_negative_ts", "0"), name="clip.mkv"),
    Case("time stamps jump back", repeat(clip(gop=10)), name="clip.ts"),
    Case(
        "6 hours of two frames a minute, sampled every 4 s",
        clip(fps=Fraction(1, 30), seconds=6 * 3600, scenes=5, audio=False, gop=20),
        settings={"fps": 0.25, "any_rate": True, "max_shot_s": 600.0, "ratio": 0.01},
    ),
    Case("sound longer than the picture", clip(audio_s=9)),
    Case("sound shorter than the picture", clip(audio_s=1)),
)
_PICTURES = (
    *(Case(f"turned by {angle}", clip(rotation=angle)) for angle in (90, 180, 270)),
    Case("pixels that are not square", clip(sar=Fraction(16, 11))),
    Case(
        "1 x 1 pixel",
        ffmpeg("-vf", "format=gbrp,crop=1:1", "-c:v", "ffv1", picture="color=red:size=2x2:rate=25:duration=2"),
        name="clip.mkv",
    ),
    Case("7 x 5 pixels", ffmpeg("-c:v", "ffv1", picture="testsrc2=size=7x5:rate=25:duration=2"), name="clip.mkv"),
    Case(
        "8K wide",
        ffmpeg("-preset", "ultrafast", picture="testsrc2=size=7680x64:rate=5:duration=2"),
    ),
    Case("interlaced", ffmpeg("-flags", "+ilme+ildct", "-x264opts", "tff=1")),
    Case("10-bit HEVC", ffmpeg("-c:v", "libx265", "-pix_fmt", "yuv420p10le", "-x265-params", "log-level=none")),
    Case("VP9 in WebM", ffmpeg("-c:v", "libvpx-vp9", "-deadline", "realtime", "-c:a", "libopus"), name="clip.webm"),
    Case("AV1", ffmpeg("-c:v", "libsvtav1", "-preset", "12"), name="clip.mkv"),
    Case("MPEG-4 in AVI", ffmpeg("-c:v", "mpeg4", "-bf", "2"), name="clip.avi"),
    Case("MPEG-2 in a transport stream", ffmpeg("-c:v", "mpeg2video", "-bf", "2"), name="clip.ts"),
    Case("ProRes", ffmpeg("-c:v", "prores_ks"), name="clip.mov"),
    Case("MJPEG", ffmpeg("-c:v", "mjpeg"), name="clip.mov"),
    Case("all black", ffmpeg(picture="color=black:size=96x72:rate=25:duration=4")),
    Case("nothing moves", ffmpeg(picture="smptebars=size=96x72:rate=25:duration=4")),
    Case("a flash every frame", ffmpeg("-vf", "negate=enable='mod(n,2)'")),
)
_STREAMS = (
    Case("no sound", clip(audio=False)),
    Case("mono", ffmpeg("-ac", "1")),
    Case("5.1", ffmpeg("-ac", "6")),
    Case("two pictures, two sounds, subtitles, an attachment", _write_many_streams, name="clip.mkv"),
    Case("a cover before the picture", _write_with_cover, name="clip.mp4"),
)


def _named(what: str, name: str) -> Case:
    return Case(f"a name with {what}", rename("first.mp4", clip()), name=name)


_NAMES = (
    _named("spaces", " a clip .mp4"),
    _named("quotes", 'it\'s "a" clip.mp4'),
    _named("a newline", "two\nlines.mp4"),
    _named("leading dashes", "--overwrite.mp4"),
    _named("other scripts", "фильм 映画 é.mp4"),
    _named("a pattern", "clip%d-%05d.mp4"),
    _named("250 characters", "n" * 246 + ".mp4"),
    _named("a colon", "http:x.mp4"),
    Case("a symbolic link", _write_link),
)
_GROUPS: tuple[tuple[Case, ...], ...] = (_DAMAGED, _NO_VIDEO, _FOLLOWING, _TIMES, _PICTURES, _STREAMS, _NAMES)
CASES: tuple[Case, ...] = tuple(case for group in _GROUPS for case in group)
