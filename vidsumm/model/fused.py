"""The latent MLP denoiser rearranged for speed: the same function as `LatentMLPDenoiser`, for drawing curves on a CPU.

Consecutive linear layers become one. Everything that does not depend on the noise is computed once for a video, not in
every step: the first convolution of the codebook's queries and of the positions, and the convolution of each block over
the video. The convolution of the first block comes before the video is added, so all guidance branches share it. With
two branches and three blocks this leaves 25 products with D x D matrices for each sample and step, instead of 42.

The products are written as convolutions over channels-last memory, because PyTorch's kernels for those use all of a CPU
and its kernels for `nn.Linear` do not.

Shapes: V guidance branches, R curves, N samples, D width, K bins.
"""

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vidsumm.diffusion.schedule import to_score
from vidsumm.model.denoisers.latent_mlp import LatentMLPBlock, LatentMLPDenoiser
from vidsumm.model.encoded import EncodedVideos
from vidsumm.model.layers import timestep_features
from vidsumm.model.summdiff import SummDiff

__all__ = ["FusedLatentMLP"]


def _mix(x: Tensor, kernel: Tensor, bias: Tensor | None = None) -> Tensor:
    """Convolves x (V, R, N, D) over samples with a kernel (D, D, 1, 1 or 3), zeros beyond the ends -> (V, R, N, D)."""
    rows = x.flatten(0, 1)[:, None].permute(0, 3, 1, 2)  # (V * R, D, 1, N), channels last in memory
    out = F.conv2d(rows, kernel, bias, padding=(0, kernel.shape[-1] // 2))
    return out.permute(0, 2, 3, 1).reshape(x.shape)


def _kernel(weight: Tensor) -> Tensor:
    """(D, D) or (D, D, taps) -> (D, D, 1, taps), channels last in memory."""
    return weight.view(*weight.shape[:2], 1, -1).contiguous(memory_format=torch.channels_last)


def _compose(conv: Tensor, weight: Tensor) -> Tensor:
    """Returns a convolution (D, D, taps) after a linear layer (D, D) as one convolution; biases are left out."""
    return torch.einsum("oik,ij->ojk", conv, weight)


def _activate(x: Tensor) -> Tensor:
    """Applies SiLU in place, because allocating an array takes longer than filling it."""
    return F.silu(x, inplace=True)


def _add_videos(x: Tensor, videos: Tensor) -> Tensor:
    """Adds videos (V, 1, N, D) to x (V or 1, R, N, D), in place where x has a row for each video."""
    return x.add_(videos) if len(x) == len(videos) else x + videos


class _FusedBlock:
    """A `LatentMLPBlock` for given videos."""

    def __init__(self, block: LatentMLPBlock, context: Tensor) -> None:
        """`context` is that of the block, (V, N, D)."""
        self.input_norm, linear = block.input[0], cast("nn.Linear", block.input[-1])
        self.output_norm, out = block.output[0], cast("nn.Linear", block.output[-1])
        conv = block.conv.weight  # (D, D, 3)
        self.time, self.taps = block.time, conv.permute(2, 0, 1).flatten(0, 1)  # (3 D, D)
        self.input_kernel, self.output_kernel = _kernel(_compose(conv, linear.weight)), _kernel(out.weight)
        self.output_bias = out.bias
        self.context = _mix((context + linear.bias)[:, None], _kernel(conv), block.conv.bias)  # (V, 1, N, D)

    def __call__(self, x: Tensor, time: Tensor, branches: int) -> Tensor:
        """x (V or 1, R, N, D), time (D,) -> (V, R, N, D)."""
        taps = (self.taps @ self.time(time)).view(-1, len(time))  # (3, D)
        h = _mix(_activate(self.input_norm(x)), self.input_kernel, taps.sum(0))
        h = _add_videos(h, self.context[:branches])
        h[..., 0, :] -= taps[0]  # beyond the ends the convolution reads zeros, so there is no time to add either
        h[..., -1, :] -= taps[-1]
        return _mix(_activate(self.output_norm(h)), self.output_kernel, self.output_bias).add_(x)


class FusedLatentMLP:
    """`SummDiff.denoise` for the guidance branches of one video; the results differ only by rounding.

    Args:
        model: the network, in evaluation mode, see `applies`.
        videos: V encoded videos, the guidance branches of one video.

    Raises:
        TypeError: the network has another denoiser, or the videos are padded.
    """

    def __init__(self, model: SummDiff, videos: EncodedVideos) -> None:
        denoiser, codebook = model.denoiser, model.codebook
        if not isinstance(denoiser, LatentMLPDenoiser) or codebook is None or videos.mask is not None:
            raise TypeError("only latent MLP denoisers can be fused, on videos without padding")
        self.model, self.denoiser, self.codebook = model, denoiser, codebook
        first = _compose(denoiser.conv.weight, denoiser.input.weight)
        # what the level of the sample before, of the sample itself and of the sample after contributes to the output
        outputs = torch.einsum("ojk,lj->klo", first, codebook.entries())  # (3, K + 1, D)
        self.level_outputs = F.pad(outputs.flatten(0, 1), (0, 0, 0, 1))  # (3 (K + 1) + 1, D), zeros for beyond the ends
        positions = denoiser.input(videos.positions[:1, None])
        self.positions = _mix(positions, _kernel(denoiser.conv.weight), denoiser.conv.bias)  # (1, 1, N, D)
        self.blocks = [
            _FusedBlock(cast("LatentMLPBlock", block), context)
            for block, context in zip(denoiser.blocks, videos.contexts, strict=True)
        ]
        self.output_norm, out = denoiser.output[0], cast("nn.Linear", denoiser.output[-1])
        self.output_kernel, self.output_bias = _kernel(out.weight), out.bias
        inner, _, self.last = cast("tuple[nn.Linear, nn.Module, nn.Linear]", tuple(model.head))
        self.head_kernel, self.head_bias = _kernel(inner.weight), inner.bias

    @staticmethod
    def applies(model: SummDiff, videos: EncodedVideos) -> bool:
        """Returns whether the denoiser is a latent MLP, nothing is padded, and the device is a CPU."""
        on_cpu = model.null_features.device.type == "cpu"
        return isinstance(model.denoiser, LatentMLPDenoiser) and videos.mask is None and on_cpu

    def denoise(self, u_t: Tensor, t: int, branches: int) -> Tensor:
        """Predicts clean logits: u_t (R, N) noised logits -> (V, R, N), where V is `branches`."""
        times = torch.tensor([t], device=u_t.device)
        time = self.denoiser.time_mlp(timestep_features(times, self.denoiser.width))[0]  # (D,)
        x = self._first(to_score(u_t, self.model.config.temperature))
        for block in self.blocks:
            x = block(x, time, branches)
        hidden = self.model.norm(_mix(_activate(self.output_norm(x)), self.output_kernel, self.output_bias))
        out: Tensor = self.last(_mix(hidden, self.head_kernel, self.head_bias).relu_()).squeeze(-1)
        return out

    def _first(self, score: Tensor) -> Tensor:
        """Computes the first convolution, which does not depend on the video: scores (R, N) -> (1, R, N, D)."""
        levels = self.codebook.bins + 1
        level = self.codebook.levels(score)
        beyond = len(self.level_outputs) - 1
        before = F.pad(level[:, :-1], (1, 0), value=beyond)
        after = F.pad(level[:, 1:] + 2 * levels, (0, 1), value=beyond)
        rows = torch.stack([before, level + levels, after], dim=-1)  # (R, N, 3)
        out = F.embedding_bag(rows.flatten(0, 1), self.level_outputs, mode="sum")
        return (out.view(1, *score.shape, -1)).add_(self.positions)
