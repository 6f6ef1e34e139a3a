"""The exact cut: what the summaries show of each source is encoded once, in pieces that are joined."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from vidsumm.config import CutConfig
from vidsumm.errors import EncodeError
from vidsumm.timeline import Timeline
from vidsumm.video.cut import ShownSource
from vidsumm.video.encoded_source import EncodedSource
from vidsumm.video.ffmpeg_binary import FfmpegBinary
from vidsumm.video.join import join_clips
from vidsumm.video.mux import CopiedTrack, EncodedSound
from vidsumm.video.packets import PacketList
from vidsumm.video.shared_format import choose_format
from vidsumm.video.sound import read_blocks

__all__ = ["EncodedPieces"]

_ENCODE_SHARE = 0.95
"""Share of the work that encodes the picture; the rest decodes the sound."""


class EncodedPieces:
    """The encoded pieces of all sources, of which all summaries consist, and their decoded sound.

    Args:
        shown: the sources that are shown, by their index in the timelines.
        timelines: the summaries.
        config: quality and speed.
        binary: the ffmpeg to run.
        work_dir: folder for the pieces, which must stay there while the tracks are written.
        on_progress: called with the share of this work that is done, 0 to 1.
        on_notice: called with a line and the index of its source, for each that is changed to fit the others.

    Raises:
        EncodeError: ffmpeg failed, or the sources cannot be joined.
        OutputError: `work_dir` cannot be written to.
        ResourceError: ffmpeg cannot be started.
    """

    def __init__(
        self,
        shown: Mapping[int, ShownSource],
        timelines: Sequence[Timeline],
        *,
        config: CutConfig,
        binary: FfmpegBinary,
        work_dir: Path,
        on_progress: Callable[[float], None],
        on_notice: Callable[[str, int], None],
    ) -> None:
        self._format = choose_format(shown, timelines)
        for number, text in self._format.notices.items():
            on_notice(text, number)
        self._sources = {
            number: EncodedSource(
                source,
                [clip for timeline in timelines for clip in timeline.clips_of(number)],
                config=config,
                binary=binary,
                stem=work_dir / f"source-{number}-",
            )
            for number, source in shown.items()
        }
        self._on_progress = on_progress
        self._videos: dict[int, PacketList] = {}
        self._samples: dict[int, Path] = {}
        self._encode()
        _require_one_header(shown, self._videos)
        self._coded = {n: source.coded_frames(self._videos[n]) for n, source in self._sources.items()}

    def tracks(self, timeline: Timeline) -> tuple[CopiedTrack, EncodedSound | None]:
        """Returns picture and sound of one of the summaries.

        Raises:
            EncodeError: one of its clips could not be decoded.
        """
        time_base, sound = self._format.time_base, self._format.sound
        video = CopiedTrack(self._videos, join_clips(timeline, self._coded, time_base), time_base)
        if sound is None or all(clip.sound_ticks is None for clip in timeline.clips):
            return video, None
        return video, EncodedSound(read_blocks(self._samples, timeline, sound), sound)

    def _encode(self) -> None:
        done, total = 0.0, sum(source.frames for source in self._sources.values())
        for number, source in self._sources.items():
            share, picture = source.frames / total, self._format.pictures.get(number)
            encoding, decoding = share * _ENCODE_SHARE, share * (1 - _ENCODE_SHARE)
            self._videos[number] = source.encode(picture, partial(self._report, done, encoding))
            if self._format.sound is not None:
                on_share = partial(self._report, done + encoding, decoding)
                samples = source.decode_sound(self._format.sound, on_share)
                self._samples |= {} if samples is None else {number: samples}
            done += share

    def _report(self, before: float, weight: float, share: float) -> None:
        self._on_progress(before + weight * share)


def _require_one_header(shown: Mapping[int, ShownSource], videos: Mapping[int, PacketList]) -> None:
    """Checks that one decoder can play all pieces.

    Raises:
        EncodeError: an MP4 cannot hold them, as it has one header for all pictures.
    """
    if len({header for video in videos.values() for header in video.headers()}) > 1:
        names = " and ".join(source.info.path.name for source in shown.values())
        raise EncodeError(f"{names}: the headers of the encoded pieces differ", remedy="cut them into separate files")
