import pytest
import torch

from tests.model.networks import small_config
from vidsumm.model.codebook import Codebook


@pytest.fixture
def codebook() -> Codebook:
    torch.manual_seed(0)
    return Codebook(small_config(bins=10))


def test_has_a_level_at_each_edge_of_a_bin(codebook: Codebook) -> None:
    assert codebook.embedding.weight.shape == (11, 16)
    every = codebook(torch.linspace(0, 1, 11))
    torch.testing.assert_close(every, codebook.mlp(codebook.embedding.weight))


def test_scores_of_one_level_are_one_query(codebook: Codebook) -> None:
    queries = codebook(torch.tensor([0.26, 0.30, 0.34, 0.36]))
    assert torch.equal(queries[0], queries[1])
    assert torch.equal(queries[1], queries[2])
    assert not torch.allclose(queries[2], queries[3])


def test_any_shape_goes_in(codebook: Codebook) -> None:
    assert codebook(torch.rand(2, 3, 5)).shape == (2, 3, 5, 16)


def test_ends_of_the_scale_are_levels(codebook: Codebook) -> None:
    ends = codebook(torch.tensor([0.0, 1.0]))
    torch.testing.assert_close(ends, codebook.mlp(codebook.embedding.weight[[0, 10]]))


def test_gradient_reaches_only_the_levels_in_use(codebook: Codebook) -> None:
    codebook(torch.tensor([0.0, 0.5])).sum().backward()
    gradient = codebook.embedding.weight.grad
    assert gradient is not None
    assert gradient.any(dim=1).nonzero().flatten().tolist() == [0, 5]
