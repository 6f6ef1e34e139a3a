"""The command line as a whole: its version, its help and how quickly it starts."""

import re
import subprocess
import sys
from importlib import metadata

import pytest
from typer.testing import CliRunner

from vidsumm.cli.app import app

HEAVY = (
    "pydantic",
    "torch",
    "torchvision",
    "numpy",
    "scipy",
    "matplotlib",
    "av",
    "decord",
    "h5py",
    "ruptures",
    "ffmpeg",
)
COMMANDS = ("summarize", "features", "data", "train", "bench", "convert", "cache", "doctor")


def test_help_imports_no_heavy_library() -> None:
    code = f"""
import sys
from vidsumm.cli.app import app
for args in (["--help"], ["--version"], *([command, "--help"] for command in {COMMANDS!r})):
    try:
        app(args)
    except SystemExit as end:
        assert not end.code, args
print("loaded:", *(name for name in {HEAVY!r} if name in sys.modules))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "loaded:"


def test_the_module_runs_like_the_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "vidsumm", "--version"], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == f"vidsumm {metadata.version('vidsumm')}\n"


def test_without_arguments_it_shows_the_help() -> None:
    result = CliRunner().invoke(app, [])
    assert "Usage: vidsumm" in result.output or "Usage: root" in result.output
    for command in COMMANDS:
        assert re.search(rf"\b{command}\b", result.output)


def test_an_unknown_command_is_a_usage_error() -> None:
    result = CliRunner().invoke(app, ["sumarize"])
    assert result.exit_code == 2
    assert "sumarize" in result.stderr


@pytest.mark.parametrize("columns", [60, 80, 200])
def test_help_of_the_main_command_fits_the_terminal(columns: int) -> None:
    result = CliRunner().invoke(app, ["summarize", "--help"], env={"COLUMNS": str(columns)})
    assert result.exit_code == 0
    assert max(map(len, result.output.splitlines())) <= columns
    text = " ".join(re.sub(r"[│╭╮╰╯─]", " ", result.output).split())
    for panel in (
        "Drawing curves",
        "Length of a summary",
        "Shots",
        "Features and device",
        "Decoding",
        "Cutting",
        "Cache",
        "Output",
    ):
        assert panel in text
    if columns == 200:
        for default in ("(default: 5)", "(default: 0.15)", "(default: kts)", "(default: 2)", "(default: veryfast)"):
            assert default in text
