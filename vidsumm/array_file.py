"""Files of arrays and facts: a safetensors file with a JSON header and a checksum. Reading one never runs code."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

__all__ = ["DamagedError", "Entry", "array_sha256", "canonical_json", "pack", "read"]

_HEADER = "vidsumm"


@dataclass(frozen=True, eq=False)
class Entry:
    """The content of a file."""

    arrays: Mapping[str, NDArray[Any]]
    facts: Mapping[str, Any] = field(default_factory=dict)
    """Facts that belong to the arrays, ready for JSON."""


class DamagedError(Exception):
    """A file is damaged, or is not what it should be; the message is the end of a sentence about it."""


def array_sha256(*arrays: NDArray[Any]) -> str:
    """Returns the SHA-256 of the types, shapes and values of arrays, 64 hexadecimal digits."""
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(f"{array.dtype.str} {array.shape};".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def canonical_json(value: Mapping[str, Any]) -> bytes:
    """Returns the same bytes for equal values; what JSON does not know is written as text."""
    return json.dumps(value, sort_keys=True, default=str).encode()


def pack(identity: Mapping[str, str], entry: Entry) -> bytes:
    """Returns the bytes of a file.

    Args:
        identity: what the file is, for example its format; `read` asks for the same.
        entry: what to keep.
    """
    arrays = {name: np.ascontiguousarray(array) for name, array in entry.arrays.items()}
    header = {**identity, "facts": dict(entry.facts)}
    header["sha256"] = _checksum(header, arrays)
    data: bytes = save(arrays, metadata={_HEADER: json.dumps(header)})
    return data


def read(path: Path, identity: Mapping[str, str]) -> Entry:
    """Reads a file that `pack` made with the same identity.

    Raises:
        DamagedError: it is damaged or something else.
        OSError: it cannot be read.
    """
    path.open("rb").close()  # safetensors' own errors about a missing file have no error code
    try:
        with safe_open(path, framework="numpy") as file:
            header = _header(file.metadata(), identity)
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  (no mapping)
    except (SafetensorError, ValueError, TypeError) as error:
        raise DamagedError("damaged") from error
    if header.pop("sha256", None) != _checksum(header, arrays):
        raise DamagedError("damaged")
    return Entry(arrays, header["facts"])


def _header(metadata: Mapping[str, str] | None, expected: Mapping[str, str]) -> dict[str, Any]:
    header = json.loads((metadata or {}).get(_HEADER, "null"))
    if not isinstance(header, dict) or {name: header.get(name) for name in expected} != expected:
        raise DamagedError("something else")
    return header


def _checksum(header: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> str:
    names = sorted(arrays)
    content = array_sha256(*(arrays[name] for name in names))
    return hashlib.sha256(canonical_json({"header": header, "names": names, "content": content})).hexdigest()
