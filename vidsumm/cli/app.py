"""The entry point of the command line: the list of commands, and how the process starts and ends."""

import importlib
import sys
from io import TextIOWrapper
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

import vidsumm
from vidsumm.cli.exits import ExitCodes, guarded, stop_on_signals

__all__ = ["app", "main"]

_COMMANDS = ("summarize", "features", "data", "train", "bench", "convert", "cache", "doctor")
"""Each has a module of the same name, which is imported only when the command is called. The module holds a function of
that name, or the group `commands` of subcommands."""


class _LazyGroup(TyperGroup):
    """Imports the module of a command when the command is called, so that `vidsumm --help` stays quick."""

    def get_help_option(self, ctx: Any) -> Any:
        option = super().get_help_option(ctx)
        if option is not None:
            option.default = False  # without a default Typer imports pydantic, a third of the time that help takes
        return option

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 the signature is Typer's
        return list(_COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002
        if cmd_name not in _COMMANDS:
            return None
        module = importlib.import_module(f"vidsumm.cli.{cmd_name}")
        if hasattr(module, "commands"):
            group = get_command(module.commands)
            group.name = cmd_name
            return group
        single = typer.Typer(add_completion=False, rich_markup_mode="rich", pretty_exceptions_enable=False)
        any_versions = cmd_name == "doctor"  # which reports the libraries that do not fit
        single.command(cmd_name)(guarded(getattr(module, cmd_name), any_versions=any_versions))
        return get_command(single)


app = typer.Typer(
    cls=_LazyGroup,
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help", "-h"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"vidsumm {vidsumm.__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, metavar="", help="Show the version and exit."),
    ] = False,
) -> None:
    """Turn a long video into several different short ones.

    A diffusion model draws several importance curves; each summary shows the shots that one curve selects.
    """


def main() -> None:
    """Runs the command line and ends the process with its exit code (see `vidsumm.errors`)."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # names of files may have characters that the terminal's encoding lacks
            stream.reconfigure(errors="backslashreplace")
    stop_on_signals()
    is_verbose = not {"--verbose", "-v"}.isdisjoint(sys.argv)
    with ExitCodes(verbose=is_verbose):  # reports errors that occur before a command begins
        app(prog_name="vidsumm")
