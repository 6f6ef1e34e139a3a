from itertools import count
from threading import Event
from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks.measuring import meter
from benchmarks.measuring.contest import Contest, DifferentResultError, SpeedResult, against_limit, run_contest
from benchmarks.measuring.meter import Timing, time_in_turns, time_once, watch_memory

pytestmark = pytest.mark.slow

_MIB = 2**20


def test_the_watch_sees_memory_that_is_taken_and_freed() -> None:
    with watch_memory() as memory:
        block = np.ones(200 * _MIB, dtype=np.uint8)
        while memory.peak_mib - memory.start_mib < 150 and not Event().wait(0.01):
            pass
        del block
    assert 150 < memory.growth_mib < 400
    assert time_once(lambda: None).peak_mib == pytest.approx(0, abs=50)


def test_memory_that_a_starting_child_shares_counts_once(monkeypatch: pytest.MonkeyPatch) -> None:
    class Process:
        def __init__(self, pid: int = 1, parent: int = 0, vms: int = 900, rss: int = 300) -> None:
            self.pid, self._parent, self._memory = pid, parent, SimpleNamespace(vms=vms * _MIB, rss=rss * _MIB)

        def memory_info(self) -> SimpleNamespace:
            return self._memory

        def ppid(self) -> int:
            return self._parent

        def children(self, *, recursive: bool) -> list["Process"]:
            assert recursive
            started = [Process(2, 1, vms=900, rss=299), Process(4, 2, vms=500, rss=20)]  # the first has not begun yet
            return [*started, Process(3, 1, vms=500, rss=40)]

    monkeypatch.setattr("psutil.Process", Process)
    with watch_memory() as memory:
        pass
    assert memory.start_mib == 300 + 20 + 40


def test_actions_take_turns_and_keep_their_first_result() -> None:
    calls: list[str] = []
    numbers = count()

    def act(name: str) -> int:
        calls.append(name)
        sum(range(3_000_000))  # long enough not to be repeated
        return next(numbers)

    one, two = time_in_turns([lambda: act("a"), lambda: act("b")], 3)
    assert "".join(calls) == "ab" + 3 * "ab"
    assert (one.result, two.result) == (0, 1)
    assert len(one.seconds) == len(two.seconds) == 3
    assert one.median_s == sorted(one.seconds)[1]


def test_the_first_run_of_a_long_action_is_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meter, "_LONG_S", 0.0)
    monkeypatch.setattr(meter, "_SHORT_S", 0.0)
    calls = count()
    [timing] = time_in_turns([lambda: (sum(range(1_000_000)), next(calls))], 3)
    assert len(timing.seconds) == next(calls) == 3


def test_a_short_action_is_repeated_within_a_run() -> None:
    calls = count()
    [timing] = time_in_turns([lambda: next(calls)], 2)
    assert next(calls) > 100
    assert len(timing.seconds) == 2
    assert max(timing.seconds) < 0.01


def test_a_contest_takes_turns_and_has_a_target() -> None:
    slow = lambda: max(sum(range(500_000)) for _ in range(8))  # noqa: E731
    result = run_contest(Contest("sums", "eight times", lambda: sum(range(500_000)), slow, 0.5, lambda a, b: a == b), 3)
    assert result.ratio < 0.5
    assert result.is_met
    assert (result.stage, result.rival, result.target) == ("sums", "eight times", 0.5)


def test_a_long_rival_runs_once() -> None:
    calls = count()
    contest = Contest("short", "long", lambda: 0, lambda: next(calls), 1.0, is_long=True)
    run_contest(contest, 3)
    assert next(calls) == 1


def test_different_results_are_an_error() -> None:
    with pytest.raises(DifferentResultError, match=r"sums: the result differs from that of wrong sums"):
        run_contest(Contest("sums", "wrong sums", lambda: 1, lambda: 2, 1.0, lambda a, b: a == b), 1)


@pytest.mark.parametrize(
    ("seconds", "mib", "target", "is_met"),
    [(9.0, 10.0, 1.0, True), (11.0, 10.0, 1.0, False), (9.0, 30.0, 1.0, False), (11.0, 10.0, None, True)],
)
def test_time_and_memory_have_limits(seconds: float, mib: float, target: float | None, is_met: bool) -> None:
    ours = Timing((seconds, seconds, 99.0), mib)
    result = against_limit("work", "a limit", ours, 10.0, target, other_mib=20.0, limits_memory=True)
    assert result == SpeedResult("work", "a limit", seconds, 10.0, seconds / 10, target, mib, 20.0, limits_memory=True)
    assert result.is_met is is_met
