"""What was chosen: different summaries of one or several videos, ready to be written."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vidsumm.cancelling import Calls
from vidsumm.config import SummarizeConfig
from vidsumm.events import EventSink, ignore
from vidsumm.export.record import ProvenanceRecord, SummaryRecord
from vidsumm.pipeline.draws import Drawn, ShotBudget
from vidsumm.pipeline.ranking import Candidate
from vidsumm.pipeline.record import summary_record
from vidsumm.pipeline.reel import Reel
from vidsumm.pipeline.spans import Span
from vidsumm.pipeline.writing import Summary, write_choice
from vidsumm.progress import Log, Progress

__all__ = ["Choice"]


@dataclass(frozen=True, eq=False)
class Choice:
    """The candidates for one length, and everything that they were chosen from. No file has been written."""

    reel: Reel
    """The videos."""
    config: SummarizeConfig
    """Settings of the analysis and of the choice."""
    provenance: ProvenanceRecord
    """What the scores were computed with."""
    budget: ShotBudget
    """The shots, and how long a summary may be."""
    drawn: Drawn
    """All curves that were drawn, with their selections."""
    candidates: tuple[Candidate, ...]
    """The candidates by rank, the one with the highest agreement first; each has its `Timeline`."""
    keep: tuple[Span, ...]
    """Spans that every summary shows."""
    skip: tuple[Span, ...]
    """Spans that no summary shows."""
    log: Log
    """What was noticed so far, how long each stage took, and which results were read from the cache."""
    on_event: EventSink = field(default=ignore, repr=False)
    """Called with each event while results are written: that of the summarizer, in another process none."""
    calls: Calls = field(default_factory=Calls, repr=False)
    """The running calls of the summarizer, which can cancel them."""

    def __getstate__(self) -> dict[str, Any]:
        """Returns what `pickle` keeps: everything but the ties to the summarizer."""
        return vars(self) | {"on_event": ignore, "calls": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Restores what `pickle` kept."""
        vars(self).update(state | {"calls": Calls()})

    def record(self) -> SummaryRecord:
        """Returns the content of ``summary.json`` as if nothing were written."""
        return summary_record(self, {}, self.log)

    def planned(self) -> Summary:
        """Returns what `write` would give, without files."""
        return Summary(self.reel.paths, None, self.record(), ())

    def write(
        self,
        folder: str | os.PathLike[str],
        *,
        ranks: Sequence[int] | None = None,
        overwrite: bool = False,
        on_event: EventSink | None = None,
    ) -> Summary:
        """Cuts the candidates to MP4 files and writes them with ``summary.json`` and ``summary.png``.

        Args:
            folder: the folder to write to, made if it does not exist.
            ranks: ranks of the candidates to cut, counted from 1; None cuts all. The record and the picture show all.
            overwrite: replace the results of an earlier run in that folder.
            on_event: called with each event while it works, see `vidsumm.events`; None takes that of the summarizer.

        Raises:
            InputError: a video has changed since it was analysed, or is missing.
            VidsummError: see `vidsumm.errors`; no incomplete results are left behind.
        """
        with self.calls.begin() as token:
            progress = Progress(on_event or self.on_event, self.reel.paths, token)
            return write_choice(self, Path(folder), ranks=ranks, overwrite=overwrite, progress=progress)
