"""The fast cut (--cut copy): copies the source's own packets from key frame to key frame; nothing is encoded."""

import numpy as np
from numpy.typing import NDArray

from vidsumm.errors import EncodeError
from vidsumm.video.cut import CutPlan, widen_to_keys
from vidsumm.video.info import VideoInfo
from vidsumm.video.join import JoinedPackets, find_frames, join_clips
from vidsumm.video.mux import CopiedTrack
from vidsumm.video.packets import PacketList

__all__ = ["SourcePackets"]

_VIDEO_CODECS = frozenset({"av1", "h264", "hevc", "libdav1d", "mpeg4", "vp9"})
_AUDIO_CODECS = frozenset({"aac", "ac3", "alac", "eac3", "flac", "mp3", "mp3float", "opus", "libopus"})
_CUT_EXACT = "use --cut exact"


class SourcePackets:
    """The packets of a source, listed once for any number of summaries.

    Args:
        info: the source.

    Raises:
        EncodeError: MP4 cannot hold its codecs, or it has no key frames.
    """

    def __init__(self, info: VideoInfo) -> None:
        _require_fit_for_mp4(info)
        self.info = info
        self.video = PacketList.scan([info.path], info.video.index)
        self.audio = PacketList.scan([info.path], info.audio.index) if info.audio else None

    def widen(self, plan: CutPlan) -> CutPlan:
        """Returns the plan with clips widened until they begin and end at key frames."""
        return widen_to_keys(plan, np.searchsorted(self.info.frame_pts, self.info.key_pts))

    def tracks(self, plan: CutPlan) -> tuple[CopiedTrack, CopiedTrack | None]:
        """Returns picture and sound of a summary whose clips begin and end at key frames.

        Raises:
            EncodeError: there are no packets for one of the clips.
        """
        frame_idx = find_frames(self.video.times_s - self.info.start_s, self.info.frame_times_s)
        picture = join_clips(plan, frame_idx, plan.clock.ticks[frame_idx], self.video.is_key)
        video = CopiedTrack(self.video, picture, plan.clock.time_base)
        sound = _join_sound(self.audio, plan, self.info.start_s) if self.audio is not None else None
        if self.audio is None or sound is None:
            return video, None
        return video, CopiedTrack(self.audio, sound, self.audio.time_base)


def _require_fit_for_mp4(info: VideoInfo) -> None:
    codecs = [(info.video.codec, _VIDEO_CODECS)]
    if info.audio is not None:
        codecs.append((info.audio.codec, _AUDIO_CODECS))
    for codec, fitting in codecs:
        if codec not in fitting:
            raise EncodeError(f"{info.path.name}: {codec} cannot be copied into MP4", remedy=_CUT_EXACT)
    if not len(info.key_pts):
        raise EncodeError(f"{info.path.name} has no key frames to copy from", remedy=_CUT_EXACT)


def _join_sound(audio: PacketList, plan: CutPlan, start_s: float) -> JoinedPackets | None:
    """Chooses the sound packets of every clip; returns None if there are none.

    A clip takes the packets whose middle lies in it. They follow the packets of the clip before without a gap, so that
    sound and picture never differ by more than half a packet, whatever the number of clips. A gap in the source itself
    remains.
    """
    ticks_per_s = audio.time_base.denominator / audio.time_base.numerator
    since_first_frame = np.rint(audio.pts - start_s * ticks_per_s).astype(np.int64)
    positions, times = [], []
    elapsed_s, at = 0.0, 0
    for begin_s, end_s in plan.clips_s.tolist():
        shown = since_first_frame - round((begin_s - elapsed_s) * ticks_per_s)
        middle = shown + audio.durations // 2
        chosen = np.flatnonzero((middle >= at) & (middle < (elapsed_s + end_s - begin_s) * ticks_per_s))
        elapsed_s += end_s - begin_s
        if len(chosen):
            lag = at - int(shown[chosen[0]])
            lag = lag if abs(lag) <= audio.durations[chosen[0]] else 0
            positions.append(chosen)
            times.append(shown[chosen] + lag)
            at = int(times[-1][-1] + audio.durations[chosen[-1]])
    if not positions:
        return None
    pts, joined = np.concatenate(times), np.concatenate(positions)
    durations = _fit_last_duration(pts, audio.durations[joined], round(elapsed_s * ticks_per_s))
    return JoinedPackets(joined, pts, pts, durations)


def _fit_last_duration(pts: NDArray[np.int64], durations: NDArray[np.int64], total: int) -> NDArray[np.int64]:
    """Lets the last packet end with the picture, if that changes its duration by less than a packet."""
    last = total - int(pts[-1])
    if 0 < last < 2 * durations[-1]:
        durations = np.append(durations[:-1], last)
    return durations
