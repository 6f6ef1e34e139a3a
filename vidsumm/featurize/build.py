"""Feature files: made of annotated videos, checked, and told what they hold."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import get_args

import numpy as np

from vidsumm.config import SummarizeConfig
from vidsumm.datasets.checks import FileReport, check_file
from vidsumm.datasets.layout import Kind, read_annotations
from vidsumm.datasets.mrhisum import write_synthetic_mrhisum
from vidsumm.datasets.store import Description
from vidsumm.datasets.synthetic import SyntheticConfig, write_synthetic
from vidsumm.datasets.writing import declare_features, feature_channels, read_null, write_dataset
from vidsumm.errors import ConfigError
from vidsumm.events import EventSink, ignore
from vidsumm.features.backbones import load_backbone
from vidsumm.features.feature_id import feature_id
from vidsumm.featurize.matching import (
    DescribedVideo,
    black_frame_features,
    describe_annotated,
    identity_problem,
    match_videos,
)
from vidsumm.files import file_sha256, require_free
from vidsumm.progress import Progress
from vidsumm.versions import result_versions

__all__ = ["LAYOUTS", "build_features", "check_features", "declare_identity", "invent_features"]

LAYOUTS = ("eccv16", "mrhisum")
"""Whose files can be invented."""

_AT_ANOTHER_RATE = ", matched by time"


def build_features(
    videos: Sequence[Path],
    annotations_path: Path,
    output: Path,
    settings: SummarizeConfig,
    *,
    given: Mapping[str, Path] | None = None,
    only: Sequence[str] = (),
    overwrite: bool = False,
    on_event: EventSink = ignore,
) -> str:
    """Describes annotated videos at their picks and writes the feature file.

    Args:
        videos: files, found by their stems, see `match_videos`.
        annotations_path: annotations in the eccv16 layout.
        output: the HDF5 file to write.
        settings: backbone and decoder; ``decode.fps`` is the nominal rate of the picks.
        given: files of certain keys, whatever their names; where no others are given, only these are described.
        only: keys of the videos wanted; all where empty.
        overwrite: replace `output`.
        on_event: told about each video.

    Returns:
        One line that says what was written.

    Raises:
        VidsummError: one of its kinds.
    """
    require_free(output, overwrite=overwrite)
    annotations = read_annotations(annotations_path)
    given = given or {}
    for flag, keys in (("--only", only), ("--video", given)):
        for key in keys:
            if key not in annotations:
                raise ConfigError(f"{flag} {key}: no such video in {annotations_path}", remedy="check the key")
    wanted = only or (given if given and not videos else annotations)
    chosen = {key: annotations[key] for key in annotations if key in wanted}
    files = match_videos(chosen, videos, given)
    features = settings.features
    backbone = load_backbone(features.backbone, weights=features.backbone_weights, device=features.device)
    progress, found = Progress(on_event), dict[str, DescribedVideo]()
    for key, annotation in chosen.items():
        with progress.stage("decode", len(annotation.picks), "frames") as done:
            found[key] = describe_annotated(
                files[key],
                annotation,
                backbone,
                settings,
                on_progress=lambda n: progress.advance("decode", n),
                on_notice=progress.notice,
            )
            done(f"{key}, {len(annotation.picks)} frames{_AT_ANOTHER_RATE if found[key].match == 'time' else ''}")
    identity = feature_id(backbone, settings.decode.fps)
    provenance = {
        "annotations": annotations_path.name,
        "annotations_sha256": file_sha256(annotations_path),
        "backbone_weights_sha256": backbone.weights_sha256,
        "precision": backbone.precision,
        "matched": {key: video.match for key, video in found.items()},
        "versions": result_versions(),
    }
    null = black_frame_features(backbone)
    features_of = {key: video.features for key, video in found.items()}
    write_dataset(output, annotations_path, features_of, feature_id=identity, null_features=null, provenance=provenance)
    return f"{output}: {len(found)} videos, {sum(map(len, features_of.values()))} samples, {identity}"


def check_features(path: Path, *, against: Path | None = None, on_event: EventSink = ignore) -> FileReport:
    """Examines an annotated file, with or without features, see `vidsumm.datasets.checks`.

    Args:
        path: the file.
        against: annotations that it should hold unchanged.
        on_event: told how far it has come.

    Raises:
        InputError: a file is missing or not HDF5.
    """
    progress = Progress(on_event)
    with progress.stage("measure", None, "videos") as done:
        report = check_file(path, against=against, on_progress=lambda n, _: progress.advance("measure", n))
        done(f"{len(report.videos)} videos, {len(report.problems)} problems")
    problem = None if report.description is None else identity_problem(report.description)
    return report if problem is None else replace(report, problems=(problem, *report.problems))


def declare_identity(
    path: Path,
    output: Path,
    identity: str,
    null_features: Path | None,
    *,
    kind: str | None = None,
    overwrite: bool = False,
) -> int:
    """Copies a feature file of unknown making, saying what its features are.

    Args:
        path: a file with features, of either layout.
        output: where to; may be `path`.
        identity: the feature id.
        null_features: .npy file of a black frame's features, (C,), or of several, (N, C), whose mean is taken; None
            for zeros.
        kind: whose videos they are; None where the file says so or its arrays show it.
        overwrite: replace `output`.

    Returns:
        The number of videos.

    Raises:
        ConfigError: no feature id, or no kind.
        InputError: a file cannot be used.
        OutputError: the file cannot be written.
    """
    require_free(output, overwrite=overwrite)
    named = next((known for known in get_args(Kind) if known == kind), None)
    if kind is not None and named is None:
        raise ConfigError(f"--kind {kind}: no such kind", remedy="one of " + ", ".join(get_args(Kind)))
    null = np.zeros(feature_channels(path), np.float32) if null_features is None else read_null(null_features)
    provenance = {
        "declared": "by hand: that the features are what feature_id says has not been checked",
        "null": "zeros" if null_features is None else null_features.name,
        "source": path.name,
        "source_sha256": file_sha256(path),
    }
    description = Description(identity, null, provenance)
    problem = identity_problem(description)
    if problem is not None:
        raise ConfigError(f"--feature-id: {problem.text}", remedy="see `vidsumm data declare --help`")
    return declare_features(path, output, description, kind=named)


def invent_features(
    output: Path,
    layout: str,
    *,
    videos: int,
    channels: int,
    agreement: float = 0.0,
    seed: int = 0,
    overwrite: bool = False,
) -> None:
    """Writes invented annotated features: TVSum's shape with known modes, or Mr. HiSum's at any size.

    Args:
        output: where to.
        layout: one of `LAYOUTS`.
        videos: how many.
        channels: C.
        agreement: of the annotators, see `SyntheticConfig`; Mr. HiSum has one for each video.
        seed: of everything.
        overwrite: replace `output`.

    Raises:
        ConfigError: no such layout, or impossible sizes.
        OutputError: the file cannot be written.
    """
    require_free(output, overwrite=overwrite)
    if layout not in LAYOUTS:
        raise ConfigError(f"--layout {layout}: unknown", remedy="give one of " + ", ".join(LAYOUTS))
    if layout == "mrhisum":
        write_synthetic_mrhisum(output, videos, seed, channels)
    else:
        write_synthetic(output, SyntheticConfig(videos=videos, feature_dim=channels, agreement=agreement, seed=seed))
