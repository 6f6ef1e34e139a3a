from typing import Any

import numpy as np
import pytest
import torch

from tests.support.networks import CHANNELS, small_model, video
from vidsumm.model.fused import FusedLatentMLP
from vidsumm.model.sampling import CurveSampler, SamplingOptions, sample_curves


@pytest.mark.parametrize("length", [1, 2, 3, 50])
@pytest.mark.parametrize("curves", [1, 3])
@pytest.mark.parametrize("branches", [1, 2])
@pytest.mark.parametrize(
    "changes",
    [{}, {"score_embedding": "sinusoidal"}, {"score_embedding": "random"}, {"denoiser_layers": 1, "bins": 1}],
    ids=lambda changes: ", ".join(changes) or "plain",
)
def test_it_equals_the_network(length: int, curves: int, branches: int, changes: dict[str, Any]) -> None:
    model = small_model(**changes)
    with torch.inference_mode():
        videos = model.encode_with_null(torch.from_numpy(video(length))[None])
        fused = FusedLatentMLP(model, videos)
        for t in (0, 500, 999):
            u = torch.randn(curves, length, generator=torch.Generator().manual_seed(t))
            expected = model.denoise(u.expand(branches, -1, -1), torch.full((branches, 1), t), videos[:branches])
            found = fused.denoise(u, t, branches)
            assert found.shape == (branches, curves, length)
            torch.testing.assert_close(found, expected, rtol=0, atol=1e-5)


def test_curves_are_the_same_as_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    model, features = small_model(), video(40)
    options = SamplingOptions(steps=5, guidance=1.0)
    fused = sample_curves(model, features, range(4), options)
    monkeypatch.setattr(FusedLatentMLP, "applies", lambda *_: False)
    np.testing.assert_allclose(fused, sample_curves(model, features, range(4), options), rtol=0, atol=1e-5)


def test_it_applies_to_latent_mlp_denoisers_on_videos_without_padding() -> None:
    model, options = small_model(), SamplingOptions(steps=1)
    assert CurveSampler(model, video(4), options).fused is not None
    assert CurveSampler(small_model("dit"), video(4), options).fused is None
    padded = model.encode(torch.zeros(1, 3, CHANNELS), torch.tensor([[True, True, False]]))
    assert not FusedLatentMLP.applies(model, padded)
    with pytest.raises(TypeError, match="padding"):
        FusedLatentMLP(model, padded)


def test_a_video_is_encoded_together_with_the_null_video() -> None:
    model = small_model()
    features = torch.from_numpy(video(9))[None]
    with torch.inference_mode():
        found = model.encode_with_null(features)
        expected = model.encode(torch.cat([features, model.null_like(features)]))
    torch.testing.assert_close(found.memory, expected.memory, rtol=0, atol=1e-5)
    torch.testing.assert_close(found.positions, expected.positions)
