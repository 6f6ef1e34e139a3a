"""The settings of a benchmark run."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args

from vidsumm.config import DeviceName
from vidsumm.datasets.synthetic import SyntheticConfig
from vidsumm.errors import ConfigError
from vidsumm.training.recipe import Recipe

__all__ = ["BenchConfig"]

DatasetName = Literal["tvsum", "summe", "mrhisum", "synthetic"]
ProtocolName = Literal["5fcv", "tvt", "official"]
SettingName = Literal["canonical", "augmented", "transfer"]

_DATASETS: tuple[str, ...] = get_args(DatasetName)
_PROTOCOLS: tuple[str, ...] = get_args(ProtocolName)
_SETTINGS: tuple[str, ...] = get_args(SettingName)


@dataclass(frozen=True)
class BenchConfig:
    """What is measured, and where the results go.

    Raises:
        ConfigError: an unknown name or an impossible value.
    """

    dataset: DatasetName
    protocol: ProtocolName
    output: Path
    """Folder of the results; tasks that are finished there are not done again."""
    data: tuple[Path, ...] = ()
    """Annotated feature files of one feature id; the first is of `dataset` itself."""
    annotations: Path | None = None
    """Annotations for the methods that need no features, where no feature file is given."""
    splits: Path | None = None
    """The split file of ``5fcv`` and ``official``."""
    setting: SettingName = "canonical"
    recipe: Recipe = field(default_factory=Recipe)
    methods: tuple[str, ...] = ()
    """Names, see `vidsumm.benchmark.methods.registry`; where empty, all methods that the given files allow."""
    seeds: int = 1
    """Runs of every split, with the seeds 0, 1, ..."""
    samples: int = 5
    """Curves drawn for each test video; 0 < samples."""
    device: DeviceName = "auto"
    jobs: int = 1
    """Tasks done at the same time, each in a process with its share of the cores; 0 < jobs."""
    overwrite: bool = False
    """Do finished tasks again."""
    synthetic: SyntheticConfig = field(default_factory=SyntheticConfig)
    """The videos that are invented for ``synthetic`` where no feature file is given."""
    keep_curves: bool = False
    """Keep the predicted curves, so that figures can be drawn from them."""
    command: str = "vidsumm bench"
    """The command that was typed, written down with the results."""

    def __post_init__(self) -> None:
        for name, value, known in (
            ("dataset", self.dataset, _DATASETS),
            ("protocol", self.protocol, _PROTOCOLS),
            ("setting", self.setting, _SETTINGS),
        ):
            if value not in known:
                raise ConfigError(f"`{name}={value}`: unknown", remedy="give one of " + ", ".join(known))
        for name, number in (("seeds", self.seeds), ("samples", self.samples), ("jobs", self.jobs)):
            if number < 1:
                raise ConfigError(f"`{name}={number}` is below 1", remedy="give 1 or more")
        if (self.protocol == "official") != (self.dataset == "mrhisum"):
            own = "official" if self.dataset == "mrhisum" else "5fcv or tvt"
            raise ConfigError(
                f"`protocol={self.protocol}` does not go with `dataset={self.dataset}`",
                remedy=f"give `protocol={own}`",
            )
