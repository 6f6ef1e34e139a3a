"""The record ``summary.json``: what was done, with which settings and versions, and with what results.

`summary.schema.json` beside this module is its JSON Schema. Times in seconds are rounded, for readers; the ticks of a
clip are exact. All of them count from the first frame of the source that they are about.
"""

import dataclasses
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from vidsumm.errors import InputError, OutputError
from vidsumm.export.jsontree import StructureError, parse, render
from vidsumm.export.older_records import OLDER_SCHEMAS, from_older
from vidsumm.files import write_text_atomic
from vidsumm.timeline import Clip, Timeline, TimelineSource

__all__ = [
    "SCHEMA",
    "BudgetRecord",
    "CandidateRecord",
    "ClipRecord",
    "CurveRecord",
    "DistinctRecord",
    "ProvenanceRecord",
    "ShotRecord",
    "SourceRecord",
    "SpanRecord",
    "SummaryRecord",
    "as_dict",
    "clip_records",
    "read_record",
    "round_all",
    "timeline_of",
    "to_json",
    "write_record",
]

SCHEMA = "vidsumm.summary/4"
"""Name and version of the format; the number increases when a field is added, removed or changes its meaning."""

_DIGITS = 5
"""Decimal places of most numbers."""
_RATIO = re.compile(r"[1-9][0-9]*/[1-9][0-9]*")
_REMAKE = "give a summary.json that this version of vidsumm wrote"


@dataclass(frozen=True)
class SourceRecord:
    """A video that was summarized."""

    name: str
    """File name without its folder."""
    path: str
    """Path as it was given."""
    size_bytes: int
    """Size of the file."""
    sha256: str
    """SHA-256 of the whole file, 64 hexadecimal digits."""
    container: str
    """Name of the demuxer, for example mov,mp4,m4a,3gp,3g2,mj2."""
    offset_s: float
    """Where it begins when all sources are played one after the other, seconds; 0 for the first."""
    duration_s: float
    """From the start of the first frame to the end of the last, seconds."""
    start_s: float
    """Time of the first frame on the container's own clock, seconds."""
    width: int
    """Width in pixels as coded, before rotation and aspect."""
    height: int
    """Height in pixels as coded, before rotation and aspect."""
    rotation: int
    """Degrees clockwise by which a player turns the coded picture: 0, 90, 180 or 270."""
    sample_aspect_ratio: str
    """Width of a pixel over its height, for example 1:1."""
    average_rate: str
    """Frames per second as a fraction, for example 30000/1001."""
    is_vfr: bool
    """Whether the frame rate varies."""
    video_codec: str
    """Codec of the video stream."""
    audio_codec: str | None
    """Codec of the audio stream; null where there is no sound."""
    frames: int
    """Number of frames of the video stream."""
    time_base: str
    """Seconds per tick of the clock on which its clips are given, for example 1/30000; 0 is its first frame."""
    end_tick: int
    """Tick of that clock at which its last frame ends."""
    versions: dict[str, str]
    """Versions of vidsumm and of the software that analysed it."""
    times_s: tuple[float, ...]
    """Times of its samples, the frames that were looked at, ascending, seconds."""


@dataclass(frozen=True)
class ProvenanceRecord:
    """What the scores were computed with."""

    feature_id: str
    """Identity of the features: backbone, digest of its weights, preprocessing and sampling rate."""
    backbone_weights_sha256: str
    """SHA-256 of the weights of the feature network."""
    checkpoint: str
    """Name of the model that drew the curves."""
    checkpoint_sha256: str
    """SHA-256 of the checkpoint file."""
    decoder: str
    """Decoder that delivered the frames; if it was not the same for all sources, each of them, with commas between."""
    device: str
    """Device on which the features were computed."""
    precision: str
    """Number format of the backbone, for example float32."""
    seed: int
    """Seed of the first draw."""


@dataclass(frozen=True)
class ShotRecord:
    """One shot, [start, end)."""

    source: int
    """Index of its source in sources."""
    start_s: float
    """Start, seconds."""
    end_s: float
    """End, seconds."""
    first_frame: int
    """Index of its first frame in the source."""
    last_frame_exclusive: int
    """Index of the frame after its last one."""


@dataclass(frozen=True)
class CurveRecord:
    """One importance curve drawn by the model."""

    slot: int
    """Index of the requested summary that the curve was drawn for, from 0."""
    seed: int
    """Seed of this draw."""
    attempt: int
    """0 for the first draw of the slot, 1 for the first redraw and so on."""
    scores: tuple[float, ...]
    """Importance in [0, 1] of each sample of the first source, then of the second, and so on."""


