"""Places on the time axis of ``summary.png``, on which all sources are played one after the other."""

from collections.abc import Iterable

from vidsumm.export.record import ClipRecord, ShotRecord, SourceRecord, SpanRecord, SummaryRecord

__all__ = ["placed", "shot_borders_s", "source_borders_s", "source_end_s"]


def placed(record: SummaryRecord, parts: Iterable[ShotRecord | ClipRecord | SpanRecord]) -> list[tuple[float, float]]:
    """Returns where each part of a source begins and ends, seconds on the axis."""
    offsets_s = [source.offset_s for source in record.sources]
    return [(offsets_s[part.source] + part.start_s, offsets_s[part.source] + part.end_s) for part in parts]


def shot_borders_s(record: SummaryRecord) -> list[float]:
    """Returns where one shot ends and the next begins, seconds on the axis."""
    return [start_s for start_s, _ in placed(record, record.shots[1:])]


def source_borders_s(record: SummaryRecord) -> list[float]:
    """Returns where one source ends and the next begins, seconds on the axis."""
    return [source.offset_s for source in record.sources[1:]]


def source_end_s(source: SourceRecord) -> float:
    """Returns where a source ends, seconds on the axis."""
    return source.offset_s + source.duration_s
