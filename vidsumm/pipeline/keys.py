"""Cache keys: each covers everything that can change a single bit of the result it stands for."""

import dataclasses
import platform
from typing import Any

import torch

from vidsumm.array_file import array_sha256
from vidsumm.cache import key_of
from vidsumm.config import ShotConfig, SummarizeConfig
from vidsumm.features.feature_id import feature_id
from vidsumm.features.registry import BackboneFile
from vidsumm.pipeline.features import SampleFeatures
from vidsumm.pipeline.networks import Networks
from vidsumm.pipeline.source import Source
from vidsumm.versions import installed_versions
from vidsumm.video.sampling import SamplePlan

__all__ = ["content_key", "curve_key", "features_key", "hardware", "shots_key"]

_FEATURE_PACKAGES = ("vidsumm", "torch", "torchvision", "numpy", "av", "decord")
_SHOT_PACKAGES = ("vidsumm", "numpy", "scipy", "ruptures")
_REVISION = 2
"""Increased when our own code rounds differently under the same version. 2: averages are taken after convolutions, the
latent MLP is fused."""


def features_key(source: Source, plan: SamplePlan, backbone: BackboneFile, config: SummarizeConfig) -> str:
    """Returns the cache key of a `SampleFeatures`.

    Args:
        source: the video, with the time stamps of its chosen stream.
        plan: which frames are sampled.
        backbone: the feature network.
        config: how frames are decoded, and the batch size, on which the rounding of sums depends.
    """
    decode = dataclasses.asdict(config.decode)
    del decode["stall_s"]  # it decides when a decoder is stopped, not what it delivers
    info = source.info
    parts = {
        "source": source.sha256,
        "stream": dataclasses.asdict(info.video),
        "clocks": [info.end_pts, array_sha256(info.frame_pts, info.key_pts)],
        "plan": array_sha256(plan.grid_s, plan.frame_idx),
        "decode": decode,
        "feature_id": feature_id(backbone, config.decode.fps),
        "weights": backbone.weights_sha256,
        "precision": backbone.precision,
        "batch_size": config.features.batch_size,
        "hardware": hardware(backbone.device),
        "versions": installed_versions(_FEATURE_PACKAGES),
        "revision": _REVISION,
    }
    return key_of("features", parts)


def content_key(key: str, features: SampleFeatures) -> str:
    """Returns a key for these features, on which the keys of the shots and curves computed from them depend.

    The key of the features alone is not enough: in one of two runs with the same key a decoder may fail, and the
    decoder that takes over delivers slightly different pixels.

    Args:
        key: the key of the features, see `features_key`.
        features: the features of this run.
    """
    return f"{key} {array_sha256(features.features)}"


def shots_key(content: str, config: ShotConfig) -> str:
    """Returns the cache key of the changes of scene, the borders of the base shots.

    Args:
        content: see `content_key`; it covers the features.
        config: how changes of scene are found.
    """
    found_by = dataclasses.asdict(config)
    if config.segmenter != "uniform":
        del found_by["max_shot_s"]  # longer shots are divided afterwards
    parts = {"content": content, "change_points": found_by, "versions": installed_versions(_SHOT_PACKAGES)}
    return key_of("shots", parts)


def curve_key(content: str, networks: Networks, seed: int) -> str:
    """Returns the cache key of one curve.

    Args:
        content: see `content_key`, or the contents of several videos; it covers the features.
        networks: the model and its sampling options.
        seed: seed of the curve.
    """
    parts = {
        "content": content,
        "checkpoint": networks.info.sha256,
        "options": dataclasses.asdict(networks.options),
        "hardware": hardware(networks.device),
        "seed": seed,
    }
    return key_of("curves", parts)


def hardware(device: torch.device) -> dict[str, Any]:
    """Returns the facts about a device on which the rounding of a network's sums depends."""
    if device.type == "cuda":
        return {"device": device.type, "name": torch.cuda.get_device_properties(device).name}
    instructions = torch.backends.cpu.get_cpu_capability()
    threads = torch.get_num_threads()
    return {"device": device.type, "machine": platform.machine(), "instructions": instructions, "threads": threads}
