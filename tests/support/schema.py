"""Builds the JSON Schema of the record classes; `python -m tests.support.schema` writes it into the package."""

import ast
import dataclasses
import inspect
import json
import types
from pathlib import Path
from typing import Any, Union, get_args, get_origin, get_type_hints

from vidsumm.export import record

PATH = Path(record.__file__).with_name("summary.schema.json")

_KINDS = {str: "string", int: "integer", float: "number", bool: "boolean"}
_SHARE = {"minimum": 0, "maximum": 1}
_SHA256 = {"pattern": "^[0-9a-f]{64}$"}
_NARROWER: dict[str, dict[str, Any]] = {
    "SummaryRecord.schema": {"const": record.SCHEMA},
    "SummaryRecord.created": {"format": "date-time"},
    "SummaryRecord.sources": {"minItems": 1},
    "SourceRecord.sha256": _SHA256,
    "SourceRecord.rotation": {"enum": [0, 90, 180, 270]},
    "SourceRecord.sample_aspect_ratio": {"pattern": "^[0-9]+:[0-9]+$"},
    "SourceRecord.average_rate": {"pattern": "^[0-9]+/[0-9]+$"},
    "SourceRecord.frames": {"minimum": 1},
    "SourceRecord.time_base": {"pattern": "^[1-9][0-9]*/[1-9][0-9]*$"},
    "SourceRecord.end_tick": {"minimum": 1},
    "ShotRecord.source": {"minimum": 0},
    "SpanRecord.source": {"minimum": 0},
    "ClipRecord.source": {"minimum": 0},
    "ClipRecord.start_tick": {"minimum": 0},
    "ClipRecord.end_tick": {"minimum": 1},
    "ClipRecord.first_frame": {"minimum": 0},
    "ClipRecord.last_frame_exclusive": {"minimum": 1},
    "ProvenanceRecord.backbone_weights_sha256": _SHA256,
    "ProvenanceRecord.checkpoint_sha256": _SHA256,
    "CandidateRecord.rank": {"minimum": 1},
    "CandidateRecord.beginning_share": _SHARE,
    "CandidateRecord.middle_share": _SHARE,
    "CandidateRecord.end_share": _SHARE,
}


def build() -> dict[str, Any]:
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "vidsumm summary record, version 4",
        **_object(record.SummaryRecord),
    }


def text() -> str:
    return json.dumps(build(), indent=2, ensure_ascii=False) + "\n"


def docstrings(kind: type) -> dict[str, str]:
    """The string below each field of a class."""
    body = ast.parse(inspect.getsource(kind)).body[0]
    assert isinstance(body, ast.ClassDef)
    return {
        field.target.id: str(doc.value.value)
        for field, doc in zip(body.body, body.body[1:], strict=False)
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        if isinstance(doc, ast.Expr) and isinstance(doc.value, ast.Constant)
    }


def _object(kind: type) -> dict[str, Any]:
    hints, docs = get_type_hints(kind), docstrings(kind)
    return {
        "type": "object",
        "required": list(hints),
        "additionalProperties": False,
        "properties": {
            name: {"description": docs[name], **_node(hint), **_NARROWER.get(f"{kind.__name__}.{name}", {})}
            for name, hint in hints.items()
        },
    }


def _node(kind: Any) -> dict[str, Any]:
    origin, args = get_origin(kind), get_args(kind)
    if dataclasses.is_dataclass(kind):
        assert isinstance(kind, type)
        return _object(kind)
    if origin in (Union, types.UnionType):
        node = _node(args[0])
        return node | {"type": [node["type"], "null"]}
    if origin is tuple and args[-1] is not Ellipsis:
        return {"type": "array", "prefixItems": [_node(arg) for arg in args], "items": False, "minItems": len(args)}
    if origin is tuple:
        return {"type": "array", "items": _node(args[0])}
    if origin is dict:
        return {"type": "object", "additionalProperties": True if args[1] is Any else _node(args[1])}
    return {"type": _KINDS[kind]}


if __name__ == "__main__":
    PATH.write_text(text(), encoding="utf-8")