@dataclass(frozen=True)
class BudgetRecord:
    """The longest that a summary may last."""

    seconds: float
    """Longest allowed length, seconds."""
    ratio: float
    """The same as a share of the length of all sources."""


@dataclass(frozen=True)
class SpanRecord:
    """A stretch of a source that the user named."""

    source: int
    """Index of its source in sources."""
    start_s: float
    """Start, seconds."""
    end_s: float
    """End, seconds."""


@dataclass(frozen=True)
class ClipRecord:
    """A stretch of a source that a summary shows without a break, [start, end)."""

    source: int
    """Index of its source in sources."""
    start_s: float
    """Start, seconds."""
    end_s: float
    """End, seconds."""
    start_tick: int
    """Start, ticks of its source's clock."""
    end_tick: int
    """End, ticks of its source's clock. A picture that stands still may be shown for a part of its time."""
    first_frame: int
    """Index of its first frame in the source."""
    last_frame_exclusive: int
    """Index of the frame after its last one."""
    sound_ticks: tuple[int, int] | None
    """Start and end of the sound that goes with it, in the same ticks; null where there is no sound."""


@dataclass(frozen=True)
class CandidateRecord:
    """One candidate: the shots that one curve selects, cut to a summary."""

    rank: int
    """Place by agreement, from 1."""
    file: str | None
    """Name of the video file beside this record; null where none was written."""
    curve: int
    """Index of its curve in curves."""
    seed: int
    """Seed of that curve."""
    attempt: int
    """Attempt of that curve."""
    shots: tuple[int, ...]
    """Indices of the chosen shots in shots, ascending."""
    clips: tuple[ClipRecord, ...]
    """Its clips in the order in which they are shown."""
    duration_s: float
    """Length of all clips together, seconds."""
    agreement: float
    """How well the selection serves the curves of all candidates, 0 to 1; higher is better."""
    beginning_share: float
    """Share of the summary that lies in the first third of all sources, played one after the other."""
    middle_share: float
    """Share of the summary that lies in the second third of all sources, played one after the other."""
    end_share: float
    """Share of the summary that lies in the last third of all sources, played one after the other."""
    overlap: tuple[float, ...]
    """Overlap with each candidate in order of rank, 0 to 1; 1 with itself."""
    description: str
    """What this summary favours, in plain words."""


@dataclass(frozen=True)
class DistinctRecord:
    """How different the candidates are."""

    wanted: int
    """Number of different summaries asked for."""
    found: int
    """Number of different summaries found."""
    redraws: int
    """Number of curves drawn again because they repeated an earlier selection."""


@dataclass(frozen=True)
class SummaryRecord:
    """Everything known about one run, on one video or on several that are summarized together."""

    schema: str
    """Name and version of this format."""
    created: str
    """When the record was made, ISO 8601 in UTC, for example 2025-06-01T12:00:00Z."""
    sources: tuple[SourceRecord, ...]
    """The videos that were summarized, in order; mostly one."""
    settings: dict[str, Any]
    """All settings by stage, named as in a configuration file."""
    versions: dict[str, str]
    """Versions of vidsumm and of the software it used."""
    provenance: ProvenanceRecord
    """What the scores were computed with."""
    shots: tuple[ShotRecord, ...]
    """All shots, in the order of the sources; they cover each source without gaps."""
    curves: tuple[CurveRecord, ...]
    """All importance curves drawn."""
    budget: BudgetRecord
    """The longest that a summary may last."""
    keep: tuple[SpanRecord, ...]
    """Spans that the user wanted in every summary."""
    skip: tuple[SpanRecord, ...]
    """Spans that the user wanted in none."""
    candidates: tuple[CandidateRecord, ...]
    """The candidates by rank."""
    distinct: DistinctRecord
    """How different the candidates are."""
    notices: tuple[str, ...]
    """Warnings of the run, one line each."""
    cached: tuple[str, ...]
    """Stages whose results were read from the cache: any of decode, shots and score."""
    timings_s: dict[str, float]
    """Wall time by stage, seconds."""

    @property
    def duration_s(self) -> float:
        """Length of all sources together, seconds."""
        return sum(source.duration_s for source in self.sources)


def round_all(values: Iterable[float], digits: int = _DIGITS) -> tuple[float, ...]:
    """Returns numbers, such as those of a NumPy array, as rounded plain floats for the record."""
    return tuple(round(float(value), digits) for value in values)


