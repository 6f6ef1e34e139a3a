from typing import Any

import pytest
import torch
from torch import Tensor, nn

from tests.support.networks import each_denoiser, small_config, starting_at_zero
from vidsumm.model.config import DenoiserName
from vidsumm.model.denoiser import (
    DecoderDenoiser,
    DecoderLayer,
    Denoiser,
    DiTBlock,
    DiTDenoiser,
    LatentMLPBlock,
    LatentMLPDenoiser,
    build_denoiser,
)

VIDEOS, CURVES, FRAMES, WIDTH = 2, 3, 7, 16


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


def inputs() -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """query, memory, positions, mask."""
    memory, positions = torch.randn(2, VIDEOS, FRAMES, WIDTH)
    mask = torch.arange(FRAMES) < torch.tensor([FRAMES, 4])[:, None]
    return torch.randn(VIDEOS, CURVES, FRAMES, WIDTH), memory, positions, mask


def built(denoiser: DenoiserName, **changes: Any) -> Denoiser:
    module = build_denoiser(small_config(denoiser, **changes))
    assert module is not None
    return module.eval()


def awake(denoiser: DenoiserName, **changes: Any) -> Denoiser:
    module = built(denoiser, **changes)
    for parameter in module.parameters():
        nn.init.normal_(parameter, std=0.2)
    return module


def ask(module: Denoiser, query: Tensor, t: Tensor, memory: Tensor, *rest: Tensor | None) -> Tensor:
    """The answer about videos `memory`; positions and mask follow."""
    out: Tensor = module(query, t, module.contexts(memory), *rest)
    return out


@starting_at_zero
def test_starts_at_zero(denoiser: DenoiserName) -> None:
    query, memory, positions, mask = inputs()
    out = ask(built(denoiser), query, torch.full((VIDEOS, 1), 500), memory, positions, mask)
    assert out.shape == query.shape
    assert not out.any()


@starting_at_zero
def test_blocks_start_as_the_identity(denoiser: DenoiserName) -> None:
    query, memory, _, mask = inputs()
    config = small_config(denoiser)
    if denoiser == "dit":
        dit = DiTBlock(config).eval()
        out = dit(query, dit.take(memory)[:, None], torch.randn(VIDEOS, 1, FRAMES, WIDTH), mask)
    else:
        mlp = LatentMLPBlock(config).eval()
        out = mlp(query, torch.randn(VIDEOS, 1, 1, WIDTH), mlp.take(memory)[:, None], mask)
    assert torch.equal(out, query)


@each_denoiser
def test_a_shared_time_equals_the_same_time_for_each_curve(denoiser: DenoiserName) -> None:
    query, memory, positions, mask = inputs()
    module, t = awake(denoiser), torch.tensor([[10], [900]])
    shared = ask(module, query, t, memory, positions, mask)
    each = ask(module, query, t.expand(-1, CURVES), memory, positions, mask)
    torch.testing.assert_close(shared[0], each[0], rtol=0, atol=1e-5)
    torch.testing.assert_close(shared[1, :, :4], each[1, :, :4], rtol=0, atol=1e-5)


@each_denoiser
def test_curves_of_a_video_do_not_meet(denoiser: DenoiserName) -> None:
    query, memory, positions, mask = inputs()
    module, t = awake(denoiser), torch.tensor([[10, 20, 30], [40, 50, 60]])
    together = ask(module, query, t, memory, positions, mask)
    for r in range(CURVES):
        alone = ask(module, query[:, r : r + 1], t[:, r : r + 1], memory, positions, mask)
        torch.testing.assert_close(together[0, r], alone[0, 0], rtol=0, atol=1e-5)
        torch.testing.assert_close(together[1, r, :4], alone[1, 0, :4], rtol=0, atol=1e-5)


@each_denoiser
def test_time_and_video_are_heard(denoiser: DenoiserName) -> None:
    query, memory, positions, mask = inputs()
    module, t = awake(denoiser), torch.full((VIDEOS, 1), 10)
    before = ask(module, query, t, memory, positions, mask)
    assert not torch.allclose(before, ask(module, query, t + 500, memory, positions, mask), atol=1e-3)
    assert not torch.allclose(before, ask(module, query, t, memory.flip(-1), positions, mask), atol=1e-3)


@each_denoiser
def test_depth_follows_the_configuration(denoiser: DenoiserName) -> None:
    module = built(denoiser, denoiser_layers=5)
    kinds = {"dit": (DiTDenoiser, "blocks"), "latent-mlp": (LatentMLPDenoiser, "blocks")}
    kind, layers = kinds.get(denoiser, (DecoderDenoiser, "layers"))
    assert isinstance(module, kind)
    assert len(getattr(module, layers)) == 5


def test_the_encoder_alone_has_no_denoiser() -> None:
    assert build_denoiser(small_config("none")) is None


def test_modulation_by_time_alone_leaves_positions_to_the_query() -> None:
    query, memory, positions, _ = inputs()
    t, moved = torch.full((VIDEOS, 1), 10), positions + torch.randn_like(positions)
    by_time, by_both = awake("dit", modulation="time"), awake("dit")
    by_both.load_state_dict(by_time.state_dict())
    # a query that makes up for moved positions hides them, unless they modulate too
    made_up = query + (positions - moved)[:, None]
    same, other = (
        (ask(net, query, t, memory, positions, None) - ask(net, made_up, t, memory, moved, None)).abs().max()
        for net in (by_time, by_both)
    )
    assert same < 1e-4
    assert other > 1e-2


def test_positions_join_the_queries_of_the_first_decoder_layer_alone() -> None:
    query, memory, positions, _ = inputs()
    module, t = awake("decoder"), torch.full((VIDEOS, 1), 10)
    seen: list[Tensor | None] = []
    for layer in module.layers:  # type: ignore[union-attr]
        layer.register_forward_pre_hook(lambda _, args: seen.append(args[2]))
    ask(module, query, t, memory, positions, None)
    assert [placed is not None for placed in seen] == [True, False]


def test_curves_share_the_keys_of_the_decoder() -> None:
    layer, query, memory = DecoderLayer(small_config("decoder")), *inputs()[:2]
    shapes: list[torch.Size] = []
    layer.key.register_forward_hook(lambda _, args, out: shapes.append(out.shape))
    layer(query, layer.take(memory)[:, None], None, None)
    assert shapes == [(VIDEOS, FRAMES, WIDTH)]
