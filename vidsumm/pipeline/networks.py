"""The two networks of a run: the backbone, which is loaded when it is first used, and the model that draws curves."""

from vidsumm.config import SummarizeConfig
from vidsumm.errors import FeatureMismatchError
from vidsumm.features.backbone import Backbone
from vidsumm.features.feature_id import feature_id, parse_feature_id
from vidsumm.features.registry import locate_backbone
from vidsumm.model.checkpoint import load_checkpoint, shipped_checkpoint
from vidsumm.model.sampling import SamplingOptions
from vidsumm.model.summdiff import SummDiff

__all__ = ["Networks"]


class Networks:
    """A backbone and a model that was trained on its features.

    Args:
        config: which backbone and checkpoint, and the device.

    Raises:
        ConfigError: no checkpoint is shipped for the backbone.
        ResourceError: weights or a checkpoint are missing or damaged.
        FeatureMismatchError: the checkpoint was trained on other features.
    """

    def __init__(self, config: SummarizeConfig) -> None:
        features, draw = config.features, config.draw
        # the checkpoint first, because a missing one is found at once
        self._checkpoint = load_checkpoint(draw.weights or shipped_checkpoint(features.backbone).path)
        self.info = self._checkpoint.info
        """What the checkpoint says about itself."""
        self.backbone_file = locate_backbone(
            features.backbone, weights=features.backbone_weights, device=features.device
        )
        self.feature_id = feature_id(self.backbone_file, config.decode.fps)
        _require_match(self.feature_id, self.info.feature_id, any_rate=draw.any_rate)
        guidance = self.info.guidance if draw.guidance is None else draw.guidance
        self.options = SamplingOptions(steps=draw.steps, guidance=guidance)
        self._backbone: Backbone | None = None

    @property
    def backbone(self) -> Backbone:
        """The backbone, loaded on first use.

        Raises:
            ResourceError: its file does not hold the expected weights.
        """
        if self._backbone is None:
            self._backbone = self.backbone_file.load()
        return self._backbone

    @property
    def model(self) -> SummDiff:
        """The model that draws curves, on the device."""
        return self._checkpoint.model.to(self.backbone_file.device)


def _require_match(found: str, expected: str, *, any_rate: bool) -> None:
    if found == expected:
        return
    if not parse_feature_id(found).same_network(parse_feature_id(expected)):
        raise FeatureMismatchError(found, expected, remedy="choose the --backbone of the checkpoint or other --weights")
    if not any_rate:
        raise FeatureMismatchError(found, expected, remedy="drop --fps, or accept another rate with --any-rate")
