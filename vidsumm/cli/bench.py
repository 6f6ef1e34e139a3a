"""``vidsumm bench``: methods measured by the field's protocols, beside the published numbers."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from vidsumm.cli import options
from vidsumm.cli.bench_options import Annotations, Data, Methods, RunOptions, with_run_options
from vidsumm.cli.bench_output import numbers, write
from vidsumm.cli.exits import guarded
from vidsumm.cli.wording import command_line
from vidsumm.errors import ConfigError

if TYPE_CHECKING:
    from vidsumm.benchmark.config import BenchConfig
    from vidsumm.benchmark.report.tables import Table

__all__ = ["commands"]

_MOVED = ("speed", "growth", "loading")


class _RunByDefault(TyperGroup):
    """Runs `run` where no subcommand is named, and passes options that stand before a subcommand on to it."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] in ctx.help_option_names:
            return super().parse_args(ctx, args)
        rest = self._after_options(ctx, args)
        if not rest or rest[0].startswith("-"):
            return super().parse_args(ctx, ["run", *args])
        before = args[: len(args) - len(rest)]
        return super().parse_args(ctx, [rest[0], *before, *rest[1:]])

    def _after_options(self, ctx: Any, args: list[str]) -> list[str]:
        """Returns the arguments from the first that is neither an option of `run` nor the value of one."""
        parser = self.commands["run"].make_parser(ctx)
        parser.allow_interspersed_args = False
        parser.ignore_unknown_options = True
        return parser.parse_args(list(args))[1]


commands = typer.Typer(cls=_RunByDefault, add_completion=False, rich_markup_mode="rich", pretty_exceptions_enable=False)


@commands.callback()
def bench() -> None:
    """Measure methods by the field's protocols. Without a command this is `run`: see `vidsumm bench run --help`."""


@commands.command()
@guarded
@with_run_options
def run(
    methods: Methods = None,
    annotations: Annotations = None,
    agreement: Annotated[str | None, typer.Option("--agreement", hidden=True)] = None,
    *,
    shared: RunOptions,
) -> None:
    """Measure methods and print them beside the published numbers.

    The result of a task (one method on one split with one seed) is kept as soon as it is there, so the same command
    goes on where a stopped run was. The files of the table are written to the same folder.
    """
    from vidsumm.benchmark.compare import run_benchmark

    if agreement is not None:
        raise ConfigError(f"--agreement is a command of its own: vidsumm bench agreement --levels {agreement}")
    _measure(shared.config(methods=methods, annotations=annotations), run_benchmark, "table", shared)


@commands.command()
@guarded
@with_run_options
def ablation(
    number: Annotated[str, typer.Option("--table", "-t", metavar="N", help="The paper's table: 5, 6, I or III")],
    *,
    shared: RunOptions,
) -> None:
    """Measure the rows of one of the paper's ablations; the paper's own rows stand below.

    Table 5: components; 6: denoising steps; I: quantisation; III: number and use of annotators.
    """
    from functools import partial

    from vidsumm.benchmark.ablation import run_ablation

    _measure(shared.config(), partial(run_ablation, number=number), f"ablation-{number}", shared)


@commands.command()
@guarded
@with_run_options
def agreement(
    levels: Annotated[
        str, typer.Option("--levels", metavar="A,B,...", help="From 0, tastes evenly spread, to 1, all of one taste")
    ] = "0,0.5,1",
    methods: Methods = None,
    *,
    shared: RunOptions,
) -> None:
    """Measure how many tastes of invented annotators a method recovers, the more or the less the annotators agree.

    Without --methods, SummDiff and the encoder alone are measured.
    """
    from functools import partial

    from vidsumm.benchmark.agreement import run_agreement

    config = shared.config(methods=methods, dataset="synthetic")
    _measure(config, partial(run_agreement, levels=numbers("--levels", levels)), "agreement", shared)


@commands.command()
@guarded
def figures(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", show_default=False, help="Results of a run with --keep-curves")
    ],
    data: Data = None,
    annotations: Annotations = None,
    keys: Annotated[
        list[str] | None,
        typer.Option("--video", metavar="KEY", show_default=False, help="Show this video; may be repeated"),
    ] = None,
    rows: Annotated[
        list[str] | None,
        typer.Option("--row", metavar="LABEL", show_default=False, help="Show this row; may be repeated"),
    ] = None,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,  # noqa: ARG001 read by `guarded`
) -> None:
    """Draw the paper's figures from results, without training again.

    Figures 3 (coverage), 4 (contours) and 5 (selected shots) need --data or --annotations. The figures of steps and of
    the number of bins K are drawn from the tables of `bench ablation`.
    """
    from vidsumm.benchmark.report.paper_figures import draw_figures
    from vidsumm.benchmark.videos import open_videos

    videos = open_videos(tuple(data or ()), annotations) if data or annotations else None
    paths = draw_figures(folder, videos, keys=keys or (), rows=rows or (), command=command_line("vidsumm"))
    if not quiet:
        print(f"written: {', '.join(map(str, paths))}")


@guarded
def _moved(context: typer.Context) -> None:
    """Says which command replaces a former one.

    Raises:
        ConfigError: always.
    """
    raise ConfigError(
        f"vidsumm bench {context.info_name} is now `python -m benchmarks.{context.info_name}`, run from a clone"
    )


for _name in _MOVED:
    commands.command(
        _name,
        hidden=True,
        add_help_option=False,
        context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
    )(_moved)


def _measure(config: "BenchConfig", measure: Callable[..., "Table"], name: str, shared: RunOptions) -> None:
    """Measures, writes the files of the table and prints it."""
    from vidsumm.cli.progress import reporting

    with reporting(str(config.output), quiet=shared.quiet, verbose=shared.verbose) as reporter:
        table = measure(config, on_event=reporter)
    write(table, config.output, name, quiet=shared.quiet)
