"""Decides which picture, clock and sound several sources share in one file, and says what that changes.

Most of what is shown decides: what it has already is not changed. A single source keeps its own in everything.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeVar

from vidsumm.timeline import Timeline
from vidsumm.video.colour import BT709, Colour, read_colour
from vidsumm.video.cut import FrameClock, ShownSource, common_clock
from vidsumm.video.info import VideoInfo
from vidsumm.video.picture_format import CommonPicture, PictureFormat, fit, upright_sar, upright_size
from vidsumm.video.sound import SoundFormat, sound_format

__all__ = ["SharedFormat", "choose_format"]

Value = TypeVar("Value", bound=Hashable)
Footage = Mapping[int, Fraction]
"""Seconds that the summaries show of each source."""

_MAX_RATE_DENOMINATOR = 1001


@dataclass(frozen=True)
class SharedFormat:
    """The format of the files that are made from several sources, or from one."""

    time_base: Fraction
    """Seconds per tick of the clock of the picture."""
    pictures: Mapping[int, PictureFormat]
    """What the pictures of each source become; empty for a single source, which keeps its own."""
    sound: SoundFormat | None
    """None if no source has sound."""
    notices: Mapping[int, str]
    """What is changed of each source of which anything is, one line."""


def choose_format(shown: Mapping[int, ShownSource], timelines: Sequence[Timeline]) -> SharedFormat:
    """Returns the format for files that show these sources.

    Args:
        shown: the sources that are shown, by their index in the timelines.
        timelines: the summaries.

    Raises:
        av.FFmpegError: a source cannot be read.
    """
    footage, infos = _footage(timelines), {n: source.info for n, source in shown.items()}
    time_base = common_clock(source.clock.time_base for source in shown.values())
    sound = _choose_sound(infos, footage)
    if len(shown) == 1:
        return SharedFormat(time_base, {}, sound, {})
    pictures = _choose_pictures(shown, footage, time_base)
    changes = {n: [*_picture_changes(info, pictures[n]), *_sound_changes(info, sound)] for n, info in infos.items()}
    notices = {n: f"{infos[n].path.name}: {', '.join(parts)}" for n, parts in changes.items() if parts}
    return SharedFormat(time_base, pictures, sound, notices)


def _footage(timelines: Sequence[Timeline]) -> Footage:
    seconds: dict[int, Fraction] = {}
    for timeline in timelines:
        for clip in timeline.clips:
            seconds[clip.source] = seconds.get(clip.source, Fraction(0)) + timeline.clip_duration(clip)
    return seconds


def _most_shown(values: Iterable[tuple[Value, Fraction]], size: Callable[[Value], Any]) -> Value:
    """Returns the value that most seconds have; among equals, the one of the largest `size`."""
    seconds: dict[Value, Fraction] = {}
    for value, shown in values:
        seconds[value] = seconds.get(value, Fraction(0)) + shown
    return max(seconds, key=lambda value: (seconds[value], size(value)))


def _choose_sound(infos: Mapping[int, VideoInfo], footage: Footage) -> SoundFormat | None:
    formats = [(sound_format(info.audio), footage[n]) for n, info in infos.items() if info.audio is not None]
    return _most_shown(formats, lambda sound: (sound.rate_hz, sound.channels)) if formats else None


def _choose_pictures(
    shown: Mapping[int, ShownSource], footage: Footage, time_base: Fraction
) -> dict[int, PictureFormat]:
    infos, clocks = {n: source.info for n, source in shown.items()}, [source.clock for source in shown.values()]
    shapes = {(upright_size(info), upright_sar(info)) for info in infos.values()}
    (size, sar), is_alike = next(iter(shapes)), len(shapes) == 1
    if not is_alike:
        size, sar = _choose_size(infos, footage), Fraction(1)
    colours = {n: read_colour(info) for n, info in infos.items()}
    common = CommonPicture(
        canvas=(size[0] + size[0] % 2, size[1] + size[1] % 2),
        sar=sar,
        colour=_choose_colour(colours.values()),
        time_base=time_base,
        top_rate=max(_mean_rate(clock) for clock in clocks),
        is_steady=all(clock.is_steady for clock in clocks),
    )
    scaled = {n: size if is_alike else fit(info, common.canvas) for n, info in infos.items()}
    return {n: PictureFormat(common, scaled[n], colours[n]) for n in infos}


def _choose_size(infos: Mapping[int, VideoInfo], footage: Footage) -> tuple[int, int]:
    sizes = [(info.display_size, footage[n]) for n, info in infos.items()]
    return _most_shown(sizes, lambda size: (size[0] * size[1], size))


def _choose_colour(colours: Iterable[Colour]) -> Colour:
    """Returns the colours that all sources have, if these are of the limited range; otherwise BT.709."""
    first, *others = colours
    is_alike = all(other.meaning == first.meaning for other in others)
    return first if is_alike and not first.is_full_range else BT709


def _mean_rate(clock: FrameClock) -> Fraction:
    return (clock.frames / (int(clock.ticks[-1]) * clock.time_base)).limit_denominator(_MAX_RATE_DENOMINATOR)


def _picture_changes(info: VideoInfo, picture: PictureFormat) -> list[str]:
    changes = []
    if picture.scaled != (size := upright_size(info)):
        changes.append(f"scaled from {_by(size)} to {_by(picture.scaled)}")
    if picture.has_bars:
        changes.append(f"black bars added up to {_by(picture.common.canvas)}")
    if picture.is_converted:
        changes.append("colours converted to BT.709")
    return changes


def _sound_changes(info: VideoInfo, sound: SoundFormat | None) -> list[str]:
    if sound is None:
        return []
    if info.audio is None:
        return ["silent, because it has no sound"]
    rate_hz, channels = info.audio.sample_rate_hz, info.audio.channels
    if (rate_hz, channels) == (sound.rate_hz, sound.channels):
        return []
    before, after = f"{rate_hz} Hz {_channels(channels)}", f"{sound.rate_hz} Hz {_channels(sound.channels)}"
    return [f"sound converted from {before} to {after}"]


def _channels(count: int) -> str:
    return {1: "mono", 2: "stereo"}.get(count, f"with {count} channels")


def _by(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"
