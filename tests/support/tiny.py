"""A stand-in for the backbone: it loads at once, runs fast, and gives different frames different features."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from vidsumm.features.backbone import Backbone
from vidsumm.features.inception import INCEPTION_SHA256
from vidsumm.features.registry import SPECS, BackboneFile

__all__ = ["TinyFile", "tiny_networks"]


class TinyNetwork(nn.Module):
    """The pixels of a frame, averaged to 2048 numbers."""

    def forward(self, frames: Tensor) -> Tensor:
        return F.adaptive_avg_pool2d(frames, (26, 27)).flatten(1)[:, :2048]


class TinyFile(BackboneFile):
    """A backbone that needs no weight file."""

    def load(self) -> Backbone:
        return Backbone(self.spec, self.weights_sha256, self.device, self.precision, TinyNetwork(), lambda x: x + 1.0)


@contextmanager
def tiny_networks() -> Iterator[None]:
    """Replaces the backbone of summaries by the stand-in; the model that draws curves stays the real one."""
    file = TinyFile(SPECS["inception-v3"], Path("tiny"), INCEPTION_SHA256, torch.device("cpu"), "float32")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("vidsumm.pipeline.networks.locate_backbone", lambda *args, **kwargs: file)
        yield
