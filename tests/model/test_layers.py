import math

import pytest
import torch

from vidsumm.model.layers import Dropout, MaskedConv1d, attend, attention_received, sine_positions, timestep_features


def padded(lengths: list[int]) -> torch.Tensor:
    return torch.arange(max(lengths)) < torch.tensor(lengths)[:, None]


class TestPositions:
    def test_first_channels_turn_once_whatever_the_length(self) -> None:
        for length in (1, 5, 400):
            positions = sine_positions(torch.ones(1, length, dtype=torch.bool), 8)
            angle = 2 * math.pi * torch.arange(1, length + 1) / length
            torch.testing.assert_close(positions[0, :, 0], angle.sin(), rtol=0, atol=1e-4)
            torch.testing.assert_close(positions[0, :, 1], angle.cos(), rtol=0, atol=1e-4)

    def test_pairs_of_channels_share_a_frequency(self) -> None:
        positions = sine_positions(torch.ones(1, 3, dtype=torch.bool), 4)
        slow = 2 * math.pi * torch.tensor([1, 2, 3]) / 3 / 100  # 10000 ** (2 / 4)
        torch.testing.assert_close(positions[0, :, 2], slow.sin(), rtol=0, atol=1e-6)
        torch.testing.assert_close(positions[0, :, 3], slow.cos(), rtol=0, atol=1e-6)

    def test_padding_does_not_move_the_positions(self) -> None:
        positions = sine_positions(padded([3, 7]), 6)
        alone = sine_positions(torch.ones(1, 3, dtype=torch.bool), 6)
        torch.testing.assert_close(positions[:1, :3], alone)


def test_timestep_features_are_cosines_then_sines() -> None:
    features = timestep_features(torch.tensor([[0, 3]]), 4)
    assert features.shape == (1, 2, 4)
    assert features[0, 0].tolist() == [1, 1, 0, 0]
    expected = [math.cos(3), math.cos(0.03), math.sin(3), math.sin(0.03)]
    assert features[0, 1].tolist() == pytest.approx(expected, abs=1e-6)


class TestAttend:
    def test_it_is_softmax_attention(self) -> None:
        torch.manual_seed(0)
        q, k, v = torch.randn(2, 3, 8), torch.randn(2, 5, 8), torch.randn(2, 5, 8)
        out = attend(q, k, v, heads=2, mask=torch.ones(2, 5, dtype=torch.bool))
        for head in (slice(0, 4), slice(4, 8)):
            weights = torch.softmax(q[..., head] @ k[..., head].transpose(1, 2) / 2, dim=-1)  # sqrt(4) = 2
            torch.testing.assert_close(out[..., head], weights @ v[..., head])

    def test_masked_keys_do_not_matter(self) -> None:
        torch.manual_seed(0)
        q, k, v = torch.randn(2, 3, 8), torch.randn(2, 5, 8), torch.randn(2, 5, 8)
        mask = padded([2, 5])
        out = attend(q, k, v, heads=2, mask=mask)
        k[0, 2:], v[0, 2:] = 100.0, -100.0
        torch.testing.assert_close(attend(q, k, v, heads=2, mask=mask), out)
        alone = attend(q[:1], k[:1, :2], v[:1, :2], heads=2, mask=mask[:1, :2])
        torch.testing.assert_close(out[:1], alone)


