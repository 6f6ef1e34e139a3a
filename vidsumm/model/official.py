"""Reads the authors' state dicts, so that networks trained with the official code run here."""

import re
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from vidsumm.errors import ResourceError
from vidsumm.model.config import DenoiserName, ModelConfig
from vidsumm.model.official_names import DENOISER_LAYERS, rename_official
from vidsumm.model.summdiff import SummDiff

__all__ = ["config_from_state", "from_official", "read_official"]

_NESTED_UNDER = ("model", "state_dict", "model_state_dict")
_PARALLEL = "module."  # torch's DataParallel puts it before every name

_REMEDY = "give a state dict saved by the official code with torch.save"


def read_official(path: Path) -> dict[str, Tensor]:
    """Reads an official state dict from a file that torch wrote, where it may lie under ``model`` or the like.

    Only tensors and plain containers are unpickled (``weights_only``), so no code in the file is run.

    Raises:
        ResourceError: the file cannot be read, holds code, or holds no state dict.
    """
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except OSError as error:
        raise _unusable(path, (error.strerror or str(error)).lower()) from error
    except Exception as error:  # the unpickler can raise any error for damaged files
        raise _unusable(path, "it holds something other than tensors") from error
    for key in _NESTED_UNDER:
        if isinstance(content, dict) and isinstance(content.get(key), dict):
            content = content[key]
            break
    if not _is_state(content):
        raise _unusable(path, "it holds no state dict")
    return {name.removeprefix(_PARALLEL): tensor for name, tensor in content.items()}


def config_from_state(
    state: dict[str, Tensor], *, heads: int = 8, temperature: float = 2.0, bins: int = 200
) -> ModelConfig:
    """Returns the configuration of the network of a state dict, as far as names and shapes show it.

    Args:
        state: official names to tensors.
        heads: attention heads, which no shape shows.
        temperature: temperature of the scores, which no shape shows.
        bins: K where scores are embedded by sinusoids; learned embeddings show theirs.

    Raises:
        ResourceError: it is not the state dict of a SummDiff network, or `heads` does not divide its width.
    """
    denoiser = _denoiser_of(state)
    learned = state.get("transformer.diffusion_decoder.noise_embed.weight")
    return ModelConfig(
        feature_dim=_shape(state, "input_vid_proj.0.net.1.weight")[1],
        width=_shape(state, "global_rep_token")[0],
        heads=heads,
        feedforward=_feedforward(state),
        input_layers=_count(state, r"input_vid_proj\.(\d+)\.net\.1\.weight"),
        encoder_layers=_count(state, r"transformer\.encoder\.layers\.(\d+)\.linear1\.weight"),
        denoiser=denoiser,
        denoiser_layers=_count(state, DENOISER_LAYERS[denoiser]),
        bins=bins if learned is None else len(learned) - 1,
        temperature=temperature,
        score_embedding="sinusoidal" if learned is None else "learned",
    )


def from_official(state: dict[str, Tensor], config: ModelConfig, null_features: Tensor) -> SummDiff:
    """Makes a network with the weights of an official state dict, in evaluation mode.

    Args:
        state: official names to tensors.
        config: the configuration of the state dict.
        null_features: (C,) features of the null video.

    Raises:
        ResourceError: names or shapes do not fit `config`, or some number is not finite.
    """
    model = SummDiff(config, null_features)
    tensors = rename_official(state, config) | {"null_features": torch.as_tensor(null_features).float()}
    try:
        model.load_state_dict(tensors)
    except RuntimeError as error:
        line = " ".join(str(error).split())[:300]
        raise ResourceError(f"official checkpoint does not fit: {line}", remedy="check its configuration") from error
    if not all(bool(tensor.isfinite().all()) for tensor in tensors.values()):
        raise ResourceError("official checkpoint: it holds numbers that are not finite", remedy=_REMEDY)
    return model.eval()


def _is_state(content: Any) -> bool:
    return (
        isinstance(content, dict)
        and bool(content)
        and all(isinstance(name, str) and isinstance(value, Tensor) for name, value in content.items())
    )


def _denoiser_of(state: dict[str, Tensor]) -> DenoiserName:
    for denoiser, pattern in DENOISER_LAYERS.items():
        if _count(state, pattern):
            return denoiser
    raise ResourceError("not a SummDiff network: its denoiser is not known", remedy=_REMEDY)


def _feedforward(state: dict[str, Tensor]) -> int:
    """Returns the width of the first feed-forward layer; where there is none, the width does not matter."""
    pattern = r"transformer\.(encoder|diffusion_decoder)\.layers\.(\d+\.linear1|blocks\.\d+\.mlp\.layers\.0)\.weight"
    widths = (len(tensor) for name, tensor in state.items() if re.fullmatch(pattern, name) and tensor.ndim)
    return next(widths, 1024)


def _count(state: dict[str, Tensor], pattern: str) -> int:
    """Returns how many different numbers the group of `pattern` matches among the names."""
    return len({match[1] for match in (re.fullmatch(pattern, name) for name in state) if match})


def _shape(state: dict[str, Tensor], name: str) -> tuple[int, ...]:
    expected = 1 if name == "global_rep_token" else 2
    if name not in state or state[name].ndim != expected:
        raise ResourceError(f"not a SummDiff network: {name!r} is missing or has another shape", remedy=_REMEDY)
    return tuple(state[name].shape)


def _unusable(path: Path, why: str) -> ResourceError:
    return ResourceError(f"{path} is not a usable official checkpoint: {why}", remedy=_REMEDY)
