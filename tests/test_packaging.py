"""What pyproject.toml promises, and whether .ci/run tries it."""

import os
import re
import subprocess
import tomllib
import warnings

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.support.places import ROOT

SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = SETTINGS["project"]
REQUIREMENTS = [
    Requirement(text)
    for text in (
        *SETTINGS["build-system"]["requires"],
        *PROJECT["dependencies"],
        *PROJECT["optional-dependencies"]["dev"],
    )
]
SCRIPT = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")


def oldest() -> dict[str, Version]:
    """The versions that `.ci/run oldest` installs."""
    lines = (ROOT / ".ci" / "oldest.txt").read_text(encoding="utf-8").splitlines()
    pins = [Requirement(line) for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(pin.name): Version(str(pin.specifier).removeprefix("==")) for pin in pins}


@pytest.mark.parametrize("requirement", REQUIREMENTS, ids=lambda requirement: requirement.name)
def test_the_lower_bound_is_the_version_that_is_tried(requirement: Requirement) -> None:
    (bound,) = (part.version for part in requirement.specifier if part.operator in (">=", "=="))
    tried = oldest()[canonicalize_name(requirement.name)]
    # a bound of fewer numbers stands for the first release that it allows
    assert tried.release[: len(Version(bound).release)] == Version(bound).release
    assert requirement.specifier.contains(tried)


def test_all_promised_pythons_are_tried() -> None:
    promised = [name.rpartition(" ")[2] for name in PROJECT["classifiers"] if "Python :: 3." in name]
    found = re.search(r"PYTHONS=\((.*)\)", SCRIPT)
    assert found is not None
    assert found[1].split() == promised
    assert PROJECT["requires-python"] == f">={promised[0]}"


@pytest.mark.parametrize("number", [1, 2])
def test_the_commands_of_the_readme_are_what_is_run(number: int) -> None:
    found = re.search(r"command=\$\((awk .*) README\.md\)", SCRIPT)
    assert found is not None
    shell = found[1].replace('"$1"', str(number))
    taken = subprocess.run(["bash", "-c", f"{shell} README.md"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert taken.stdout == re.findall(r"```sh\n(.*?)```", README, re.DOTALL)[number - 1]


def test_deprecations_are_errors_where_our_own_code_is_the_caller() -> None:
    with pytest.raises(DeprecationWarning, match="ours"):
        warnings.warn("ours", DeprecationWarning, stacklevel=1)
    for kind in (DeprecationWarning, PendingDeprecationWarning, FutureWarning):
        for name in ("vidsumm.video.probe", "examples.make_example"):
            with pytest.raises(kind, match="ours"):
                warnings.warn_explicit("ours", kind, "a.py", 1, module=name)
        warnings.warn_explicit("a library's", kind, "a.py", 1, module="matplotlib.mathtext")
    with pytest.raises(RuntimeWarning):
        warnings.warn_explicit("a library's", RuntimeWarning, "a.py", 1, module="matplotlib.mathtext")


def test_an_unknown_part_is_refused() -> None:
    done = subprocess.run(["bash", ROOT / ".ci" / "run", "latest"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "latest is not one of newest, others, oldest\n"


def test_the_workflows_run_that_script() -> None:
    workflow = (ROOT / ".github" / "workflows" / "newest.yml").read_text(encoding="utf-8")
    install, script = re.findall(r"- run: (.*)", workflow)
    assert install.endswith(" install -y --no-install-recommends ffmpeg")
    assert script == ".ci/run newest others"
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
