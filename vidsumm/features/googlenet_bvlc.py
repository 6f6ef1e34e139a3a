"""The BVLC (Caffe) GoogLeNet that the benchmarks' features were made with: pool5, 1024-d.

It differs from torchvision's GoogLeNet: it has no batch normalisation, real 5x5 convolutions, local response
normalisation around the second stage, and a 3x3 window in its fourth pooling.
"""

import zipfile
import zlib
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional
from torchvision.models import GoogLeNet
from torchvision.models.googlenet import Inception

from vidsumm.errors import ResourceError

__all__ = ["build_bvlc", "bvlc_file", "network_from_arrays", "scale_for_bvlc"]

_MEAN_BGR = (104.0, 117.0, 123.0)
_STEM = {"conv1.7x7_s2": "conv1.0", "conv2.3x3_reduce": "conv2.0", "conv2.3x3": "conv3.0"}
_BRANCHES = {
    "1x1": "branch1.0",
    "3x3_reduce": "branch2.0.0",
    "3x3": "branch2.1.0",
    "5x5_reduce": "branch3.0.0",
    "5x5": "branch3.1.0",
    "pool_proj": "branch4.1.0",
}
_BLOCKS = ("3a", "3b", "4a", "4b", "4c", "4d", "4e", "5a", "5b")
_CLASSIFIER = "loss3.classifier"
_KINDS = ("weight", "bias")
_REMEDY = "give the BVLC GoogLeNet as .npz with arrays <layer>.weight and <layer>.bias"


def bvlc_file(weights: Path | None = None) -> Path:
    """Returns `weights`, the only source of this network.

    Raises:
        ResourceError: no file is given.
    """
    if weights is None:
        raise ResourceError("googlenet-bvlc comes without weights", remedy="give them as `backbone_weights`")
    return weights


def scale_for_bvlc(frames: Tensor) -> Tensor:
    """Maps (B, 3, H, W) RGB values in [0, 255] to BGR values minus Caffe's ImageNet mean."""
    return frames[:, [2, 1, 0]] - torch.tensor(_MEAN_BGR, device=frames.device).view(3, 1, 1)


def _convolution(inputs: int, outputs: int, **options: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inputs, outputs, **options), nn.ReLU(inplace=True))  # type: ignore[arg-type]


def _block(inputs: int, *widths: int) -> nn.Module:
    """Returns torchvision's Inception block with a 5x5 window in its third branch, as in the paper."""
    block: nn.Module = Inception(inputs, *widths, conv_block=_convolution)
    reduced, outputs = widths[3:5]
    block.branch3 = nn.Sequential(
        _convolution(inputs, reduced, kernel_size=1), _convolution(reduced, outputs, kernel_size=5, padding=2)
    )
    return block


class _LocalResponseNorm(nn.Module):
    """Divides by (1 + alpha m)^0.75, where m is the mean square of a channel and the two on each side.

    `nn.LocalResponseNorm` computes the same, but its pooling over channels is slow on a CPU. Here a convolution with
    ones near the diagonal sums the squares, in float32 because of their wide range.
    """

    near: Tensor

    def __init__(self, channels: int, size: int = 5, alpha: float = 1e-4) -> None:
        super().__init__()
        self.alpha_per_channel = alpha / size
        near = torch.ones(channels, channels).tril(size // 2).triu(-(size // 2))
        self.register_buffer("near", near[:, :, None, None], persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        with torch.autocast(x.device.type, enabled=False):
            wide = x.float()
            squares = wide.square()
            root = functional.conv2d(squares, self.near).mul_(self.alpha_per_channel).add_(1).rsqrt_()
            return torch.sqrt(root, out=squares).mul_(root).mul_(wide).to(x.dtype)  # in place: memory is the bottleneck


def build_bvlc(path: Path) -> nn.Module:
    """Builds the network from an `.npz` of the original weights.

    Raises:
        ResourceError: the file cannot be read, or its arrays are not those of this network.
    """
    try:
        return network_from_arrays(_read_arrays(path))
    except ResourceError as error:
        raise ResourceError(f"weights {path}: {error.what}", remedy=error.remedy) from error
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise ResourceError(f"weights {path} cannot be read: {error}", remedy=_REMEDY) from error


def network_from_arrays(arrays: dict[str, NDArray[np.float32]]) -> nn.Module:
    """Builds the network, (B, 3, 224, 224) float32 from `scale_for_bvlc` -> (B, 1024) pool5, in eval mode.

    Args:
        arrays: `<layer>.weight` (F, C, y, x) and `<layer>.bias` (F,) of every layer and of nothing else. Those of the
            classifier must be there, but are not used.

    Raises:
        ResourceError: an array is missing, does not belong to the network, or has another shape.
    """
    network: nn.Module = GoogLeNet(aux_logits=False, init_weights=False, blocks=[_convolution, _block, None])
    network.maxpool1 = nn.Sequential(network.get_submodule("maxpool1"), _LocalResponseNorm(64))
    network.maxpool2 = nn.Sequential(_LocalResponseNorm(192), network.get_submodule("maxpool2"))
    network.maxpool4 = nn.MaxPool2d(kernel_size=3, stride=2, ceil_mode=True)
    network.fc = nn.Identity()
    network.load_state_dict(_rename_arrays(arrays, network.state_dict()))
    return network.eval().to(memory_format=torch.channels_last)


def _read_arrays(path: Path) -> dict[str, NDArray[np.float32]]:
    with path.open("rb") as file:
        archive = np.load(file, allow_pickle=False)
        if not isinstance(archive, np.lib.npyio.NpzFile):
            raise ValueError("not an .npz archive")
        return {name: archive[name].astype(np.float32) for name in archive.files}


def _rename_arrays(arrays: dict[str, NDArray[np.float32]], expected: dict[str, Tensor]) -> dict[str, Tensor]:
    """Renames the arrays to the keys of `expected`, and checks names and shapes against it."""
    names = {f"{theirs}.{kind}": f"{ours}.{kind}" for theirs, ours in _layers().items() for kind in _KINDS}
    if odd := (names.keys() | {f"{_CLASSIFIER}.{kind}" for kind in _KINDS}) ^ arrays.keys():
        raise ResourceError(f"array {min(odd)!r} is missing or does not belong here", remedy=_REMEDY)
    for theirs, ours in names.items():
        if arrays[theirs].shape != expected[ours].shape:
            raise ResourceError(f"array {theirs!r} has shape {arrays[theirs].shape}", remedy=_REMEDY)
    return {ours: torch.from_numpy(arrays[theirs]) for theirs, ours in names.items()}


def _layers() -> dict[str, str]:
    """Returns torchvision's name of each layer by Caffe's."""
    return _STEM | {
        f"inception_{block}.{theirs}": f"inception{block}.{ours}"
        for block in _BLOCKS
        for theirs, ours in _BRANCHES.items()
    }
