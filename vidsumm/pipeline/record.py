"""Builds the record of a choice, and the tags of its video files."""

import dataclasses
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from vidsumm.export.record import (
    SCHEMA,
    BudgetRecord,
    CandidateRecord,
    CurveRecord,
    DistinctRecord,
    ShotRecord,
    SourceRecord,
    SpanRecord,
    SummaryRecord,
    clip_records,
    round_all,
)
from vidsumm.pipeline.analysis import Analysis
from vidsumm.pipeline.ranking import Candidate
from vidsumm.pipeline.shots import Shots
from vidsumm.progress import Log
from vidsumm.timeline import Timeline, TimelineSource
from vidsumm.versions import result_versions
from vidsumm.video.ffmpeg_binary import find_ffmpeg
from vidsumm.video.render import RenderedFile

if TYPE_CHECKING:
    from vidsumm.pipeline.choice import Choice

__all__ = ["file_tags", "summary_record"]


def summary_record(choice: "Choice", written: Mapping[int, RenderedFile], log: Log) -> SummaryRecord:
    """Builds the record of a choice.

    Args:
        choice: what was chosen, and from what.
        written: the video files by the rank of their candidate. A candidate with a file has the clips that the file
            shows, which in copy mode are longer than those that were chosen.
        log: what happened in the whole run.

    Raises:
        ResourceError: files were written, and the ffmpeg that cut them is gone.
    """
    reel, drawn = choice.reel, choice.drawn
    budget_s = choice.budget.limit_s
    clocks = choice.candidates[0].timeline.sources
    return SummaryRecord(
        schema=SCHEMA,
        created=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        sources=tuple(
            _source(analysis, offset_s, clock)
            for analysis, offset_s, clock in zip(reel.analyses, reel.offsets_s.tolist(), clocks, strict=True)
        ),
        settings=choice.config.as_dict(),
        versions=result_versions(find_ffmpeg(choice.config.cut.ffmpeg).version if written else None),
        provenance=choice.provenance,
        shots=_shots(choice.budget.marked.shots),
        curves=tuple(CurveRecord(d.slot, d.seed, d.attempt, round_all(d.scores)) for d in drawn.draws),
        budget=BudgetRecord(round(budget_s, 5), round(budget_s / reel.duration_s, 5)),
        keep=tuple(SpanRecord(span.source, span.start_s, span.end_s) for span in choice.keep),
        skip=tuple(SpanRecord(span.source, span.start_s, span.end_s) for span in choice.skip),
        candidates=tuple(
            _candidate(rank, candidate, written.get(rank)) for rank, candidate in enumerate(choice.candidates, 1)
        ),
        distinct=DistinctRecord(choice.config.draw.samples, len(drawn.kept), drawn.redraws),
        notices=log.notices,
        cached=log.cached,
        timings_s={stage: round(seconds, 3) for stage, seconds in log.timings_s.items()},
    )


def _source(analysis: Analysis, offset_s: float, clock: TimelineSource) -> SourceRecord:
    info, video = analysis.info, analysis.info.video
    aspect, rate, base = video.sample_aspect_ratio, video.average_rate, clock.time_base
    return SourceRecord(
        name=info.path.name,
        path=str(info.path),
        size_bytes=info.size_bytes,
        sha256=analysis.source.sha256,
        container=info.container,
        offset_s=round(offset_s, 6),
        duration_s=round(info.duration_s, 6),
        start_s=round(info.start_s, 6),
        width=video.width,
        height=video.height,
        rotation=video.rotation,
        sample_aspect_ratio=f"{aspect.numerator}:{aspect.denominator}",
        average_rate=f"{rate.numerator}/{rate.denominator}",
        is_vfr=info.is_vfr,
        video_codec=video.codec,
        audio_codec=info.audio.codec if info.audio else None,
        frames=clock.frames,
        time_base=f"{base.numerator}/{base.denominator}",
        end_tick=clock.end_tick,
        versions=dict(analysis.versions),
        times_s=round_all(analysis.samples.grid_s),
    )


def _shots(shots: Shots) -> tuple[ShotRecord, ...]:
    rows = zip(shots.source.tolist(), shots.times_s.round(5).tolist(), shots.frames.tolist(), strict=True)
    return tuple(ShotRecord(source, start, end, first, last) for source, (start, end), (first, last) in rows)


def _candidate(rank: int, candidate: Candidate, file: RenderedFile | None) -> CandidateRecord:
    draw = candidate.draw
    timeline: Timeline = candidate.timeline if file is None else file.timeline
    beginning, middle, end = round_all(candidate.shares)
    return CandidateRecord(
        rank=rank,
        file=None if file is None else file.path.name,
        curve=candidate.draw_index,
        seed=draw.seed,
        attempt=draw.attempt,
        shots=tuple(np.flatnonzero(draw.selection.mask).tolist()),
        clips=clip_records(timeline),
        duration_s=float(round(timeline.duration, 5)),
        agreement=round(candidate.agreement, 5),
        beginning_share=beginning,
        middle_share=middle,
        end_share=end,
        overlap=round_all(candidate.overlap),
        description=candidate.description,
    )


def file_tags(choice: "Choice") -> list[dict[str, str]]:
    """Returns the tags of each candidate's video file: a title, and in the comment its provenance as JSON."""
    # where results are cached says nothing about where they come from
    settings = {stage: values for stage, values in choice.config.as_dict().items() if stage != "cache"}
    paths = choice.reel.paths
    shared: dict[str, Any] = {"versions": result_versions(), "settings": settings}
    shared |= dataclasses.asdict(choice.provenance)
    if len(paths) > 1:
        shared["sources"] = [path.name for path in paths]
    about = paths[0].stem if len(paths) == 1 else f"{paths[0].stem} and {len(paths) - 1} more"
    tags = []
    for rank, candidate in enumerate(choice.candidates, 1):
        origin = shared | {"draw_seed": candidate.draw.seed, "description": candidate.description}
        tags.append({"title": f"{about} (summary {rank})", "comment": json.dumps(origin)})
    return tags
