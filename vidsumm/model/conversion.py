"""Makes a vidsumm checkpoint of a checkpoint trained with the authors' code."""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from vidsumm.errors import ConfigError, ResourceError
from vidsumm.files import file_sha256, require_free
from vidsumm.model.checkpoint import save_checkpoint
from vidsumm.model.config import ModelConfig
from vidsumm.model.official import config_from_state, from_official, read_official

__all__ = ["UNKNOWN_FEATURES", "Conversion", "convert_official"]

UNKNOWN_FEATURES = "unknown:000000000000:unknown:2fps"
"""Feature id where nobody says what the features were: it matches no features, so nothing is summarized by mistake."""

_NULL_REMEDY = "give a .npy file with the features of one black frame"


@dataclass(frozen=True)
class Conversion:
    """What an official state dict does not tell, in words of the options that do."""

    heads: int = 8
    """Attention heads (--heads)."""
    temperature: float = 2.0
    """Of the scores, ``sigmoid_temp`` there (--temperature)."""
    bins: int = 200
    """K, needed where scores are embedded by sinusoids (--bins)."""
    guidance: float = 0.0
    """Weight the checkpoint carries as its default (--guidance)."""
    null_video: Path | None = None
    """(C,) features of a black frame in a .npy file; zeros without (--null-video)."""
    feature_id: str = UNKNOWN_FEATURES
    """What the features were made with (--feature-id)."""

    def __post_init__(self) -> None:
        checks = {
            "--heads": (self.heads, 1 <= self.heads <= 4096),
            "--temperature": (self.temperature, 0 < self.temperature <= 100),
            "--bins": (self.bins, 1 <= self.bins <= 65535),
            "--guidance": (self.guidance, 0 <= self.guidance <= 20),
        }
        for flag, (value, ok) in checks.items():
            if not ok or not math.isfinite(value):
                raise ConfigError(f"{flag}: {value!r} is not allowed", remedy="see `vidsumm convert --help`")


def convert_official(source: Path, output: Path, options: Conversion, *, overwrite: bool = False) -> ModelConfig:
    """Reads an official checkpoint and writes `output`, whose card says where it came from.

    Returns:
        The configuration that was found.

    Raises:
        ConfigError: `output` is no .safetensors file, or an option does not fit the network.
        ResourceError: `source` is missing, damaged, would have to be run, or is another network.
        OutputError: `output` exists or cannot be written.
    """
    if output.suffix != ".safetensors":
        raise ConfigError(f"--output {output} is no .safetensors file", remedy="end the name in .safetensors")
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
        card=origin | {"split": "unknown", "licence": "not stated", "null_video": _named(options.null_video)},
    )
    return config


def _require_heads(state: dict[str, Tensor], heads: int) -> None:
    token = state.get("global_rep_token")
    if token is not None and token.numel() % heads:
        raise ConfigError(f"--heads {heads} does not divide the network's width {token.numel()}", remedy="give another")


def _null_features(path: Path | None, channels: int) -> Tensor:
    """(C,) float32 of a .npy file, zeros where none is given."""
    if path is None:
        return torch.zeros(channels)
    try:
        values = np.lib.format.open_memmap(path, mode="r")  # unlike np.load it leaves no archive open
    except (OSError, ValueError, EOFError) as error:
        raise ConfigError(f"--null-video {path}: no array can be read from it", remedy=_NULL_REMEDY) from error
    if values.shape != (channels,) or values.dtype.kind not in "fiu":
        raise ConfigError(f"--null-video {path}: not {channels} numbers", remedy=_NULL_REMEDY)
    if not np.isfinite(values).all():
        raise ConfigError(f"--null-video {path}: it holds numbers that are not finite", remedy=_NULL_REMEDY)
    return torch.tensor(values, dtype=torch.float32)


def _named(path: Path | None) -> str:
    return "zeros" if path is None else path.name
