"""``vidsumm bench``: methods measured by the field's protocols, beside the published numbers."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vidsumm.cli import bench_options as given
from vidsumm.cli import options
from vidsumm.cli.bench_output import command_line, numbers, reporting, write
from vidsumm.cli.exits import guarded

if TYPE_CHECKING:
    from vidsumm.benchmark.config import BenchConfig
    from vidsumm.benchmark.report.tables import Table

__all__ = ["commands"]

commands = typer.Typer(add_completion=False, rich_markup_mode="rich", pretty_exceptions_enable=False)


@commands.callback(invoke_without_command=True)
@guarded
def bench(
    context: typer.Context,
    dataset: given.Dataset = "tvsum",
    protocol: given.Protocol = None,
    methods: Annotated[
        str | None,
        typer.Option(
            "--methods",
            "-m",
            metavar="A,B,...",
            show_default=False,
            help="random, human, centre, training-free, ridge, encoder-only, summdiff, summdiff-aggregated; "
            "summdiff@1,summdiff@100 for other numbers of steps (default: all that the files allow)",
        ),
    ] = None,
    data: given.Data = None,
    annotations: given.Annotations = None,
    splits: given.Splits = None,
    setting: given.Setting = "canonical",
    recipe: given.RecipeName = None,
    recipe_fields: given.RecipeFields = None,
    seeds: given.Seeds = 1,
    samples: given.Samples = 5,
    output: given.Folder = None,
    device: options.Device = None,
    jobs: given.Jobs = 1,
    overwrite: given.Overwrite = False,
    keep_curves: given.KeepCurves = False,
    videos: given.InventedVideos = 50,
    agreement: Annotated[
        str | None,
        typer.Option(
            "--agreement",
            metavar="A,B,...",
            show_default=False,
            help="synthetic: SummDiff and the encoder alone at each agreement of annotators from 0 to 1",
        ),
    ] = None,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Measure methods by the field's protocols and print them beside the published numbers.

    Finished work is kept in the results folder: a run that was stopped goes on where it was. Table files are written
    there too.
    """
    if context.invoked_subcommand is not None:
        return
    config = _config(
        dataset=dataset,
        protocol=protocol,
        methods=tuple(name.strip() for name in (methods or "").split(",") if name.strip()),
        data=tuple(data or ()),
        annotations=annotations,
        splits=splits,
        setting=setting,
        recipe=recipe,
        recipe_fields=recipe_fields or (),
        seeds=seeds,
        samples=samples,
        output=output,
        device=device,
        jobs=jobs,
        overwrite=overwrite,
        keep_curves=keep_curves,
        videos=videos,
    )
    if agreement is None:
        from vidsumm.benchmark.compare import run_benchmark as run
    else:
        from functools import partial

        from vidsumm.benchmark.agreement import run_agreement

        run = partial(run_agreement, agreements=numbers("--agreement", agreement))
    _show(config, run, "table" if agreement is None else "agreement", quiet=quiet, verbose=verbose)


@commands.command()
@guarded
def ablation(
    table: Annotated[str, typer.Option("--table", "-t", metavar="N", help="The paper's table: 5, 6, I or III")],
    dataset: given.Dataset = "tvsum",
    protocol: given.Protocol = None,
    data: given.Data = None,
    splits: given.Splits = None,
    setting: given.Setting = "canonical",
    recipe: given.RecipeName = None,
    recipe_fields: given.RecipeFields = None,
    seeds: given.Seeds = 1,
    samples: given.Samples = 5,
    output: given.Folder = None,
    device: options.Device = None,
    jobs: given.Jobs = 1,
    overwrite: given.Overwrite = False,
    keep_curves: given.KeepCurves = False,
    videos: given.InventedVideos = 50,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Measure the rows of one of the paper's ablations, with what the paper prints below.

    Table 5: components; 6: denoising steps; I: quantisation; III: number and use of annotators. Finished work is kept.
    """
    from functools import partial

    from vidsumm.benchmark.ablation import run_ablation

    config = _config(
        dataset=dataset,
        protocol=protocol,
        data=tuple(data or ()),
        splits=splits,
        setting=setting,
        recipe=recipe,
        recipe_fields=recipe_fields or (),
        seeds=seeds,
        samples=samples,
        output=output,
        device=device,
        jobs=jobs,
        overwrite=overwrite,
        keep_curves=keep_curves,
        videos=videos,
    )
    _show(config, partial(run_ablation, number=table), f"ablation-{table}", quiet=quiet, verbose=verbose)


@commands.command()
@guarded
def figures(
    folder: Annotated[Path, typer.Argument(metavar="DIR", show_default=False, help="Results, with --keep-curves")],
    data: given.Data = None,
    annotations: given.Annotations = None,
    video: Annotated[
        list[str] | None,
        typer.Option("--video", metavar="KEY", show_default=False, help="Show this video; may be given several times"),
    ] = None,
    row: Annotated[
        list[str] | None,
        typer.Option("--row", metavar="LABEL", show_default=False, help="Show this row; may be given several times"),
    ] = None,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,  # noqa: ARG001 read by `guarded`
) -> None:
    """Draw the paper's figures from results, without training again.

    Annotations are needed for figures 3 (coverage), 4 (contours) and 5 (selected shots); steps and K are drawn from the
    tables of `bench ablation`.
    """
    from vidsumm.benchmark.report.paper_figures import draw_figures
    from vidsumm.benchmark.videos import open_videos

    videos = open_videos(tuple(data or ()), annotations) if data or annotations else None
    paths = draw_figures(folder, videos, keys=video or (), rows=row or (), command=command_line())
    if not quiet:
        print(f"written: {', '.join(map(str, paths))}")


def _config(
    *,
    recipe: str | None,
    recipe_fields: Sequence[str],
    output: Path | None,
    device: str | None,
    protocol: str | None,
    videos: int,
    **rest: Any,
) -> "BenchConfig":
    """The run that the options ask for.

    Raises:
        ConfigError: an unknown name or an impossible value.
    """
    from vidsumm.benchmark.config import BenchConfig
    from vidsumm.datasets.synthetic import SyntheticConfig
    from vidsumm.training.recipe import load_recipe

    protocol = protocol or {"mrhisum": "official", "synthetic": "tvt"}.get(rest["dataset"], "5fcv")
    recipe = recipe or {"mrhisum": "mrhisum-paper", "summe": "summe-paper"}.get(rest["dataset"], "tvsum")
    return BenchConfig(
        **rest,
        protocol=protocol,  # type: ignore[arg-type]  # checked there
        output=output or Path("results") / f"{rest['dataset']}-{protocol}",
        recipe=load_recipe(recipe, recipe_fields),
        synthetic=SyntheticConfig(videos=videos),
        device=options.settings_from(None, device=device).features.device,
        command=command_line(),
    )


def _show(config: "BenchConfig", run: Callable[..., "Table"], name: str, *, quiet: bool, verbose: bool) -> None:
    """Runs, writes the files of the table and prints it."""
    with reporting(str(config.output), quiet=quiet, verbose=verbose) as reporter:
        table = run(config, on_event=reporter)
    write(table, config.output, name, quiet=quiet)
