"""The direction of imports: each package knows only those on the floors below it."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import vidsumm

ROOT = Path(vidsumm.__file__).parent
FLOORS = (
    {
        *("errors", "settings", "config", "durations", "events", "cancelling", "files", "array_file", "versions"),
        *("progress", "timeline", "null_features", "devices", "prefetch"),
    },
    {
        *("video", "features", "shots", "diffusion", "model", "selection", "datasets", "export"),
        *("cache", "evaluation"),
    },
    {"pipeline", "training"},
    {"featurize", "diagnosis", "benchmark"},
    {"cli"},
)
SIDEWAYS = {("model", "diffusion"), ("evaluation", "selection")}
"""Imports along a floor: the model drives the diffusion sampler, and some measures solve the knapsack."""
DOORS = {"__init__", "__main__"}
"""The public face of the package and its entry point stand outside the house."""
TERMINAL = {"rich", "typer", "click"}
MODULES = sorted(ROOT.rglob("*.py"))


def part_of(path: Path) -> str:
    """The package or single module right below `vidsumm` that a file belongs to."""
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def floor_of(part: str) -> int:
    return next(number for number, floor in enumerate(FLOORS) if part in floor)


def imported(tree: ast.AST) -> Iterator[str]:
    """Dotted names of everything imported anywhere in a module, names taken from a package included."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"relative import in line {node.lineno}"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def inner_imports(path: Path) -> set[str]:
    names = (name.split(".") for name in imported(parse(path)))
    return {parts[1] for parts in names if parts[0] == "vidsumm" and len(parts) > 1}


def label(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_every_part_has_a_floor() -> None:
    assert {part_of(path) for path in MODULES} - DOORS <= set().union(*FLOORS)


@pytest.mark.parametrize("path", [path for path in MODULES if part_of(path) not in DOORS], ids=label)
def test_imports_point_downwards(path: Path) -> None:
    part = part_of(path)
    level = floor_of(part)
    below = set().union(*FLOORS[: max(level, 1)])  # the ground floor's own modules may know each other
    beside = {other for one, other in SIDEWAYS if one == part}
    wrong = inner_imports(path) - {part} - below - beside
    assert not wrong, f"{label(path)} on floor {level} imports {sorted(wrong)}"


@pytest.mark.parametrize("path", [path for path in MODULES if part_of(path) != "cli"], ids=label)
def test_only_the_command_line_speaks(path: Path) -> None:
    tree = parse(path)
    prints = [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("print", "input")
    ]
    assert not prints, f"{label(path)} prints in lines {prints}"
    assert not {name.split(".")[0] for name in imported(tree)} & TERMINAL


@pytest.mark.parametrize("path", sorted(path for path in ROOT.rglob("__init__.py") if path.parent != ROOT), ids=label)
def test_packages_hold_no_code_of_their_own(path: Path) -> None:
    body = parse(path).body
    assert len(body) == 1
    assert isinstance(body[0], ast.Expr)
    assert isinstance(body[0].value, ast.Constant)
