"""What the library says: it names settings, never flags, and each setting that it names has a flag to be shown."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.main import get_command

import vidsumm
from vidsumm.cli.app import app

ROOT = Path(vidsumm.__file__).parent
LIBRARY = sorted(path for path in ROOT.rglob("*.py") if path.relative_to(ROOT).parts[0] != "cli")
FLAG = re.compile(r"(?<![\w-])--[a-z][\w-]*")
FLAGS_OF_PIP = {"--force-reinstall", "--no-deps"}
PYTHON_ONLY = {"keep", "skip", "ranks"}
"""Parameters of the library's calls that no command has."""
SETTING = re.compile(r"(?<!`)`([a-z]\w*)(?:=[^`]*)?`(?!`)")


def label(path: Path) -> str:
    return str(path.relative_to(ROOT))


def texts(node: ast.AST) -> Iterator[ast.Constant | ast.JoinedStr]:
    """String constants anywhere below a node; an f-string is one of them, its parts are not."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.JoinedStr) or (isinstance(child, ast.Constant) and isinstance(child.value, str)):
            yield child
        if not isinstance(child, ast.JoinedStr):
            yield from texts(child)


def content(text: ast.Constant | ast.JoinedStr) -> str:
    """The text, with ``{}`` for what an f-string fills in."""
    if isinstance(text, ast.Constant):
        return str(text.value)
    return "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in text.values)


def parameters(command: Any, context: typer.Context) -> Iterator[str]:
    """Names of the parameters of a command and of all commands below it."""
    yield from (str(one.name) for one in command.params)
    for name in command.list_commands(context) if hasattr(command, "list_commands") else ():
        yield from parameters(command.get_command(context, name), context)


@pytest.fixture(scope="module")
def known() -> set[str]:
    command = get_command(app)
    context: Any = command.make_context("vidsumm", ["doctor"])
    found = set(parameters(command, context))
    assert found.isdisjoint(PYTHON_ONLY)
    return found | PYTHON_ONLY


@pytest.mark.parametrize("path", LIBRARY, ids=label)
def test_the_library_names_no_flags(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = [(text.lineno, flag) for text in texts(tree) for flag in FLAG.findall(content(text))]
    assert [(line, flag) for line, flag in found if flag not in FLAGS_OF_PIP] == []


@pytest.mark.parametrize("path", LIBRARY, ids=label)
def test_settings_in_messages_are_parameters_of_a_command(path: Path, known: set[str]) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    messages = [text for text in texts(tree) if id(text) not in docstrings]
    named = [(text.lineno, name) for text in messages for name in SETTING.findall(content(text))]
    assert [(line, name) for line, name in named if name not in known] == []


def test_both_searches_find_what_they_look_for() -> None:
    tree = ast.parse('def f(x):\n    """Like --fps."""\n    return f"`heads={x}`, not `{x}=1` or --{x}, --steps " "2"')
    found = [content(text) for text in texts(tree)]
    assert [FLAG.findall(text) for text in found] == [["--fps"], ["--steps"]]
    assert SETTING.findall(found[1]) == ["heads"]
