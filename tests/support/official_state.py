"""State dicts as the official code writes them, made from networks of vidsumm."""

import re

import torch
from torch import Tensor

from vidsumm.model.summdiff import SummDiff

_DECODER = "transformer.diffusion_decoder."
_LAYERS = _DECODER + "layers."
_ENCODER_LAYERS = "transformer.encoder.layers."
_NAMES: tuple[tuple[str, str], ...] = (
    (r"encoder\.global_token", "global_rep_token"),
    (r"encoder\.global_position", "global_rep_pos"),
    (r"encoder\.projection\.norms\.(\d+)", r"input_vid_proj.\1.LayerNorm"),
    (r"encoder\.projection\.linears\.(\d+)", r"input_vid_proj.\1.net.1"),
    (r"encoder\.layers\.(\d+)\.qkv\.(\w+)", _ENCODER_LAYERS + r"\1.self_attn.in_proj_\2"),
    (r"encoder\.layers\.(\d+)\.attention_out", _ENCODER_LAYERS + r"\1.self_attn.out_proj"),
    (r"encoder\.layers\.(\d+)\.feedforward\.0", _ENCODER_LAYERS + r"\1.linear1"),
    (r"encoder\.layers\.(\d+)\.feedforward\.1", _ENCODER_LAYERS + r"\1.activation"),
    (r"encoder\.layers\.(\d+)\.feedforward\.3", _ENCODER_LAYERS + r"\1.linear2"),
    (r"encoder\.layers\.(\d+)\.norm_attention", _ENCODER_LAYERS + r"\1.norm1"),
    (r"encoder\.layers\.(\d+)\.norm_feedforward", _ENCODER_LAYERS + r"\1.norm2"),
    (r"codebook\.embedding", _DECODER + "noise_embed"),
    (r"norm", _DECODER + "norm"),
    (r"head\.0", "transformer.diff_scores_embed.layers.0"),
    (r"head\.2", "transformer.diff_scores_embed.layers.1"),
    (r"denoiser\.final_modulation\.1", _LAYERS + "final_layer.adaLN_modulation.1"),
    (r"denoiser\.final_linear", _LAYERS + "final_layer.linear"),
    (r"denoiser\.blocks\.(\d+)\.modulation\.1", _LAYERS + r"blocks.\1.adaLN_modulation.1"),
    (r"denoiser\.blocks\.(\d+)\.query", _LAYERS + r"blocks.\1.q_proj"),
    (r"denoiser\.blocks\.(\d+)\.key", _LAYERS + r"blocks.\1.k_proj"),
    (r"denoiser\.blocks\.(\d+)\.value", _LAYERS + r"blocks.\1.v_proj"),
    (r"denoiser\.blocks\.(\d+)\.attention_out", _LAYERS + r"blocks.\1.attn.out_proj"),
    (r"denoiser\.blocks\.(\d+)\.mlp\.0", _LAYERS + r"blocks.\1.mlp.layers.0"),
    (r"denoiser\.blocks\.(\d+)\.mlp\.2", _LAYERS + r"blocks.\1.mlp.layers.1"),
    (r"denoiser\.input", _LAYERS + "input_proj"),
    (r"denoiser\.conv", _LAYERS + "conv1d"),
    (r"denoiser\.output\.(\d)", _LAYERS + r"out.\1"),
    (r"denoiser\.blocks\.(\d+)\.input\.(\d)", _LAYERS + r"res_blocks.\1.in_layers.\2"),
    (r"denoiser\.blocks\.(\d+)\.time\.1", _LAYERS + r"res_blocks.\1.emb_layers.1"),
    (r"denoiser\.blocks\.(\d+)\.context\.1", _LAYERS + r"res_blocks.\1.context_layers.1"),
    (r"denoiser\.blocks\.(\d+)\.conv", _LAYERS + r"res_blocks.\1.convs"),
    (r"denoiser\.blocks\.(\d+)\.output\.(\d)", _LAYERS + r"res_blocks.\1.out_layers.\2"),
    (r"denoiser\.layers\.(\d+)\.query", _LAYERS + r"\1.ca_qcontent_proj"),
    (r"denoiser\.layers\.(\d+)\.key", _LAYERS + r"\1.ca_kcontent_proj"),
    (r"denoiser\.layers\.(\d+)\.value", _LAYERS + r"\1.ca_v_proj"),
    (r"denoiser\.layers\.(\d+)\.attention_out", _LAYERS + r"\1.cross_attn.out_proj"),
    (r"denoiser\.layers\.(\d+)\.norm_attention", _LAYERS + r"\1.norm2"),
    (r"denoiser\.layers\.(\d+)\.feedforward\.0", _LAYERS + r"\1.linear1"),
    (r"denoiser\.layers\.(\d+)\.feedforward\.1", _LAYERS + r"\1.activation"),
    (r"denoiser\.layers\.(\d+)\.feedforward\.3", _LAYERS + r"\1.linear2"),
    (r"denoiser\.layers\.(\d+)\.norm_feedforward", _LAYERS + r"\1.norm3"),
)
_CODEBOOK_MLP = {
    "learned": {"0": "noise_map.layers.0", "2": "noise_map.layers.1"},
    "sinusoidal": {"0": "noise_embed.1", "2": "noise_embed.3"},
}
_UNUSED = {
    "dit": (),
    "latent-mlp": ("time_mlp.mlp.0.weight", "time_mlp.mlp.2.bias"),
    "decoder": ("layers.0.sa_v_proj.weight", "layers.0.norm1.bias", "layers.1.ca_kpos_proj.layers.0.weight"),
}


def _official(name: str, model: SummDiff) -> str:
    embedding, denoiser = model.config.score_embedding, model.config.denoiser
    if name.startswith("codebook.mlp."):
        _, _, layer, kind = name.split(".")
        return f"{_DECODER}{_CODEBOOK_MLP[embedding][layer]}.{kind}"
    if name.startswith("denoiser.time_mlp."):
        rest = name.removeprefix("denoiser.time_mlp.")
        return (_LAYERS + "time_embed." if denoiser == "latent-mlp" else _DECODER + "time_mlp.mlp.") + rest
    for pattern, theirs in _NAMES:
        match = re.fullmatch(pattern + r"(?P<kind>\.(weight|bias))?", name)
        if match:
            return match.expand(theirs) + (match["kind"] or "")
    raise AssertionError(name)


def official_state(model: SummDiff) -> dict[str, Tensor]:
    """The weights of `model` under official names, and tensors that the official code saves but never uses."""
    state = {_official(name, model): p.detach().clone() for name, p in model.named_parameters()}
    unused = (*_UNUSED[model.config.denoiser], "pos_emb.layers.0.weight")
    extra = {_DECODER + name: torch.ones(3) for name in unused}
    return state | extra | {"transformer.alphas_cumprod": torch.rand(1000, dtype=torch.float64)}
