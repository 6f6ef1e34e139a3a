"""``vidsumm train``: a checkpoint from an annotated feature file."""

from pathlib import Path
from typing import Annotated

import typer

from vidsumm.cli import options

__all__ = ["train"]


def train(
    data: Annotated[Path, typer.Argument(metavar="FEATURES.h5", show_default=False, help="From `vidsumm features`")],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE.safetensors", help="Where to write; the card goes beside it")
    ] = Path("vidsumm.safetensors"),
    folds: Annotated[
        int, typer.Option("--folds", metavar="N", min=0, help="Cross-validate on N random folds first; 0 for none")
    ] = 5,
    splits: Annotated[
        Path | None,
        typer.Option("--splits", metavar="FILE.json", show_default=False, help="Cross-validate on these folds instead"),
    ] = None,
    recipe: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            show_default=False,
            help="A field of the recipe, for example epochs=40; may be given several times",
        ),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="Seed of weights, order and noise")] = 0,
    licence: Annotated[str, typer.Option("--licence", metavar="TEXT", help="Licence named on the card")] = "not stated",
    device: options.Device = None,
    overwrite: options.Overwrite = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Train a SummDiff network on annotated videos and write it with its card.

    Cross-validation measures the recipe on held-out videos; the checkpoint is then trained on all of them.
    """
    import shlex
    import sys

    from vidsumm.cli.progress import reporter_for
    from vidsumm.cli.terminal import console_for
    from vidsumm.learning import TrainingJob, parse_recipe, train_checkpoint

    work = TrainingJob(
        data=data,
        output=output,
        recipe=parse_recipe([*(recipe or []), f"seed={seed}"]),
        folds=folds,
        splits=splits,
        licence=licence,
        device=options.settings_from(None, device=device).features.device,
        command=shlex.join(["vidsumm", *(Path(part).name if "/" in part else part for part in sys.argv[1:])]),
    )
    reporter = reporter_for(console_for(sys.stderr), quiet=quiet, verbose=verbose)
    with reporter.about(str(output)):
        train_checkpoint(work, overwrite=overwrite, on_event=reporter)
    if not quiet:
        print(f"{output} and {output.with_suffix('.md')} written")
