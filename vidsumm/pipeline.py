"""The main job: stages in a row, events out, artefacts out."""

from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from vidsumm.config import SummarizeConfig
from vidsumm.errors import FeatureMismatchError
from vidsumm.events import EventSink, ignore
from vidsumm.export.picture import draw
from vidsumm.export.record import ProvenanceRecord, SummaryRecord, write_record
from vidsumm.features.backbones import Backbone, load_backbone
from vidsumm.features.feature_id import feature_id, parse_feature_id
from vidsumm.files import file_sha256
from vidsumm.model.checkpoint import Checkpoint, load_checkpoint, shipped_checkpoint
from vidsumm.model.sampling import CurveSampler, SamplingOptions
from vidsumm.stages.analysis import FrameDescription, Shots, describe_frames, find_shots
from vidsumm.stages.choice import Choice, ShotBudget, choose, first_seeds, shot_budget
from vidsumm.stages.job import Job
from vidsumm.stages.ranking import Candidate, rank_candidates
from vidsumm.stages.record import JobFacts, file_tags, summary_record
from vidsumm.stages.staging import publish, staging_folder
from vidsumm.video.cut import frame_clock, plan_cut
from vidsumm.video.ffmpeg import find_ffmpeg
from vidsumm.video.frames import SamplePlan, plan_samples
from vidsumm.video.info import VideoInfo
from vidsumm.video.probe import probe
from vidsumm.video.render import RenderedFile, render

__all__ = ["Summarizer", "Summary"]


@dataclass(frozen=True)
class Summary:
    """What a job left behind."""

    source: Path
    output: Path | None
    """The folder written to; None after a dry run."""
    record: SummaryRecord
    """The content of ``summary.json``."""
    files: tuple[Path, ...]
    """All files written: the summaries by rank, then ``summary.json`` and ``summary.png``."""


