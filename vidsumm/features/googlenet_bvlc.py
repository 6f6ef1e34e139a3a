"""The BVLC (Caffe) GoogLeNet that the benchmarks' features were made with: pool5, 1024-d.

It has torchvision's plan, but no batch normalisation, true 5x5 convolutions, local response normalisation around
the second stage, and a 3x3 window in its fourth pooling.
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

__all__ = ["BvlcGoogLeNet", "build_bvlc", "bvlc_file", "scale_for_bvlc"]

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
_REMEDY = "give the BVLC GoogLeNet as .npz with arrays <layer>.weight and <layer>.bias"


def bvlc_file(weights: Path | None = None) -> Path:
    """`weights`: this network has no other source.

    Raises:
        ResourceError: no file was given.
    """
    if weights is None:
        raise ResourceError("googlenet-bvlc has no weights of its own", remedy="pass them with --backbone-weights FILE")
    return weights


def scale_for_bvlc(frames: Tensor) -> Tensor:
    """Maps (B, 3, H, W) RGB values in [0, 255] to BGR values less Caffe's ImageNet mean."""
    return frames[:, [2, 1, 0]] - torch.tensor(_MEAN_BGR, device=frames.device).view(3, 1, 1)


def _convolution(inputs: int, outputs: int, **options: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inputs, outputs, **options), nn.ReLU(inplace=True))  # type: ignore[arg-type]


def _block(inputs: int, *widths: int) -> nn.Module:
    """torchvision's Inception block, its third branch with the 5x5 window of the paper."""
    block: nn.Module = Inception(inputs, *widths, conv_block=_convolution)
    reduced, outputs = widths[3:5]
    block.branch3 = nn.Sequential(
        _convolution(inputs, reduced, kernel_size=1), _convolution(reduced, outputs, kernel_size=5, padding=2)
    )
    return block


class _LocalResponseNorm(nn.Module):
    """Divides by (1 + alpha m)^0.75, m the mean square of the five channels around.

    `nn.LocalResponseNorm` does so too, but its pooling over channels is slow on a CPU. Here a convolution sums the
    squares, by ones near the diagonal; in float32, for their range is wide.
    """

    near: Tensor

    def __init__(self, channels: int, size: int = 5, alpha: float = 1e-4) -> None:
        super().__init__()
        self.share = alpha / size
        near = torch.ones(channels, channels).tril(size // 2).triu(-(size // 2))
        self.register_buffer("near", near[:, :, None, None], persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        with torch.autocast(x.device.type, enabled=False):
            wide = x.float()
            squares = wide.square()
            root = functional.conv2d(squares, self.near).mul_(self.share).add_(1).rsqrt_()
            return torch.sqrt(root, out=squares).mul_(root).mul_(wide).to(x.dtype)  # in place: memory is the bottleneck


def _trunk() -> nn.Module:
    trunk: nn.Module = GoogLeNet(aux_logits=False, init_weights=False, blocks=[_convolution, _block, None])
    trunk.maxpool1 = nn.Sequential(trunk.get_submodule("maxpool1"), _LocalResponseNorm(64))
    trunk.maxpool2 = nn.Sequential(_LocalResponseNorm(192), trunk.get_submodule("maxpool2"))
    trunk.maxpool4 = nn.MaxPool2d(kernel_size=3, stride=2, ceil_mode=True)
    trunk.fc = nn.Identity()
    return trunk


class BvlcGoogLeNet(nn.Module):
    """The network in eval mode, its 1000-way ImageNet classifier kept apart.

    Args:
        arrays: `<layer>.weight` (F, C, y, x) and `<layer>.bias` (F,), all of and only the network's own.

    Raises:
        ResourceError: an array is missing, superfluous or of another shape.
    """

    def __init__(self, arrays: dict[str, NDArray[np.float32]]) -> None:
        super().__init__()
        self.trunk = _trunk()
        self.classifier = nn.Linear(1024, 1000)
        self.load_state_dict(_state(arrays, self.state_dict()))
        self.eval()

    def forward(self, x: Tensor) -> Tensor:
        """(B, 3, 224, 224) float32 from `scale_for_bvlc` -> (B, 1024) pool5."""
        features: Tensor = self.trunk(x)
        return features

    def classify(self, x: Tensor) -> Tensor:
        """(B, 3, 224, 224) float32 from `scale_for_bvlc` -> (B, 1000) logits."""
        logits: Tensor = self.classifier(self.trunk(x))
        return logits


def _layers() -> dict[str, str]:
    """Caffe's name of each layer -> its name here."""
    inner = {
        f"inception_{block}.{theirs}": f"trunk.inception{block}.{ours}"
        for block in _BLOCKS
        for theirs, ours in _BRANCHES.items()
    }
    return {**{theirs: f"trunk.{ours}" for theirs, ours in _STEM.items()}, **inner, _CLASSIFIER: "classifier"}


def _state(arrays: dict[str, NDArray[np.float32]], wanted: dict[str, Tensor]) -> dict[str, Tensor]:
    """Renames the arrays to `wanted`'s keys and checks names and shapes against it."""
    names = {f"{theirs}.{kind}": f"{ours}.{kind}" for theirs, ours in _layers().items() for kind in ("weight", "bias")}
    if odd := names.keys() ^ arrays.keys():
        raise ResourceError(f"array {min(odd)!r} is missing or does not belong here", remedy=_REMEDY)
    state = {}
    for theirs, ours in names.items():
        value = torch.from_numpy(arrays[theirs])
        if theirs.startswith(_CLASSIFIER):
            value = value.squeeze((-2, -1)) if value.ndim == 4 else value  # 1x1 convolution -> linear layer
        if value.shape != wanted[ours].shape:
            raise ResourceError(f"array {theirs!r} has shape {tuple(value.shape)}", remedy=_REMEDY)
        state[ours] = value
    return state


def _read_arrays(path: Path) -> dict[str, NDArray[np.float32]]:
    with path.open("rb") as file:
        archive = np.load(file, allow_pickle=False)
        if not isinstance(archive, np.lib.npyio.NpzFile):
            raise ValueError("not an .npz archive")
        return {name: archive[name].astype(np.float32) for name in archive.files}


def build_bvlc(path: Path) -> BvlcGoogLeNet:
    """Builds the network from an `.npz` of the original weights.

    Raises:
        ResourceError: the file cannot be read, or its arrays are not this network's.
    """
    try:
        return BvlcGoogLeNet(_read_arrays(path)).to(memory_format=torch.channels_last)
    except ResourceError as error:
        raise ResourceError(f"weights {path}: {error.what}", remedy=error.remedy) from error
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise ResourceError(f"weights {path} cannot be read: {error}", remedy=_REMEDY) from error
