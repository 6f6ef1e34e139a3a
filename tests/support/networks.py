"""Small networks whose layers do not start at zero, so that every path through them changes the result."""

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from vidsumm.model.config import DenoiserName, ModelConfig
from vidsumm.model.summdiff import SummDiff

CHANNELS = 12
DENOISERS: list[DenoiserName] = ["dit", "latent-mlp", "decoder"]

each_denoiser = pytest.mark.parametrize("denoiser", DENOISERS)
each_network = pytest.mark.parametrize("denoiser", [*DENOISERS, "none"])
starting_at_zero = pytest.mark.parametrize("denoiser", ["dit", "latent-mlp"])
each_variant = pytest.mark.parametrize(
    ("denoiser", "changes"),
    [
        ("dit", {"modulation": "time"}),
        ("dit", {"score_embedding": "sinusoidal"}),
        ("decoder", {"score_embedding": "random"}),
        ("decoder", {"denoiser_layers": 1}),
        ("latent-mlp", {"score_embedding": "sinusoidal", "denoiser_layers": 5}),
    ],
    ids=str,
)


def small_config(denoiser: DenoiserName = "latent-mlp", **changes: Any) -> ModelConfig:
    sizes: dict[str, Any] = {
        "feature_dim": CHANNELS,
        "width": 16,
        "heads": 4,
        "feedforward": 24,
        "bins": 20,
        "denoiser": denoiser,
        "denoiser_layers": 2,
    }
    return ModelConfig(**(sizes | changes))


def shake(model: SummDiff) -> SummDiff:
    with torch.no_grad():
        for parameter in model.parameters():
            if not parameter.any():
                parameter.normal_(std=0.3)
    return model


def small_model(denoiser: DenoiserName = "latent-mlp", **changes: Any) -> SummDiff:
    """A network in evaluation mode, with random weights from a fixed seed and a null video that is not zero."""
    torch.manual_seed(0)
    null = torch.randn(CHANNELS)
    return shake(SummDiff(small_config(denoiser, **changes), null)).eval()


def video(length: int, seed: int = 0) -> NDArray[np.float32]:
    """Random features of a video, (N, CHANNELS) float32."""
    return np.random.default_rng(seed).normal(size=(length, CHANNELS)).astype(np.float32)
