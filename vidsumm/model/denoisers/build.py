"""Builds the denoiser that a configuration names."""

from vidsumm.model.config import DenoiserName, ModelConfig
from vidsumm.model.denoisers.base import Denoiser
from vidsumm.model.denoisers.decoder import DecoderDenoiser
from vidsumm.model.denoisers.dit import DiTDenoiser
from vidsumm.model.denoisers.latent_mlp import LatentMLPDenoiser

__all__ = ["build_denoiser"]

_KINDS: dict[DenoiserName, type[DiTDenoiser | LatentMLPDenoiser | DecoderDenoiser] | None] = {
    "dit": DiTDenoiser,
    "latent-mlp": LatentMLPDenoiser,
    "decoder": DecoderDenoiser,
    "none": None,
}


def build_denoiser(config: ModelConfig) -> Denoiser | None:
    """Builds the denoiser that a configuration names; None for the encoder alone."""
    kind = _KINDS[config.denoiser]
    return None if kind is None else kind(config)
