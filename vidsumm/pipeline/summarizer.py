"""The main job in three steps: analyse a video, choose from it as often as one likes, write what was chosen."""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from vidsumm.cache import open_cache
from vidsumm.cancelling import Calls, CancelToken
from vidsumm.config import SummarizeConfig
from vidsumm.errors import ConfigError
from vidsumm.events import EventSink, ignore
from vidsumm.pipeline.analysing import analyse
from vidsumm.pipeline.analysis import Analysis
from vidsumm.pipeline.choice import Choice
from vidsumm.pipeline.choosing import ReelMemory, choose
from vidsumm.pipeline.networks import Networks
from vidsumm.pipeline.reel import Reel, reel_of
from vidsumm.pipeline.source import Source, read_source
from vidsumm.pipeline.spans import spans_of
from vidsumm.pipeline.writing import Summary, require_writable, write_choice
from vidsumm.progress import Progress
from vidsumm.video.ffmpeg_binary import find_ffmpeg

__all__ = ["Summarizer", "default_folder"]

AnyPath = str | os.PathLike[str]


class Summarizer:
    """Summarizes videos. Networks are loaded when they are first needed and kept for the next video.

    Args:
        config: settings of all stages.
        on_event: called with each event while it works, see `vidsumm.events`.

    Example:
        >>> with Summarizer(SummarizeConfig().replace(samples=3)) as summarizer:  # doctest: +SKIP
        ...     analysis = summarizer.analyse("input.mp4")
        ...     for seconds in (30, 60, 120):
        ...         summarizer.choose(analysis, duration_s=seconds).write(f"out-{seconds}")
    """

    def __init__(self, config: SummarizeConfig | None = None, *, on_event: EventSink = ignore) -> None:
        self.config = config or SummarizeConfig()
        self._on_event = on_event
        self._networks = Networks(self.config)
        self._cache = open_cache(self.config.cache)
        self._memory: ReelMemory | None = None
        self._calls = Calls()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Frees the networks; the next call loads them again."""
        self._networks = Networks(self.config)
        self._memory = None

    def cancel(self) -> None:
        """Stops what other threads have started with this summarizer, the writing of its choices included.

        Those calls raise `CancelledError` when they next report something: in decoding after some frames, in drawing
        curves after a denoising step. Only a call that has begun to move finished files into place ends as usual. Calls
        that begin later are not affected.
        """
        self._calls.cancel()

    def analyse(self, path: AnyPath) -> Analysis:
        """Looks at one video: probes it, computes the features of its samples, and finds changes of scene.

        This is the long part of the work. What an earlier run has kept in the cache is not computed again.

        Args:
            path: the video.

        Raises:
            VidsummError: see `vidsumm.errors`.
        """
        with self._calls.begin() as token:
            progress = Progress(self._on_event, (Path(path),), token)
            found = self._analyse(self._probe(progress), progress)
            token.check()
            return found

    def choose(
        self,
        analysis: Analysis | Sequence[Analysis],
        *,
        samples: int | None = None,
        ratio: float | None = None,
        duration_s: float | None = None,
        seed: int | None = None,
        keep: Sequence[Sequence[float]] = (),
        skip: Sequence[Sequence[float]] = (),
    ) -> Choice:
        """Chooses several different summaries of a video, or of several videos as if they were one.

        Args:
            analysis: the video, or several in the order in which a summary shows them.
            samples: number of different summaries; None takes this and the following from the settings.
            ratio: the longest that a summary may last, as a share of the video.
            duration_s: the same in seconds, instead of `ratio`.
            seed: seed of the first curve.
            keep: spans (start, end) in seconds that every summary shows; of several videos, (start, end, index).
            skip: spans that no summary shows.

        Raises:
            ConfigError: a value is not allowed, or the spans to keep last longer than a summary may.
            FeatureMismatchError: the model was trained on other features than those of the analysis.
            VidsummError: see `vidsumm.errors`.
        """
        given = {"samples": samples, "ratio": ratio, "duration_s": duration_s, "seed": seed}
        with self._calls.begin() as token:
            found = self._choose(reel_of(analysis), token, given, keep=keep, skip=skip)
            token.check()
            return replace(found, on_event=self._on_event, calls=self._calls)

    def require_ready(self, output: AnyPath | None = None, *, overwrite: bool = False) -> None:
        """Fails now with what would otherwise fail after the long work.

        Args:
            output: the folder where summaries are to be written; None if none are.
            overwrite: whether the results of an earlier run in that folder may be replaced.

        Raises:
            FeatureMismatchError: the model was trained on other features than those of the settings.
            OutputError: the folder holds earlier results and `overwrite` is off, or it cannot be written to.
            ResourceError: no ffmpeg was found, or the weights of a network are missing or damaged.
        """
        if output is not None:
            find_ffmpeg(self.config.cut.ffmpeg)
            require_writable(Path(output), overwrite=overwrite)
        self._networks.require_pair()

    def summarize(
        self,
        path: AnyPath | Sequence[AnyPath],
        output: AnyPath | None = None,
        *,
        overwrite: bool = False,
        dry_run: bool = False,
    ) -> Summary:
        """Makes summaries of one video, or of several videos together: analyses, chooses and writes.

        Args:
            path: the video, or several in the order in which a summary shows them.
            output: folder for the results; None takes the one of `default_folder`.
            overwrite: replace the results of an earlier run in that folder.
            dry_run: stop before cutting; only the cache is written to.

        Raises:
            VidsummError: see `vidsumm.errors`; no incomplete results are left behind.
        """
        paths = [Path(path)] if isinstance(path, str | os.PathLike) else [Path(item) for item in path]
        if not paths:
            raise ConfigError("no video is given", remedy="give at least one")
        folder = default_folder(paths) if output is None else Path(output)
        with self._calls.begin() as token:
            runs = [Progress(self._on_event, (item,), token) for item in paths]
            sources = [self._probe(progress) for progress in runs]
            self.require_ready(None if dry_run else folder, overwrite=overwrite)
            reel = Reel(tuple(self._analyse(source, run) for source, run in zip(sources, runs, strict=True)))
            choice = self._choose(reel, token, {}, keep=(), skip=())
            self._memory = None
            if dry_run:
                return choice.planned()
            progress = Progress(self._on_event, reel.paths, token)
            return write_choice(choice, folder, ranks=None, overwrite=overwrite, progress=progress)

    def _probe(self, progress: Progress) -> Source:
        with progress.stage("probe") as done:
            source = read_source(progress.sources[0], self.config.limits)
            info = source.info
            done(f"{info.video.width}x{info.video.height}, {info.duration_s:.1f} s, {len(info.frame_pts)} frames")
        return source

    def _analyse(self, source: Source, progress: Progress) -> Analysis:
        return analyse(source, self.config, self._networks, self._cache, progress)

    def _choose(
        self,
        reel: Reel,
        token: CancelToken,
        given: dict[str, Any],
        *,
        keep: Sequence[Sequence[float]],
        skip: Sequence[Sequence[float]],
    ) -> Choice:
        return choose(
            reel,
            self._recall(reel),
            self._config_for(given),
            self._networks,
            self._cache,
            progress=Progress(self._on_event, reel.paths, token),
            keep=spans_of(keep, reel, "keep"),
            skip=spans_of(skip, reel, "skip"),
        )

    def _config_for(self, given: dict[str, Any]) -> SummarizeConfig:
        """Returns the settings with the values that are given; either length replaces whichever is set."""
        changes = {name: value for name, value in given.items() if value is not None}
        if not changes.keys().isdisjoint(("ratio", "duration_s")):
            changes = {"ratio": None, "duration_s": None} | changes
        return self.config.replace(**changes)

    def _recall(self, reel: Reel) -> ReelMemory:
        """Returns what was worked out for the reel in the last choice, if that was from the same one."""
        memory = self._memory
        if memory is None or memory.key != reel.key:
            memory = self._memory = ReelMemory(reel.key)
        return memory


def default_folder(paths: Sequence[Path]) -> Path:
    """Returns the folder for the summaries of videos where none is given: ``NAME-summary`` in the current folder.

    NAME is that of a single video, or of the folder that holds all of several, else "together".
    """
    folders = {path.parent.resolve() for path in paths}
    if len(paths) == 1:
        name = paths[0].stem.strip(".") or "video"
    else:
        name = folders.pop().name.strip(".") if len(folders) == 1 else ""
    return Path(f"{name or 'together'}-summary")
