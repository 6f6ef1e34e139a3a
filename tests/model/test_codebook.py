import math
from typing import get_args

import pytest
import torch

from tests.support.networks import small_config
from vidsumm.model.codebook import LearnedCodebook, RandomCodebook, SinusoidalCodebook, build_codebook
from vidsumm.model.config import ScoreEmbeddingName


@pytest.fixture
def codebook() -> LearnedCodebook:
    torch.manual_seed(0)
    return LearnedCodebook(small_config(bins=10))


def test_there_is_a_level_at_each_edge_of_a_bin(codebook: LearnedCodebook) -> None:
    assert codebook.embedding.weight.shape == (11, 16)
    every = codebook(torch.linspace(0, 1, 11))
    torch.testing.assert_close(every, codebook.mlp(codebook.embedding.weight))


def test_scores_of_the_same_level_have_the_same_query(codebook: LearnedCodebook) -> None:
    queries = codebook(torch.tensor([0.26, 0.30, 0.34, 0.36]))
    assert torch.equal(queries[0], queries[1])
    assert torch.equal(queries[1], queries[2])
    assert not torch.allclose(queries[2], queries[3])


def test_scores_may_have_any_shape(codebook: LearnedCodebook) -> None:
    assert codebook(torch.rand(2, 3, 5)).shape == (2, 3, 5, 16)


def test_ends_of_the_scale_are_levels(codebook: LearnedCodebook) -> None:
    ends = codebook(torch.tensor([0.0, 1.0]))
    torch.testing.assert_close(ends, codebook.mlp(codebook.embedding.weight[[0, 10]]))


def test_gradient_reaches_only_the_levels_in_use(codebook: LearnedCodebook) -> None:
    codebook(torch.tensor([0.0, 0.5])).sum().backward()
    gradient = codebook.embedding.weight.grad
    assert gradient is not None
    assert gradient.any(dim=1).nonzero().flatten().tolist() == [0, 5]


@pytest.mark.parametrize("kind", get_args(ScoreEmbeddingName))
def test_queries_of_every_kind_depend_only_on_the_level(kind: ScoreEmbeddingName) -> None:
    torch.manual_seed(0)
    codebook = build_codebook(small_config(bins=10, score_embedding=kind))
    queries = codebook(torch.tensor([[0.26, 0.34], [0.36, 1.0]]))
    assert queries.shape == (2, 2, 16)
    assert torch.equal(queries[0, 0], queries[0, 1])
    assert not torch.allclose(queries[0, 1], queries[1, 0])
    torch.testing.assert_close(queries[1, 1], codebook.entries()[10])


def test_random_vectors_are_kept_but_never_trained() -> None:
    codebook = RandomCodebook(small_config(bins=400))
    assert not list(codebook.parameters())
    assert list(codebook.state_dict()) == ["embedding"]
    assert not codebook(torch.rand(3)).requires_grad
    assert abs(float(codebook.embedding.std()) - 1) < 0.05


def test_sinusoids_turn_once_over_the_scale() -> None:
    codebook = SinusoidalCodebook(small_config(bins=8))
    seen: list[torch.Tensor] = []
    codebook.mlp.register_forward_pre_hook(lambda _, args: seen.append(args[0]))
    codebook.entries()
    angle = 2 * math.pi * torch.arange(9) / 8
    torch.testing.assert_close(seen[0][:, 0], angle.cos(), rtol=0, atol=1e-5)
    torch.testing.assert_close(seen[0][:, 1], -angle.sin(), rtol=0, atol=1e-5)
    slower = angle / 10000 ** (2 / 16)
    torch.testing.assert_close(seen[0][:, 2], slower.cos(), rtol=0, atol=1e-5)
