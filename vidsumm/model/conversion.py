"""Converts a checkpoint that was trained with the authors' code to one of vidsumm."""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from vidsumm.errors import ConfigError, InputError, ResourceError
from vidsumm.files import file_sha256, require_free
from vidsumm.model.checkpoint import save_checkpoint
from vidsumm.model.config import ModelConfig
from vidsumm.model.official import config_from_state, from_official, read_official
from vidsumm.null_features import read_null_features
from vidsumm.settings import Settings, setting

__all__ = ["UNKNOWN_FEATURES", "Conversion", "convert_official"]

UNKNOWN_FEATURES = "unknown:000000000000:unknown:2fps"
"""Feature id of a checkpoint whose features are not known: no features match it, so it cannot be used by mistake."""


@dataclass(frozen=True)
class Conversion(Settings):
    """What an official state dict does not say."""

    heads: int = setting(8, "Attention heads", low=1, high=4096)
    temperature: float = setting(
        2.0, "Temperature of the scores, ``sigmoid_temp`` in the official configuration", above=0, high=100
    )
    bins: int = setting(
        200, "K, read only where scores are embedded by sinusoids; learned embeddings show theirs", low=1, high=65535
    )
    guidance: float = setting(0.0, "Guidance weight that the checkpoint stores as its default", low=0, high=20)
    null_video: Path | None = None
    """The .npy file with the features (C,) of a black frame; None for zeros."""
    feature_id: str = UNKNOWN_FEATURES
    """Feature id of the features that the network takes."""


def convert_official(source: Path, output: Path, options: Conversion, *, overwrite: bool = False) -> ModelConfig:
    """Reads an official checkpoint and writes `output`, whose card says where it comes from.

    Args:
        source: the official checkpoint.
        output: the .safetensors file to write.
        options: what `source` does not say.
        overwrite: replace `output`.

    Returns:
        The configuration of the network.

    Raises:
        ConfigError: `output` is not named .safetensors, or an option does not fit the network.
        ResourceError: `source` is missing, damaged, holds code or another network.
        OutputError: `output` exists or cannot be written.
    """
    if output.suffix != ".safetensors":
        raise ConfigError(f"`output={output}` is not a .safetensors file", remedy="end the name in .safetensors")
    require_free(output, overwrite=overwrite)
    state = read_official(source)
    _require_heads(state, options.heads)
    try:
        config = config_from_state(state, heads=options.heads, temperature=options.temperature, bins=options.bins)
        model = from_official(state, config, _null_features(options.null_video, config.feature_dim))
    except ResourceError as error:
        raise ResourceError(f"{source}: {error.what}", remedy=error.remedy) from error
    origin = {"converted_from": source.name, "sha256": file_sha256(source), "format": "official state dict"}
    save_checkpoint(
        output,
        model,
        feature_id=options.feature_id,
        guidance=options.guidance,
        training=origin | {"given": {"heads": options.heads, "temperature": options.temperature}},
        card=origin | {"split": "unknown", "licence": "not stated", "null_video": _null_name(options.null_video)},
    )
    return config


def _require_heads(state: dict[str, Tensor], heads: int) -> None:
    token = state.get("global_rep_token")
    if token is not None and token.numel() % heads:
        raise ConfigError(f"`heads={heads}` does not divide the network's width {token.numel()}", remedy="give another")


def _null_features(path: Path | None, channels: int) -> Tensor:
    """Returns (C,) float32: the features in a .npy file, or zeros if there is none.

    Raises:
        InputError: the file cannot be used, or the network takes another number of features.
    """
    if path is None:
        return torch.zeros(channels)
    null = read_null_features(path)
    if len(null) != channels:
        raise InputError(
            f"{path}: {len(null)} features, but the network takes {channels}",
            remedy="give `null_video` the features of a black frame that the network was trained on",
        )
    return torch.from_numpy(null)


def _null_name(path: Path | None) -> str:
    return "zeros" if path is None else path.name
