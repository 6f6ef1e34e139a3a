"""The main job: runs the stages on a video, reports events, and writes the results."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

from vidsumm.cache import open_cache
from vidsumm.config import SummarizeConfig
from vidsumm.events import EventSink, ignore
from vidsumm.export.picture import draw
from vidsumm.export.record import ProvenanceRecord, SummaryRecord, write_record
from vidsumm.model.sampling import CurveSampler, curves_at_a_time
from vidsumm.pipeline.analysis import FrameFeatures, Shots, extract_features, find_shots
from vidsumm.pipeline.choice import Choice, ShotBudget, choose, first_seeds, shot_budget
from vidsumm.pipeline.keys import content_key, curve_key, features_key, shots_key
from vidsumm.pipeline.networks import Networks
from vidsumm.pipeline.ranking import Candidate, rank_candidates
from vidsumm.pipeline.recall import CachedSampler, recall_frames, recall_shots
from vidsumm.pipeline.record import RunFacts, file_tags, summary_record
from vidsumm.pipeline.source import Source, read_source
from vidsumm.pipeline.staging import publish, staging_folder
from vidsumm.progress import Progress
from vidsumm.video.cut import frame_clock, plan_cut
from vidsumm.video.ffmpeg_binary import find_ffmpeg
from vidsumm.video.info import VideoInfo
from vidsumm.video.render import RenderedFile, render
from vidsumm.video.sampling import SamplePlan, plan_samples

__all__ = ["Summarizer", "Summary"]


@dataclass(frozen=True)
class Summary:
    """The result of a run on one video."""

    source: Path
    output: Path | None
    """The folder with the results; None after a dry run."""
    record: SummaryRecord
    """The content of ``summary.json``."""
    files: tuple[Path, ...]
    """All files written: the summaries by rank, then ``summary.json`` and ``summary.png``."""


class Summarizer:
    """Summarizes videos. The networks are loaded with the first video and kept for the next ones.

    Args:
        config: settings of all stages.
        on_event: called with each event while it works, see `vidsumm.events`.

    Example:
        >>> with Summarizer(SummarizeConfig().replace(samples=3)) as summarizer:  # doctest: +SKIP
        ...     summary = summarizer.summarize("input.mp4", "out")
    """

    def __init__(self, config: SummarizeConfig | None = None, *, on_event: EventSink = ignore) -> None:
        self.config = config or SummarizeConfig()
        self._on_event = on_event
        self._networks: Networks | None = None
        self._cache = open_cache(self.config.cache)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Frees the networks; the next call of `summarize` loads them again."""
        self._networks = None

    def summarize(
        self,
        path: str | Path,
        output: str | Path | None = None,
        *,
        overwrite: bool = False,
        dry_run: bool = False,
    ) -> Summary:
        """Summarizes one video.

        Args:
            path: the video.
            output: folder for the results; None means ``<stem>-summary`` in the current folder.
            overwrite: replace the results of an earlier run in that folder.
            dry_run: stop before cutting; only the cache is written to.

        Raises:
            VidsummError: see `vidsumm.errors`; no incomplete results are left behind.
        """
        progress = Progress(self._on_event)
        with progress.stage("probe") as done:
            source = read_source(Path(path), self.config.limits)
            info = source.info
            done(f"{info.video.width}x{info.video.height}, {info.duration_s:.1f} s, {len(info.frame_pts)} frames")
        if dry_run:
            plan = self._plan(progress, source)
            record = self._record(progress, source, plan, written=None)
            return Summary(info.path, None, record, ())
        folder = Path(output) if output is not None else Path(f"{info.path.stem}-summary")
        find_ffmpeg(self.config.cut.ffmpeg)  # fails now if there is none, not after the long work
        with staging_folder(folder, overwrite=overwrite) as staging:
            plan = self._plan(progress, source)
            written = self._cut(progress, info, plan, staging)
            record = self._record(progress, source, plan, written)
            with progress.stage("write"):
                write_record(record, staging / "summary.json")
                draw(record, plan.frames.thumbnails, plan.frames.thumbnail_times_s, staging / "summary.png")
            names = [*(file.path.name for file in written), "summary.json", "summary.png"]
            return Summary(info.path, folder, record, publish(staging, folder, names, overwrite=overwrite))

    def _plan(self, progress: Progress, source: Source) -> "_Plan":
        """Runs the stages up to the choice of the candidates."""
        config, info = self.config, source.info
        networks = self._known_networks()
        samples = plan_samples(info, config.decode.fps, is_fast=config.decode.fast)
        frames, content = self._extract(progress, source, samples)
        with progress.stage("shots") as done:
            shots = recall_shots(
                self._cache,
                shots_key(content, config.shots),
                progress,
                lambda: find_shots(info, samples, frames.features, config.shots),
            )
            done(f"{progress.origin('shots')}{len(shots.samples)} shots by {config.shots.segmenter}")
        sampler = self._sampler(progress, frames, content)
        with progress.stage("score") as done:
            curves = sampler.sample(first_seeds(config.draw.seed, config.draw.samples))
            if not sampler.has_drawn:
                progress.cached.append("score")
            drawn = "1 curve" if len(curves) == 1 else f"{len(curves)} curves"
            options = networks.options
            done(f"{progress.origin('score')}{drawn} in {options.steps} steps, guidance {options.guidance:g}")
        with progress.stage("select") as done:
            budget = shot_budget(info, shots, config.select)
            choice = choose(
                curves,
                sampler.sample,
                budget,
                redraws=config.draw.redraws,
                seed=config.draw.seed,
                batch=sampler.batch,
            )
            candidates = rank_candidates(choice, budget, shots, info.duration_s)
            different = "selection" if len(candidates) == 1 else "different selections"
            done(f"{len(candidates)} {different}, {choice.redraws} curves drawn again")
        if len(candidates) < config.draw.samples:
            progress.notice(
                f"only {len(candidates)} of {config.draw.samples} summaries differ; the others are left out"
            )
        return _Plan(samples, frames, shots, budget, choice, candidates)

    def _extract(self, progress: Progress, source: Source, samples: SamplePlan) -> tuple[FrameFeatures, str]:
        """Returns the features of the sampled frames, and their key for shots and curves (see `content_key`)."""
        networks = self._known_networks()
        backbone = networks.backbone_file
        key = features_key(source, samples, backbone, self.config)

        def extract() -> FrameFeatures:
            return extract_features(
                source.info,
                samples,
                networks.backbone,
                self.config,
                on_progress=lambda n: progress.advance("decode", n),
                on_notice=progress.notice,
            )

        count = len(samples.unique_idx)
        with progress.stage("decode", count, "frames") as done:
            frames = recall_frames(self._cache, key, source, progress, extract)
            network = f"{backbone.spec.name} in {backbone.precision}"
            done(f"{progress.origin('decode')}{count} frames by {frames.decoder}, {network}")
        if self.config.decode.fast:
            off_s = frames.off_s
            progress.notice(
                f"{source.info.path.name}: --fast looked at frames beside the sampled ones, "
                f"{off_s.mean():.3f} s away on average and {off_s.max():.3f} s at most"
            )
        return frames, content_key(key, frames)

    def _sampler(self, progress: Progress, frames: FrameFeatures, content: str) -> CachedSampler:
        networks = self._known_networks()
        return CachedSampler(
            self._cache,
            partial(curve_key, content, networks),
            lambda: CurveSampler(networks.model, frames.features, networks.options).sample,
            progress.notice,
            batch=curves_at_a_time(networks.backbone_file.device),
        )

    def _known_networks(self) -> Networks:
        if self._networks is None:
            self._networks = Networks(self.config)
        return self._networks

    def _record(
        self, progress: Progress, source: Source, plan: "_Plan", written: list[RenderedFile] | None
    ) -> SummaryRecord:
        facts = RunFacts(
            info=source.info,
            source_sha256=source.sha256,
            config=self.config,
            provenance=self._provenance(plan.frames.decoder),
            times_s=plan.samples.grid_s,
            shots=plan.shots,
            choice=plan.choice,
            candidates=plan.candidates,
            budget=plan.budget,
            notices=progress.notices,
            cached=progress.cached,
            timings_s=progress.timings_s,
            ffmpeg_version=find_ffmpeg(self.config.cut.ffmpeg).version if written else None,
        )
        return summary_record(facts, written)

    def _provenance(self, decoder: str) -> ProvenanceRecord:
        networks = self._known_networks()
        backbone, checkpoint = networks.backbone_file, networks.info
        return ProvenanceRecord(
            feature_id=networks.feature_id,
            backbone_weights_sha256=backbone.weights_sha256,
            checkpoint=checkpoint.name,
            checkpoint_sha256=checkpoint.sha256,
            decoder=decoder,
            device=str(backbone.device),
            precision=backbone.precision,
            seed=self.config.draw.seed,
        )

    def _cut(self, progress: Progress, info: VideoInfo, plan: "_Plan", staging: Path) -> list[RenderedFile]:
        clock = frame_clock(info)
        cuts = [plan_cut(info, candidate.clips_s, clock=clock) for candidate in plan.candidates]
        outputs = [staging / f"summary-{rank}.mp4" for rank in range(1, len(cuts) + 1)]
        with progress.stage("cut", 1.0) as done:
            written = render(
                info,
                cuts,
                outputs,
                config=self.config.cut,
                metadata=file_tags(info.path.stem, plan.candidates, self._provenance(plan.frames.decoder), self.config),
                on_progress=lambda share: progress.advance("cut", share),
                work_dir=staging,
            )
            done(f"{len(written)} files, {sum(file.size_bytes for file in written) / 1e6:.1f} MB")
        if self.config.cut.mode == "copy":
            extra_s = max(file.duration_s - cut.duration_s for file, cut in zip(written, cuts, strict=True))
            progress.notice(f"--cut copy starts and ends on key frames: up to {extra_s:.1f} s longer than selected")
            for file in written:
                if file.undecodable:
                    progress.notice(f"{file.path.name}: {file.undecodable} of {file.frames} copied frames do not play")
        return written


@dataclass(frozen=True, eq=False)
class _Plan:
    """The results of all stages before cutting."""

    samples: SamplePlan
    frames: FrameFeatures
    shots: Shots
    budget: ShotBudget
    choice: Choice
    candidates: list[Candidate]
