"""The fast cut (mode "copy"): copies the sources' own packets from key frame to key frame; nothing is encoded."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from vidsumm.errors import EncodeError
from vidsumm.timeline import Timeline
from vidsumm.video.cut import FrameClock, ShownSource, common_clock, widen_to_keys
from vidsumm.video.info import AudioStream, VideoInfo
from vidsumm.video.join import CodedFrames, JoinedPackets, find_frames, join_clips, on_clock
from vidsumm.video.mux import CopiedTrack
from vidsumm.video.packets import PacketList

__all__ = ["SourcePackets"]

_VIDEO_CODECS = frozenset({"av1", "h264", "hevc", "libdav1d", "mpeg4", "vp9"})
_AUDIO_CODECS = frozenset({"aac", "ac3", "alac", "eac3", "flac", "mp3", "mp3float", "opus", "libopus"})
_CUT_EXACT = "set `mode=exact`"


class SourcePackets:
    """The packets of the sources, listed once for any number of summaries.

    Args:
        shown: the sources that are shown, by their index in the timelines.

    Raises:
        EncodeError: MP4 cannot hold their codecs, one has no key frames, or they differ so that one MP4 cannot hold
            them all.
    """

    def __init__(self, shown: Mapping[int, ShownSource]) -> None:
        for source in shown.values():
            _require_fit_for_mp4(source.info)
        infos, clocks = (
            {n: source.info for n, source in shown.items()},
            {n: source.clock for n, source in shown.items()},
        )
        self._infos, self._clocks = infos, clocks
        self._video = {n: PacketList.scan([info.path], info.video.index) for n, info in infos.items()}
        self._audio = {n: PacketList.scan([info.path], info.audio.index) for n, info in infos.items() if info.audio}
        _require_alike(infos, self._video, self._audio)
        self._time_base = common_clock(clock.time_base for clock in clocks.values())
        self._coded = {n: _coded_frames(infos[n], clocks[n], video) for n, video in self._video.items()}

    def widen(self, timeline: Timeline) -> Timeline:
        """Returns the timeline with clips widened until they begin and end at key frames."""
        key_idx = {n: np.searchsorted(info.frame_pts, info.key_pts) for n, info in self._infos.items()}
        return widen_to_keys(timeline, self._clocks, key_idx)

    def tracks(self, timeline: Timeline) -> tuple[CopiedTrack, CopiedTrack | None]:
        """Returns picture and sound of a summary whose clips begin and end at key frames.

        Raises:
            EncodeError: there are no packets for one of the clips.
        """
        joined = join_clips(timeline, self._coded, self._time_base)
        video = CopiedTrack(self._video, joined, self._time_base)
        return video, self._sound_track(timeline) if self._audio else None

    def _sound_track(self, timeline: Timeline) -> CopiedTrack | None:
        time_base = common_clock(audio.time_base for audio in self._audio.values())
        heard = {n: _heard(audio, self._infos[n].start_s, time_base) for n, audio in self._audio.items()}
        joined = _join_sound(heard, timeline, time_base)
        return None if joined is None else CopiedTrack(self._audio, joined, time_base)


@dataclass(frozen=True, eq=False)
class _HeardPackets:
    """When the N sound packets of a source are heard, ticks since its first frame."""

    begins: NDArray[np.int64]
    """(N,) ascending."""
    durations: NDArray[np.int64]
    """(N,) in the same ticks."""


def _require_fit_for_mp4(info: VideoInfo) -> None:
    codecs = [(info.video.codec, _VIDEO_CODECS)]
    if info.audio is not None:
        codecs.append((info.audio.codec, _AUDIO_CODECS))
    for codec, fitting in codecs:
        if codec not in fitting:
            raise EncodeError(f"{info.path.name}: {codec} cannot be copied into MP4", remedy=_CUT_EXACT)
    if not len(info.key_pts):
        raise EncodeError(f"{info.path.name} has no key frames to copy from", remedy=_CUT_EXACT)


def _require_alike(
    infos: Mapping[int, VideoInfo], video: Mapping[int, PacketList], audio: Mapping[int, PacketList]
) -> None:
    """Checks that the packets of all sources can follow each other in one MP4, which has one header for each stream.

    Raises:
        EncodeError: they cannot.
    """
    first, *others = infos
    for other in others:
        pair = infos[first], infos[other]
        for what, describe in _FACTS.items():
            one, two = map(describe, pair)
            if one != two:
                raise _unlike(pair, f"{what} ({one}, {two})")
        for what, lists in {"picture": video, "sound": audio}.items():
            if first in lists and lists[first].headers() != lists[other].headers():
                raise _unlike(pair, f"the header of the {what}")


def _unlike(pair: tuple[VideoInfo, VideoInfo], what: str) -> EncodeError:
    names = " and ".join(info.path.name for info in pair)
    return EncodeError(f"{names} cannot be copied into one MP4: they differ in {what}", remedy=_CUT_EXACT)


def _describe_sound(audio: AudioStream | None) -> str:
    if audio is None:
        return "none"
    return f"{audio.codec} with {audio.channels} channels at {audio.sample_rate_hz} Hz"


_FACTS: dict[str, Callable[[VideoInfo], str]] = {
    "video codec": lambda info: info.video.codec,
    "size": lambda info: f"{info.video.width}x{info.video.height}",
    "rotation": lambda info: f"{info.video.rotation} degrees",
    "the shape of pixels": lambda info: str(info.video.sample_aspect_ratio),
    "pixel format": lambda info: info.video.pixel_format,
    "sound": lambda info: _describe_sound(info.audio),
}
"""What has to be equal for packets of two sources to follow each other, in words."""


def _coded_frames(info: VideoInfo, clock: FrameClock, video: PacketList) -> CodedFrames:
    frame_idx = find_frames(video.times_s - info.start_s, info.frame_times_s)
    return CodedFrames(frame_idx, clock.ticks[frame_idx], video.is_key)


def _heard(audio: PacketList, start_s: float, time_base: Fraction) -> _HeardPackets:
    pts = on_clock(Fraction(0), audio.pts, audio.time_base, time_base)
    since_first_frame = np.rint(pts - start_s * (time_base.denominator / time_base.numerator)).astype(np.int64)
    return _HeardPackets(since_first_frame, on_clock(Fraction(0), audio.durations, audio.time_base, time_base))


def _join_sound(heard: Mapping[int, _HeardPackets], timeline: Timeline, time_base: Fraction) -> JoinedPackets | None:
    """Chooses the sound packets of every clip; returns None if there are none.

    A clip takes the packets whose middle lies in it. They follow the packets of the clip before without a gap, so that
    sound and picture never differ by more than half a packet, whatever the number of clips. A gap in the source itself
    remains.
    """
    ticks_per_s = time_base.denominator / time_base.numerator
    sources, positions, times, lengths = [], [], [], []
    elapsed_s, at = 0.0, 0
    for clip in timeline.clips:
        begin_s, end_s = timeline.clip_s(clip)
        begins, durations = heard[clip.source].begins, heard[clip.source].durations
        shown = begins - round((begin_s - elapsed_s) * ticks_per_s)
        middle = shown + durations // 2
        chosen = np.flatnonzero((middle >= at) & (middle < (elapsed_s + end_s - begin_s) * ticks_per_s))
        elapsed_s += end_s - begin_s
        if clip.sound_ticks is not None and len(chosen):
            lag = at - int(shown[chosen[0]])
            lag = lag if abs(lag) <= durations[chosen[0]] else 0
            sources.append(np.full(len(chosen), clip.source, dtype=np.int64))
            positions.append(chosen)
            times.append(shown[chosen] + lag)
            lengths.append(durations[chosen])
            at = int(times[-1][-1] + durations[chosen[-1]])
    if not positions:
        return None
    pts = np.concatenate(times)
    last = _fit_last_duration(pts, np.concatenate(lengths), round(elapsed_s * ticks_per_s))
    return JoinedPackets(np.concatenate(sources), np.concatenate(positions), pts, pts, last)


def _fit_last_duration(pts: NDArray[np.int64], durations: NDArray[np.int64], total: int) -> NDArray[np.int64]:
    """Lets the last packet end with the picture, if that changes its duration by less than a packet."""
    last = total - int(pts[-1])
    if 0 < last < 2 * durations[-1]:
        durations = np.append(durations[:-1], last)
    return durations
