"""The options that the parts of ``vidsumm bench`` share."""

from pathlib import Path
from typing import Annotated

import typer

__all__ = [
    "Annotations",
    "Data",
    "Dataset",
    "Folder",
    "InventedVideos",
    "Jobs",
    "KeepCurves",
    "Overwrite",
    "Protocol",
    "RecipeFields",
    "RecipeName",
    "Samples",
    "Seeds",
    "Setting",
    "Splits",
]

Dataset = Annotated[str, typer.Option("--dataset", metavar="NAME", help="tvsum, summe, mrhisum or synthetic")]
Protocol = Annotated[
    str | None,
    typer.Option(
        "--protocol",
        metavar="NAME",
        show_default=False,
        help="5fcv: official folds; tvt: 7:1:2, five times; official: Mr. HiSum's own split "
        "(default: 5fcv; synthetic: tvt; mrhisum: official)",
    ),
]
Data = Annotated[
    list[Path] | None,
    typer.Option(
        "--data",
        "-d",
        metavar="FEATURES.h5",
        show_default=False,
        help="Annotated features, from `vidsumm features`; first of all those of the data set itself",
    ),
]
Annotations = Annotated[
    Path | None,
    typer.Option(
        "--annotations", "-a", metavar="FILE.h5", show_default=False, help="For the rows that need no features"
    ),
]
Splits = Annotated[
    Path | None,
    typer.Option("--splits", metavar="FILE.json", show_default=False, help="Another split file than the known folds"),
]
Setting = Annotated[str, typer.Option("--setting", metavar="NAME", help="canonical, augmented or transfer")]
RecipeName = Annotated[
    str | None,
    typer.Option(
        "--recipe",
        metavar="NAME",
        show_default=False,
        help="How networks are trained: a shipped recipe or a .toml file (default: tvsum; summe: summe-paper; mrhisum: "
        "mrhisum-paper)",
    ),
]
RecipeFields = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", show_default=False, help="A field of the recipe; may be repeated"),
]
Seeds = Annotated[int, typer.Option("--seeds", metavar="N", help="Runs of every split")]
Samples = Annotated[int, typer.Option("--samples", "-n", metavar="N", help="Curves drawn for each test video")]
Folder = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        metavar="DIR",
        show_default=False,
        help="Results; what is finished there is not done again (default: results/DATASET-PROTOCOL)",
    ),
]
Jobs = Annotated[
    int, typer.Option("--jobs", "-j", metavar="N", help="Pieces of work done at the same time, each on its own cores")
]
Overwrite = Annotated[bool, typer.Option("--overwrite", metavar="", show_default=False, help="Do finished work again")]
KeepCurves = Annotated[bool, typer.Option("--keep-curves", help="Keep the predicted curves, for `bench figures`")]
InventedVideos = Annotated[
    int, typer.Option("--videos", metavar="N", min=5, help="synthetic: how many videos are invented")
]
