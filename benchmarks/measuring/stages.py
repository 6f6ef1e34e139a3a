"""Measures the stages of the main job, and the main job, each against its floor or rival in the same run."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal, get_args

from benchmarks.measuring.arithmetic import curve_contests, invented_features, kts_contests, selection_contests
from benchmarks.measuring.contest import Contest, SpeedResult, against_limit, run_contest
from benchmarks.measuring.media import NETWORK_FRAMES, Spans, cut_contest, decode_contest, feature_contest
from benchmarks.measuring.meter import Timing, time_in_turns
from benchmarks.measuring.program import ProgramFailedError, ProgramRun, help_cpu_s, imports_torch
from benchmarks.measuring.subject import Subject, read_subject
from vidsumm.config import SummarizeConfig
from vidsumm.errors import ConfigError
from vidsumm.events import EventSink, ignore
from vidsumm.export.record import read_record
from vidsumm.progress import Progress
from vidsumm.shots.kts import kts

__all__ = ["PARTS", "measure_speed"]

Part = Literal["start", "knapsack", "kts", "curves", "decode", "features", "cut", "whole"]
PARTS: tuple[Part, ...] = get_args(Part)
"""What can be measured, in order; the limit of ``whole`` is the sum of the floors of decode, features and cut."""

_KTS = ((1_200, 0.1), (7_200, 0.01))  # number of samples, and the target against the table
_LONG_KTS, _LONG_KTS_S, _LONG_KTS_MIB = 14_400, 20.0, 2048.0  # number of samples, and the limits
_SUMMARIES = 5
_CACHED_RUNS = 2  # most runs with a cache, which have no target
_START_S = 0.3


def measure_speed(
    path: Path,
    *,
    parts: Sequence[str] = PARTS,
    runs: int = 5,
    config: SummarizeConfig | None = None,
    on_event: EventSink = ignore,
    on_results: Callable[[Sequence[SpeedResult]], None] = lambda _: None,
) -> list[SpeedResult]:
    """Measures the parts one after the other.

    Args:
        path: the video; the targets are meant for ten minutes of 720p.
        parts: what to measure.
        runs: timed runs of everything; their median counts.
        config: settings of the main job; the number of summaries and the cache are set here.
        on_event: receives the progress.
        on_results: called with all results so far, whenever there is a new one.

    Raises:
        ConfigError: an unknown part.
        DifferentResultError: two ways came to different results.
        ProgramFailedError: a run of the program failed.
        VidsummError: the video cannot be used.
    """
    unknown = set(parts) - set(PARTS)
    if unknown:
        raise ConfigError(f"--part {min(unknown)}: unknown", remedy="give one of " + ", ".join(PARTS))
    with TemporaryDirectory(prefix="vidsumm-speed-") as folder:
        run = _SpeedRun(path, runs, config or SummarizeConfig(), Progress(on_event), Path(folder), on_results)
        for part in PARTS:
            if part in parts:
                getattr(run, part)()
        return run.results


@dataclass
class _SpeedRun:
    """A run of the measurement, with a method for each `Part`; what several parts need is made once, on demand."""

    path: Path
    runs: int
    config: SummarizeConfig
    progress: Progress
    folder: Path
    on_results: Callable[[Sequence[SpeedResult]], None]
    results: list[SpeedResult] = field(default_factory=list)

    @cached_property
    def subject(self) -> Subject:
        return read_subject(self.path, self.config)

    @cached_property
    def program(self) -> ProgramRun:
        return ProgramRun(self.path, self.folder / "whole", ("--no-cache", "--samples", str(_SUMMARIES)))

    @cached_property
    def spans(self) -> list[Spans]:
        """The clips of the summaries that the main job makes."""
        return [[(c.start_s, c.end_s) for c in candidate.clips] for candidate in self.program.run().candidates]

    @cached_property
    def decode_result(self) -> SpeedResult:
        return self._run(decode_contest(self.subject))

    @cached_property
    def feature_result(self) -> SpeedResult:
        return self._run(feature_contest(self.subject))

    @cached_property
    def cut_result(self) -> SpeedResult:
        return self._run(cut_contest(self.subject.info, self.spans, self.config.cut))

    @property
    def network_s(self) -> float:
        """Time of the network alone on all sampled frames."""
        return self.feature_result.other_s * self.subject.frames / NETWORK_FRAMES

    def start(self) -> None:
        if imports_torch():
            raise ProgramFailedError("importing vidsumm imports torch", remedy="import torch where it is used")
        times = tuple(help_cpu_s() for _ in range(self.runs + 1))[1:]
        self._add(against_limit("vidsumm --help, processor time", "a limit", Timing(times), _START_S, 1.0))

    def knapsack(self) -> None:
        self._run_all(selection_contests())

    def kts(self) -> None:
        for length, target in _KTS:
            self._run_all(kts_contests(length, target=target))
        features = invented_features(_LONG_KTS)
        with self.progress.stage("measure") as done:
            [ours] = time_in_turns([partial(kts, features)], self.runs)
            done(f"KTS of {_LONG_KTS:,} samples")
        limits = {"other_mib": _LONG_KTS_MIB, "limits_memory": True}
        self._add(against_limit(f"KTS, {_LONG_KTS:,} samples", "a limit", ours, _LONG_KTS_S, 1.0, **limits))

    def curves(self) -> None:
        features = self.subject.extract_features().features
        networks = self.subject.networks
        self._run_all(curve_contests(networks.model.eval(), features, networks.options))

    def decode(self) -> None:
        """Measures decoding as it is by default, and with ``--fast``."""
        self._add(self.decode_result)
        self._add(self._run(decode_contest(self.subject, is_fast=True)))

    def features(self) -> None:
        """Measures the features of frames in memory, and decoding and features side by side."""
        self._add(self.feature_result)
        with self.progress.stage("measure") as done:
            [ours] = time_in_turns([self.subject.extract_features], self.runs)
            done("decoding and features side by side")
        larger_s = max(self.decode_result.seconds, self.network_s)
        name = "decode" if larger_s == self.decode_result.seconds else "the network"
        rival = f"the larger of the two alone: {name}"
        self._add(against_limit("decode and features side by side", rival, ours, larger_s, 1.2))

    def cut(self) -> None:
        self._add(self.cut_result)

    def whole(self) -> None:
        """Measures the main job without a cache, and again with one."""
        floors_s = self.decode_result.other_s + self.network_s + self.cut_result.other_s
        with self.progress.stage("measure") as done:
            [first] = time_in_turns([self.program.run], self.runs)
            done("the main job")
        stage = f"whole, {self.subject.info.duration_s / 60:.1f} min, {_SUMMARIES} summaries"
        self._add(against_limit(stage, "decode alone + network alone + separate cuts", first, floors_s, 1.0))
        self._cached_runs(first)

    def _cached_runs(self, first: Timing) -> None:
        """Runs with one option changed, which take everything before its stage from the cache."""
        again = ProgramRun(self.path, self.folder / "again", ("--cache", str(self.folder / "cache")))
        again.run()
        changes: dict[str, Callable[[int], str]] = {  # each turn gets a value that no earlier run had
            "--samples": lambda turn: str(_SUMMARIES + 1 + turn),
            "--ratio": lambda turn: f"{0.1 + turn / 100:g}",
            "--seed": lambda turn: str(1 + turn),
        }
        for option, value in changes.items():
            turns = count()

            def run(option: str = option, value: Callable[[int], str] = value, turns: Iterator[int] = turns) -> object:
                return again.run(option, value(next(turns)))

            with self.progress.stage("measure") as done:
                [ours] = time_in_turns([run], min(self.runs, _CACHED_RUNS))
                done(f"again with another {option}")
            if not {"decode", "shots"} <= set(read_record(again.output / "summary.json").cached):
                raise ProgramFailedError(f"the run with another {option} took nothing from the cache")
            stage = f"again with another {option}, {len(ours.seconds)} runs"
            self._add(against_limit(stage, "the first run", ours, first.median_s, None))

    def _run_all(self, contests: Iterator[Contest]) -> None:
        for contest in contests:
            self._add(self._run(contest))

    def _run(self, contest: Contest) -> SpeedResult:
        with self.progress.stage("measure") as done:
            result = run_contest(contest, self.runs)
            done(f"{result.stage}: {result.ratio:.3g} of {result.rival}")
        return result

    def _add(self, result: SpeedResult) -> None:
        self.results.append(result)
        self.on_results(self.results)
