"""What a benchmark run is asked for."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args

from vidsumm.config import DeviceName
from vidsumm.datasets.synthetic import SyntheticConfig
from vidsumm.errors import ConfigError
from vidsumm.training.recipe import Recipe

__all__ = ["DATASETS", "PROTOCOLS", "SETTINGS", "BenchConfig", "DatasetName", "ProtocolName", "SettingName"]

DatasetName = Literal["tvsum", "summe", "mrhisum", "synthetic"]
ProtocolName = Literal["5fcv", "tvt", "official"]
SettingName = Literal["canonical", "augmented", "transfer"]

DATASETS: tuple[str, ...] = get_args(DatasetName)
PROTOCOLS: tuple[str, ...] = get_args(ProtocolName)
SETTINGS: tuple[str, ...] = get_args(SettingName)


@dataclass(frozen=True)
class BenchConfig:
    """Everything that decides what is measured and where the results go."""

    dataset: DatasetName
    protocol: ProtocolName
    output: Path
    """Folder of the results; what is finished there is not done again."""
    data: tuple[Path, ...] = ()
    """Annotated feature files of one feature id."""
    annotations: Path | None = None
    """Annotations for the methods that need no features, where no feature file is given."""
    splits: Path | None = None
    """The split file of ``5fcv`` and ``official``."""
    setting: SettingName = "canonical"
    recipe: Recipe = field(default_factory=Recipe)
    methods: tuple[str, ...] = ()
    """By name, see `vidsumm.benchmark.methods.method`; all that the given files allow where empty."""
    seeds: int = 1
    """Runs of every split."""
    samples: int = 5
    """Curves drawn for each test video; 0 < samples."""
    device: DeviceName = "auto"
    jobs: int = 1
    """Processes that work at the same time, each with its share of the cores; 0 < jobs."""
    overwrite: bool = False
    """Do finished work again."""
    synthetic: SyntheticConfig = field(default_factory=SyntheticConfig)
    """What is invented for ``synthetic`` where no feature file is given."""
    keep_curves: bool = False
    """Keep the predicted curves, from which figures are drawn."""
    command: str = "vidsumm bench"
    """How it was called, for the tables."""

    def __post_init__(self) -> None:
        for flag, value, known in (
            ("--dataset", self.dataset, DATASETS),
            ("--protocol", self.protocol, PROTOCOLS),
            ("--setting", self.setting, SETTINGS),
        ):
            if value not in known:
                raise ConfigError(f"{flag} {value}: unknown", remedy="give one of " + ", ".join(known))
        for flag, number in (("--seeds", self.seeds), ("--samples", self.samples), ("--jobs", self.jobs)):
            if number < 1:
                raise ConfigError(f"{flag} {number} is below 1", remedy=f"give {flag} 1 or more")
        if (self.protocol == "official") != (self.dataset == "mrhisum"):
            own = "official" if self.dataset == "mrhisum" else "5fcv or tvt"
            raise ConfigError(
                f"--protocol {self.protocol} does not go with --dataset {self.dataset}", remedy=f"give --protocol {own}"
            )
