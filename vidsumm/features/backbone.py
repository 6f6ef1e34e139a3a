"""A backbone: a feature network that maps frames to vectors, with the preprocessing that it needs.

A frame is squashed to the network's square input, not cropped, so that its borders count too. Its feature is the
output of the network's last pooling layer, divided by its Euclidean norm. Thanks to the norm, shot segmentation and
scoring do not depend on the scale of a network: the scatter that KTS weighs against its penalty lies in [0, 1] for all
of them. The benchmarks' features are published in this form too.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from vidsumm.config import BackboneName
from vidsumm.devices import Precision

__all__ = ["Backbone", "BackboneSpec"]


@dataclass(frozen=True)
class BackboneSpec:
    """What is known about a backbone without its weights."""

    name: BackboneName
    dim: int
    """D, the length of a feature vector."""
    input_size: tuple[int, int]
    """Width and height of the frames it takes, pixels; frames of other sizes are squashed to it."""
    preprocessing: str
    """Short name of everything that happens to a frame before the network and to its feature after it."""
    description: str
    weights_note: str
    """Where its weights come from."""


@dataclass(frozen=True)
class Backbone:
    """A loaded network: uint8 RGB frames in, features out.

    Features in bfloat16 agree with those in float32 to a cosine of 0.9998 (Inception-v3, median over real frames; the
    lowest was 0.998). Features depend on the batch size only by rounding.
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
        """Extracts features: (B, H, W, 3) uint8 RGB -> (B, D) float32 on the CPU, rows of unit length.

        Raises:
            ValueError: the frames have another shape or type.
        """
        return F.normalize(self.pool(frames), dim=1)

    def pool(self, frames: NDArray[np.uint8] | Tensor) -> Tensor:
        """Like calling the backbone, but the rows keep the length that the last pooling layer gives them."""
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
        """(B, H, W, 3) uint8 on any device -> (B, 3, h, w) scaled float32 on the network's, channels last in memory."""
        pixels = batch.to(self.device, non_blocking=True).permute(0, 3, 1, 2).float()  # (B, 3, H, W)
        width, height = self.spec.input_size
        if pixels.shape[-2:] != (height, width):
            pixels = F.interpolate(pixels, (height, width), mode="bilinear", antialias=True)
        return self.scale(pixels)
