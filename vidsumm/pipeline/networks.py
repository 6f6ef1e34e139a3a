"""The two networks of a run, each loaded when it is first used: the backbone, and the model that draws curves."""

from functools import cached_property

import torch

from vidsumm.config import SummarizeConfig
from vidsumm.devices import resolve_device
from vidsumm.errors import FeatureMismatchError
from vidsumm.features.backbone import Backbone
from vidsumm.features.feature_id import feature_id, parse_feature_id
from vidsumm.features.registry import BackboneFile, locate_backbone
from vidsumm.model.checkpoint import Checkpoint, CheckpointInfo, load_checkpoint, shipped_checkpoint
from vidsumm.model.sampling import SamplingOptions
from vidsumm.model.summdiff import SummDiff

__all__ = ["Networks"]


class Networks:
    """A backbone, and a model that was trained on its features.

    Args:
        config: which backbone and checkpoint, and the device.
    """

    def __init__(self, config: SummarizeConfig) -> None:
        self._config = config

    @cached_property
    def backbone_file(self) -> BackboneFile:
        """The weights of the backbone.

        Raises:
            ResourceError: they are missing or damaged, or the device is not available.
        """
        features = self._config.features
        return locate_backbone(features.backbone, weights=features.backbone_weights, device=features.device)

    @cached_property
    def backbone(self) -> Backbone:
        """The backbone on its device.

        Raises:
            ResourceError: its file does not hold the expected weights.
        """
        return self.backbone_file.load()

    @property
    def feature_id(self) -> str:
        """Identity of the features that the backbone computes."""
        return feature_id(self.backbone_file, self._config.decode.fps)

    @cached_property
    def _checkpoint(self) -> Checkpoint:
        draw, features = self._config.draw, self._config.features
        return load_checkpoint(draw.weights or shipped_checkpoint(features.backbone).path)

    @property
    def info(self) -> CheckpointInfo:
        """What the checkpoint says about itself.

        Raises:
            ConfigError: no checkpoint is shipped for the backbone.
            ResourceError: the checkpoint is missing or damaged.
        """
        return self._checkpoint.info

    @property
    def options(self) -> SamplingOptions:
        """How curves are drawn."""
        draw = self._config.draw
        guidance = self.info.guidance if draw.guidance is None else draw.guidance
        return SamplingOptions(steps=draw.steps, guidance=guidance)

    @cached_property
    def device(self) -> torch.device:
        """Where the model runs.

        Raises:
            ResourceError: the device is not available.
        """
        return resolve_device(self._config.features.device)

    @cached_property
    def model(self) -> SummDiff:
        """The model that draws curves, on its device."""
        return self._checkpoint.model.to(self.device)

    def require_pair(self) -> None:
        """Checks that the model was trained on the features of the backbone; loads the model, not the backbone.

        Raises:
            ConfigError: no checkpoint is shipped for the backbone.
            FeatureMismatchError: the model was trained on other features.
            ResourceError: the weights of one of them are missing or damaged.
        """
        _ = self.info  # the checkpoint first, because a missing one is found at once
        self.require_match(self.feature_id)

    def require_match(self, found: str) -> None:
        """Checks that the model was trained on the features with this identity.

        Raises:
            FeatureMismatchError: it was trained on others.
        """
        expected = self.info.feature_id
        if found == expected:
            return
        if not parse_feature_id(found).same_network(parse_feature_id(expected)):
            remedy = "choose the `backbone` of the checkpoint, or other `weights`"
            raise FeatureMismatchError(found, expected, remedy=remedy)
        if not self._config.draw.any_rate:
            remedy = "leave out `fps`, or accept another rate with `any_rate=True`"
            raise FeatureMismatchError(found, expected, remedy=remedy)
