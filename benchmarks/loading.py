"""Measures how fast training reads a feature file: ``python -m benchmarks.loading FILE.h5``."""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.command import command
from benchmarks.measuring.loading import measure_loading
from vidsumm.cli import options
from vidsumm.cli.tables import Column, print_table
from vidsumm.cli.terminal import console_for, print_json

__all__ = ["app"]


def loading(
    file: Annotated[Path, typer.Argument(metavar="FEATURES.h5", show_default=False, help="Annotated feature file")],
    batch: Annotated[int, typer.Option("--batch", metavar="N", min=1, help="Videos in a batch")] = 256,
    steps: Annotated[
        int | None, typer.Option("--steps", metavar="N", min=1, show_default=False, help="Batches (default: all)")
    ] = None,
    json: options.Json = False,
    verbose: options.Verbose = False,  # noqa: ARG001 read by `guarded`
) -> None:
    """Measure how fast training reads a feature file, and the memory it takes."""
    report = measure_loading(file, videos_per_step=batch, max_steps=steps)
    values = asdict(report) | {"growth_mib": report.growth_mib}
    if json:
        print_json(values, sys.stdout)
        return
    rows = [(name.replace("_", " "), f"{value:,.1f}".removesuffix(".0")) for name, value in values.items()]
    print_table(console_for(sys.stdout), (Column("loading"), Column(str(file), "right")), rows)


app = command(loading)

if __name__ == "__main__":
    app()
