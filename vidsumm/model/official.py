"""Reads the authors' state dicts, so that networks trained with the official code run here."""

import re
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from vidsumm.errors import ResourceError
from vidsumm.model.config import DenoiserName, ModelConfig, ScoreEmbeddingName
from vidsumm.model.summdiff import SummDiff

__all__ = ["config_from_state", "from_official", "read_official", "rename_official"]

Rules = tuple[tuple[str, str | None], ...]
"""(pattern of the official name, name here or None for what is not used); a name that matches none is refused."""

_NESTED_UNDER = ("model", "state_dict", "model_state_dict")
_PARALLEL = "module."  # put before every name by torch's DataParallel

_REMEDY = "give a state dict saved by the official code with torch.save"

_RULES: Rules = (
    (r"global_rep_token", "encoder.global_token"),
    (r"global_rep_pos", "encoder.global_position"),
    (r"input_vid_proj\.(\d+)\.LayerNorm\.(\w+)", r"encoder.projection.norms.\1.\2"),
    (r"input_vid_proj\.(\d+)\.net\.1\.(\w+)", r"encoder.projection.linears.\1.\2"),
    (r"transformer\.encoder\.layers\.(\d+)\.self_attn\.in_proj_(\w+)", r"encoder.layers.\1.qkv.\2"),
    (r"transformer\.encoder\.layers\.(\d+)\.self_attn\.out_proj\.(\w+)", r"encoder.layers.\1.attention_out.\2"),
    (r"transformer\.encoder\.layers\.(\d+)\.linear1\.(\w+)", r"encoder.layers.\1.feedforward.0.\2"),
    (r"transformer\.encoder\.layers\.(\d+)\.activation\.(\w+)", r"encoder.layers.\1.feedforward.1.\2"),
    (r"transformer\.encoder\.layers\.(\d+)\.linear2\.(\w+)", r"encoder.layers.\1.feedforward.3.\2"),
    (r"transformer\.encoder\.layers\.(\d+)\.norm1\.(\w+)", r"encoder.layers.\1.norm_attention.\2"),
    (r"transformer\.encoder\.layers\.(\d+)\.norm2\.(\w+)", r"encoder.layers.\1.norm_feedforward.\2"),
    (r"transformer\.diffusion_decoder\.norm\.(\w+)", r"norm.\1"),
    (r"transformer\.diff_scores_embed\.layers\.0\.(\w+)", r"head.0.\1"),
    (r"transformer\.diff_scores_embed\.layers\.1\.(\w+)", r"head.2.\1"),
    (r"transformer\.diffusion_decoder\.pos_emb\..*", None),
    (r"transformer\.[a-z0-9_]+", None),  # buffers of the noise schedule
)
_DECODER = r"transformer\.diffusion_decoder\."
_EMBEDDING_RULES: dict[ScoreEmbeddingName, Rules] = {
    "learned": (
        (_DECODER + r"noise_embed\.weight", "codebook.embedding.weight"),
        (_DECODER + r"noise_map\.layers\.0\.(\w+)", r"codebook.mlp.0.\1"),
        (_DECODER + r"noise_map\.layers\.1\.(\w+)", r"codebook.mlp.2.\1"),
    ),
    "sinusoidal": (
        (_DECODER + r"noise_embed\.1\.(\w+)", r"codebook.mlp.0.\1"),
        (_DECODER + r"noise_embed\.3\.(\w+)", r"codebook.mlp.2.\1"),
    ),
}
_TIME_RULES: Rules = ((_DECODER + r"time_mlp\.mlp\.(\d)\.(\w+)", r"denoiser.time_mlp.\1.\2"),)
_LAYERS = _DECODER + r"layers\."
_DENOISER_RULES: dict[DenoiserName, Rules] = {
    "dit": (
        *_TIME_RULES,
        (_LAYERS + r"blocks\.(\d+)\.adaLN_modulation\.1\.(\w+)", r"denoiser.blocks.\1.modulation.1.\2"),
        (_LAYERS + r"blocks\.(\d+)\.q_proj\.(\w+)", r"denoiser.blocks.\1.query.\2"),
        (_LAYERS + r"blocks\.(\d+)\.k_proj\.(\w+)", r"denoiser.blocks.\1.key.\2"),
        (_LAYERS + r"blocks\.(\d+)\.v_proj\.(\w+)", r"denoiser.blocks.\1.value.\2"),
        (_LAYERS + r"blocks\.(\d+)\.attn\.out_proj\.(\w+)", r"denoiser.blocks.\1.attention_out.\2"),
        (_LAYERS + r"blocks\.(\d+)\.mlp\.layers\.0\.(\w+)", r"denoiser.blocks.\1.mlp.0.\2"),
        (_LAYERS + r"blocks\.(\d+)\.mlp\.layers\.1\.(\w+)", r"denoiser.blocks.\1.mlp.2.\2"),
        (_LAYERS + r"final_layer\.adaLN_modulation\.1\.(\w+)", r"denoiser.final_modulation.1.\1"),
        (_LAYERS + r"final_layer\.linear\.(\w+)", r"denoiser.final_linear.\1"),
    ),
    "latent-mlp": (
        (_DECODER + r"time_mlp\..*", None),
        (_LAYERS + r"time_embed\.(\d)\.(\w+)", r"denoiser.time_mlp.\1.\2"),
        (_LAYERS + r"input_proj\.(\w+)", r"denoiser.input.\1"),
        (_LAYERS + r"conv1d\.(\w+)", r"denoiser.conv.\1"),
        (_LAYERS + r"res_blocks\.(\d+)\.in_layers\.(\d)\.(\w+)", r"denoiser.blocks.\1.input.\2.\3"),
        (_LAYERS + r"res_blocks\.(\d+)\.emb_layers\.1\.(\w+)", r"denoiser.blocks.\1.time.1.\2"),
        (_LAYERS + r"res_blocks\.(\d+)\.context_layers\.1\.(\w+)", r"denoiser.blocks.\1.context.1.\2"),
        (_LAYERS + r"res_blocks\.(\d+)\.convs\.(\w+)", r"denoiser.blocks.\1.conv.\2"),
        (_LAYERS + r"res_blocks\.(\d+)\.out_layers\.(\d)\.(\w+)", r"denoiser.blocks.\1.output.\2.\3"),
        (_LAYERS + r"out\.(\d)\.(\w+)", r"denoiser.output.\1.\2"),
    ),
    "decoder": (
        *_TIME_RULES,
        (_LAYERS + r"(\d+)\.ca_qcontent_proj\.(\w+)", r"denoiser.layers.\1.query.\2"),
        (_LAYERS + r"(\d+)\.ca_kcontent_proj\.(\w+)", r"denoiser.layers.\1.key.\2"),
        (_LAYERS + r"(\d+)\.ca_v_proj\.(\w+)", r"denoiser.layers.\1.value.\2"),
        (_LAYERS + r"(\d+)\.cross_attn\.out_proj\.(\w+)", r"denoiser.layers.\1.attention_out.\2"),
        (_LAYERS + r"(\d+)\.norm2\.(\w+)", r"denoiser.layers.\1.norm_attention.\2"),
        (_LAYERS + r"(\d+)\.linear1\.(\w+)", r"denoiser.layers.\1.feedforward.0.\2"),
        (_LAYERS + r"(\d+)\.activation\.(\w+)", r"denoiser.layers.\1.feedforward.1.\2"),
        (_LAYERS + r"(\d+)\.linear2\.(\w+)", r"denoiser.layers.\1.feedforward.3.\2"),
        (_LAYERS + r"(\d+)\.norm3\.(\w+)", r"denoiser.layers.\1.norm_feedforward.\2"),
        # no path leads through these
        (_LAYERS + r"\d+\.(sa_\w+|self_attn|norm1|ca_qpos_proj|ca_kpos_proj|ca_qpos_sine_proj)\..*", None),
    ),
}
_SIGNS: dict[DenoiserName, str] = {
    "dit": r"blocks\.(\d+)\.q_proj\.weight",
    "latent-mlp": r"res_blocks\.(\d+)\.convs\.weight",
    "decoder": r"(\d+)\.ca_qcontent_proj\.weight",
}
"""What tells a denoiser in a state dict, and counts its layers."""


