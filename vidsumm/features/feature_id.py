"""The name that features and checkpoints carry, so that only what belongs together is used together.

`inception-v3:7ff4a85c3a63:squash299-bilinear-l2:2fps` reads: backbone, first digits of its weights' SHA-256,
preprocessing, sampling rate.
"""

import re
from dataclasses import dataclass

from vidsumm.errors import ResourceError
from vidsumm.features.backbones import Backbone, BackboneFile

__all__ = ["FeatureId", "feature_id", "parse_feature_id"]

_PATTERN = re.compile(
    r"(?P<backbone>[\w.+-]+):(?P<digest>[0-9a-f]{12}):(?P<preprocessing>[\w.+-]+):(?P<fps>[0-9.e+-]+)fps"
)


@dataclass(frozen=True)
class FeatureId:
    """The parts of a feature id; `str` puts them together."""

    backbone: str
    digest: str
    """First 12 hexadecimal digits of the SHA-256 of the weight file."""
    preprocessing: str
    fps: float
    """Samples per second."""

    def __str__(self) -> str:
        return f"{self.backbone}:{self.digest}:{self.preprocessing}:{self.fps:g}fps"

    def same_network(self, other: "FeatureId") -> bool:
        """Whether only the sampling rate may differ."""
        mine = (self.backbone, self.digest, self.preprocessing)
        return mine == (other.backbone, other.digest, other.preprocessing)


def feature_id(backbone: Backbone | BackboneFile, fps: float) -> str:
    """The id of the features that `backbone` gives for frames sampled at `fps` per second."""
    spec = backbone.spec
    return str(FeatureId(spec.name, backbone.weights_sha256[:12], spec.preprocessing, fps))


def parse_feature_id(text: str) -> FeatureId:
    """Takes an id apart.

    Raises:
        ResourceError: the text is no feature id.
    """
    match = _PATTERN.fullmatch(text)
    try:
        if match is None:
            raise ValueError
        return FeatureId(match["backbone"], match["digest"], match["preprocessing"], float(match["fps"]))
    except ValueError as error:
        raise ResourceError(
            f"{text!r} is not a feature id", remedy="it reads backbone:digest:preprocessing:RATEfps"
        ) from error
