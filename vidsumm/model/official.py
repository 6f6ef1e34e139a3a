"""Names of the authors' state dict, so that networks trained with the official code run here."""

import re

import torch
from torch import Tensor

from vidsumm.errors import ResourceError
from vidsumm.model.config import ModelConfig
from vidsumm.model.summdiff import SummDiff

__all__ = ["from_official", "rename_official"]

# (pattern of the official name, name here); a name that matches none of them is refused
_RULES: tuple[tuple[str, str | None], ...] = (
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
    (r"transformer\.diffusion_decoder\.noise_embed\.weight", "codebook.embedding.weight"),
    (r"transformer\.diffusion_decoder\.noise_map\.layers\.0\.(\w+)", r"codebook.mlp.0.\1"),
    (r"transformer\.diffusion_decoder\.noise_map\.layers\.1\.(\w+)", r"codebook.mlp.2.\1"),
    (r"transformer\.diffusion_decoder\.norm\.(\w+)", r"norm.\1"),
    (r"transformer\.diff_scores_embed\.layers\.0\.(\w+)", r"head.0.\1"),
    (r"transformer\.diff_scores_embed\.layers\.1\.(\w+)", r"head.2.\1"),
    (r"transformer\.diffusion_decoder\.pos_emb\..*", None),
    (r"transformer\.[a-z0-9_]+", None),  # buffers of the noise schedule
)
_DIT = r"transformer\.diffusion_decoder\.layers\."
_DENOISER_RULES: dict[str, tuple[tuple[str, str | None], ...]] = {
    "dit": (
        (r"transformer\.diffusion_decoder\.time_mlp\.mlp\.(\d)\.(\w+)", r"denoiser.time_mlp.\1.\2"),
        (_DIT + r"blocks\.(\d+)\.adaLN_modulation\.1\.(\w+)", r"denoiser.blocks.\1.modulation.1.\2"),
        (_DIT + r"blocks\.(\d+)\.q_proj\.(\w+)", r"denoiser.blocks.\1.query.\2"),
        (_DIT + r"blocks\.(\d+)\.k_proj\.(\w+)", r"denoiser.blocks.\1.key.\2"),
        (_DIT + r"blocks\.(\d+)\.v_proj\.(\w+)", r"denoiser.blocks.\1.value.\2"),
        (_DIT + r"blocks\.(\d+)\.attn\.out_proj\.(\w+)", r"denoiser.blocks.\1.attention_out.\2"),
        (_DIT + r"blocks\.(\d+)\.mlp\.layers\.0\.(\w+)", r"denoiser.blocks.\1.mlp.0.\2"),
        (_DIT + r"blocks\.(\d+)\.mlp\.layers\.1\.(\w+)", r"denoiser.blocks.\1.mlp.2.\2"),
        (_DIT + r"final_layer\.adaLN_modulation\.1\.(\w+)", r"denoiser.final_modulation.1.\1"),
        (_DIT + r"final_layer\.linear\.(\w+)", r"denoiser.final_linear.\1"),
    ),
    "latent-mlp": (
        (r"transformer\.diffusion_decoder\.time_mlp\..*", None),
        (_DIT + r"time_embed\.(\d)\.(\w+)", r"denoiser.time_mlp.\1.\2"),
        (_DIT + r"input_proj\.(\w+)", r"denoiser.input.\1"),
        (_DIT + r"conv1d\.(\w+)", r"denoiser.conv.\1"),
        (_DIT + r"res_blocks\.(\d+)\.in_layers\.(\d)\.(\w+)", r"denoiser.blocks.\1.input.\2.\3"),
        (_DIT + r"res_blocks\.(\d+)\.emb_layers\.1\.(\w+)", r"denoiser.blocks.\1.time.1.\2"),
        (_DIT + r"res_blocks\.(\d+)\.context_layers\.1\.(\w+)", r"denoiser.blocks.\1.context.1.\2"),
        (_DIT + r"res_blocks\.(\d+)\.convs\.(\w+)", r"denoiser.blocks.\1.conv.\2"),
        (_DIT + r"res_blocks\.(\d+)\.out_layers\.(\d)\.(\w+)", r"denoiser.blocks.\1.output.\2.\3"),
        (_DIT + r"out\.(\d)\.(\w+)", r"denoiser.output.\1.\2"),
    ),
}


def _rename(name: str, rules: tuple[tuple[str, str | None], ...]) -> str | None:
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
    rules = _DENOISER_RULES[config.denoiser] + _RULES
    renamed = {_rename(name, rules): tensor for name, tensor in state.items()}
    return {name: tensor for name, tensor in renamed.items() if name is not None}


def from_official(state: dict[str, Tensor], config: ModelConfig, null_features: Tensor) -> SummDiff:
    """A network with the weights of an official state dict.

    Args:
        state: official names to tensors.
        config: the shapes the state dict was trained with.
        null_features: (C,) the null video's features.

    Raises:
        ResourceError: names or shapes do not fit `config`.
    """
    model = SummDiff(config, null_features)
    tensors = rename_official(state, config) | {"null_features": torch.as_tensor(null_features).float()}
    try:
        model.load_state_dict(tensors)
    except RuntimeError as error:
        line = " ".join(str(error).split())[:300]
        raise ResourceError(f"official checkpoint does not fit: {line}", remedy="check its configuration") from error
    return model.eval()
