"""Measures the stages of the main job and the whole of it, each against its floor or rival in the same run."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal, get_args

from benchmarks.measuring.arithmetic import curve_contests, invented_features, kts_contests, selection_contests
from benchmarks.measuring.contest import Contest, Standing, hold, within
from benchmarks.measuring.jobs import JobFailedError, WholeJob, help_cpu_s, imports_torch
from benchmarks.measuring.media import NETWORK_FRAMES, Spans, cut_contest, decode_contest, feature_contest
from benchmarks.measuring.meter import Timing, compare
from benchmarks.measuring.subject import Subject, read_subject
from vidsumm.config import SummarizeConfig
from vidsumm.errors import ConfigError
from vidsumm.events import EventSink, ignore
from vidsumm.export.record import read_record
from vidsumm.progress import Progress
from vidsumm.shots.kts import kts

__all__ = ["PARTS", "Part", "measure_speed"]

Part = Literal["start", "knapsack", "kts", "curves", "decode", "features", "cut", "whole"]
PARTS: tuple[Part, ...] = get_args(Part)
"""What can be measured, in order; ``whole`` sums up the floors of decode, features and cut."""

_KTS = ((1_200, 0.1), (7_200, 0.01))  # samples, and the target against the table
_LONG_KTS, _LONG_KTS_S, _LONG_KTS_MIB = 14_400, 20.0, 2048.0
_SUMMARIES = 5
_SECOND_RUNS = 2  # of what is only shown
_START_S = 0.3


def measure_speed(
    path: Path,
    *,
    parts: Sequence[str] = PARTS,
    runs: int = 5,
    config: SummarizeConfig | None = None,
    on_event: EventSink = ignore,
    on_standings: Callable[[Sequence[Standing]], None] = lambda _: None,
) -> list[Standing]:
    """Measures, one thing at a time.

    Args:
        path: the video; the targets are meant for ten minutes of 720p.
        parts: what to measure.
        runs: timed runs of everything; its median counts.
        config: settings of the job; the number of summaries and the cache are set here.
        on_event: told what is being measured.
        on_standings: given all that is known so far whenever something is added.

    Raises:
        ConfigError: an unknown part.
        DifferentResultError: two ways came to different results.
        VidsummError: the video cannot be used.
    """
    unknown = set(parts) - set(PARTS)
    if unknown:
        raise ConfigError(f"--part {min(unknown)}: not known", remedy=f"take {', '.join(PARTS)}")
    with TemporaryDirectory(prefix="vidsumm-speed-") as folder:
        bench = _Bench(path, runs, config or SummarizeConfig(), Progress(on_event), Path(folder), on_standings)
        ways: dict[Part, Callable[[], None]] = {
            "start": bench.start,
            "knapsack": bench.knapsack,
            "kts": bench.kts,
            "curves": bench.curves,
            "decode": bench.decode,
            "features": bench.features,
            "cut": bench.cut,
            "whole": bench.whole,
        }
        for part in PARTS:
            if part in parts:
                ways[part]()
        return bench.standings


@dataclass
class _Bench:
    """A run of the benchmark; what several parts need is made when the first one does."""

    path: Path
    runs: int
    config: SummarizeConfig
    progress: Progress
    folder: Path
    on_standings: Callable[[Sequence[Standing]], None]
    standings: list[Standing] = field(default_factory=list)

    @cached_property
    def subject(self) -> Subject:
        return read_subject(self.path, self.config)

    @cached_property
    def whole_job(self) -> WholeJob:
        return WholeJob(self.path, self.folder / "whole", ("--no-cache", "--samples", str(_SUMMARIES)))

    @cached_property
    def spans(self) -> list[Spans]:
        """What the whole job cuts."""
        return [candidate.spans_s for candidate in self.whole_job.run().candidates]

    @cached_property
    def decoded(self) -> Standing:
        return self._hold(decode_contest(self.subject))

    @cached_property
    def described(self) -> Standing:
        return self._hold(feature_contest(self.subject))

    @cached_property
    def was_cut(self) -> Standing:
        return self._hold(cut_contest(self.subject.info, self.spans, self.config.cut))

    @property
    def network_s(self) -> float:
        """Of the network alone on all sampled frames."""
        return self.described.other_s * self.subject.frames / NETWORK_FRAMES

    def start(self) -> None:
        if imports_torch():
            raise JobFailedError("importing vidsumm imports torch", remedy="import torch where it is used")
        times = tuple(help_cpu_s() for _ in range(self.runs + 1))[1:]
        self._add(within("vidsumm --help, processor time", "a limit", Timing(times), _START_S, 1.0))

    def knapsack(self) -> None:
        self._hold_all(selection_contests())

    def kts(self) -> None:
        for length, target in _KTS:
            self._hold_all(kts_contests(length, target=target))
        features = invented_features(_LONG_KTS)
        with self.progress.stage("measure") as done:
            [ours] = compare([partial(kts, features)], self.runs)
            done(f"KTS of {_LONG_KTS:,} samples")
        limits = {"other_mib": _LONG_KTS_MIB, "limits_memory": True}
        self._add(within(f"KTS, {_LONG_KTS:,} samples", "a limit", ours, _LONG_KTS_S, 1.0, **limits))

    def curves(self) -> None:
        features = self.subject.describe().features
        networks = self.subject.networks
        self._hold_all(curve_contests(networks.model.eval(), features, networks.options))

    def decode(self) -> None:
        """As it is, and in a hurry."""
        self._add(self.decoded)
        self._add(self._hold(decode_contest(self.subject, is_fast=True)))

    def features(self) -> None:
        """Alone, and side by side with decoding."""
        self._add(self.described)
        with self.progress.stage("measure") as done:
            [ours] = compare([self.subject.describe], self.runs)
            done("decoding and features side by side")
        larger_s = max(self.decoded.seconds, self.network_s)
        name = "decode" if larger_s == self.decoded.seconds else "the network"
        self._add(
            within("decode and features side by side", f"the larger of the two alone: {name}", ours, larger_s, 1.2)
        )

    def cut(self) -> None:
        self._add(self.was_cut)

    def whole(self) -> None:
        """The whole job, and the same again from the cache."""
        floors_s = self.decoded.other_s + self.network_s + self.was_cut.other_s
        with self.progress.stage("measure") as done:
            [first] = compare([self.whole_job.run], self.runs)
            done("the whole job")
        stage = f"whole, {self.subject.info.duration_s / 60:.1f} min, {_SUMMARIES} summaries"
        self._add(within(stage, "decode alone + network alone + separate cuts", first, floors_s, 1.0))
        self._second_runs(first)

    def _second_runs(self, first: Timing) -> None:
        again = WholeJob(self.path, self.folder / "again", ("--cache", str(self.folder / "cache")))
        again.run()
        changes: dict[str, Callable[[int], str]] = {  # in every turn something that no run had before
            "--samples": lambda turn: str(_SUMMARIES + 1 + turn),
            "--ratio": lambda turn: f"{0.1 + turn / 100:g}",
            "--seed": lambda turn: str(1 + turn),
        }
        for option, value in changes.items():
            turns = count()

            def run(option: str = option, value: Callable[[int], str] = value, turns: Iterator[int] = turns) -> object:
                return again.run(option, value(next(turns)))

            with self.progress.stage("measure") as done:
                [ours] = compare([run], min(self.runs, _SECOND_RUNS))
                done(f"again with another {option}")
            if not {"decode", "shots"} <= set(read_record(again.output / "summary.json").cached):
                raise JobFailedError(f"the run with another {option} took nothing from the cache")
            self._add(
                within(
                    f"again with another {option}, {len(ours.seconds)} runs",
                    "the first run",
                    ours,
                    first.median_s,
                    None,
                )
            )

    def _hold_all(self, contests: Iterator[Contest]) -> None:
        for contest in contests:
            self._add(self._hold(contest))

    def _hold(self, contest: Contest) -> Standing:
        with self.progress.stage("measure") as done:
            standing = hold(contest, self.runs)
            done(f"{standing.stage}: {standing.ratio:.3g} of {standing.rival}")
        return standing

    def _add(self, standing: Standing) -> None:
        self.standings.append(standing)
        self.on_standings(self.standings)
