"""One stage against its floor or its rival."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import cycle
from statistics import median
from typing import Any

from benchmarks.measuring.meter import Timing, Work, compare, once
from vidsumm.errors import VidsummError

__all__ = ["Contest", "DifferentResultError", "Standing", "hold", "within"]


class DifferentResultError(VidsummError):
    """The two sides of a contest did not do the same work: its times would mean nothing."""


@dataclass(frozen=True)
class Contest:
    """Two ways to the same result."""

    stage: str
    """What is done."""
    rival: str
    """The other way, in a few words."""
    ours: Work
    other: Work
    target: float
    """Most that our time may be of the other's."""
    agree: Callable[[object, object], bool] = lambda _, __: True
    """Whether our result and the other one are the same."""
    is_long: bool = False
    """Whether the other way takes minutes: it then runs once."""


@dataclass(frozen=True)
class Standing:
    """How a contest went."""

    stage: str
    rival: str
    """Or what the limit is."""
    seconds: float
    """Ours, the median of the runs."""
    other_s: float
    """The rival's, or the limit."""
    ratio: float
    """Our time by the other's; of a contest the median over its turns."""
    target: float | None
    """Most that it may be; None where nothing is promised."""
    mib: float | None = None
    """Memory that our way took, MiB; None where it was not looked at."""
    other_mib: float | None = None
    """The rival's, or the limit."""
    limits_memory: bool = False
    """Whether `other_mib` is a limit too."""

    @property
    def is_met(self) -> bool:
        """Whether what is promised was kept."""
        over = self.limits_memory and self.mib is not None and self.other_mib is not None and self.mib > self.other_mib
        return not over and (self.target is None or self.ratio <= self.target)


def hold(contest: Contest, runs: int) -> Standing:
    """Lets both sides of a contest do their work in turns.

    Args:
        contest: the two sides.
        runs: timed runs of each.

    Raises:
        DifferentResultError: they came to different results.
        VidsummError: whatever the work raises.
    """
    if contest.is_long:
        [ours], other = compare([contest.ours], runs), once(contest.other)
    else:
        ours, other = compare((contest.ours, contest.other), runs)
    if not contest.agree(ours.result, other.result):
        raise DifferentResultError(
            f"{contest.stage}: the result differs from that of {contest.rival}",
            remedy="report it: one of them is wrong",
        )
    turns = zip(ours.seconds, cycle(other.seconds), strict=False)
    return Standing(
        contest.stage,
        contest.rival,
        ours.median_s,
        other.median_s,
        median(one / two for one, two in turns),
        contest.target,
        mib=ours.peak_mib,
        other_mib=other.peak_mib,
    )


def within(stage: str, rival: str, ours: Timing, limit_s: float, target: float | None, **memory: Any) -> Standing:
    """Our own runs against a number of seconds: a limit, or a sum of what others took.

    Args:
        stage: what was done.
        rival: what the limit is.
        ours: our runs.
        limit_s: the seconds.
        target: most that our time may be of them.
        memory: `other_mib` and `limits_memory`.
    """
    seconds = ours.median_s
    return Standing(stage, rival, seconds, limit_s, seconds / limit_s, target, mib=ours.peak_mib, **memory)
