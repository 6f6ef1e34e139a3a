"""What a summary shows, exactly: clips of one or several sources, on the sources' own clocks.

A timeline stands between choosing and writing: the pipeline makes one for each candidate, and everything that writes a
file (the cutter, the record) reads it. Places in a source are whole ticks of a rational clock, never rounded seconds.
"""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

__all__ = ["Clip", "Timeline", "TimelineSource"]


@dataclass(frozen=True)
class TimelineSource:
    """A video that clips are taken from."""

    path: Path
    time_base: Fraction
    """Seconds per tick of its clock, which begins with its first frame."""
    end_tick: int
    """Tick at which its last frame ends."""
    frames: int
    """Number of its frames."""


@dataclass(frozen=True)
class Clip:
    """A stretch of a source that is shown without a break."""

    source: int
    """Index of its source in `Timeline.sources`."""
    start_tick: int
    """Where it begins, ticks of its source's clock."""
    end_tick: int
    """Where it ends. The ticks are the truth: a picture that stands still may be shown for a part of its time."""
    first_frame: int
    """Index of its first frame in the source."""
    last_frame_exclusive: int
    """Index of the frame after its last one."""
    sound_ticks: tuple[int, int] | None
    """Where the sound that goes with it begins and ends in the source, in the same ticks; None without sound."""


@dataclass(frozen=True)
class Timeline:
    """The clips of one summary, in the order in which they are shown.

    Raises:
        ValueError: there is no clip, or a clip is empty or lies outside its source.
    """

    sources: tuple[TimelineSource, ...]
    """All sources; not every one need have a clip."""
    clips: tuple[Clip, ...]

    def __post_init__(self) -> None:
        if not self.clips:
            raise ValueError("a timeline needs at least one clip")
        for clip in self.clips:
            if not 0 <= clip.source < len(self.sources):
                raise ValueError(f"a clip is from source {clip.source} of {len(self.sources)}")
            source = self.sources[clip.source]
            if not 0 <= clip.start_tick < clip.end_tick <= source.end_tick:
                raise ValueError(f"the clip {clip.start_tick}..{clip.end_tick} is not inside 0..{source.end_tick}")
            if clip.sound_ticks is not None and not 0 <= clip.sound_ticks[0] < clip.sound_ticks[1]:
                raise ValueError(f"the sound {clip.sound_ticks} is empty or begins before the source")
            if not 0 <= clip.first_frame < clip.last_frame_exclusive <= source.frames:
                raise ValueError(f"the frames {clip.first_frame}..{clip.last_frame_exclusive} are not in the source")

    @property
    def duration(self) -> Fraction:
        """Its exact length, seconds."""
        return sum((self.clip_duration(clip) for clip in self.clips), Fraction(0))

    @property
    def frames(self) -> int:
        """Number of frames of all clips."""
        return sum(clip.last_frame_exclusive - clip.first_frame for clip in self.clips)

    def clip_duration(self, clip: Clip) -> Fraction:
        """Returns the exact length of one of its clips, seconds."""
        return (clip.end_tick - clip.start_tick) * self.sources[clip.source].time_base

    def clip_s(self, clip: Clip) -> tuple[float, float]:
        """Returns where one of its clips begins and ends, seconds since the first frame of its source."""
        base = self.sources[clip.source].time_base
        return float(clip.start_tick * base), float(clip.end_tick * base)

    def clips_of(self, source: int) -> tuple[Clip, ...]:
        """Returns the clips of one source, in the order in which they are shown."""
        return tuple(clip for clip in self.clips if clip.source == source)
