"""Formats times for readers: m:ss, and the round moments at which an axis is labelled."""

import math

__all__ = ["clock", "length", "round_times"]

_HOUR_S = 3600.0
_STEPS_S = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400)


def clock(time_s: float, *, hours: bool = False, decimals: int = 0) -> str:
    """Formats ``m:ss``, or ``h:mm:ss`` from one hour on or with `hours`; rounded to `decimals` of a second."""
    seconds = round(time_s, decimals)
    minutes, rest = divmod(seconds, 60)
    shown = f"{rest:0{3 + decimals if decimals else 2}.{decimals}f}"
    if hours or seconds >= _HOUR_S:
        return f"{int(minutes // 60)}:{int(minutes % 60):02d}:{shown}"
    return f"{int(minutes)}:{shown}"


def length(seconds: float) -> str:
    """Formats a length: ``4.2 s`` below ten seconds, ``42 s`` below a minute, then as `clock`."""
    if round(seconds, 1) < 10:
        return f"{seconds:.1f} s"
    return f"{seconds:.0f} s" if round(seconds) < 60 else clock(seconds)


def round_times(end_s: float, most: int) -> tuple[list[float], list[str]]:
    """Returns at most `most` round times from 0 to `end_s` in equal steps, and their labels."""
    step_s = next((s for s in _STEPS_S if end_s / s < most), _STEPS_S[-1] * math.ceil(end_s / _STEPS_S[-1] / most))
    times_s = [i * step_s for i in range(int(end_s / step_s + 1e-9) + 1)]
    decimals = 0 if step_s >= 1 else 1
    return times_s, [clock(t, hours=end_s >= _HOUR_S, decimals=decimals) for t in times_s]
