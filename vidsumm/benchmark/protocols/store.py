"""Units of work, and the folder that keeps their results.

A unit is one method on one split with one seed. Its name is a digest of everything its numbers depend on, so a changed
recipe or another data file never meets old results, and work that a kill interrupted goes on where it stopped.
"""

import hashlib
import json
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vidsumm.errors import OutputError, ResourceError
from vidsumm.files import atomic_write, write_text_atomic

__all__ = ["SCHEMA", "KeptCurves", "Outcome", "ResultStore", "Unit", "VariantResult", "digest", "make_folder"]

SCHEMA = "vidsumm.bench/1"
"""Raised by whoever changes what the numbers of a unit mean."""

_NAME_DIGITS = 16

KeptCurves = Mapping[str, Mapping[str, NDArray[np.float32]]]
"""Label of a row -> key of a video -> (S, N)."""


def digest(facts: Mapping[str, Any]) -> str:
    """64 hexadecimal digits that stand for JSON-ready facts."""
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def make_folder(folder: Path) -> None:
    """Makes a folder and those above it, if they are missing.

    Raises:
        OutputError: that is not possible.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot make {folder}", remedy="choose another --output folder") from error


@dataclass(frozen=True)
class Unit:
    """One piece of work."""

    method: str
    split: str
    seed: int
    facts: Mapping[str, Any]
    """JSON-ready: all that its numbers depend on."""

    @property
    def name(self) -> str:
        """Of its files, without suffix."""
        facts = {"schema": SCHEMA, "method": self.method, "split": self.split, "seed": self.seed, **self.facts}
        split = re.sub(r"[^A-Za-z0-9]+", "-", self.split)
        return f"{self.method}-{split}-{self.seed}-{digest(facts)[:_NAME_DIGITS]}"


@dataclass(frozen=True)
class VariantResult:
    """What one reported row measured in one unit."""

    label: str
    """Of the row."""
    note: str
    videos: Mapping[str, Mapping[str, float]]
    """Key of the video -> metric -> value."""

    def means(self) -> dict[str, float]:
        """Each metric averaged over the videos that have it."""
        names = dict.fromkeys(name for values in self.videos.values() for name in values)
        return {name: float(np.mean([v[name] for v in self.videos.values() if name in v])) for name in names}


@dataclass(frozen=True)
class Outcome:
    """All that came of a unit."""

    variants: tuple[VariantResult, ...]
    seconds: float
    training: Mapping[str, Any] = field(default_factory=dict)
    """JSON-ready facts about the training, where there was one."""


class ResultStore:
    """Finished units in a folder: ``units/NAME.json``, and ``curves/NAME.npz`` where curves are kept.

    Args:
        folder: made where it is missing.

    Raises:
        OutputError: it cannot be made.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.units, self.curves = folder / "units", folder / "curves"
        make_folder(self.units)

    def load(self, unit: Unit, *, with_curves: bool = False) -> Outcome | None:
        """A finished unit; None where it is not finished, or lacks the curves that are wanted.

        Raises:
            ResourceError: its file is damaged.
        """
        path = self.units / f"{unit.name}.json"
        if not path.is_file() or (with_curves and not self.curves_path(unit).is_file()):
            return None
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            variants = tuple(VariantResult(**variant) for variant in content["variants"])
            return Outcome(variants, float(content["seconds"]), content["training"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ResourceError(f"{path} is damaged", remedy="remove it, or pass --overwrite") from error

    def save(self, unit: Unit, outcome: Outcome, curves: Mapping[str, NDArray[np.floating]] | None = None) -> None:
        """Writes a unit whole or not at all; the curves first, so that a unit that is there has its curves.

        Args:
            unit: what was done.
            outcome: what came of it.
            curves: name -> (S, N) scores in [0, 1]; kept as float16.
        """
        if curves is not None:
            self._save_curves(unit, curves)
        content = {"schema": SCHEMA, "method": unit.method, "split": unit.split, "seed": unit.seed}
        content |= {"facts": dict(unit.facts), **asdict(outcome)}
        text = json.dumps(content, indent=1, allow_nan=False)
        write_text_atomic(self.units / f"{unit.name}.json", text + "\n")

    def curves_path(self, unit: Unit) -> Path:
        """Where the curves of a unit lie, if they are kept."""
        return self.curves / f"{unit.name}.npz"

    def kept_curves(self, methods: Sequence[str], videos: Mapping[str, Any]) -> KeptCurves:
        """The curves of finished units of seed 0; of two recipes those of the one that was measured last.

        Args:
            methods: whose, in this order.
            videos: identity of the videos they are of.

        Raises:
            ResourceError: a file is damaged.
        """
        found: dict[str, dict[str, NDArray[np.float32]]] = {}
        same = digest(videos)
        for method in methods:
            for path in sorted(self.curves.glob(f"{method}-*.npz"), key=lambda path: path.stat().st_mtime_ns):
                try:
                    if self._is_wanted(path.stem, method, same):
                        _read_curves(path, found)
                except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
                    raise ResourceError(f"{path} is damaged", remedy="remove it and run again") from error
        return found

    def _is_wanted(self, name: str, method: str, videos: str) -> bool:
        """Whether a unit is finished, of this method, of seed 0 and of the videos with this digest."""
        path = self.units / f"{name}.json"
        if not path.is_file():
            return False  # stopped between the two files
        about = json.loads(path.read_text(encoding="utf-8"))
        return about["method"] == method and about["seed"] == 0 and digest(about["facts"]["videos"]) == videos

    def _save_curves(self, unit: Unit, curves: Mapping[str, NDArray[np.floating]]) -> None:
        make_folder(self.curves)
        with atomic_write(self.curves_path(unit)) as temporary:
            halves: dict[str, Any] = {name: rows.astype(np.float16) for name, rows in curves.items()}
            np.savez_compressed(temporary, **halves)


def _read_curves(path: Path, found: dict[str, dict[str, NDArray[np.float32]]]) -> None:
    with np.load(path) as kept:
        for name in kept.files:
            label, _, key = name.partition("/")
            found.setdefault(label, {})[key] = kept[name].astype(np.float32)
