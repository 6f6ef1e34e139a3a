"""Builds the record of a run, and the tags of its video files."""

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from vidsumm.config import SummarizeConfig
from vidsumm.export.record import (
    SCHEMA,
    BudgetRecord,
    CandidateRecord,
    CurveRecord,
    DistinctRecord,
    ProvenanceRecord,
    ShotRecord,
    SourceRecord,
    SummaryRecord,
    round_all,
)
from vidsumm.pipeline.analysis import Shots
from vidsumm.pipeline.choice import Choice, ShotBudget
from vidsumm.pipeline.ranking import Candidate
from vidsumm.versions import result_versions
from vidsumm.video.info import VideoInfo
from vidsumm.video.render import RenderedFile

__all__ = ["RunFacts", "file_tags", "summary_record"]


@dataclass(frozen=True, eq=False)
class RunFacts:
    """Everything that the record of a run is built from."""

    info: VideoInfo
    source_sha256: str
    config: SummarizeConfig
    provenance: ProvenanceRecord
    times_s: NDArray[np.float64]
    """(N,) times of the samples, seconds since the first frame."""
    shots: Shots
    choice: Choice
    candidates: Sequence[Candidate]
    budget: ShotBudget
    notices: Sequence[str]
    cached: Sequence[str]
    """Stages whose results were read from the cache."""
    timings_s: Mapping[str, float]
    ffmpeg_version: str | None


def summary_record(facts: RunFacts, written: Sequence[RenderedFile] | None) -> SummaryRecord:
    """Builds the record of a run.

    Args:
        facts: everything but the files.
        written: the candidates' video files by rank; None if none were written.
    """
    choice = facts.choice
    budget_s = facts.budget.limit_s
    files = [None] * len(facts.candidates) if written is None else [file.path.name for file in written]
    clips_s = [candidate.clips_s for candidate in facts.candidates] if written is None else [f.clips_s for f in written]
    return SummaryRecord(
        schema=SCHEMA,
        created=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        source=_source(facts.info, facts.source_sha256),
        settings=facts.config.as_dict(),
        versions=result_versions(facts.ffmpeg_version),
        provenance=facts.provenance,
        times_s=round_all(facts.times_s),
        shots=_shots(facts.shots),
        curves=tuple(CurveRecord(d.slot, d.seed, d.attempt, round_all(d.scores)) for d in choice.draws),
        budget=BudgetRecord(round(budget_s, 5), round(budget_s / facts.info.duration_s, 5)),
        candidates=tuple(
            _candidate(rank, candidate, file, clips)
            for rank, (candidate, file, clips) in enumerate(zip(facts.candidates, files, clips_s, strict=True), 1)
        ),
        distinct=DistinctRecord(facts.config.draw.samples, len(choice.kept), choice.redraws),
        notices=tuple(facts.notices),
        cached=tuple(facts.cached),
        timings_s={stage: round(seconds, 3) for stage, seconds in facts.timings_s.items()},
    )


def _source(info: VideoInfo, sha256: str) -> SourceRecord:
    video, aspect = info.video, info.video.sample_aspect_ratio
    return SourceRecord(
        name=info.path.name,
        path=str(info.path),
        size_bytes=info.size_bytes,
        sha256=sha256,
        container=info.container,
        duration_s=round(info.duration_s, 6),
        start_s=round(info.start_s, 6),
        width=video.width,
        height=video.height,
        rotation=video.rotation,
        sample_aspect_ratio=f"{aspect.numerator}:{aspect.denominator}",
        average_rate=f"{video.average_rate.numerator}/{video.average_rate.denominator}",
        is_vfr=info.is_vfr,
        video_codec=video.codec,
        audio_codec=info.audio.codec if info.audio else None,
        frames=len(info.frame_pts),
    )


def _shots(shots: Shots) -> tuple[ShotRecord, ...]:
    rows = zip(shots.times_s.round(5).tolist(), shots.frames.tolist(), strict=True)
    return tuple(ShotRecord(start, end, first, last) for (start, end), (first, last) in rows)


def _candidate(rank: int, candidate: Candidate, file: str | None, clips_s: NDArray[np.float64]) -> CandidateRecord:
    draw = candidate.draw
    beginning, middle, end = round_all(candidate.shares)
    return CandidateRecord(
        rank=rank,
        file=file,
        curve=candidate.draw_index,
        seed=draw.seed,
        attempt=draw.attempt,
        shots=tuple(np.flatnonzero(draw.selection.mask).tolist()),
        clips_s=tuple((begin, stop) for begin, stop in clips_s.round(5).tolist()),
        duration_s=round(float(np.diff(clips_s).sum()), 5),
        agreement=round(candidate.agreement, 5),
        beginning_share=beginning,
        middle_share=middle,
        end_share=end,
        overlap=round_all(candidate.overlap),
        description=candidate.description,
    )


def file_tags(
    stem: str, candidates: Sequence[Candidate], provenance: ProvenanceRecord, config: SummarizeConfig
) -> list[dict[str, str]]:
    """Returns the tags of each candidate's video file: a title, and in the comment its provenance as JSON.

    Args:
        stem: file name of the source without its suffix.
        candidates: the candidates by rank.
        provenance: what the scores were computed with.
        config: all settings of the run.
    """
    # where results are cached says nothing about where they come from
    settings = {stage: values for stage, values in config.as_dict().items() if stage != "cache"}
    shared = {"versions": result_versions(), "settings": settings} | dataclasses.asdict(provenance)
    tags = []
    for rank, candidate in enumerate(candidates, 1):
        origin = shared | {"draw_seed": candidate.draw.seed, "description": candidate.description}
        tags.append({"title": f"{stem} (summary {rank})", "comment": json.dumps(origin)})
    return tags
