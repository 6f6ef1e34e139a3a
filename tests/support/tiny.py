"""A stand-in for the feature network: small, at once loaded, and sharp enough to tell frames apart."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vidsumm.features.backbones import SPECS, Backbone, BackboneFile
from vidsumm.features.inception import INCEPTION_SHA256

__all__ = ["TinyFile", "tiny_networks"]


class TinyNetwork(nn.Module):
    """A frame's own pixels in 2048 numbers."""

    def forward(self, frames: Tensor) -> Tensor:
        return F.adaptive_avg_pool2d(frames, (26, 27)).flatten(1)[:, :2048]


class TinyFile(BackboneFile):
    """Weights that need no file."""

    def load(self) -> Backbone:
        return Backbone(self.spec, self.weights_sha256, self.device, self.precision, TinyNetwork(), lambda x: x + 1.0)


@contextmanager
def tiny_networks() -> Iterator[None]:
    """Summaries are made with the stand-in, and with the real model behind it."""
    file = TinyFile(SPECS["inception-v3"], Path("tiny"), INCEPTION_SHA256, torch.device("cpu"), "float32")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("vidsumm.pipeline.networks.locate_backbone", lambda *args, **kwargs: file)
        yield
