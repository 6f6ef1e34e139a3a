"""Draws the paper's figures from a folder of results, without training again."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from vidsumm.benchmark.ablation import BINS
from vidsumm.benchmark.methods.registry import METHODS
from vidsumm.benchmark.protocols.store import ResultStore
from vidsumm.benchmark.protocols.task import RowCurves
from vidsumm.benchmark.quantisation import measure_quantisation
from vidsumm.benchmark.report.figures.contours import ContourPanel, contours_figure
from vidsumm.benchmark.report.figures.coverage import coverage_figure
from vidsumm.benchmark.report.figures.lines import Series, bins_figure, quantisation_figure, steps_figure
from vidsumm.benchmark.report.figures.selections import SummaryStrip, selections_figure
from vidsumm.benchmark.report.figures.style import save_figure
from vidsumm.benchmark.report.published import QUANTISATION_TAU_RHO, STEPS_TAU_RHO
from vidsumm.benchmark.video_measures import annotator_taus
from vidsumm.benchmark.videos import Videos
from vidsumm.datasets.annotation import Annotation
from vidsumm.errors import ConfigError, InputError
from vidsumm.evaluation.generative import match_ratio
from vidsumm.evaluation.summaries import frame_scores, machine_summaries

__all__ = ["draw_figures"]

_PANELS = 4  # most panels of contours
_FPS = 30.0  # where the annotations do not have the frame rate
_OPTIMISTIC = "best test epoch"
_UNTRAINED = ("Random", "Centre prior")
_PREFERRED = ", 10 steps"


def draw_figures(
    folder: Path, videos: Videos | None, *, keys: Sequence[str] = (), rows: Sequence[str] = (), command: str = ""
) -> list[Path]:
    """Draws the figures for which the folder has the data, as PNG files in the folder.

    Args:
        folder: results of `vidsumm bench`.
        videos: the videos that were measured, with their annotators; without them figures 3, 4 and 5 are left out.
        keys: videos of figures 4 (all of them) and 5 (the first); where empty, a few are chosen.
        rows: labels of the table's rows that are drawn; where empty, one row of each trained method.
        command: written down in the files.

    Returns:
        The paths of the files.

    Raises:
        ConfigError: a video or row of which no curves are kept.
        InputError: the folder is missing, or the rows have no video in common.
        OutputError: a file cannot be written.
        ResourceError: a file in the folder is damaged.
    """
    if not folder.is_dir():
        raise InputError(f"{folder} is not a folder of results", remedy="run `vidsumm bench` first")
    figures: dict[str, Figure] = {"quantisation": quantisation_figure(measure_quantisation(BINS))}
    kept = ResultStore(folder).find_curves(METHODS, videos.identity) if videos is not None else {}
    curves = _chosen_rows(kept, rows)
    if videos is not None and curves:
        shown = _chosen_videos(curves, videos, keys)
        figures["coverage"] = _coverage(curves, videos)
        figures["contours"] = _contours(curves, videos, shown)
        figures |= _selections(curves, videos.annotation(shown[0]))
    figures |= _lines(folder)
    for name, figure in figures.items():
        save_figure(figure, folder / f"{name}.png", {"command": command})
    return [folder / f"{name}.png" for name in figures]


def _chosen_rows(curves: RowCurves, rows: Sequence[str]) -> RowCurves:
    for row in rows:
        if row not in curves:
            raise ConfigError(
                f"`rows={row}`: no curves of it are kept", remedy="one of: " + ("; ".join(curves) or "none")
            )
    most = max(map(len, curves.values()), default=0)
    complete = [label for label, found in curves.items() if len(found) == most]  # others are still being measured
    return {label: curves[label] for label in rows or _one_row_each(complete)}


def _one_row_each(labels: Sequence[str]) -> list[str]:
    """Returns a row of each trained method: one with 10 steps if it exists, and none whose epoch test videos chose."""
    found: dict[str, str] = {}
    for label in labels:
        method = re.sub(r", \d+ steps?", "", label)
        if _OPTIMISTIC in label or label.startswith(_UNTRAINED):
            continue
        if method not in found or _PREFERRED in label:
            found[method] = label
    return list(found.values())


def _chosen_videos(curves: RowCurves, videos: Videos, keys: Sequence[str]) -> list[str]:
    """Returns the videos named in `keys`, or a few at equal distances of those of which every row has curves."""
    common = [key for key in videos.keys if all(key in found for found in curves.values())]
    for key in keys:
        if key not in common:
            raise ConfigError(f"`keys={key}`: not every row has curves of it", remedy="one of " + ", ".join(common))
    if not common:
        raise InputError("the rows have no video in common", remedy="name some with `rows`")
    places = np.linspace(0, len(common) - 1, min(_PANELS, len(common))).round().astype(int)
    return list(keys) or [common[place] for place in places]


def _coverage(curves: RowCurves, videos: Videos) -> Figure:
    """Draws figure 3: which annotators the curves match."""
    keys = [key for key in videos.keys if all(key in found for found in curves.values())]
    most_annotators = max(len(videos.annotation(key).scores) for key in keys)
    ratios: dict[str, NDArray[np.floating]] = {}
    for label, found in curves.items():
        table = np.full((len(keys), most_annotators), np.nan)
        for place, key in enumerate(keys):
            taus = annotator_taus(videos.annotation(key), found[key])
            if taus is not None:
                table[place, : taus.shape[1]] = match_ratio(taus)
        ratios[label] = table
    return coverage_figure(ratios, keys)


def _contours(curves: RowCurves, videos: Videos, keys: Sequence[str]) -> Figure:
    """Draws figure 4: where the curves lie among those of the annotators."""
    panels = [
        ContourPanel(key, videos.annotation(key).scores, {label: found[key] for label, found in curves.items()})
        for key in keys
    ]
    return contours_figure(panels)


def _selections(curves: RowCurves, annotation: Annotation) -> Mapping[str, Figure]:
    """Draws figure 5, with the two annotators who have least in common; empty without two annotators or shots."""
    users = annotation.user_summary
    if len(users) < 2 or not len(annotation.shots):
        return {}
    selected = users.astype(np.float32)
    common = selected @ selected.T
    np.fill_diagonal(common, np.inf)
    first, second = np.unravel_index(int(common.argmin()), common.shape)
    annotators = SummaryStrip("annotator A", users[first]), SummaryStrip("annotator B", users[second])
    methods = [
        SummaryStrip(label, summary)
        for label, found in curves.items()
        for summary in _summaries(found[annotation.key], annotation)
    ]
    duration_s = annotation.n_frames / (annotation.fps or _FPS)
    figure = selections_figure(annotators, methods, duration_s=duration_s, title=annotation.name or annotation.key)
    return {"selections": figure}


def _summaries(curves: NDArray[np.floating], annotation: Annotation) -> NDArray[np.bool_]:
    frames = frame_scores(curves, annotation.picks, annotation.n_frames)
    return machine_summaries(frames, annotation.shots)


def _lines(folder: Path) -> Mapping[str, Figure]:
    """Draws figures of tau and rho against the number of steps and of bins, from the tables of the ablations."""
    wanted: tuple[
        tuple[str, str, str, Mapping[int, tuple[float, float]], Callable[[Sequence[Series]], Figure]], ...
    ] = (
        ("steps", "6", r"(\d+) DDIM steps", STEPS_TAU_RHO, steps_figure),
        ("bins", "I", r"K = (\d+)", QUANTISATION_TAU_RHO, bins_figure),
    )
    figures = {}
    for name, number, pattern, paper, draw in wanted:
        path = folder / f"ablation-{number}.json"
        if path.is_file():
            rows = json.loads(path.read_text(encoding="utf-8"))["rows"]
            figures[name] = draw([*_measured_series(rows, pattern), _published_series(paper)])
    return figures


def _measured_series(rows: Sequence[Mapping[str, Any]], pattern: str) -> list[Series]:
    """Returns a line for each way to choose the epoch, through the values of the rows whose label matches `pattern`."""
    lines: dict[str, dict[float, Mapping[str, Any]]] = {}
    for row in rows:
        match = re.search(pattern, row["method"])
        if match and not row["published"]:
            name = row["method"].replace(match[0], "").strip(", ") or "measured here"
            lines.setdefault(name, {})[float(match[1])] = row["values"]
    series = []
    for name, points in lines.items():
        means = [[values[rank]["mean"] for values in points.values()] for rank in ("tau", "rho")]
        errors = [[values[rank]["std"] or 0.0 for values in points.values()] for rank in ("tau", "rho")]
        series.append(Series(name, list(points), means, errors))
    return series


def _published_series(paper: Mapping[int, tuple[float, float]]) -> Series:
    taus, rhos = zip(*paper.values(), strict=True)
    return Series("SummDiff (paper), Mr. HiSum", list(paper), [taus, rhos], published=True)
