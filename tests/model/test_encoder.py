from typing import Any

import torch

from tests.support.networks import CHANNELS, small_config
from vidsumm.model.encoder import ConditionEncoder, InputProjection


def encoder(**changes: Any) -> ConditionEncoder:
    torch.manual_seed(0)
    return ConditionEncoder(small_config(**changes)).eval()


def test_memory_and_positions_have_one_row_for_each_sample() -> None:
    mask = torch.ones(2, 9, dtype=torch.bool)
    memory, positions = encoder()(torch.randn(2, 9, CHANNELS), mask)
    assert memory.shape == positions.shape == (2, 9, 16)
    assert memory.dtype == positions.dtype == torch.float32


def test_a_padded_batch_equals_each_video_alone() -> None:
    model, lengths = encoder(), [9, 4, 1]
    features = torch.randn(3, 9, CHANNELS)
    mask = torch.arange(9) < torch.tensor(lengths)[:, None]
    features[~mask] = 1e3  # numbers that must not matter
    memory, positions = model(features, mask)
    for v, n in enumerate(lengths):
        alone, alone_positions = model(features[v : v + 1, :n], mask[v : v + 1, :n])
        torch.testing.assert_close(memory[v : v + 1, :n], alone, rtol=0, atol=1e-5)
        torch.testing.assert_close(positions[v : v + 1, :n], alone_positions, rtol=0, atol=1e-5)


def test_the_order_of_samples_matters() -> None:
    model = encoder()
    features, mask = torch.randn(1, 6, CHANNELS), torch.ones(1, 6, dtype=torch.bool)
    forward, _ = model(features, mask)
    backward, _ = model(features.flip(1), mask)
    assert not torch.allclose(forward, backward.flip(1), atol=1e-3)


def test_the_global_token_influences_the_samples() -> None:
    model = encoder()
    features, mask = torch.randn(1, 6, CHANNELS), torch.ones(1, 6, dtype=torch.bool)
    before, _ = model(features, mask)
    with torch.no_grad():
        model.global_token.add_(1.0)
    after, _ = model(features, mask)
    assert not torch.allclose(before, after, atol=1e-4)


def test_without_layers_the_memory_is_the_projection() -> None:
    model = encoder(encoder_layers=0)
    features = torch.randn(1, 6, CHANNELS)
    memory, _ = model(features, torch.ones(1, 6, dtype=torch.bool))
    torch.testing.assert_close(memory, model.projection(features))


def test_projection_depth_follows_the_configuration() -> None:
    projection = InputProjection(small_config(input_layers=4))
    assert [linear.weight.shape[1] for linear in projection.linears] == [CHANNELS, 16, 16, 16]  # type: ignore[index]


def test_there_is_dropout_only_in_training() -> None:
    model = encoder()
    features, mask = torch.randn(1, 6, CHANNELS), torch.ones(1, 6, dtype=torch.bool)
    assert torch.equal(model(features, mask)[0], model(features, mask)[0])
    model.train()
    assert not torch.equal(model(features, mask)[0], model(features, mask)[0])
