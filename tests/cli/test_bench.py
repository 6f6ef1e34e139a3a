import dataclasses
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.benchmark.conftest import INVENTED
from vidsumm.cli.app import app
from vidsumm.datasets.synthetic import write_synthetic

pytestmark = pytest.mark.slow

SMALL = [
    *("--set", "width=16", "--set", "heads=2", "--set", "feedforward=16", "--set", "input_layers=1"),
    *("--set", "encoder_layers=1", "--set", "denoiser_layers=1", "--set", "epochs=1", "--samples", "2"),
    *("--device", "cpu"),
]


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write_synthetic(tmp_path / "invented.h5", INVENTED)
    return tmp_path / "invented.h5"


def run(*arguments: object) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["bench", *map(str, arguments)])
    return result.exit_code, result.stdout, result.stderr


def test_a_table_appears_and_is_kept(file: Path) -> None:
    code, out, err = run(
        "--dataset", "tvsum", "--protocol", "tvt", "--data", file, "-m", "random,human,summdiff@1", *SMALL
    )
    assert code == 0, err
    for text in ("Random", "Human", "SummDiff, 1 step", "SummDiff (paper) †", "0.226", "written:"):
        assert text in out
    assert "SummDiff, 1 step, seed 0, run 1: tau" in err
    folder = Path("results/tvsum-tvt")
    assert {path.name for path in folder.iterdir()} == {"units", "table.csv", "table.json", "table.md"}
    assert json.loads((folder / "table.json").read_text())["rows"][0]["method"] == "Random"


def test_invented_videos_need_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, err = run("--dataset", "synthetic", "-m", "centre,human", "--videos", 5, "-o", "here", "-q")
    assert (code, out) == (0, ""), err
    assert (tmp_path / "here" / "table.md").is_file()


def test_ablation_and_figures(file: Path) -> None:
    shared = ["--dataset", "synthetic", "--data", str(file), "-o", "out", "--keep-curves"]
    code, out, err = run(*shared, "ablation", "--table", "6", *SMALL)
    assert code == 0, err
    assert "100 DDIM steps" in out
    assert Path("out/ablation-6.csv").is_file()
    assert run(*shared, "-m", "ridge")[0] == 0
    code, out, err = run("figures", "out", "--data", file)
    assert code == 0, err
    assert all(name in out for name in ("steps.png", "coverage.png", "contours.png", "selections.png"))


def test_run_is_the_default(file: Path) -> None:
    arguments = ("--dataset", "synthetic", "-m", "centre", "--videos", 5)
    assert run("run", *arguments, "-o", "one")[0] == run(*arguments, "-o", "two")[0] == 0
    assert Path("one/table.csv").read_bytes() == Path("two/table.csv").read_bytes()
    assert "--keep-curves" in run("--dataset", "synthetic", "--help")[1]


def test_agreement(file: Path) -> None:
    code, out, err = run("agreement", "--levels", "0,1", "--videos", 5, "-m", "centre", "-o", "out", *SMALL)
    assert code == 0, err
    assert "Centre prior, agreement 0" in out
    assert {"agreement.csv", "agreement.png"} <= {path.name for path in Path("out").iterdir()}


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--methods", "ridge", "ablation", "--table", "6"], "--methods"),
        (["--seeds", "2", "figures", "out"], "--seeds"),
        (["--table", "6", "ablation"], "--table"),
        (["--seeds", "2", "ablations"], "No such command 'ablations'"),
        (["--seeds"], "requires an argument"),
    ],
)
def test_options_before_a_subcommand_are_never_ignored(arguments: list[str], text: str) -> None:
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert text in err


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (["--dataset", "cosum"], 2, "--dataset cosum: unknown"),
        (["--protocol", "loo"], 2, "--protocol loo: unknown"),
        (["--methods", "magic", "-d", "invented.h5"], 2, "--methods magic: unknown method"),
        ([], 2, "no videos are given"),
        (["-d", "missing.h5"], 3, "missing.h5: no such file"),
        (["-a", "missing.h5"], 3, "missing.h5: no such file"),
        (["--recipe", "magic"], 2, "--recipe magic: no such recipe"),
        (["agreement", "--levels", "0,x"], 2, "--levels 0,x: not numbers"),
        (["agreement", "--dataset", "tvsum"], 2, "bench agreement measures invented videos only"),
        (["--dataset", "cosum", "agreement"], 2, "--dataset cosum: unknown"),
        (["--agreement", "0,0.5,1", "--dataset", "synthetic"], 2, "vidsumm bench agreement --levels 0,0.5,1"),
        (["speed", "talk.mp4", "--part", "kts"], 2, "vidsumm bench speed is now `python -m benchmarks.speed`"),
        (["growth", "--help"], 2, "`python -m benchmarks.growth`"),
        (["-q", "loading", "f.h5"], 2, "`python -m benchmarks.loading`"),
        (["-d", "invented.h5", "-m", "random"], 3, "unknown video"),
        (["--protocol", "tvt", "-d", "two.h5", "-m", "random"], 3, "2 videos cannot be split"),
        (["--protocol", "tvt", "-d", "invented.h5", "-d", "two.h5"], 3, "use files of one feature id"),
        (["ablation", "--table", "9", "-d", "invented.h5"], 2, "--table 9: no such ablation"),
        (["figures", "nowhere"], 3, "not a folder of results"),
    ],
)
def test_what_cannot_be_done_is_one_line(file: Path, arguments: list[str], code: int, text: str) -> None:
    write_synthetic(file.with_name("two.h5"), dataclasses.replace(INVENTED, videos=2, seed=5))
    found, out, err = run(*arguments)
    assert found == code
    assert err.count("vidsumm: error: ") == 1
    assert text in err
    assert "Traceback" not in out + err
