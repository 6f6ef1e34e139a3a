import pytest
import torch

from tests.model.networks import CHANNELS, each_denoiser, shake, small_config, small_model
from vidsumm.model.config import DenoiserName
from vidsumm.model.summdiff import SummDiff

LENGTHS = [9, 5, 1]


@each_denoiser
def test_shapes(denoiser: DenoiserName) -> None:
    model = small_model(denoiser)
    videos = model.encode(torch.randn(2, 7, CHANNELS))
    assert videos.mask is None
    for times in (1, 3):
        out = model.denoise(torch.randn(2, 3, 7), torch.zeros(2, times, dtype=torch.int64), videos)
        assert out.shape == (2, 3, 7)
        assert out.dtype == torch.float32


@each_denoiser
@pytest.mark.parametrize("shared", [True, False], ids=["shared time", "time for each curve"])
def test_a_padded_batch_equals_each_video_alone(denoiser: DenoiserName, shared: bool) -> None:
    model = small_model(denoiser)
    features, u = torch.randn(3, 9, CHANNELS), torch.randn(3, 4, 9)
    t = torch.randint(0, 1000, (3, 1 if shared else 4))
    mask = torch.arange(9) < torch.tensor(LENGTHS)[:, None]
    features[~mask], u.transpose(1, 2)[~mask] = 50.0, -7.0  # whatever stands there
    with torch.inference_mode():
        together = model.denoise(u, t, model.encode(features, mask))
        for v, n in enumerate(LENGTHS):
            row = slice(v, v + 1)
            alone = model.denoise(u[row, :, :n], t[row], model.encode(features[row, :n]))
            torch.testing.assert_close(together[row, :, :n], alone, rtol=0, atol=1e-5)


@each_denoiser
def test_an_encoding_serves_again(denoiser: DenoiserName) -> None:
    model = small_model(denoiser)
    features, u = torch.randn(1, 6, CHANNELS), torch.randn(1, 2, 6)
    once = model.encode(features)
    for t in (999, 500, 0):
        time = torch.full((1, 1), t)
        assert torch.equal(model.denoise(u, time, once), model.denoise(u, time, model.encode(features)))


@each_denoiser
def test_a_fresh_network_predicts_the_same_for_all(denoiser: DenoiserName) -> None:
    # the denoiser starts at zero, so only the head's bias speaks
    torch.manual_seed(0)
    model = SummDiff(small_config(denoiser)).eval()
    out = model.denoise(torch.randn(1, 3, 6), torch.tensor([[5, 500, 999]]), model.encode(torch.randn(1, 6, CHANNELS)))
    assert torch.equal(out, out[0, 0, 0].expand_as(out))


@each_denoiser
def test_gradient_reaches_every_parameter(denoiser: DenoiserName) -> None:
    torch.manual_seed(0)
    model = shake(SummDiff(small_config(denoiser, bins=4))).train()
    u, t = 3 * torch.randn(4, 5, 12), torch.randint(0, 1000, (4, 5))
    model.denoise(u, t, model.encode(torch.randn(4, 12, CHANNELS))).square().mean().backward()  # type: ignore[no-untyped-call]
    # softmax does not see what is added to all keys alike
    heard = {name: p.grad for name, p in model.named_parameters() if not name.endswith("key.bias")}
    assert not [name for name, gradient in heard.items() if gradient is None or not gradient.any()]


@each_denoiser
def test_null_video_takes_the_shape_of_the_video(denoiser: DenoiserName) -> None:
    model = small_model(denoiser)
    null = model.null_like(torch.randn(2, 5, CHANNELS))
    assert null.shape == (2, 5, CHANNELS)
    assert torch.equal(null[1, 3], model.null_features)
    assert "null_features" in model.state_dict()


def test_the_null_video_is_black_where_nothing_is_known() -> None:
    assert not SummDiff(small_config()).null_features.any()
