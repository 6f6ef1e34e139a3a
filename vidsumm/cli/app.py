"""The command line: which commands there are, and how the process begins and ends."""

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
"""Each is the function of its own name in the module of its own name, or that module's group `commands`; loaded when it
is asked for."""


class _LazyGroup(TyperGroup):
    def get_help_option(self, ctx: Any) -> Any:
        option = super().get_help_option(ctx)
        if option is not None:
            option.default = False  # for a missing value Typer loads pydantic, a third of the time that help takes
        return option

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 the signature of the group
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
        examines = cmd_name == "doctor"  # it says which libraries do not fit
        single.command(cmd_name)(guarded(getattr(module, cmd_name), any_versions=examines))
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

    A diffusion model draws importance curves for the video; each curve chooses other shots.
    """


def main() -> None:
    """Runs the command line and ends the process with its exit code (see `vidsumm.errors`)."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # Names of files may hold what the terminal's encoding lacks.
            stream.reconfigure(errors="backslashreplace")
    stop_on_signals()
    is_verbose = not {"--verbose", "-v"}.isdisjoint(sys.argv)
    with ExitCodes(verbose=is_verbose):  # reports what fails before a command begins
        app(prog_name="vidsumm")