class TestReceivedAttention:
    def test_it_is_the_mean_of_the_attention_weights(self, monkeypatch: pytest.MonkeyPatch) -> None:
        torch.manual_seed(0)
        q, k = torch.randn(2, 3, 7, 8), torch.randn(2, 1, 7, 8)
        received = attention_received(q, k, heads=2, mask=None)
        expected = torch.zeros(2, 3, 7)
        for head in (slice(0, 4), slice(4, 8)):
            weights = torch.softmax(q[..., head] @ k[..., head].transpose(-1, -2) / 2, dim=-1)
            expected += weights.mean(dim=-2) / 2
        torch.testing.assert_close(received, expected)
        torch.testing.assert_close(received.sum(dim=-1), torch.ones(2, 3))
        monkeypatch.setattr("vidsumm.model.layers._QUERIES", 3)
        torch.testing.assert_close(attention_received(q, k, heads=2, mask=None), expected)

    def test_each_curve_may_have_its_own_keys(self) -> None:
        torch.manual_seed(0)
        q, k = torch.randn(1, 3, 5, 8), torch.randn(1, 3, 5, 8)
        together = attention_received(q, k, heads=4, mask=None)
        for r in range(3):
            alone = attention_received(q[:, r : r + 1], k[:, r : r + 1], heads=4, mask=None)
            torch.testing.assert_close(together[:, r : r + 1], alone)

    def test_masked_samples_do_not_count_as_queries_or_keys(self) -> None:
        torch.manual_seed(0)
        q, k = torch.randn(2, 3, 7, 8), torch.randn(2, 1, 7, 8)
        received = attention_received(q, k, heads=2, mask=padded([4, 7]))
        alone = attention_received(q[:1, :, :4], k[:1, :, :4], heads=2, mask=None)
        torch.testing.assert_close(received[:1, :, :4], alone)
        assert not received[0, :, 4:].any()


class TestMaskedConvolution:
    def test_padding_is_read_as_zeros(self) -> None:
        torch.manual_seed(0)
        conv = MaskedConv1d(4)
        x = torch.randn(2, 3, 7, 4)
        out = conv(x, padded([4, 7]))
        torch.testing.assert_close(out[:1, :, :4], conv(x[:1, :, :4]))
        torch.testing.assert_close(out[1:], conv(x[1:]))

    def test_it_reaches_one_neighbour_on_each_side(self) -> None:
        conv = MaskedConv1d(2)
        with torch.no_grad():
            conv.weight.fill_(1.0)
            conv.bias.zero_()  # type: ignore[union-attr]
        x = torch.zeros(1, 1, 5, 2)
        x[0, 0, 2] = 1.0
        assert conv(x)[0, 0, :, 0].tolist() == [0, 2, 2, 2, 0]

    def test_curves_do_not_influence_each_other(self) -> None:
        torch.manual_seed(0)
        conv = MaskedConv1d(4)
        x = torch.randn(2, 3, 5, 4)
        torch.testing.assert_close(conv(x)[1, 2], conv(x[1:, 2:])[0, 0])


class TestDropout:
    def test_it_drops_the_share_and_keeps_the_mean(self) -> None:
        torch.manual_seed(0)
        out = Dropout(0.25)(torch.ones(400, 500))
        assert out.unique().tolist() == pytest.approx([0, 4 / 3])
        assert float((out == 0).float().mean()) == pytest.approx(0.25, abs=0.005)
        assert float(out.mean()) == pytest.approx(1, abs=0.01)

    def test_gradients_pass_where_values_pass(self) -> None:
        torch.manual_seed(0)
        x = torch.ones(100, requires_grad=True)
        out = Dropout(0.5)(x)
        out.sum().backward()
        assert x.grad is not None
        assert torch.equal(x.grad, out.detach())

    @pytest.mark.parametrize("layer", [Dropout(0.5).eval(), Dropout(0.0)])
    def test_it_does_nothing_in_evaluation_or_without_a_share(self, layer: Dropout) -> None:
        x = torch.randn(10)
        assert torch.equal(layer(x), x)

    def test_bfloat16_stays_bfloat16(self) -> None:
        assert Dropout(0.5)(torch.ones(3, dtype=torch.bfloat16)).dtype == torch.bfloat16


def test_attention_is_computed_in_float32_on_the_cpu() -> None:
    torch.manual_seed(0)
    q, k, v = torch.randn(3, 1, 6, 8).unbind()
    exact = attend(q, k, v, heads=2, mask=None)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        torch.testing.assert_close(attend(q, k, v, heads=2, mask=None), exact, rtol=0, atol=0)
