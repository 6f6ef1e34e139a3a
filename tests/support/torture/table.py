"""Writes the table of difficult inputs and what happened to them: ``python -m tests.support.torture.table``."""

from pathlib import Path
from tempfile import TemporaryDirectory

from tests.support.places import ROOT
from tests.support.tiny import tiny_networks
from tests.support.torture.cases import CASES, SUMMARY
from tests.support.torture.trial import CONFIG, LIMIT_S, Outcome, try_out
from vidsumm.pipeline.summarizer import Summarizer
from vidsumm.versions import result_versions

__all__ = ["PATH"]

PATH = ROOT / "results" / "inputs.md"


def main() -> None:
    """Tries every input and writes the table."""
    outcomes: list[Outcome] = []
    with tiny_networks(), Summarizer(CONFIG) as summarizer:
        for case in CASES:
            with TemporaryDirectory() as folder:
                outcomes.append(try_out(case, summarizer, Path(folder)))
    written = sum(outcome.code == SUMMARY for outcome in outcomes)
    left = sum(len(outcome.leftovers) for outcome in outcomes)
    versions = ", ".join(f"{name} {version}" for name, version in result_versions().items())
    counts = (
        f"{len(CASES)} inputs: {written} gave summaries, {len(CASES) - written} were refused with one line, none took "
        f"longer than {LIMIT_S} s, {left} files or processes were left behind. Made by "
        f"`python -m tests.support.torture.table` with {versions}; the tests try all of them."
    )
    lines = [
        "# Inputs",
        "",
        counts,
        "",
        "| input | file | exit code | what was said or made |",
        "| :-- | :-- | --: | :-- |",
    ]
    for case, outcome in zip(CASES, outcomes, strict=True):
        words = (case.what, f"`{_cell(case.name)}`", str(outcome.code), _cell(outcome.line))
        lines.append(f"| {' | '.join(words)} |")
    PATH.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _cell(text: str) -> str:
    """Returns a text for a cell of the table: on one line, with long names shortened."""
    text = text.encode("unicode_escape").decode() if "\n" in text else text
    return text.replace("n" * 200, "n…").replace("|", r"\|")


if __name__ == "__main__":
    main()
