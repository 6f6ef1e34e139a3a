"""Turns records of earlier schemas into the present one.

Schema 3 knew one source, and its clips only by seconds rounded to five places. They get a clock on which those seconds
are whole ticks, and the frames that the shots lead to. Schema 2 had other names for the same things.
"""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np

from vidsumm.export.jsontree import StructureError, parse

__all__ = ["OLDER_SCHEMAS", "from_older"]

_SCHEMA_2 = "vidsumm.summary/2"
_SCHEMA_3 = "vidsumm.summary/3"
OLDER_SCHEMAS = (_SCHEMA_2, _SCHEMA_3)
"""Formats that can still be read."""

_TICKS_PER_S = 100_000
_NEAR = 0.25
"""An edge of a clip this near to an edge of a frame, as a share of the frame, lies on it: both were rounded."""


@dataclass(frozen=True)
class _Shot:
    start_s: float
    end_s: float
    first_frame: int
    last_frame_exclusive: int


@dataclass(frozen=True)
class _Converted:
    """The parts of a record of schema 3 that change in more than their names."""

    source: dict[str, Any]
    times_s: Any
    shots: tuple[_Shot, ...]
    candidates: tuple[dict[str, Any], ...]


def from_older(value: dict[str, Any]) -> dict[str, Any]:
    """Returns a record of one of `OLDER_SCHEMAS` with the fields of the present schema, both as JSON holds them.

    What is missing or unknown is left for the parser of records to find.

    Raises:
        StructureError: a part that is converted has another structure than its schema says.
    """
    return _from_schema_3(_from_schema_2(value) if value["schema"] == _SCHEMA_2 else value)


def _from_schema_2(value: dict[str, Any]) -> dict[str, Any]:
    """Gives the fields of schema 2 their names in schema 3.

    Schema 2 called a curve's slot and a candidate's curve both "sample", and clips "spans".
    """
    return value | {
        "settings": _rename_keys(value.get("settings"), {"sample": "draw"}),
        "curves": _rename_each(value.get("curves"), {"sample": "slot"}),
        "candidates": _rename_each(value.get("candidates"), {"sample": "curve", "spans_s": "clips_s"}),
    }


def _from_schema_3(value: dict[str, Any]) -> dict[str, Any]:
    names = {field.name for field in fields(_Converted)}
    old = parse(_Converted, {name: item for name, item in value.items() if name in names}, "summary")
    clips_s = [
        parse(tuple[tuple[float, float], ...], candidate.get("clips_s"), f"summary.candidates[{i}].clips_s")
        for i, candidate in enumerate(old.candidates)
    ]
    if not old.shots:
        raise StructureError("summary.shots is empty")
    has_sound = old.source.get("audio_codec") is not None
    candidates = [
        _without(candidate, "clips_s") | {"clips": [_clip(span_s, old.shots, has_sound) for span_s in spans_s]}
        for candidate, spans_s in zip(old.candidates, clips_s, strict=True)
    ]
    last_s = max([old.shots[-1].end_s, *(end_s for spans_s in clips_s for _, end_s in spans_s)])
    source = {"offset_s": 0.0, "time_base": f"1/{_TICKS_PER_S}", "end_tick": _tick(last_s), "times_s": old.times_s}
    source["versions"] = value.get("versions")
    return _without(value, "source", "times_s") | {
        "sources": [old.source | source],
        "shots": [{"source": 0} | asdict(shot) for shot in old.shots],
        "keep": [],
        "skip": [],
        "candidates": candidates,
        "distinct": _rename_keys(value.get("distinct"), {"got": "found"}),
    }


def _clip(span_s: tuple[float, float], shots: Sequence[_Shot], has_sound: bool) -> dict[str, Any]:
    """Returns a clip of schema 4; its frames are exact where it begins and ends with a shot, and near elsewhere."""
    edges_s = [shots[0].start_s, *(shot.end_s for shot in shots)]
    edges = [shots[0].first_frame, *(shot.last_frame_exclusive for shot in shots)]
    first, end = np.interp(span_s, edges_s, edges)
    first_frame = min(math.floor(first + _NEAR), edges[-1] - 1)
    ticks = [_tick(edge_s) for edge_s in span_s]
    return {
        "source": 0,
        "start_s": span_s[0],
        "end_s": span_s[1],
        "start_tick": ticks[0],
        "end_tick": ticks[1],
        "first_frame": first_frame,
        "last_frame_exclusive": max(math.ceil(end - _NEAR), first_frame + 1),
        "sound_ticks": ticks if has_sound else None,
    }


def _tick(time_s: float) -> int:
    return round(time_s * _TICKS_PER_S)


def _rename_each(values: Any, names: dict[str, str]) -> Any:
    return [_rename_keys(value, names) for value in values] if isinstance(values, list) else values


def _rename_keys(value: Any, names: dict[str, str]) -> Any:
    return {names.get(key, key): item for key, item in value.items()} if isinstance(value, dict) else value


def _without(value: dict[str, Any], *names: str) -> dict[str, Any]:
    return {key: item for key, item in value.items() if key not in names}
