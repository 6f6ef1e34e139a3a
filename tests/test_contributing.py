"""CONTRIBUTING.md names places in the code: they exist, and its floors are those that the tests enforce."""

import re

import pytest

from tests.support.places import ROOT
from tests.test_architecture import FLOORS

TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
PATHS = sorted(
    set(re.findall(r"`((?:vidsumm|benchmarks|tests|results|weights)/[\w/.]*)`", TEXT)) - {"vidsumm/features/NAME.py"}
)
DEFINITIONS = sorted(set(re.findall(r"`([\w.]+)`(?: and `\w+`)? in `(vidsumm/[\w/]+\.py)`", TEXT)))


@pytest.mark.parametrize("path", PATHS)
def test_paths_exist(path: str) -> None:
    assert (ROOT / path).exists()


@pytest.mark.parametrize(("name", "path"), DEFINITIONS)
def test_names_are_defined_where_it_says(name: str, path: str) -> None:
    code = (ROOT / path).read_text(encoding="utf-8")
    for part in name.split("."):
        assert re.search(rf"^\s*(?:def|class) {part}\b|^{part}\b.* = ", code, re.MULTILINE), part


def test_there_are_twelve_questions_each_with_a_place() -> None:
    table = TEXT.partition("## Twelve questions")[2].partition("\n## ")[0]
    rows = [line for line in table.splitlines() if line.startswith("| ")][1:]
    assert len(rows) == 12
    assert all("`vidsumm/" in row for row in rows)


def test_the_floors_are_those_of_the_architecture() -> None:
    section = TEXT.partition("Packages stand on floors")[2].partition("\n## ")[0]
    floors = [set(re.findall(r"`(\w+)`", line)) for line in section.splitlines() if re.match(r"\d\. ", line)]
    assert floors == list(FLOORS)


def test_every_part_of_the_package_has_a_line() -> None:
    tree = TEXT.partition("## Where things are")[2].partition("```")[2].partition("```")[0]
    missing = {part for part in set().union(*FLOORS) if not re.search(rf"\b{part}(?:/|\.py)", tree)}
    assert missing == set()
