"""The folder that keeps the results of tasks, so that a stopped run can go on."""

import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from vidsumm.benchmark.methods.method import Curves
from vidsumm.benchmark.protocols.task import SCHEMA, RowCurves, RowResult, Task, TaskResult, digest
from vidsumm.errors import ResourceError
from vidsumm.files import atomic_write, make_folder, write_text_atomic

__all__ = ["ResultStore"]


class ResultStore:
    """Results of finished tasks: ``units/NAME.json``, and ``curves/NAME.npz`` where curves are kept.

    In the JSON files a row is called a variant; both that and the folder's name are older than the words used here.

    Args:
        folder: created where it is missing.

    Raises:
        OutputError: it cannot be created.
    """

    def __init__(self, folder: Path) -> None:
        self._results, self._curves = folder / "units", folder / "curves"
        make_folder(self._results)

    def load(self, task: Task, *, with_curves: bool = False) -> TaskResult | None:
        """Reads the result of a task; None where it is not finished, or its curves are wanted and were not kept.

        Raises:
            ResourceError: the file is damaged.
        """
        path = self._result_path(task.name)
        if not path.is_file() or (with_curves and not self._curves_path(task.name).is_file()):
            return None
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            rows = tuple(RowResult(**row) for row in content["variants"])
            return TaskResult(task, rows, float(content["seconds"]), content["training"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ResourceError(f"{path} is damaged", remedy="remove it, or allow `overwrite`") from error

    def save(self, result: TaskResult, curves: RowCurves | None = None) -> None:
        """Writes the result of a task, whole or not at all; the curves (as float16) where they are given."""
        task = result.task
        if curves is not None:  # first of the two, so that a task with a result has its curves
            self._save_curves(task, curves)
        content = {
            "schema": SCHEMA,
            "method": task.method.name,
            "split": task.split.name,
            "seed": task.seed,
            "facts": dict(task.facts),
            "variants": [asdict(row) for row in result.rows],
            "seconds": result.seconds,
            "training": dict(result.training),
        }
        text = json.dumps(content, indent=1, allow_nan=False)
        write_text_atomic(self._result_path(task.name), text + "\n")

    def load_curves(self, task: Task) -> RowCurves:
        """Reads the curves of a task.

        Raises:
            ResourceError: the file is missing or damaged.
        """
        return _read_curves(self._curves_path(task.name))

    def find_curves(self, methods: Sequence[str], videos: Mapping[str, Any]) -> RowCurves:
        """Reads the curves of all finished tasks with seed 0; of two recipes those measured last.

        Args:
            methods: names of the methods, in the order of the returned rows.
            videos: identity of the videos, see `Videos.identity`; tasks on others are left out.

        Raises:
            ResourceError: a file is damaged.
        """
        found: dict[str, dict[str, Curves]] = {}
        videos_digest = digest(videos)
        for method in methods:
            for path in sorted(self._curves.glob(f"{method}-*.npz"), key=lambda path: path.stat().st_mtime_ns):
                if self._is_wanted(path.stem, method, videos_digest):
                    for label, curves in _read_curves(path).items():
                        found.setdefault(label, {}).update(curves)
        return found

    def _is_wanted(self, name: str, method: str, videos_digest: str) -> bool:
        """Returns whether a task is finished, of this method, with seed 0 and on the videos with this digest."""
        path = self._result_path(name)
        if not path.is_file():
            return False  # the run was stopped between writing the two files
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            same_videos = digest(content["facts"]["videos"]) == videos_digest
            return content["method"] == method and content["seed"] == 0 and same_videos
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ResourceError(f"{path} is damaged", remedy="remove it and run again") from error

    def _save_curves(self, task: Task, curves: RowCurves) -> None:
        make_folder(self._curves)
        halves: dict[str, Any] = {
            f"{label}/{key}": values.astype(np.float16) for label, row in curves.items() for key, values in row.items()
        }
        with atomic_write(self._curves_path(task.name)) as temporary:
            np.savez_compressed(temporary, **halves)

    def _result_path(self, name: str) -> Path:
        return self._results / f"{name}.json"

    def _curves_path(self, name: str) -> Path:
        return self._curves / f"{name}.npz"


def _read_curves(path: Path) -> dict[str, dict[str, Curves]]:
    found: dict[str, dict[str, Curves]] = {}
    try:
        with np.load(path) as file:
            for name in file.files:
                label, _, key = name.partition("/")
                found.setdefault(label, {})[key] = file[name].astype(np.float32)
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        raise ResourceError(f"{path} is damaged", remedy="remove it and run again") from error
    return found
