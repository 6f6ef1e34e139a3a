"""Checks an annotated file, with or without features: ``vidsumm data check``."""

from dataclasses import replace
from pathlib import Path

from vidsumm.datasets.checks import check_file
from vidsumm.datasets.feature_info import FeatureInfo
from vidsumm.datasets.report import FileProblem, FileReport
from vidsumm.errors import ResourceError
from vidsumm.events import EventSink, ignore
from vidsumm.features.feature_id import parse_feature_id
from vidsumm.features.registry import SPECS
from vidsumm.progress import Progress

__all__ = ["check_features", "find_feature_id_problem"]


def check_features(path: Path, *, against: Path | None = None, on_event: EventSink = ignore) -> FileReport:
    """Examines an annotated file, see `vidsumm.datasets.checks`, and judges its feature id.

    Args:
        path: the file.
        against: annotations that it should hold unchanged.
        on_event: receives the progress.

    Raises:
        InputError: a file is missing or not HDF5.
    """
    progress = Progress(on_event)
    with progress.stage("measure", None, "videos") as done:
        report = check_file(path, against=against, on_progress=lambda n, _: progress.advance("measure", n))
        done(f"{len(report.videos)} videos, {len(report.problems)} problems")
    problem = None if report.feature_info is None else find_feature_id_problem(report.feature_info)
    return report if problem is None else replace(report, problems=(problem, *report.problems))


def find_feature_id_problem(info: FeatureInfo) -> FileProblem | None:
    """Finds what is wrong with a file's feature id: malformed, an unknown network, or another number of channels."""
    try:
        name = parse_feature_id(info.feature_id).backbone
    except ResourceError as error:
        return FileProblem("", f"feature_id {error}", is_fatal=True)
    found = len(info.null_features)
    dims: dict[str, int] = {known: spec.dim for known, spec in SPECS.items()}
    expected = dims.get(name)
    if expected is not None:
        text = f"{name} has {expected} channels, the file {found}"
        return None if found == expected else FileProblem("", text, is_fatal=True)
    if name == "synthetic" or "declared" in info.provenance:
        return None
    return FileProblem("", f"feature_id names {name!r}, which is not a known network and not declared", is_fatal=False)
