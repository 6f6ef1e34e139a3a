"""The README's own commands and code are run, and what it says of options and exit codes is checked."""

import importlib.util
import re
import shlex
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.support import options_table
from tests.support.media import write_clip
from tests.support.places import ROOT
from vidsumm import errors
from vidsumm.cli.app import app
from vidsumm.export.record import read_record
from vidsumm.video.probe import probe

pytestmark = pytest.mark.slow

README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = ("summarize", "train", "bench run", "bench ablation", "bench agreement", "cache")
SHELL = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)


def _arguments(line: str) -> list[str]:
    """What follows ``vidsumm`` in a line of the README."""
    words = shlex.split(line, comments=True)
    place = next(i for i, word in enumerate(words) if word.endswith("vidsumm"))
    return words[place + 1 :]


def _in_a_copy_of_the_tree(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "examples").symlink_to(ROOT / "examples")
    monkeypatch.chdir(folder)


def test_the_main_job_on_the_example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _in_a_copy_of_the_tree(tmp_path, monkeypatch)
    done = CliRunner().invoke(app, _arguments(SHELL[0]))
    assert done.exit_code == 0, done.output
    record = read_record(tmp_path / "summaries" / "summary.json")
    assert record.provenance.checkpoint == "summdiff-tvsum-summe-inception-v3"
    assert len(record.candidates) == record.distinct.found == 5
    for candidate in record.candidates:
        assert candidate.file is not None
        info = probe(tmp_path / "summaries" / candidate.file)
        assert info.duration_s == pytest.approx(candidate.duration_s, abs=1e-3)
        assert info.audio is not None


def test_the_command_lines_parse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each line is understood: what stops it is the missing input, not an option."""
    monkeypatch.chdir(tmp_path)
    lines = [line for block in SHELL[2:] for line in block.splitlines() if line.startswith("vidsumm")]
    assert len(lines) >= 8
    for line in lines:
        done = CliRunner().invoke(app, _arguments(line))
        assert done.exit_code != 2, f"{line}: {done.output}"


def test_the_table_of_options_is_that_of_the_command() -> None:
    """`python -m tests.support.options_table` writes it."""
    assert options_table.in_readme() == options_table.table()


def test_the_options_exist() -> None:
    described = set(re.findall(r"`(--[a-z-]+)`", README))
    assert len(described) > 15
    runner = CliRunner(env={"COLUMNS": "200", "NO_COLOR": "1"})
    helped = "".join(runner.invoke(app, [*command.split(), "--help"]).output for command in COMMANDS)
    assert {option for option in described if option not in helped} == set()


def test_the_exit_codes_are_those_of_the_errors() -> None:
    rows = re.findall(r"^\| (\d+(?:, \d+)*) \|", README, re.MULTILINE)
    table = {int(code) for row in rows for code in row.split(", ")}
    codes = {getattr(errors, name).exit_code for name in errors.__all__}
    assert codes - table == set()


def test_the_python_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    write_clip(tmp_path / "talk.mp4", seconds=30, fps=6, scenes=5)
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "README.md", "exec"), {})  # noqa: S102  (our own text)
    assert "summary-1.mp4" in capsys.readouterr().out
    assert (tmp_path / "short" / "summary-1.mp4").is_file()


def test_the_example_script(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = ROOT / "examples" / "summarize_folder.py"
    spec = importlib.util.spec_from_file_location("summarize_folder", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    write_clip(tmp_path / "a.mp4", seconds=6, fps=12, scenes=2)
    (tmp_path / "b.mp4").write_text("not a video")
    module.main(tmp_path, tmp_path / "out")
    told = capsys.readouterr().out
    assert "summary-1.mp4" in told
    assert "left out: " in told
    assert (tmp_path / "out" / "a" / "summary.png").is_file()
    assert "summarize_folder" not in sys.modules


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([^)h][^)]*)\)", README))))
def test_links_lead_somewhere(link: str) -> None:
    assert (ROOT / link).exists()
