"""The keys under which the costly stages keep what they give: all that can influence a single bit of it."""

import dataclasses
import platform
from typing import Any

import torch

from vidsumm.cache import array_sha256, key_of
from vidsumm.config import ShotConfig, SummarizeConfig
from vidsumm.features.backbones import BackboneFile
from vidsumm.features.feature_id import feature_id
from vidsumm.pipeline.analysis import FrameDescription
from vidsumm.pipeline.networks import Networks
from vidsumm.pipeline.source import Source
from vidsumm.versions import installed
from vidsumm.video.frames import SamplePlan

__all__ = ["curve_key", "described_key", "features_key", "hardware", "shots_key"]

_DESCRIBING = ("vidsumm", "torch", "torchvision", "numpy", "av", "decord")
_SEGMENTING = ("vidsumm", "numpy", "scipy", "ruptures")
_REVISION = 2
"""Goes up where our own code rounds other than before under the same version; 2: averages behind convolutions, fused
latent MLP."""


def features_key(source: Source, plan: SamplePlan, backbone: BackboneFile, config: SummarizeConfig) -> str:
    """Key of a `FrameDescription`, and with it of all that is made of one, see `described_key`.

    Args:
        source: the video, with the clocks of its chosen stream.
        plan: the frames to describe.
        backbone: the network.
        config: how frames are decoded and how many the network takes at a time; batches decide how sums are rounded.
    """
    decode = dataclasses.asdict(config.decode)
    del decode["stall_s"]  # when a decoder is given up, not what it delivers
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
        "versions": installed(_DESCRIBING),
        "revision": _REVISION,
    }
    return key_of("features", parts)


def described_key(key: str, frames: FrameDescription) -> str:
    """What stands for described frames in the keys of all that is made of them.

    Two jobs under one key may see other pixels, where a decoder failed in one of them and the next one took over.

    Args:
        key: of the features.
        frames: what they are here.
    """
    return f"{key} {array_sha256(frames.features)}"


def shots_key(described: str, config: ShotConfig) -> str:
    """Key of `Shots`; `described` stands for the features and for the clocks of the video."""
    parts = {"described": described, "shots": dataclasses.asdict(config), "versions": installed(_SEGMENTING)}
    return key_of("shots", parts)


def curve_key(described: str, networks: Networks, seed: int) -> str:
    """Key of one curve; `described` stands for the features."""
    parts = {
        "described": described,
        "checkpoint": networks.info.sha256,
        "options": dataclasses.asdict(networks.options),
        "hardware": hardware(networks.backbone_file.device),
        "seed": seed,
    }
    return key_of("curves", parts)


def hardware(device: torch.device) -> dict[str, Any]:
    """What decides how a network's sums are rounded on a device."""
    if device.type == "cuda":
        return {"device": device.type, "name": torch.cuda.get_device_properties(device).name}
    instructions = torch.backends.cpu.get_cpu_capability()
    threads = torch.get_num_threads()
    return {"device": device.type, "machine": platform.machine(), "instructions": instructions, "threads": threads}
