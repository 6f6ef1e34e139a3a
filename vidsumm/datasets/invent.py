"""Writes synthetic feature files: ``vidsumm data invent``."""

from pathlib import Path

from vidsumm.datasets.synthetic import SyntheticConfig, write_synthetic
from vidsumm.datasets.synthetic_mrhisum import write_synthetic_mrhisum
from vidsumm.errors import ConfigError
from vidsumm.files import require_free

__all__ = ["invent_features"]

_LAYOUTS = ("eccv16", "mrhisum")


def invent_features(
    output: Path,
    layout: str,
    *,
    videos: int,
    channels: int,
    agreement: float = 0.0,
    seed: int = 0,
    overwrite: bool = False,
) -> None:
    """Writes synthetic annotated features: small and with known modes, or of Mr. HiSum's shape at any size.

    Args:
        output: where to write.
        layout: ``eccv16``, see `SyntheticConfig`, or ``mrhisum``, see `write_synthetic_mrhisum`.
        videos: number of videos.
        channels: C, channels of the features.
        agreement: agreement of the annotators, see `SyntheticConfig`; a video of Mr. HiSum has only one.
        seed: seed of all random numbers.
        overwrite: replace `output`.

    Raises:
        ConfigError: no such layout, or impossible sizes.
        OutputError: the file exists or cannot be written.
    """
    require_free(output, overwrite=overwrite)
    if layout not in _LAYOUTS:
        raise ConfigError(f"`layout={layout}`: no such layout", remedy="one of " + ", ".join(_LAYOUTS))
    if layout == "mrhisum":
        write_synthetic_mrhisum(output, videos, seed, channels)
    else:
        write_synthetic(output, SyntheticConfig(videos=videos, feature_dim=channels, agreement=agreement, seed=seed))
