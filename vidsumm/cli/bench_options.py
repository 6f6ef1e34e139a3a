"""The options that subcommands of ``vidsumm bench`` share."""

from collections.abc import Callable
from dataclasses import dataclass
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vidsumm.cli import options
from vidsumm.cli.signatures import expanded
from vidsumm.cli.wording import command_line

if TYPE_CHECKING:
    from vidsumm.benchmark.config import BenchConfig

__all__ = ["Annotations", "Data", "Methods", "RunOptions", "with_run_options"]

_PROTOCOLS = {"mrhisum": "official", "synthetic": "tvt"}
_RECIPES = {"mrhisum": "mrhisum-paper", "summe": "summe-paper"}


def _option(*flags: str, metavar: str, text: str) -> Any:
    """Returns an option that is not required; if it has a default worth showing, `text` names it."""
    return typer.Option(*flags, metavar=metavar, show_default=False, help=text)


Methods = Annotated[
    str | None,
    _option(
        "--methods",
        "-m",
        metavar="A,B,...",
        text="random, human, centre, training-free, ridge, encoder-only, summdiff, summdiff-aggregated; "
        "summdiff@1,summdiff@100 for other numbers of steps (default: all that the files allow)",
    ),
]
Data = Annotated[
    list[Path] | None,
    _option(
        "--data",
        "-d",
        metavar="FEATURES.h5",
        text="Annotated features, from `vidsumm features`; may be repeated, the file of the data set itself first",
    ),
]
Annotations = Annotated[
    Path | None, _option("--annotations", "-a", metavar="FILE.h5", text="For the rows that need no features")
]

_Dataset = Annotated[
    str | None,
    _option(
        "--dataset",
        metavar="NAME",
        text="tvsum, summe, mrhisum or synthetic, which needs no files (default: tvsum; bench agreement: synthetic)",
    ),
]
_Protocol = Annotated[
    str | None,
    _option(
        "--protocol",
        metavar="NAME",
        text="5fcv: official folds; tvt: 7:1:2, five times; official: Mr. HiSum's own split "
        "(default: 5fcv; synthetic: tvt; mrhisum: official)",
    ),
]
_Splits = Annotated[
    Path | None, _option("--splits", metavar="FILE.json", text="A split file in place of the official folds")
]
_Setting = Annotated[str, typer.Option("--setting", metavar="NAME", help="canonical, augmented or transfer")]
_Recipe = Annotated[
    str | None,
    _option(
        "--recipe",
        metavar="NAME|FILE.toml",
        text="How networks are trained: a shipped recipe or a file of your own "
        "(default: tvsum; summe: summe-paper; mrhisum: mrhisum-paper)",
    ),
]
_Overrides = Annotated[
    list[str] | None,
    _option("--set", metavar="FIELD=VALUE", text="Replace a field of the recipe; may be repeated"),
]
_Seeds = Annotated[int, typer.Option("--seeds", metavar="N", help="Runs of every split, each with its own seed")]
_Samples = Annotated[int, typer.Option("--samples", "-n", metavar="N", help="Curves drawn for each test video")]
_Output = Annotated[
    Path | None,
    _option(
        "--output",
        "-o",
        metavar="DIR",
        text="Folder of the results; tasks that are finished there are not done again "
        "(default: results/DATASET-PROTOCOL)",
    ),
]
_Jobs = Annotated[
    int, typer.Option("--jobs", "-j", metavar="N", help="Tasks done at the same time, each with its share of the cores")
]
_Overwrite = Annotated[
    bool, typer.Option("--overwrite", metavar="", show_default=False, help="Do finished tasks again")
]
_KeepCurves = Annotated[
    bool,
    typer.Option(
        "--keep-curves", metavar="", show_default=False, help="Keep the predicted curves, for `bench figures`"
    ),
]
_Videos = Annotated[int, typer.Option("--videos", metavar="N", min=5, help="synthetic: how many videos are invented")]


@dataclass(frozen=True)
class RunOptions:
    """The options of all subcommands that train and measure; see `with_run_options`."""

    dataset: _Dataset = None
    protocol: _Protocol = None
    data: Data = None
    splits: _Splits = None
    setting: _Setting = "canonical"
    recipe: _Recipe = None
    overrides: _Overrides = None
    seeds: _Seeds = 1
    samples: _Samples = 5
    output: _Output = None
    device: Annotated[str | None, options.setting_option("device")] = None
    jobs: _Jobs = 1
    overwrite: _Overwrite = False
    keep_curves: _KeepCurves = False
    videos: _Videos = 50
    quiet: options.Quiet = False
    verbose: options.Verbose = False

    def config(
        self, *, methods: str | None = None, annotations: Path | None = None, dataset: str = "tvsum"
    ) -> "BenchConfig":
        """Returns the run that the options ask for.

        Args:
            methods: value of ``--methods``.
            annotations: value of ``--annotations``.
            dataset: the data set where ``--dataset`` is not given.

        Raises:
            ConfigError: an unknown name or an impossible value.
        """
        from vidsumm.benchmark.config import BenchConfig
        from vidsumm.datasets.synthetic import SyntheticConfig
        from vidsumm.training.recipe_file import load_recipe

        dataset = self.dataset or dataset
        protocol = self.protocol or _PROTOCOLS.get(dataset, "5fcv")
        recipe = self.recipe or _RECIPES.get(dataset, "tvsum")
        return BenchConfig(
            dataset,  # type: ignore[arg-type]  # BenchConfig checks the names
            protocol,  # type: ignore[arg-type]
            self.output or Path("results") / f"{dataset}-{protocol}",
            data=tuple(self.data or ()),
            annotations=annotations,
            splits=self.splits,
            setting=self.setting,  # type: ignore[arg-type]
            recipe=load_recipe(recipe, self.overrides or ()),
            methods=tuple(name.strip() for name in (methods or "").split(",") if name.strip()),
            seeds=self.seeds,
            samples=self.samples,
            device=options.settings_from(device=self.device).features.device,
            jobs=self.jobs,
            overwrite=self.overwrite,
            synthetic=SyntheticConfig(videos=self.videos),
            keep_curves=self.keep_curves,
            command=command_line("vidsumm"),
        )


def with_run_options(command: Callable[..., None]) -> Callable[..., None]:
    """Gives a command the options of `RunOptions` in place of its parameter `shared`."""
    return expanded(command, "shared", signature(RunOptions).parameters.values(), RunOptions)
