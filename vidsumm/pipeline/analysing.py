"""Analyses a video: samples, features, changes of scene and thumbnails, from the cache where they are there."""

from vidsumm.cache import Cache
from vidsumm.config import SummarizeConfig
from vidsumm.export.page import count_of
from vidsumm.pipeline.analysis import Analysis, FeatureOrigin
from vidsumm.pipeline.features import SampleFeatures, extract_features
from vidsumm.pipeline.keys import content_key, features_key, shots_key
from vidsumm.pipeline.networks import Networks
from vidsumm.pipeline.recall import recall_change_points, recall_features
from vidsumm.pipeline.source import Source
from vidsumm.progress import Progress
from vidsumm.shots.segment import find_change_points
from vidsumm.versions import result_versions
from vidsumm.video.sampling import SamplePlan, plan_samples

__all__ = ["analyse"]


def analyse(source: Source, config: SummarizeConfig, networks: Networks, cache: Cache, progress: Progress) -> Analysis:
    """Analyses a probed video.

    Args:
        source: the video.
        config: settings of the run.
        networks: gives the backbone.
        cache: where earlier results are found and new ones are kept.
        progress: the run.

    Raises:
        DecodeError: the frames cannot be decoded.
        ResourceError: the backbone's weights are missing or damaged.
    """
    samples = plan_samples(source.info, config.decode.fps, is_fast=config.decode.fast)
    key = features_key(source, samples, networks.backbone_file, config)
    found = _find_features(source, samples, config, networks, cache, key=key, progress=progress)
    content = content_key(key, found)
    with progress.stage("shots") as done:
        change_points = recall_change_points(
            cache,
            shots_key(content, config.shots),
            progress,
            lambda: find_change_points(found.features, config=config.shots, fps=1.0 / samples.step_s),
        )
        changes = count_of(len(change_points), "change of scene", "changes of scene")
        done(f"{progress.origin('shots')}{changes} by {config.shots.segmenter}")
    backbone = networks.backbone_file
    return Analysis(
        source=source,
        samples=samples,
        features=found.features,
        off_s=found.off_s,
        change_points=change_points,
        thumbnails=found.thumbnails,
        thumbnail_times_s=found.thumbnail_times_s,
        decoder=found.decoder,
        origin=FeatureOrigin(networks.feature_id, backbone.weights_sha256, str(backbone.device), backbone.precision),
        decode=config.decode,
        feature_settings=config.features,
        shot_settings=config.shots,
        versions=result_versions(),
        content=content,
        log=progress.log(),
    )


def _find_features(
    source: Source,
    samples: SamplePlan,
    config: SummarizeConfig,
    networks: Networks,
    cache: Cache,
    *,
    key: str,
    progress: Progress,
) -> SampleFeatures:
    def extract() -> SampleFeatures:
        return extract_features(
            source.info,
            samples,
            networks.backbone,
            config,
            on_progress=lambda n: progress.advance("decode", n),
            on_notice=progress.notice,
        )

    count = len(samples.unique_idx)
    with progress.stage("decode", count, "frames") as done:
        found = recall_features(cache, key, source, progress, extract)
        backbone = networks.backbone_file
        network = f"{backbone.spec.name} in {backbone.precision}"
        done(f"{progress.origin('decode')}{count} frames by {found.decoder}, {network}")
    if config.decode.fast:
        progress.notice(
            f"{source.info.path.name}: looked at frames beside the sampled ones, "
            f"{found.off_s.mean():.3f} s away on average and {found.off_s.max():.3f} s at most"
        )
    return found
