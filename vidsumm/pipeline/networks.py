"""The two networks of a job: both known from the start, the feature network built when frames are to be described."""

from vidsumm.config import SummarizeConfig
from vidsumm.errors import FeatureMismatchError
from vidsumm.features.backbones import Backbone, locate_backbone
from vidsumm.features.feature_id import feature_id, parse_feature_id
from vidsumm.model.checkpoint import load_checkpoint, shipped_checkpoint
from vidsumm.model.sampling import SamplingOptions
from vidsumm.model.summdiff import SummDiff

__all__ = ["Networks"]


class Networks:
    """A feature network and a model that was trained on its features.

    Args:
        config: which ones, and where they run.

    Raises:
        ConfigError: there is no such checkpoint.
        ResourceError: weights or a checkpoint are missing or damaged.
        FeatureMismatchError: they do not belong together.
    """

    def __init__(self, config: SummarizeConfig) -> None:
        features, sample = config.features, config.sample
        # first, because it is quick to say that there is none
        self._checkpoint = load_checkpoint(sample.weights or shipped_checkpoint(features.backbone).path)
        self.info = self._checkpoint.info
        """Of the checkpoint."""
        self.backbone_file = locate_backbone(
            features.backbone, weights=features.backbone_weights, device=features.device
        )
        self.feature_id = feature_id(self.backbone_file, config.decode.fps)
        _require_match(self.feature_id, self.info.feature_id, any_rate=sample.any_rate)
        guidance = self.info.guidance if sample.guidance is None else sample.guidance
        self.options = SamplingOptions(steps=sample.steps, guidance=guidance)
        self._backbone: Backbone | None = None

    @property
    def backbone(self) -> Backbone:
        """The feature network.

        Raises:
            ResourceError: its file does not hold its weights.
        """
        if self._backbone is None:
            self._backbone = self.backbone_file.load()
        return self._backbone

    @property
    def model(self) -> SummDiff:
        """The network that draws curves, on its device."""
        return self._checkpoint.model.to(self.backbone_file.device)


def _require_match(found: str, expected: str, *, any_rate: bool) -> None:
    if found == expected:
        return
    if not parse_feature_id(found).same_network(parse_feature_id(expected)):
        raise FeatureMismatchError(found, expected, remedy="choose the --backbone of the checkpoint or other --weights")
    if not any_rate:
        raise FeatureMismatchError(found, expected, remedy="drop --fps, or accept another rate with --any-rate")