def clip_records(timeline: Timeline) -> tuple[ClipRecord, ...]:
    """Returns the clips of a timeline as the record has them; `timeline_of` is the way back."""
    return tuple(_clip_record(clip, timeline.sources[clip.source].time_base) for clip in timeline.clips)


def _clip_record(clip: Clip, time_base: Fraction) -> ClipRecord:
    start_s, end_s = (float(round(tick * time_base, _DIGITS)) for tick in (clip.start_tick, clip.end_tick))
    return ClipRecord(start_s=start_s, end_s=end_s, **dataclasses.asdict(clip))


def timeline_of(record: SummaryRecord, candidate: CandidateRecord) -> Timeline:
    """Returns what a candidate of the record shows, exactly.

    Raises:
        ValueError: there is no such timeline: a clip is empty, or not inside its source.
    """
    sources = tuple(
        TimelineSource(Path(source.path), Fraction(source.time_base), source.end_tick, source.frames)
        for source in record.sources
    )
    names = [field.name for field in dataclasses.fields(Clip)]
    return Timeline(sources, tuple(Clip(**{name: getattr(clip, name) for name in names}) for clip in candidate.clips))


def as_dict(record: SummaryRecord) -> dict[str, Any]:
    """Returns the record as nested dictionaries and tuples, ready for `json.dumps`."""
    return dataclasses.asdict(record)


def to_json(record: SummaryRecord) -> str:
    """Returns the text of ``summary.json``: fields in the order of the classes, lists of numbers on one line.

    Raises:
        OutputError: a number is not finite.
    """
    try:
        return render(as_dict(record), "summary") + "\n"
    except StructureError as error:
        raise OutputError(f"the record cannot be written: {error}", remedy="please report this") from error


def write_record(record: SummaryRecord, path: Path) -> None:
    """Writes `record` to `path`, completely or not at all.

    Raises:
        OutputError: the file cannot be written, or a number is not finite.
    """
    write_text_atomic(path, to_json(record))


def read_record(path: Path) -> SummaryRecord:
    """Reads a record that this version of vidsumm wrote, or an earlier one (schema 2 or 3).

    Raises:
        InputError: the file cannot be read, has another schema, or its structure is not that of the schema.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"cannot read {path}: {(error.strerror or str(error)).lower()}") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is not JSON: {error}", remedy=_REMAKE) from error
    schema = value.get("schema") if isinstance(value, dict) else None
    if schema not in (SCHEMA, *OLDER_SCHEMAS):
        raise InputError(f"{path} has the format {schema!r}, not {SCHEMA!r}", remedy=_REMAKE)
    try:
        if schema != SCHEMA:
            value = from_older(value) | {"schema": SCHEMA}
        record = parse(SummaryRecord, value, "summary")
        _check_references(record)
    except (StructureError, OverflowError) as error:
        raise InputError(f"{path}: {error}", remedy=_REMAKE) from error
    return record


def _check_references(record: SummaryRecord) -> None:
    _check_sources(record)
    samples = sum(len(source.times_s) for source in record.sources)
    for i, curve in enumerate(record.curves):
        if len(curve.scores) != samples:
            raise StructureError(f"summary.curves[{i}] has {len(curve.scores)} scores for {samples} samples")
    for i, candidate in enumerate(record.candidates):
        where = f"summary.candidates[{i}]"
        if not 0 <= candidate.curve < len(record.curves):
            raise StructureError(f"{where}.curve is {candidate.curve} of {len(record.curves)} curves")
        if any(not 0 <= shot < len(record.shots) for shot in candidate.shots):
            raise StructureError(f"{where}.shots names a shot beyond the {len(record.shots)} there are")
        try:
            timeline_of(record, candidate)
        except ValueError as error:
            raise StructureError(f"{where}: {error}") from error


def _check_sources(record: SummaryRecord) -> None:
    if not record.sources:
        raise StructureError("summary.sources is empty")
    for i, source in enumerate(record.sources):
        if not _RATIO.fullmatch(source.time_base):
            raise StructureError(f"summary.sources[{i}].time_base is {source.time_base!r}, not like '1/30000'")
    parts: dict[str, tuple[ShotRecord | SpanRecord, ...]]
    parts = {"shots": record.shots, "keep": record.keep, "skip": record.skip}
    places = [(f"{name}[{i}]", part.source) for name, found in parts.items() for i, part in enumerate(found)]
    for where, source_idx in places:
        if not 0 <= source_idx < len(record.sources):
            raise StructureError(f"summary.{where}.source is {source_idx} of {len(record.sources)} sources")
