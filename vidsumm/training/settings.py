"""The settings of a training run."""

from dataclasses import dataclass
from pathlib import Path

from vidsumm.config import DeviceName
from vidsumm.training.recipe import Recipe

__all__ = ["TrainingSettings"]


@dataclass(frozen=True)
class TrainingSettings:
    """What to train, and how to measure it."""

    data: tuple[Path, ...]
    """Annotated feature files of one feature id."""
    output: Path
    """Folder of the run."""
    recipe: Recipe
    folds: int = 0
    """Random folds to cross-validate on first; 0 for none."""
    splits: Path | None = None
    """File of folds over the first feature file to cross-validate on instead; all videos that it does not test on are
    added to every training side."""
    validation: float = 0.0
    """Share of the videos that the final training holds out, to choose its best epoch by tau."""
    licence: str = "not stated"
    """Named on the card."""
    device: DeviceName = "auto"
    command: str = "vidsumm train"
    """The command line, for the card."""
