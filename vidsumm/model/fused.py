"""The latent MLP denoiser, rearranged for drawing curves: linear layers in a row are one, worked out once for a video.

What the noise does not touch leaves the loop over steps: the first convolution of the codebook's entries and of the
positions, and what each block's convolution makes of the video. The first block's convolution sees no video yet and
serves all guidance branches. That leaves 25 products with D x D matrices a frame and step of two branches and three
blocks, where there were 42. They are written as convolutions over channels-last memory, for which PyTorch has kernels
that use all of a CPU; it lends nn.Linear others.

Shapes: V guidance branches, R curves, N frames, D width, K bins.
"""

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vidsumm.diffusion.schedule import to_score
from vidsumm.model.denoiser import LatentMLPBlock, LatentMLPDenoiser
from vidsumm.model.layers import timestep_features
from vidsumm.model.summdiff import EncodedVideos, SummDiff

__all__ = ["FusedLatentMLP"]


def _mix(x: Tensor, kernel: Tensor, bias: Tensor | None = None) -> Tensor:
    """(V, R, N, D) by a kernel (D, D, 1, 1 or 3) over frames, zeros beyond the ends -> (V, R, N, D)."""
    rows = x.flatten(0, 1)[:, None].permute(0, 3, 1, 2)  # (V * R, D, 1, N), channels last in memory
    out = F.conv2d(rows, kernel, bias, padding=(0, kernel.shape[-1] // 2))
    return out.permute(0, 2, 3, 1).reshape(x.shape)


def _kernel(weight: Tensor) -> Tensor:
    """(D, D) or (D, D, taps) -> (D, D, 1, taps), channels last in memory."""
    return weight.view(*weight.shape[:2], 1, -1).contiguous(memory_format=torch.channels_last)


def _after(conv: Tensor, weight: Tensor) -> Tensor:
    """A linear layer (D, D) and then a convolution (D, D, taps), as one convolution without their biases."""
    return torch.einsum("oik,ij->ojk", conv, weight)


def _activate(x: Tensor) -> Tensor:
    """SiLU in place: a fresh array takes longer to come by than to fill."""
    return F.silu(x, inplace=True)


def _joined(x: Tensor, videos: Tensor) -> Tensor:
    """x (V or 1, R, N, D) + (V, 1, N, D), in place where that has room for all videos."""
    return x.add_(videos) if len(x) == len(videos) else x + videos


class _FusedBlock:
    """A `LatentMLPBlock` on given videos."""

    def __init__(self, block: LatentMLPBlock, context: Tensor) -> None:
        """`context`: what the block takes of the videos, (V, N, D)."""
        self.enter, linear = block.input[0], cast("nn.Linear", block.input[-1])
        self.leave, out = block.output[0], cast("nn.Linear", block.output[-1])
        conv = block.conv.weight  # (D, D, 3)
        self.time, self.taps = block.time, conv.permute(2, 0, 1).flatten(0, 1)  # (3 D, D)
        self.inner, self.outer = _kernel(_after(conv, linear.weight)), _kernel(out.weight)
        self.outer_bias = out.bias
        self.context = _mix((context + linear.bias)[:, None], _kernel(conv), block.conv.bias)  # (V, 1, N, D)

    def __call__(self, x: Tensor, time: Tensor, branches: int) -> Tensor:
        """x (V or 1, R, N, D), time (D,) -> (V, R, N, D)."""
        taps = (self.taps @ self.time(time)).view(-1, len(time))  # (3, D)
        h = _mix(_activate(self.enter(x)), self.inner, taps.sum(0))
        h = _joined(h, self.context[:branches])
        h[..., 0, :] -= taps[0]  # before the first frame and after the last there is no time either
        h[..., -1, :] -= taps[-1]
        return _mix(_activate(self.leave(h)), self.outer, self.outer_bias).add_(x)


class FusedLatentMLP:
    """`SummDiff.denoise` for one video's guidance branches; the same function but for rounding.

    Args:
        model: the network, in evaluation mode, see `applies`.
        videos: V encoded videos, the guidance branches.

    Raises:
        TypeError: the network has another denoiser, or the videos are padded.
    """

    def __init__(self, model: SummDiff, videos: EncodedVideos) -> None:
        denoiser, codebook = model.denoiser, model.codebook
        if not isinstance(denoiser, LatentMLPDenoiser) or codebook is None or videos.mask is not None:
            raise TypeError("only latent MLP denoisers can be fused, on videos without padding")
        self.model, self.denoiser, self.codebook = model, denoiser, codebook
        first = _after(denoiser.conv.weight, denoiser.input.weight)
        answers = torch.einsum("ojk,lj->klo", first, codebook.entries())  # (3, K + 1, D): a level before, at, after
        self.answers = F.pad(answers.flatten(0, 1), (0, 0, 0, 1))  # and zeros for what lies beyond the ends
        placed = denoiser.input(videos.positions[:1, None])
        self.positions = _mix(placed, _kernel(denoiser.conv.weight), denoiser.conv.bias)  # (1, 1, N, D)
        self.blocks = [
            _FusedBlock(cast("LatentMLPBlock", block), context)
            for block, context in zip(denoiser.blocks, videos.contexts, strict=True)
        ]
        self.enter, out = denoiser.output[0], cast("nn.Linear", denoiser.output[-1])
        self.out, self.out_bias = _kernel(out.weight), out.bias
        inner, _, self.last = cast("tuple[nn.Linear, nn.Module, nn.Linear]", tuple(model.head))
        self.head, self.head_bias = _kernel(inner.weight), inner.bias

    @staticmethod
    def applies(model: SummDiff, videos: EncodedVideos) -> bool:
        """Whether the network has this denoiser and runs where its gain is known, on a CPU, on whole videos."""
        on_cpu = model.null_features.device.type == "cpu"
        return isinstance(model.denoiser, LatentMLPDenoiser) and videos.mask is None and on_cpu

    def denoise(self, u_t: Tensor, t: int, branches: int) -> Tensor:
        """Predicts the clean logit, (R, N) noised logits -> (V, R, N), V the number of `branches` asked for."""
        times = torch.tensor([t], device=u_t.device)
        time = self.denoiser.time_mlp(timestep_features(times, self.denoiser.width))[0]  # (D,)
        x = self._first(to_score(u_t, self.model.config.temperature))
        for block in self.blocks:
            x = block(x, time, branches)
        hidden = self.model.norm(_mix(_activate(self.enter(x)), self.out, self.out_bias))
        out: Tensor = self.last(_mix(hidden, self.head, self.head_bias).relu_()).squeeze(-1)
        return out

    def _first(self, score: Tensor) -> Tensor:
        """Scores (R, N) -> what the first convolution makes of them, (1, R, N, D), whatever the video."""
        entries = self.codebook.bins + 1
        level = self.codebook.levels(score)
        beyond = len(self.answers) - 1
        before = F.pad(level[:, :-1], (1, 0), value=beyond)
        after = F.pad(level[:, 1:] + 2 * entries, (0, 1), value=beyond)
        rows = torch.stack([before, level + entries, after], dim=-1)  # (R, N, 3)
        out = F.embedding_bag(rows.flatten(0, 1), self.answers, mode="sum")
        return (out.view(1, *score.shape, -1)).add_(self.positions)
