"""Libraries that are missing, too old or too new, and the versions that an unexpected error names."""

import platform
import re
import sys
from importlib import metadata

import pytest
from typer.testing import CliRunner

import vidsumm
from vidsumm.cli.app import app
from vidsumm.errors import ResourceError
from vidsumm.versions import find_unsupported, loaded_versions, require_supported, result_versions

Pretended = dict[str, str | None]
TRUE_VERSION = metadata.version


@pytest.fixture
def pretend(monkeypatch: pytest.MonkeyPatch) -> Pretended:
    """Versions that are told instead of the true ones; None for packages that are not there."""
    told: Pretended = {}

    def version(package: str) -> str:
        found = told[package] if package in told else TRUE_VERSION(package)
        if found is None:
            raise metadata.PackageNotFoundError(package)
        return found

    monkeypatch.setattr(metadata, "version", version)
    return told


def test_what_is_installed_here_is_supported() -> None:
    assert find_unsupported() == {}
    require_supported()


@pytest.mark.parametrize("version", ["16.1.0", "17.0.1", "20.0.0"])
def test_pyav_too_old_or_too_new(pretend: Pretended, version: str) -> None:
    pretend["av"] = version
    with pytest.raises(ResourceError) as caught:
        require_supported()
    assert re.fullmatch(rf"av {version} is installed, vidsumm needs (av>=17\.\d+,<20)", caught.value.what)
    assert re.fullmatch(r"run: pip install 'av>=17\.\d+,<20'", caught.value.remedy)


@pytest.mark.parametrize("version", ["18.1.0", "19.0.2", "19.1.0rc1"])
def test_versions_between_the_bounds(pretend: Pretended, version: str) -> None:
    pretend["av"] = version
    require_supported()


def test_all_that_do_not_fit_are_named_at_once(pretend: Pretended) -> None:
    pretend |= {"numpy": "1.20.0", "rich": None}
    with pytest.raises(ResourceError) as caught:
        require_supported()
    assert caught.value.what.startswith("numpy 1.20.0 is installed, vidsumm needs numpy>=")
    assert caught.value.what.endswith("; rich is not installed")
    assert re.fullmatch(r"run: pip install 'numpy>=[\d.]+' 'rich>=[\d.]+'", caught.value.remedy)


def test_libraries_of_the_tests_alone_do_not_matter(pretend: Pretended) -> None:
    pretend |= {"hypothesis": None, "ruff": "0.1"}
    require_supported()


def test_without_an_installation_nothing_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(package: str) -> None:
        raise metadata.PackageNotFoundError(package)

    monkeypatch.setattr(metadata, "requires", missing)
    require_supported()


@pytest.mark.parametrize("command", [["summarize", "a.mp4"], ["data", "check", "a.h5"], ["cache"]], ids=" ".join)
def test_commands_say_it_in_one_line_and_a_remedy(pretend: Pretended, command: list[str]) -> None:
    pretend["av"] = "14.0.0"
    result = CliRunner().invoke(app, command)
    assert result.exit_code == ResourceError.exit_code
    assert result.stdout == ""
    error, remedy = result.stderr.splitlines()
    assert error.startswith("vidsumm: error: av 14.0.0 is installed, vidsumm needs av>=")
    assert remedy.startswith("  run: pip install 'av>=")


def test_doctor_shows_it_among_the_rest(pretend: Pretended) -> None:
    pretend["av"] = "14.0.0"
    result = CliRunner().invoke(app, ["doctor"])
    assert result.exit_code == ResourceError.exit_code
    assert "error: av 14.0.0 is installed, vidsumm needs av>=" in " ".join(result.stdout.split())
    assert "not ready to summarize" in result.stdout


def test_help_needs_no_library(pretend: Pretended) -> None:
    pretend["av"] = None
    assert CliRunner().invoke(app, ["summarize", "--help"]).exit_code == 0


def test_the_python_names_say_it_too(pretend: Pretended) -> None:
    pretend["av"] = "14.0.0"
    with pytest.raises(ResourceError, match=r"av 14\.0\.0"):
        vidsumm.Summarizer  # noqa: B018 to ask for it is enough
    with pytest.raises(vidsumm.VidsummError, match=r"av 14\.0\.0"):
        vidsumm.summarize("a.mp4")


def test_decord_may_be_missing(pretend: Pretended) -> None:
    pretend["decord"] = None
    require_supported()
    pretend["decord"] = "0.5"
    with pytest.raises(ResourceError, match=r"decord 0\.5 is installed"):
        require_supported()


def test_without_packaging_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("packaging.requirements", "packaging.utils"):
        monkeypatch.setitem(sys.modules, module, None)
    result = CliRunner().invoke(app, ["cache"])
    assert result.exit_code == ResourceError.exit_code
    assert result.stderr.splitlines() == [
        "vidsumm: error: packaging is not installed",
        "  run: pip install packaging",
    ]
    assert list(loaded_versions()) == ["python", "vidsumm"]


def test_loaded_versions_are_those_of_libraries_in_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vidsumm.versions.sys.modules", {"numpy.linalg": None, "yaml": None, "pytest": None})
    assert loaded_versions() == {
        "python": platform.python_version(),
        "vidsumm": TRUE_VERSION("vidsumm"),
        "numpy": TRUE_VERSION("numpy"),
    }


def test_versions_are_those_installed() -> None:
    found = result_versions()
    assert {"python", "vidsumm", "torch", "numpy"} <= set(found)
    assert "ffmpeg" not in found
