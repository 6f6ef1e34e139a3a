"""What is printed about summaries, as a table and as JSON."""

import dataclasses
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import pytest
import typer
from rich.console import Console

from tests.support.records import Video, invent, invent_together
from vidsumm.cli.flags import naming
from vidsumm.cli.inputs import Failure
from vidsumm.cli.results import failure_as_object, print_summary, summary_as_object
from vidsumm.errors import ConfigError
from vidsumm.export.record import SummaryRecord
from vidsumm.pipeline.writing import Summary

ONE = invent(candidates=2, duration_s=125, name="talk.mp4")
THREE = invent_together([Video("a.mp4", 400.0), Video("b.mp4", 300.0), Video("c.mp4", 54.0)], candidates=1)


@pytest.fixture
def running_command() -> Iterator[None]:
    """A command with the option --fps is running."""
    app = typer.Typer()

    @app.command()
    def command(fps: Annotated[float, typer.Option("--fps")] = 2) -> None: ...

    with naming(typer.Context(typer.main.get_command(app))):
        yield


def summary_of(record: SummaryRecord, *, written: bool = True) -> Summary:
    paths = tuple(Path(source.path) for source in record.sources)
    files = tuple(Path("out") / str(candidate.file) for candidate in record.candidates)
    return Summary(paths, Path("out") if written else None, record, files if written else ())


def printed(record: SummaryRecord, *, written: bool = True) -> list[str]:
    stream = io.StringIO()
    print_summary(summary_of(record, written=written), Path("out"), Console(file=stream, width=200))
    return stream.getvalue().splitlines()


def test_the_heading_names_a_single_video() -> None:
    assert printed(ONE)[0] == "videos/talk.mp4, 2:05.0: 2 summaries of at most 18.8 s in out"


def test_the_heading_counts_several_videos() -> None:
    assert printed(THREE, written=False)[0] == "3 videos, 12:34.0: 1 summary of at most 1:53.1 would go to out"


def test_the_name_of_a_video_cannot_fake_a_line() -> None:
    record = dataclasses.replace(ONE, sources=(dataclasses.replace(ONE.sources[0], path="a\nb.mp4"),))
    assert printed(record)[0].startswith(r"a\nb.mp4, ")


def test_each_summary_has_a_row() -> None:
    rows = printed(ONE)[1:]
    for candidate in ONE.candidates:
        (row,) = [row for row in rows if row.startswith(f"summary-{candidate.rank}.mp4")]
        assert f"{candidate.agreement:.2f}" in row
        assert candidate.description in row


@pytest.mark.usefixtures("running_command")
def test_notices_name_flags() -> None:
    record = dataclasses.replace(ONE, notices=("try another `fps`",))
    assert printed(record)[-1] == "warning: try another --fps"


def test_the_object_lists_all_inputs() -> None:
    told = json.loads(json.dumps(summary_as_object(summary_of(THREE), dry_run=False)))
    assert told["inputs"] == ["videos/a.mp4", "videos/b.mp4", "videos/c.mp4"]
    assert (told["output"], told["files"], told["dry_run"]) == ("out", ["out/summary-1.mp4"], False)
    assert [source["name"] for source in told["summary"]["sources"]] == ["a.mp4", "b.mp4", "c.mp4"]


def test_the_object_of_a_dry_run_names_no_folder() -> None:
    told = summary_as_object(summary_of(ONE, written=False), dry_run=True)
    assert (told["inputs"], told["output"], told["files"]) == (["videos/talk.mp4"], None, [])


@pytest.mark.usefixtures("running_command")
def test_the_object_of_a_failure_names_flags() -> None:
    error = ConfigError("`fps`: 0 is not allowed", remedy="give a larger `fps`")
    told = failure_as_object(Failure((Path("a.mp4"),), error))
    assert told["inputs"] == ["a.mp4"]
    assert told["error"] == {
        "kind": "ConfigError",
        "what": "--fps: 0 is not allowed",
        "remedy": "give a larger --fps",
        "exit_code": 2,
    }


def test_the_object_of_a_defect_names_versions() -> None:
    error = failure_as_object(Failure((Path("a.mp4"),), KeyError("x")))["error"]
    assert error["exit_code"] == 1
    assert "report it" in error["remedy"]
    assert "vidsumm" in error["versions"]
