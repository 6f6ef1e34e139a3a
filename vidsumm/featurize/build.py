"""Builds a feature file from annotated videos: ``vidsumm features``."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from vidsumm.config import SummarizeConfig
from vidsumm.datasets.annotation import Annotation
from vidsumm.datasets.feature_info import FeatureInfo
from vidsumm.datasets.reading import read_annotations
from vidsumm.datasets.writing import write_dataset
from vidsumm.errors import ConfigError
from vidsumm.events import EventSink, ignore
from vidsumm.features.backbone import Backbone
from vidsumm.features.feature_id import feature_id
from vidsumm.features.registry import load_backbone
from vidsumm.featurize.extract import PickFeatures, black_frame_features, extract_at_picks
from vidsumm.featurize.matching import match_videos
from vidsumm.files import file_sha256, require_free
from vidsumm.progress import Progress
from vidsumm.versions import result_versions

__all__ = ["build_features"]


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
    """Computes features at the picks of annotated videos and writes the feature file.

    Args:
        videos: files, found by their names, see `match_videos`.
        annotations_path: annotations in the eccv16 layout.
        output: the HDF5 file to write.
        settings: backbone and decoder; ``decode.fps`` is the nominal rate of the picks.
        given: files by key, whatever they are called. Where `videos` and `only` are empty, only these are used.
        only: keys of the videos wanted; all where empty.
        overwrite: replace `output`.
        on_event: receives the progress of each video.

    Returns:
        One line that says what was written.

    Raises:
        ConfigError: `given` or `only` names a video that the annotations lack.
        InputError: the annotations cannot be read, a video has no file, or its file is another video.
        DecodeError: a video cannot be decoded.
        ResourceError: the backbone is not available.
        OutputError: `output` exists or cannot be written.
    """
    require_free(output, overwrite=overwrite)
    annotations = read_annotations(annotations_path)
    given = given or {}
    for name, keys in (("only", only), ("given", given)):
        for key in keys:
            if key not in annotations:
                raise ConfigError(f"`{name}={key}`: no such video in {annotations_path}", remedy="check the key")
    wanted = only or (given if given and not videos else annotations)
    chosen = {key: annotations[key] for key in annotations if key in wanted}
    files = match_videos(chosen, videos, given)
    features = settings.features
    backbone = load_backbone(features.backbone, weights=features.backbone_weights, device=features.device)
    found = {
        key: _extract(files[key], annotation, backbone, settings, progress=Progress(on_event, (files[key],)))
        for key, annotation in chosen.items()
    }
    provenance = {
        "annotations": annotations_path.name,
        "annotations_sha256": file_sha256(annotations_path),
        "backbone_weights_sha256": backbone.weights_sha256,
        "precision": backbone.precision,
        "matched": {key: video.match for key, video in found.items()},
        "versions": result_versions(),
    }
    info = FeatureInfo(feature_id(backbone, settings.decode.fps), black_frame_features(backbone), provenance)
    features_of = {key: video.features for key, video in found.items()}
    write_dataset(output, annotations_path, features_of, info)
    return f"{output}: {len(found)} videos, {sum(map(len, features_of.values()))} samples, {info.feature_id}"


def _extract(
    path: Path, annotation: Annotation, backbone: Backbone, settings: SummarizeConfig, *, progress: Progress
) -> PickFeatures:
    """Computes the features of one video and reports them as a stage."""
    with progress.stage("decode", len(annotation.picks), "frames") as done:
        found = extract_at_picks(
            path,
            annotation,
            backbone,
            settings,
            on_progress=lambda n: progress.advance("decode", n),
            on_notice=progress.notice,
        )
        how = ", matched by time" if found.match == "time" else ""
        done(f"{annotation.key}, {len(annotation.picks)} frames{how}")
    return found