class Summarizer:
    """Summarises videos; the networks are loaded once and serve any number of them.

    Args:
        config: settings of every stage.
        on_event: told what happens while it works, see `vidsumm.events`.

    Example:
        >>> with Summarizer(SummarizeConfig().replace(samples=3)) as summarizer:  # doctest: +SKIP
        ...     summary = summarizer.summarize("input.mp4", "out")
    """

    def __init__(self, config: SummarizeConfig | None = None, *, on_event: EventSink = ignore) -> None:
        self.config = config or SummarizeConfig()
        self._on_event = on_event
        self._backbone: Backbone | None = None
        self._checkpoint: Checkpoint | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Lets go of the networks."""
        self._backbone = self._checkpoint = None

    def summarize(
        self,
        path: str | Path,
        output: str | Path | None = None,
        *,
        overwrite: bool = False,
        dry_run: bool = False,
    ) -> Summary:
        """Summarises one video.

        Args:
            path: the video.
            output: folder for the results; None takes ``<stem>-summary`` in the current folder.
            overwrite: replace the results of an earlier job in that folder.
            dry_run: stop before cutting; nothing is written.

        Raises:
            VidsummError: one of its kinds, see `vidsumm.errors`; nothing half-written is left.
        """
        source = Path(path)
        job = Job(self._on_event)
        with job.stage("probe") as done:
            info = probe(source)
            digest = file_sha256(source)
            done(f"{info.video.width}x{info.video.height}, {info.duration_s:.1f} s, {len(info.frame_pts)} frames")
        if dry_run:
            plan = self._plan(job, info)
            record = self._record(job, info, digest, plan, written=None)
            return Summary(source, None, record, ())
        folder = Path(output) if output is not None else Path(f"{source.stem}-summary")
        if self.config.cut.mode == "exact":
            find_ffmpeg()  # that there is none is said before the long work
        with staging_folder(folder, overwrite=overwrite) as staging:
            plan = self._plan(job, info)
            written = self._cut(job, info, plan, staging)
            record = self._record(job, info, digest, plan, written)
            with job.stage("write"):
                write_record(record, staging / "summary.json")
                draw(record, plan.frames.thumbnails, plan.frames.thumbnail_times_s, staging / "summary.png")
            names = [*(file.path.name for file in written), "summary.json", "summary.png"]
            return Summary(source, folder, record, publish(staging, folder, names))

    def _plan(self, job: Job, info: VideoInfo) -> "_Plan":
        """Everything up to the choice of the summaries."""
        config = self.config
        backbone, checkpoint = self._networks()
        samples = plan_samples(info, config.decode.fps)
        with job.stage("decode", len(samples.unique_idx), "frames") as done:
            frames = describe_frames(
                info, samples, backbone, config, on_progress=lambda n: job.advance("decode", n), on_notice=job.notice
            )
            done(f"{len(samples.unique_idx)} frames by {frames.decoder}, {backbone.spec.name} in {backbone.precision}")
        with job.stage("shots") as done:
            shots = find_shots(info, samples, frames.features, config.shots)
            done(f"{len(shots.samples)} shots by {config.shots.segmenter}")
        with job.stage("score") as done:
            sampler = CurveSampler(checkpoint.model, frames.features, _options(config, checkpoint))
            curves = sampler.sample(first_seeds(config.sample.seed, config.sample.samples))
            drawn = "1 curve" if len(curves) == 1 else f"{len(curves)} curves"
            done(f"{drawn} in {sampler.options.steps} steps, guidance {sampler.options.guidance:g}")
        with job.stage("select") as done:
            budget = shot_budget(info, shots, config.select)
            choice = choose(curves, sampler.sample, budget, redraws=config.sample.redraws, seed=config.sample.seed)
            candidates = rank_candidates(choice, budget, shots, info.duration_s)
            different = "selection" if len(candidates) == 1 else "different selections"
            done(f"{len(candidates)} {different}, {choice.redraws} curves drawn again")
        if len(candidates) < config.sample.samples:
            job.notice(f"only {len(candidates)} of {config.sample.samples} summaries differ; the others are left out")
        return _Plan(samples, frames, shots, budget, choice, candidates)

    def _networks(self) -> tuple[Backbone, Checkpoint]:
        features, sample = self.config.features, self.config.sample
        if self._checkpoint is None:
            # first, because it is quick to say that there is none
            path = sample.weights or shipped_checkpoint(features.backbone).path
            self._checkpoint = load_checkpoint(path)
        if self._backbone is None:
            backbone = load_backbone(features.backbone, weights=features.backbone_weights, device=features.device)
            self._require_match(feature_id(backbone, self.config.decode.fps), self._checkpoint.info.feature_id)
            self._checkpoint.model.to(backbone.device)
            self._backbone = backbone
        return self._backbone, self._checkpoint

    def _record(
        self, job: Job, info: VideoInfo, digest: str, plan: "_Plan", written: list[RenderedFile] | None
    ) -> SummaryRecord:
        facts = JobFacts(
            info=info,
            source_sha256=digest,
            config=self.config,
            provenance=self._provenance(plan.frames.decoder),
            times_s=plan.samples.grid_s,
            shots=plan.shots,
            choice=plan.choice,
            candidates=plan.candidates,
            budget=plan.budget,
            notices=job.notices,
            timings_s=job.timings_s,
            ffmpeg_version=find_ffmpeg().version if written else None,
        )
        return summary_record(facts, written)

    def _provenance(self, decoder: str) -> ProvenanceRecord:
        backbone, checkpoint = self._networks()
        return ProvenanceRecord(
            feature_id=feature_id(backbone, self.config.decode.fps),
            backbone_weights_sha256=backbone.weights_sha256,
            checkpoint=checkpoint.info.name,
            checkpoint_sha256=checkpoint.info.sha256,
            decoder=decoder,
            device=str(backbone.device),
            precision=backbone.precision,
            seed=self.config.sample.seed,
        )

    def _cut(self, job: Job, info: VideoInfo, plan: "_Plan", staging: Path) -> list[RenderedFile]:
        clock = frame_clock(info)
        cuts = [plan_cut(info, candidate.spans_s, clock=clock) for candidate in plan.candidates]
        outputs = [staging / f"summary-{rank}.mp4" for rank in range(1, len(cuts) + 1)]
        with job.stage("cut", 1.0) as done:
            written = render(
                info,
                cuts,
                outputs,
                config=self.config.cut,
                metadata=file_tags(info.path.stem, plan.candidates, self._provenance(plan.frames.decoder), self.config),
                on_progress=lambda share: job.advance("cut", share),
                work_dir=staging,
            )
            done(f"{len(written)} files, {sum(file.size_bytes for file in written) / 1e6:.1f} MB")
        if self.config.cut.mode == "copy":
            extra_s = max(file.duration_s - cut.duration_s for file, cut in zip(written, cuts, strict=True))
            job.notice(f"--cut copy starts and ends on key frames: up to {extra_s:.1f} s longer than selected")
        return written

    def _require_match(self, found: str, expected: str) -> None:
        if found == expected:
            return
        if not parse_feature_id(found).same_network(parse_feature_id(expected)):
            raise FeatureMismatchError(
                found,
                expected,
                remedy="choose the --backbone of the checkpoint or other --weights",
            )
        if not self.config.sample.any_rate:
            raise FeatureMismatchError(found, expected, remedy="drop --fps, or accept another rate with --any-rate")


@dataclass(frozen=True, eq=False)
class _Plan:
    """A video up to the choice of its summaries."""

    samples: SamplePlan
    frames: FrameDescription
    shots: Shots
    budget: ShotBudget
    choice: Choice
    candidates: list[Candidate]


def _options(config: SummarizeConfig, checkpoint: Checkpoint) -> SamplingOptions:
    asked = config.sample.guidance
    return SamplingOptions(steps=config.sample.steps, guidance=checkpoint.info.guidance if asked is None else asked)
