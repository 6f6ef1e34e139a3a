"""The feature id: says how features were made, so that a checkpoint is used only with the features it was trained on.

`inception-v3:7ff4a85c3a63:squash299-bilinear-l2:2fps` names the backbone, the first digits of the SHA-256 of its
weights, the preprocessing, and the sampling rate.
"""

import re
from dataclasses import dataclass

from vidsumm.errors import ResourceError
from vidsumm.features.backbone import Backbone
from vidsumm.features.registry import BackboneFile

__all__ = ["FeatureId", "feature_id", "parse_feature_id"]

_PATTERN = re.compile(
    r"(?P<backbone>[\w.+-]+):(?P<digest>[0-9a-f]{12}):(?P<preprocessing>[\w.+-]+):(?P<fps>[0-9.e+-]+)fps"
)


@dataclass(frozen=True)
class FeatureId:
    """The parts of a feature id; `str` joins them."""

    backbone: str
    digest: str
    """First 12 hexadecimal digits of the SHA-256 of the weight file."""
    preprocessing: str
    fps: float
    """Samples per second."""

    def __str__(self) -> str:
        return f"{self.backbone}:{self.digest}:{self.preprocessing}:{self.fps:g}fps"

    def same_network(self, other: "FeatureId") -> bool:
        """Returns whether both are the same apart from the sampling rate."""
        mine = (self.backbone, self.digest, self.preprocessing)
        return mine == (other.backbone, other.digest, other.preprocessing)


def feature_id(backbone: Backbone | BackboneFile, fps: float) -> str:
    """Returns the id of the features that `backbone` extracts from frames sampled at `fps` per second."""
    spec = backbone.spec
    return str(FeatureId(spec.name, backbone.weights_sha256[:12], spec.preprocessing, fps))


def parse_feature_id(text: str) -> FeatureId:
    """Splits a feature id into its parts.

    Raises:
        ResourceError: the text is not a feature id.
    """
    match = _PATTERN.fullmatch(text)
    try:
        if match is None:
            raise ValueError
        return FeatureId(match["backbone"], match["digest"], match["preprocessing"], float(match["fps"]))
    except ValueError as error:
        raise ResourceError(
            f"{text!r} is not a feature id", remedy="it has the form backbone:digest:preprocessing:RATEfps"
        ) from error
