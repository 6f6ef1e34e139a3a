"""Builds the README's table of options from the command; `python -m tests.support.options_table` writes it there."""

import re
from collections.abc import Iterator
from typing import Any

from typer.main import get_command

from tests.support.places import ROOT
from vidsumm.cli.app import app
from vidsumm.config import STAGE_BY_SETTING

README = ROOT / "README.md"
_HEAD = "| option | meaning | default | setting |\n|---|---|---|---|\n"
_TABLE = re.compile(re.escape(_HEAD) + r"(?:\|.*\n)+")
_HELP = re.compile(r"(?P<text>.*?)(?: \(default: (?P<default>.*)\))?")


def table() -> str:
    group: Any = get_command(app)
    return _HEAD + "".join(_rows(group.get_command(None, "summarize")))


def in_readme() -> str:
    """The table that the README holds; empty if there is none."""
    found = _TABLE.search(README.read_text(encoding="utf-8"))
    return found[0] if found else ""


def _rows(command: Any) -> Iterator[str]:
    for one in command.params:
        if one.param_type_name == "option":
            names = ", ".join(f"`{flag}`" for flag in one.opts + one.secondary_opts)
            described = _HELP.fullmatch(one.help)
            assert described is not None
            stage = STAGE_BY_SETTING.get(one.name)
            setting = f"`{stage}.{one.name}`" if stage else ""
            yield f"| {names} | {described['text']} | {described['default'] or ''} | {setting} |\n"


if __name__ == "__main__":
    README.write_text(_TABLE.sub(lambda _: table(), README.read_text(encoding="utf-8")), encoding="utf-8")
