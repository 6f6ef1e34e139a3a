from typing import Any

import pytest
import torch

from tests.support.networks import (
    CHANNELS,
    each_denoiser,
    each_network,
    each_variant,
    shake,
    small_config,
    small_model,
    starting_at_zero,
)
from vidsumm.model.config import DenoiserName
from vidsumm.model.summdiff import SummDiff

LENGTHS = [9, 5, 1]


@each_network
def test_a_curve_is_predicted_for_each_noised_curve(denoiser: DenoiserName) -> None:
    model = small_model(denoiser)
    videos = model.encode(torch.randn(2, 7, CHANNELS))
    assert videos.mask is None
    for times in (1, 3):
        out = model.denoise(torch.randn(2, 3, 7), torch.zeros(2, times, dtype=torch.int64), videos)
        assert out.shape == (2, 3, 7)
        assert out.dtype == torch.float32


def assert_padding_is_not_read(model: SummDiff, shared: bool) -> None:
    features, u = torch.randn(3, 9, CHANNELS), torch.randn(3, 4, 9)
    t = torch.randint(0, 1000, (3, 1 if shared else 4))
    mask = torch.arange(9) < torch.tensor(LENGTHS)[:, None]
    features[~mask], u.transpose(1, 2)[~mask] = 50.0, -7.0  # numbers that must not matter
    with torch.inference_mode():
        together = model.denoise(u, t, model.encode(features, mask))
        for v, n in enumerate(LENGTHS):
            row = slice(v, v + 1)
            alone = model.denoise(u[row, :, :n], t[row], model.encode(features[row, :n]))
            torch.testing.assert_close(together[row, :, :n], alone, rtol=0, atol=1e-5)


each_time = pytest.mark.parametrize("shared", [True, False], ids=["shared time", "time for each curve"])


@each_network
@each_time
def test_a_padded_batch_equals_each_video_alone(denoiser: DenoiserName, shared: bool) -> None:
    assert_padding_is_not_read(small_model(denoiser), shared)


@each_variant
@each_time
def test_a_padded_batch_of_a_variant_equals_each_video_alone(
    denoiser: DenoiserName, changes: dict[str, Any], shared: bool
) -> None:
    assert_padding_is_not_read(small_model(denoiser, **changes), shared)


def test_official_convolutions_read_the_padding() -> None:
    with pytest.raises(AssertionError, match="not close"):
        assert_padding_is_not_read(small_model("latent-mlp", masked_convolutions=False), shared=True)


@each_network
def test_an_encoding_can_be_used_again(denoiser: DenoiserName) -> None:
    model = small_model(denoiser)
    features, u = torch.randn(1, 6, CHANNELS), torch.randn(1, 2, 6)
    once = model.encode(features)
    for t in (999, 500, 0):
        time = torch.full((1, 1), t)
        assert torch.equal(model.denoise(u, time, once), model.denoise(u, time, model.encode(features)))


@starting_at_zero
def test_a_fresh_network_predicts_the_same_everywhere(denoiser: DenoiserName) -> None:
    # the denoiser starts at zero, so that only the bias of the head is left
    torch.manual_seed(0)
    model = SummDiff(small_config(denoiser)).eval()
    out = model.denoise(torch.randn(1, 3, 6), torch.tensor([[5, 500, 999]]), model.encode(torch.randn(1, 6, CHANNELS)))
    assert torch.equal(out, out[0, 0, 0].expand_as(out))


@each_network
def test_gradient_reaches_every_parameter(denoiser: DenoiserName) -> None:
    torch.manual_seed(0)
    model = shake(SummDiff(small_config(denoiser, bins=4))).train()
    u, t = 3 * torch.randn(4, 5, 12), torch.randint(0, 1000, (4, 5))
    model.denoise(u, t, model.encode(torch.randn(4, 12, CHANNELS))).square().mean().backward()  # type: ignore[no-untyped-call]
    # softmax does not change when the same is added to all keys
    gradients = {name: p.grad for name, p in model.named_parameters() if not name.endswith("key.bias")}
    assert not [name for name, gradient in gradients.items() if gradient is None or not gradient.any()]


