"""``vidsumm train``: a checkpoint from annotated feature files."""

from pathlib import Path
from typing import Annotated

import typer

from vidsumm.cli import options

__all__ = ["train"]


def train(
    data: Annotated[
        list[Path],
        typer.Argument(metavar="FEATURES.h5", show_default=False, help="From `vidsumm features`; one or several files"),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FOLDER", help="Folder of the run; an interrupted one goes on")
    ] = Path("run"),
    recipe: Annotated[
        str, typer.Option("--recipe", metavar="NAME|FILE.toml", help="Shipped recipe, or a file of your own")
    ] = "tvsum",
    changes: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="FIELD=VALUE",
            show_default=False,
            help="Replace a field of the recipe, for example epochs=40; may be given several times",
        ),
    ] = None,
    folds: Annotated[
        int, typer.Option("--folds", metavar="N", min=0, help="Cross-validate on N random folds first; 0 for none")
    ] = 0,
    splits: Annotated[
        Path | None,
        typer.Option("--splits", metavar="FILE.json", show_default=False, help="Cross-validate on these folds instead"),
    ] = None,
    validation: Annotated[
        float,
        typer.Option(
            "--validation", metavar="SHARE", min=0, max=0.9, help="Hold out this share of videos to choose the epoch"
        ),
    ] = 0.0,
    seed: Annotated[
        int | None, typer.Option("--seed", metavar="N", show_default=False, help="Of weights, order and noise")
    ] = None,
    licence: Annotated[str, typer.Option("--licence", metavar="TEXT", help="Licence named on the card")] = "not stated",
    device: options.Device = None,
    overwrite: options.Overwrite = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Train a SummDiff network on annotated videos.

    The folder of the run receives the checkpoints with their cards, the resolved recipe, CSV and TensorBoard logs, and
    the state from which the same command goes on after an interruption. Cross-validation measures the recipe on
    held-out videos first; the checkpoint is then trained on all of them.
    """
    import shlex
    import sys

    from vidsumm.cli.progress import reporter_for
    from vidsumm.cli.terminal import console_for
    from vidsumm.training.recipe import load_recipe
    from vidsumm.training.run import TrainingJob, train_checkpoint

    seeded = [f"seed={seed}"] if seed is not None else []
    work = TrainingJob(
        data=tuple(data),
        output=output,
        recipe=load_recipe(recipe, [*(changes or []), *seeded]),
        folds=folds,
        splits=splits,
        validation=validation,
        licence=licence,
        device=options.settings_from(None, device=device).features.device,
        command=shlex.join(["vidsumm", *(Path(part).name if "/" in part else part for part in sys.argv[1:])]),
    )
    reporter = reporter_for(console_for(sys.stderr), quiet=quiet, verbose=verbose)
    with reporter.about(str(output)):
        train_checkpoint(work, overwrite=overwrite, on_event=reporter)
    if not quiet:
        print(f"{output / 'last.safetensors'} written, its card beside it")
