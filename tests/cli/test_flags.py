"""Settings in messages become the flags of the running command."""

import threading
from pathlib import Path
from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner

from vidsumm.cli import options
from vidsumm.cli.exits import guarded
from vidsumm.cli.flags import Flag, message, with_flags
from vidsumm.config import SummarizeConfig
from vidsumm.errors import ConfigError

FLAGS = {
    "fps": Flag("--fps"),
    "mode": Flag("--cut"),
    "fast": Flag("--fast", "--no-fast", takes_value=False),
    "overwrite": Flag("--overwrite", takes_value=False),
}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("`fps`: 0 is not allowed", "--fps: 0 is not allowed"),
        ("use `mode=exact`, or another `fps`", "use --cut exact, or another --fps"),
        ("`fps=a b`: no", "--fps a b: no"),
        ("allow `overwrite`", "allow --overwrite"),
        ("`overwrite=True`", "--overwrite"),
        ("`fast` and `fast=True` and `fast=False`", "--fast and --fast and --no-fast"),
        ("`overwrite=False` has no flag", "overwrite=False has no flag"),
        ("another `steps` and `steps=3`", "another steps and steps=3"),
        ("cc/`fps`.mp4: no `fps`.", "cc/`fps`.mp4: no --fps."),
        ("`fps`.mp4 (see `fps`)", "`fps`.mp4 (see --fps)"),
        ("run `vidsumm doctor`; ``fps``; fps", "run `vidsumm doctor`; ``fps``; fps"),
        ("`fps", "`fps"),
    ],
)
def test_known_settings_are_shown_as_flags(text: str, shown: str) -> None:
    assert with_flags(text, FLAGS) == shown


def test_a_thread_of_the_command_says_the_same() -> None:
    """Frames are decoded in a thread, which gives notices."""
    said: list[str] = []

    @guarded
    @options.with_settings("fps")
    def talk(*, settings: SummarizeConfig) -> None:
        """Talk."""
        thread = threading.Thread(target=lambda: said.append(message("lower `fps`")))
        thread.start()
        thread.join()

    command = typer.Typer()
    command.command()(talk)
    assert CliRunner().invoke(command, []).exit_code == 0
    assert said == ["lower --fps"]


def test_without_a_command_settings_stay() -> None:
    assert message("`fps`:\n0") == r"`fps`:\n0"


@guarded
@options.with_settings("fps", "use_cache")
def complain(
    source: Annotated[Path, typer.Argument(metavar="INPUT")],
    target: Annotated[Path, typer.Option("-o", "--output")] = Path("out"),
    *,
    settings: SummarizeConfig,
    verbose: options.Verbose = False,
) -> None:
    """Fail."""
    raise ConfigError(
        "`fps`: no, and `use_cache=False` or `use_cache`, of `source`", remedy="another `target`, not `seed`"
    ) from ValueError("`fps=3`")


def test_the_running_command_gives_the_names() -> None:
    command = typer.Typer()
    command.command()(complain)
    for _ in range(2):
        done = CliRunner().invoke(command, ["a.mp4", "--verbose"])
        assert done.stderr.splitlines() == [
            "vidsumm: error: --fps: no, and --no-cache or --use-cache, of INPUT",
            "  another --output, not seed",
            "  caused by ValueError: --fps 3",
        ]
        assert message("`fps`") == "`fps`"
