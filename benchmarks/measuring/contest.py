"""Times one stage against a rival or a limit.

A rival is another way to the same result, for example what the field's scripts do. Where no way can be faster, such as
decoding without looking at the frames, it is called the floor of the stage.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import cycle
from statistics import median
from typing import Any

from benchmarks.measuring.meter import Action, Timing, time_in_turns, time_once
from vidsumm.errors import VidsummError

__all__ = ["Contest", "DifferentResultError", "SpeedResult", "against_limit", "run_contest"]


class DifferentResultError(VidsummError):
    """The two sides of a contest came to different results, so their times cannot be compared."""


@dataclass(frozen=True)
class Contest:
    """Two ways to the same result."""

    stage: str
    """What is done."""
    rival: str
    """The other way, in a few words."""
    ours: Action
    other: Action
    target: float
    """Upper limit of our time divided by the other's."""
    agree: Callable[[object, object], bool] = lambda _, __: True
    """Whether our result and the other's are the same."""
    is_long: bool = False
    """Whether the other way takes minutes; it then runs once."""


@dataclass(frozen=True)
class SpeedResult:
    """The time and memory of a stage, and what they are compared with: a row of the table."""

    stage: str
    rival: str
    """The rival or the limit, in a few words."""
    seconds: float
    """Our time, the median of the runs."""
    other_s: float
    """The time of the rival, or the limit."""
    ratio: float
    """Our time divided by the other; of a contest, the median of the ratios of each turn."""
    target: float | None
    """Upper limit of `ratio`; None where there is none."""
    mib: float | None = None
    """Memory that our way took, MiB; None where it was not measured."""
    other_mib: float | None = None
    """Memory that the rival took, or the limit, MiB."""
    limits_memory: bool = False
    """Whether `other_mib` is a limit."""

    @property
    def is_met(self) -> bool:
        """Whether time and memory are within their limits."""
        over = self.limits_memory and self.mib is not None and self.other_mib is not None and self.mib > self.other_mib
        return not over and (self.target is None or self.ratio <= self.target)


def run_contest(contest: Contest, runs: int) -> SpeedResult:
    """Times both sides of a contest in turns.

    Args:
        contest: the two sides.
        runs: timed runs of each.

    Raises:
        DifferentResultError: the sides came to different results.
        VidsummError: whatever one of the sides raises.
    """
    if contest.is_long:
        [ours], other = time_in_turns([contest.ours], runs), time_once(contest.other)
    else:
        ours, other = time_in_turns((contest.ours, contest.other), runs)
    if not contest.agree(ours.result, other.result):
        raise DifferentResultError(
            f"{contest.stage}: the result differs from that of {contest.rival}",
            remedy="report it: one of them is wrong",
        )
    turns = zip(ours.seconds, cycle(other.seconds), strict=False)
    return SpeedResult(
        contest.stage,
        contest.rival,
        ours.median_s,
        other.median_s,
        median(one / two for one, two in turns),
        contest.target,
        mib=ours.peak_mib,
        other_mib=other.peak_mib,
    )


def against_limit(
    stage: str, rival: str, ours: Timing, limit_s: float, target: float | None, **memory: Any
) -> SpeedResult:
    """Compares our own runs with a number of seconds: a limit, or the sum of other timings.

    Args:
        stage: what was done.
        rival: what the seconds are, in a few words.
        ours: our runs.
        limit_s: the seconds.
        target: upper limit of our time divided by `limit_s`.
        memory: `other_mib` and `limits_memory` of the result.
    """
    seconds = ours.median_s
    return SpeedResult(stage, rival, seconds, limit_s, seconds / limit_s, target, mib=ours.peak_mib, **memory)
