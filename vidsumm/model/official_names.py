"""The names of the authors' state dicts, and the names that the same tensors have here."""

import re

from torch import Tensor

from vidsumm.errors import ResourceError
from vidsumm.model.config import DenoiserName, ModelConfig, ScoreEmbeddingName

__all__ = ["DENOISER_LAYERS", "rename_official"]

Rules = tuple[tuple[str, str | None], ...]
"""Pairs of a pattern for official names and the name here, or None for tensors that are not used."""

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
        # the official code has these layers, but never calls them
        (_LAYERS + r"\d+\.(sa_\w+|self_attn|norm1|ca_qpos_proj|ca_kpos_proj|ca_qpos_sine_proj)\..*", None),
    ),
}
DENOISER_LAYERS: dict[DenoiserName, str] = {
    "dit": _LAYERS + r"blocks\.(\d+)\.q_proj\.weight",
    "latent-mlp": _LAYERS + r"res_blocks\.(\d+)\.convs\.weight",
    "decoder": _LAYERS + r"(\d+)\.ca_qcontent_proj\.weight",
}
"""Pattern of a name that each layer of a denoiser has, and no other denoiser; its group is the number of the layer."""


def rename_official(state: dict[str, Tensor], config: ModelConfig) -> dict[str, Tensor]:
    """Returns the official state dict under the names used here, without tensors that are not used.

    Raises:
        ResourceError: the name of a tensor is not known.
    """
    rules = _DENOISER_RULES[config.denoiser] + _EMBEDDING_RULES[config.score_embedding] + _RULES
    renamed = {_rename(name, rules): tensor for name, tensor in state.items()}
    return {name: tensor for name, tensor in renamed.items() if name is not None}


def _rename(name: str, rules: Rules) -> str | None:
    """Returns the name used here; None for a tensor that is not used."""
    for pattern, here in rules:
        match = re.fullmatch(pattern, name)
        if match:
            return None if here is None else match.expand(here)
    raise ResourceError(f"official checkpoint: unknown tensor {name!r}", remedy="check its denoiser and version")
