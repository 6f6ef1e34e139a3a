"""``vidsumm train``: trains a network on annotated feature files."""

from pathlib import Path
from typing import Annotated

import typer

from vidsumm.cli import options
from vidsumm.cli.wording import command_line
from vidsumm.config import SummarizeConfig

__all__ = ["train"]


@options.with_settings("device")
def train(
    data: Annotated[
        list[Path],
        typer.Argument(metavar="FEATURES.h5", show_default=False, help="One or several files from `vidsumm features`"),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FOLDER", help="Folder of the run; an interrupted run is resumed")
    ] = Path("run"),
    recipe: Annotated[
        str, typer.Option("--recipe", metavar="NAME|FILE.toml", help="Name of a shipped recipe, or a recipe file")
    ] = "tvsum",
    overrides: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="FIELD=VALUE",
            show_default=False,
            help="Change a field of the recipe, for example epochs=40; may be given several times",
        ),
    ] = None,
    folds: Annotated[
        int,
        typer.Option(
            "--folds", metavar="N", min=0, help="Cross-validate on N random folds before training; 0 for none"
        ),
    ] = 0,
    splits: Annotated[
        Path | None,
        typer.Option(
            "--splits", metavar="FILE.json", show_default=False, help="Cross-validate on the folds in this file instead"
        ),
    ] = None,
    validation: Annotated[
        float,
        typer.Option(
            "--validation",
            metavar="SHARE",
            min=0,
            max=0.9,
            help="Share of the videos held out to choose the best epoch",
        ),
    ] = 0.0,
    seed: Annotated[
        int | None,
        typer.Option(
            "--seed", metavar="N", show_default=False, help="Seed of all random numbers (default: the recipe's)"
        ),
    ] = None,
    licence: Annotated[
        str, typer.Option("--licence", metavar="TEXT", help="Licence to name on the checkpoint's card")
    ] = "not stated",
    *,
    settings: SummarizeConfig,
    overwrite: options.Overwrite = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Train a SummDiff network on annotated videos.

    The folder of the run receives the checkpoints with their cards, the complete recipe, CSV and TensorBoard logs, and
    the state from which the same command resumes after an interruption. Cross-validation first measures the recipe on
    held-out videos; the final checkpoint is then trained on all videos.
    """
    from vidsumm.cli.progress import reporting
    from vidsumm.training.recipe_file import load_recipe
    from vidsumm.training.run import train_checkpoint
    from vidsumm.training.settings import TrainingSettings

    seeded = [f"seed={seed}"] if seed is not None else []
    training = TrainingSettings(
        data=tuple(data),
        output=output,
        recipe=load_recipe(recipe, [*(overrides or []), *seeded]),
        folds=folds,
        splits=splits,
        validation=validation,
        licence=licence,
        device=settings.features.device,
        command=command_line("vidsumm"),
    )
    with reporting(str(output), quiet=quiet, verbose=verbose) as reporter:
        train_checkpoint(training, overwrite=overwrite, on_event=reporter)
    if not quiet:
        print(f"{output / 'last.safetensors'} written, with its card")