@each_denoiser
def test_the_null_video_takes_the_shape_of_the_video(denoiser: DenoiserName) -> None:
    model = small_model(denoiser)
    null = model.null_like(torch.randn(2, 5, CHANNELS))
    assert null.shape == (2, 5, CHANNELS)
    assert torch.equal(null[1, 3], model.null_features)
    assert "null_features" in model.state_dict()


def test_the_null_video_is_zero_where_none_is_given() -> None:
    assert not SummDiff(small_config()).null_features.any()


def test_the_encoder_alone_ignores_noise_and_time() -> None:
    model = small_model("none")
    videos = model.encode(torch.randn(2, 6, CHANNELS))
    first = model.denoise(torch.randn(2, 3, 6), torch.zeros(2, 1, dtype=torch.int64), videos)
    again = model.denoise(torch.randn(2, 3, 6), torch.full((2, 3), 999), videos)
    assert torch.equal(first, again)
    assert torch.equal(first, first[:, :1].expand_as(first))
    assert first.std() > 1e-3
    assert not [name for name, _ in model.named_parameters() if name.startswith(("codebook", "denoiser"))]


class TestAttention:
    @each_network
    def test_the_answer_is_that_of_denoise(self, denoiser: DenoiserName) -> None:
        model = small_model(denoiser)
        videos = model.encode(torch.randn(2, 6, CHANNELS), attention=True)
        u, t = torch.randn(2, 3, 6), torch.tensor([[10], [900]])
        u0, attention = model.denoise_attended(u, t, videos)
        assert torch.equal(u0, model.denoise(u, t, videos))
        assert attention.shape == (2, 3, 6)
        torch.testing.assert_close(attention.mean(dim=-1), torch.ones(2, 3))
        assert attention.std() > 1e-3

    @each_network
    def test_padding_receives_no_attention_and_changes_none(self, denoiser: DenoiserName) -> None:
        model = small_model(denoiser)
        features, u, t = torch.randn(3, 9, CHANNELS), torch.randn(3, 4, 9), torch.full((3, 1), 500)
        mask = torch.arange(9) < torch.tensor(LENGTHS)[:, None]
        features[~mask] = 50.0
        _, together = model.denoise_attended(u, t, model.encode(features, mask, attention=True))
        for v, n in enumerate(LENGTHS):
            row = slice(v, v + 1)
            _, alone = model.denoise_attended(u[row, :, :n], t[row], model.encode(features[row, :n], attention=True))
            torch.testing.assert_close(together[row, :, :n], alone, rtol=0, atol=1e-4)
            assert not together[row, :, n:].any()

    def test_each_curve_has_its_own_attention_where_the_denoiser_attends(self) -> None:
        for denoiser, attends in (("dit", True), ("decoder", True), ("latent-mlp", False), ("none", False)):
            model = small_model(denoiser)  # type: ignore[arg-type]
            assert model.attends == attends
            videos = model.encode(torch.randn(1, 6, CHANNELS), attention=True)
            _, attention = model.denoise_attended(torch.randn(1, 2, 6), torch.zeros(1, 1), videos)
            assert torch.equal(attention[0, 0], attention[0, 1]) == (not attends)

    def test_a_network_without_attention_attends_to_all_samples_equally(self) -> None:
        model = small_model("latent-mlp", encoder_layers=0)
        videos = model.encode(torch.randn(1, 6, CHANNELS), attention=True)
        _, attention = model.denoise_attended(torch.randn(1, 2, 6), torch.zeros(1, 1), videos)
        assert torch.equal(attention, torch.ones(1, 2, 6))

    @each_network
    def test_attention_is_computed_only_on_request(
        self, denoiser: DenoiserName, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(*args: Any, **kwargs: Any) -> None:
            raise AssertionError("attention weights were computed")

        for module in ("denoisers.dit", "denoisers.decoder", "encoder"):
            monkeypatch.setattr(f"vidsumm.model.{module}.attention_received", refuse)
        model = small_model(denoiser)
        videos = model.encode(torch.randn(1, 6, CHANNELS))
        assert videos.attention is None
        model.denoise(torch.randn(1, 2, 6), torch.zeros(1, 1), videos)