def read_official(path: Path) -> dict[str, Tensor]:
    """The official state dict in a file that torch wrote, as such or under ``model``, ``state_dict`` and the like.

    Only tensors and plain containers are unpickled (``weights_only``): nothing in the file is run.

    Raises:
        ResourceError: the file cannot be read, would have to be run, or holds no state dict.
    """
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except OSError as error:
        raise _unusable(path, (error.strerror or str(error)).lower()) from error
    except Exception as error:  # bytes from anywhere make the unpickler fail in any way
        raise _unusable(path, "it is no file of tensors alone") from error
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
    """The configuration a state dict was made with, as far as its names and shapes tell.

    Args:
        state: official names to tensors.
        heads: attention heads, which no shape tells.
        temperature: of the scores, which no shape tells.
        bins: K where scores are embedded by sinusoids; learned embeddings tell theirs.

    Raises:
        ResourceError: not the state dict of a SummDiff network, or `heads` do not divide its width.
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
        denoiser_layers=_count(state, _LAYERS + _SIGNS[denoiser]),
        bins=bins if learned is None else len(learned) - 1,
        temperature=temperature,
        score_embedding="sinusoidal" if learned is None else "learned",
    )


def _is_state(content: Any) -> bool:
    return (
        isinstance(content, dict)
        and bool(content)
        and all(isinstance(name, str) and isinstance(value, Tensor) for name, value in content.items())
    )


def _denoiser_of(state: dict[str, Tensor]) -> DenoiserName:
    for denoiser, sign in _SIGNS.items():
        if _count(state, _LAYERS + sign):
            return denoiser
    raise ResourceError("no SummDiff network: its denoiser is not known", remedy=_REMEDY)


def _feedforward(state: dict[str, Tensor]) -> int:
    """Width of the first feed-forward layer there is; a network without one has none to tell."""
    pattern = r"transformer\.(encoder|diffusion_decoder)\.layers\.(\d+\.linear1|blocks\.\d+\.mlp\.layers\.0)\.weight"
    widths = (len(tensor) for name, tensor in state.items() if re.fullmatch(pattern, name) and tensor.ndim)
    return next(widths, 1024)


def _count(state: dict[str, Tensor], pattern: str) -> int:
    return len({match[1] for match in (re.fullmatch(pattern, name) for name in state) if match})


def _shape(state: dict[str, Tensor], name: str) -> tuple[int, ...]:
    expected = 1 if name == "global_rep_token" else 2
    if name not in state or state[name].ndim != expected:
        raise ResourceError(f"no SummDiff network: {name!r} is missing or has another shape", remedy=_REMEDY)
    return tuple(state[name].shape)


def _unusable(path: Path, why: str) -> ResourceError:
    return ResourceError(f"{path} is not a usable official checkpoint: {why}", remedy=_REMEDY)


def _rename(name: str, rules: Rules) -> str | None:
    for pattern, here in rules:
        match = re.fullmatch(pattern, name)
        if match:
            return None if here is None else match.expand(here)
    raise ResourceError(f"official checkpoint: unknown tensor {name!r}", remedy="check its denoiser and version")


def rename_official(state: dict[str, Tensor], config: ModelConfig) -> dict[str, Tensor]:
    """The official state dict under the names used here; tensors that are not parameters are left out.

    Raises:
        ResourceError: a tensor of unknown name.
    """
    rules = _DENOISER_RULES[config.denoiser] + _EMBEDDING_RULES[config.score_embedding] + _RULES
    renamed = {_rename(name, rules): tensor for name, tensor in state.items()}
    return {name: tensor for name, tensor in renamed.items() if name is not None}


def from_official(state: dict[str, Tensor], config: ModelConfig, null_features: Tensor) -> SummDiff:
    """A network with the weights of an official state dict.

    Args:
        state: official names to tensors.
        config: the shapes the state dict was trained with.
        null_features: (C,) the null video's features.

    Raises:
        ResourceError: names or shapes do not fit `config`, or a number is not finite.
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
