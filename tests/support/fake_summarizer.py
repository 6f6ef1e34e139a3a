"""A stand-in for `Summarizer` that decodes nothing, and a record made by hand."""

import sys
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Self

from vidsumm.config import SummarizeConfig
from vidsumm.errors import InputError
from vidsumm.events import EventSink, Notice, StageAdvanced, StageFinished, StageStarted, ignore
from vidsumm.export.record import (
    SCHEMA,
    BudgetRecord,
    CandidateRecord,
    ClipRecord,
    CurveRecord,
    DistinctRecord,
    ProvenanceRecord,
    ShotRecord,
    SourceRecord,
    SummaryRecord,
)
from vidsumm.pipeline.writing import Summary

__all__ = ["FakeSummarizer", "record"]


def record(source: Path, samples: int, *, written: bool = True) -> SummaryRecord:
    """A record of `samples` summaries of a video of 100 s."""
    ranks = range(1, samples + 1)
    return SummaryRecord(
        schema=SCHEMA,
        created="2025-06-01T12:00:00Z",
        sources=(
            SourceRecord(
                name=source.name,
                path=str(source),
                size_bytes=1,
                sha256="0" * 64,
                container="mov",
                offset_s=0.0,
                duration_s=100.0,
                start_s=0.0,
                width=320,
                height=180,
                rotation=0,
                sample_aspect_ratio="1:1",
                average_rate="25/1",
                is_vfr=False,
                video_codec="h264",
                audio_codec=None,
                frames=2500,
                time_base="1/50",
                end_tick=5000,
                versions={"vidsumm": "0"},
                times_s=(0.0, 50.0),
            ),
        ),
        settings=SummarizeConfig().as_dict(),
        versions={"vidsumm": "0"},
        provenance=ProvenanceRecord("id", "0" * 64, "fake", "0" * 64, "pyav", "cpu", "float32", 0),
        shots=(ShotRecord(0, 0.0, 50.0, 0, 1250), ShotRecord(0, 50.0, 100.0, 1250, 2500)),
        curves=tuple(CurveRecord(rank - 1, rank, 0, (0.25, 0.75)) for rank in ranks),
        budget=BudgetRecord(15.0, 0.15),
        keep=(),
        skip=(),
        candidates=tuple(
            CandidateRecord(
                rank=rank,
                file=f"summary-{rank}.mp4" if written else None,
                curve=rank - 1,
                seed=rank,
                attempt=0,
                shots=(0,),
                clips=(ClipRecord(0, 0.0, 14.5, 0, 725, 0, 363, None),),
                duration_s=14.5,
                agreement=0.9 - rank / 100,
                beginning_share=1.0,
                middle_share=0.0,
                end_share=0.0,
                overlap=tuple(1.0 for _ in ranks),
                description="mostly the beginning; few of its shots are in any other summary",
            )
            for rank in ranks
        ),
        distinct=DistinctRecord(samples, samples, 0),
        notices=("decord stalled; PyAV decodes",),
        cached=(),
        timings_s={"decode": 1.0},
    )


class FakeSummarizer:
    """Stands in for `vidsumm.pipeline.summarizer.Summarizer` and remembers how it was called.

    `made` lists all instances; `troubles` maps the name of an input to the error that is raised for it.
    """

    made: ClassVar[list["FakeSummarizer"]] = []
    troubles: ClassVar[dict[str, BaseException | Callable[[], BaseException]]] = {}

    def __init__(self, config: SummarizeConfig | None = None, *, on_event: EventSink = ignore) -> None:
        self.config = config or SummarizeConfig()
        self.tell = on_event
        self.calls: list[dict[str, Any]] = []
        self.is_closed = False
        self.made.append(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.is_closed = True

    def summarize(self, path: Path, output: Path | None = None, *, overwrite: bool, dry_run: bool) -> Summary:
        """Sends some events, prints a line as a library might, and returns a summary made by hand."""
        self.calls.append({"path": path, "output": output, "overwrite": overwrite, "dry_run": dry_run})
        sys.stdout.write("a library prints this\n")
        self.tell(StageStarted("decode", 4, "frames"))
        self.tell(StageAdvanced("decode", 2))
        self.tell(Notice("warning", "decord stalled; PyAV decodes"))
        self.tell(Notice("info", "a small thing"))
        if not path.exists():
            raise InputError(f"{path}: no such file", remedy="check the name")
        if path.name in self.troubles:
            trouble = self.troubles[path.name]
            raise trouble() if callable(trouble) else trouble
        self.tell(StageFinished("decode", 61.25, "4 frames by pyav"))
        made = record(path, self.config.draw.samples, written=not dry_run)
        files = tuple((output or Path()) / str(candidate.file) for candidate in made.candidates)
        return Summary((path,), None if dry_run else output, made, () if dry_run else files)
