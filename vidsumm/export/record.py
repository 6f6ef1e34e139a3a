"""The record ``summary.json``: what was done, with which settings and versions, and with what results.

`summary.schema.json` beside this module is its JSON Schema. All times are seconds since the first frame of the source.
"""

import dataclasses
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vidsumm.errors import InputError, OutputError
from vidsumm.export.jsontree import StructureError, parse, render
from vidsumm.files import write_text_atomic

__all__ = [
    "SCHEMA",
    "BudgetRecord",
    "CandidateRecord",
    "CurveRecord",
    "DistinctRecord",
    "ProvenanceRecord",
    "ShotRecord",
    "SourceRecord",
    "SummaryRecord",
    "as_dict",
    "read_record",
    "round_all",
    "to_json",
    "write_record",
]

SCHEMA = "vidsumm.summary/3"
"""Name and version of the format; the number increases when a field is added, removed or changes its meaning."""

_SCHEMA_2 = "vidsumm.summary/2"
_REMAKE = "give a summary.json that this version of vidsumm wrote"


@dataclass(frozen=True)
class SourceRecord:
    """The video that was summarized."""

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
    """Decoder that delivered the frames."""
    device: str
    """Device on which the networks ran."""
    precision: str
    """Number format of the networks, for example float32."""
    seed: int
    """Seed of the first draw."""


@dataclass(frozen=True)
class ShotRecord:
    """One shot, [start, end)."""

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
    """Importance in [0, 1] at each of times_s."""


@dataclass(frozen=True)
class BudgetRecord:
    """The longest that a summary may last."""

    seconds: float
    """Longest allowed length, seconds."""
    ratio: float
    """The same as a share of the source's length."""


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
    clips_s: tuple[tuple[float, float], ...]
    """[start, end) of each clip, a stretch of the source shown without a break, seconds."""
    duration_s: float
    """Length of all clips together, seconds."""
    agreement: float
    """How well the selection serves the curves of all candidates, 0 to 1; higher is better."""
    beginning_share: float
    """Share of the summary that lies in the first third of the source."""
    middle_share: float
    """Share of the summary that lies in the second third of the source."""
    end_share: float
    """Share of the summary that lies in the last third of the source."""
    overlap: tuple[float, ...]
    """Overlap with each candidate in order of rank, 0 to 1; 1 with itself."""
    description: str
    """What this summary favours, in plain words."""


@dataclass(frozen=True)
class DistinctRecord:
    """How different the candidates are."""

    wanted: int
    """Number of different summaries asked for."""
    got: int
    """Number of different summaries found."""
    redraws: int
    """Number of curves drawn again because they repeated an earlier selection."""


@dataclass(frozen=True)
class SummaryRecord:
    """Everything known about one run on one video."""

    schema: str
    """Name and version of this format."""
    created: str
    """When the record was made, ISO 8601 in UTC, for example 2025-06-01T12:00:00Z."""
    source: SourceRecord
    """The video that was summarized."""
    settings: dict[str, Any]
    """All settings by stage, named as in a configuration file."""
    versions: dict[str, str]
    """Versions of vidsumm and of the software it used."""
    provenance: ProvenanceRecord
    """What the scores were computed with."""
    times_s: tuple[float, ...]
    """Times of the sampled frames, ascending, seconds."""
    shots: tuple[ShotRecord, ...]
    """All shots of the source in order; they cover it without gaps."""
    curves: tuple[CurveRecord, ...]
    """All importance curves drawn."""
    budget: BudgetRecord
    """The longest that a summary may last."""
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


def round_all(values: Iterable[float], digits: int = 5) -> tuple[float, ...]:
    """Returns numbers, such as those of a NumPy array, as rounded plain floats for the record."""
    return tuple(round(float(value), digits) for value in values)


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
    """Reads a record that this version of vidsumm wrote, or the one before it (schema 2).

    Raises:
        InputError: the file cannot be read, has another schema, or its structure is not that of the schema.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"cannot read {path}: {(error.strerror or str(error)).lower()}") from error
    except ValueError as error:
        raise InputError(f"{path} is not JSON: {error}", remedy=_REMAKE) from error
    schema = value.get("schema") if isinstance(value, dict) else None
    if schema not in (SCHEMA, _SCHEMA_2):
        raise InputError(f"{path} has the format {schema!r}, not {SCHEMA!r}", remedy=_REMAKE)
    try:
        if schema == _SCHEMA_2:
            value = _from_schema_2(value)
        record = parse(SummaryRecord, value, "summary")
        _check_references(record)
    except StructureError as error:
        raise InputError(f"{path}: {error}", remedy=_REMAKE) from error
    return record


def _from_schema_2(value: dict[str, Any]) -> dict[str, Any]:
    """Returns a record of schema 2 with the names of schema 3; what is missing or unknown is left for `parse` to find.

    Schema 2 called a curve's slot and a candidate's curve both "sample", and clips "spans".
    """
    return value | {
        "schema": SCHEMA,
        "settings": _rename_keys(value.get("settings"), {"sample": "draw"}),
        "curves": _rename_each(value.get("curves"), {"sample": "slot"}),
        "candidates": _rename_each(value.get("candidates"), {"sample": "curve", "spans_s": "clips_s"}),
    }


def _rename_each(values: Any, names: dict[str, str]) -> Any:
    return [_rename_keys(value, names) for value in values] if isinstance(values, list) else values


def _rename_keys(value: Any, names: dict[str, str]) -> Any:
    return {names.get(key, key): item for key, item in value.items()} if isinstance(value, dict) else value


def _check_references(record: SummaryRecord) -> None:
    for i, curve in enumerate(record.curves):
        if len(curve.scores) != len(record.times_s):
            raise StructureError(f"summary.curves[{i}] has {len(curve.scores)} scores for {len(record.times_s)} times")
    for i, candidate in enumerate(record.candidates):
        if not 0 <= candidate.curve < len(record.curves):
            raise StructureError(f"summary.candidates[{i}].curve is {candidate.curve} of {len(record.curves)} curves")
        if any(not 0 <= shot < len(record.shots) for shot in candidate.shots):
            raise StructureError(f"summary.candidates[{i}].shots names a shot beyond the {len(record.shots)} there are")
