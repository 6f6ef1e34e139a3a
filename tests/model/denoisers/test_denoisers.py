from typing import Any

import pytest
import torch
from torch import Tensor, nn

from tests.support.networks import each_denoiser, small_config, starting_at_zero
from vidsumm.model.config import DenoiserName
from vidsumm.model.denoisers.base import Denoiser
from vidsumm.model.denoisers.build import build_denoiser
from vidsumm.model.denoisers.decoder import DecoderDenoiser, DecoderLayer
from vidsumm.model.denoisers.dit import DiTBlock, DiTDenoiser
from vidsumm.model.denoisers.latent_mlp import LatentMLPBlock, LatentMLPDenoiser
from vidsumm.model.encoded import EncodedVideos

VIDEOS, CURVES, SAMPLES, WIDTH = 2, 3, 7, 16


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


def inputs() -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """query, memory, positions, mask."""
    memory, positions = torch.randn(2, VIDEOS, SAMPLES, WIDTH)
    mask = torch.arange(SAMPLES) < torch.tensor([SAMPLES, 4])[:, None]
    return torch.randn(VIDEOS, CURVES, SAMPLES, WIDTH), memory, positions, mask


def build(denoiser: DenoiserName, **changes: Any) -> Denoiser:
    module = build_denoiser(small_config(denoiser, **changes))
    assert module is not None
    return module.eval()


def shaken(denoiser: DenoiserName, **changes: Any) -> Denoiser:
    """A denoiser with random weights, also where they start at zero."""
    module = build(denoiser, **changes)
    for parameter in module.parameters():
        nn.init.normal_(parameter, std=0.2)
    return module


def ask(module: Denoiser, query: Tensor, t: Tensor, *videos: Tensor | None) -> Tensor:
    """The hidden states that a denoiser predicts; `videos` are memory, positions and mask."""
    memory, positions, mask = videos
    assert memory is not None
    assert positions is not None
    out: Tensor = module(query, t, EncodedVideos(memory, positions, mask, tuple(module.contexts(memory))))
    return out


@starting_at_zero
def test_a_denoiser_starts_at_zero(denoiser: DenoiserName) -> None:
    query, memory, positions, mask = inputs()
    out = ask(build(denoiser), query, torch.full((VIDEOS, 1), 500), memory, positions, mask)
    assert out.shape == query.shape
    assert not out.any()


@starting_at_zero
def test_blocks_start_as_the_identity(denoiser: DenoiserName) -> None:
    query, memory, _, mask = inputs()
    config = small_config(denoiser)
    if denoiser == "dit":
        dit = DiTBlock(config).eval()
        out = dit(query, dit.make_context(memory)[:, None], torch.randn(VIDEOS, 1, SAMPLES, WIDTH), mask)
    else:
        mlp = LatentMLPBlock(config).eval()
        out = mlp(query, torch.randn(VIDEOS, 1, 1, WIDTH), mlp.make_context(memory)[:, None], mask)
    assert torch.equal(out, query)


@each_denoiser
def test_a_shared_time_equals_the_same_time_for_each_curve(denoiser: DenoiserName) -> None:
    query, memory, positions, mask = inputs()
    module, t = shaken(denoiser), torch.tensor([[10], [900]])
    shared = ask(module, query, t, memory, positions, mask)
    each = ask(module, query, t.expand(-1, CURVES), memory, positions, mask)
    torch.testing.assert_close(shared[0], each[0], rtol=0, atol=1e-5)
    torch.testing.assert_close(shared[1, :, :4], each[1, :, :4], rtol=0, atol=1e-5)


@each_denoiser
def test_curves_of_a_video_do_not_influence_each_other(denoiser: DenoiserName) -> None:
    query, memory, positions, mask = inputs()
    module, t = shaken(denoiser), torch.tensor([[10, 20, 30], [40, 50, 60]])
    together = ask(module, query, t, memory, positions, mask)
    for r in range(CURVES):
        alone = ask(module, query[:, r : r + 1], t[:, r : r + 1], memory, positions, mask)
        torch.testing.assert_close(together[0, r], alone[0, 0], rtol=0, atol=1e-5)
        torch.testing.assert_close(together[1, r, :4], alone[1, 0, :4], rtol=0, atol=1e-5)


@each_denoiser
def test_time_and_video_change_the_answer(denoiser: DenoiserName) -> None:
    query, memory, positions, mask = inputs()
    module, t = shaken(denoiser), torch.full((VIDEOS, 1), 10)
    before = ask(module, query, t, memory, positions, mask)
    assert not torch.allclose(before, ask(module, query, t + 500, memory, positions, mask), atol=1e-3)
    assert not torch.allclose(before, ask(module, query, t, memory.flip(-1), positions, mask), atol=1e-3)


@each_denoiser
def test_depth_follows_the_configuration(denoiser: DenoiserName) -> None:
    module = build(denoiser, denoiser_layers=5)
    kinds = {"dit": (DiTDenoiser, "blocks"), "latent-mlp": (LatentMLPDenoiser, "blocks")}
    kind, layers = kinds.get(denoiser, (DecoderDenoiser, "layers"))
    assert isinstance(module, kind)
    assert len(getattr(module, layers)) == 5


def test_the_encoder_alone_has_no_denoiser() -> None:
    assert build_denoiser(small_config("none")) is None


def test_modulation_by_time_alone_adds_positions_only_to_the_query() -> None:
    query, memory, positions, _ = inputs()
    t, moved = torch.full((VIDEOS, 1), 10), positions + torch.randn_like(positions)
    by_time, by_both = shaken("dit", modulation="time"), shaken("dit")
    by_both.load_state_dict(by_time.state_dict())
    # moving the positions and subtracting the move from the query changes nothing, unless positions modulate too
    moved_back = query + (positions - moved)[:, None]
    same, other = (
        (ask(net, query, t, memory, positions, None) - ask(net, moved_back, t, memory, moved, None)).abs().max()
        for net in (by_time, by_both)
    )
    assert same < 1e-4
    assert other > 1e-2


def test_positions_are_added_only_to_the_queries_of_the_first_decoder_layer() -> None:
    query, memory, positions, _ = inputs()
    module, t = shaken("decoder"), torch.full((VIDEOS, 1), 10)
    seen: list[Tensor | None] = []
    for layer in module.layers:  # type: ignore[union-attr]
        layer.register_forward_pre_hook(lambda _, args: seen.append(args[2]))
    ask(module, query, t, memory, positions, None)
    assert [placed is not None for placed in seen] == [True, False]


def test_curves_share_the_keys_of_the_decoder() -> None:
    layer, query, memory = DecoderLayer(small_config("decoder")), *inputs()[:2]
    shapes: list[torch.Size] = []
    layer.key.register_forward_hook(lambda _, args, out: shapes.append(out.shape))
    layer(query, layer.make_context(memory)[:, None], None, None)
    assert shapes == [(VIDEOS, SAMPLES, WIDTH)]
