"""Every input gives a summary or one clear line, within a bounded time, and leaves nothing behind."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.tiny import tiny_networks
from tests.support.torture.cases import CASES, SUMMARY, Case
from tests.support.torture.table import PATH
from tests.support.torture.trial import CONFIG, try_out
from vidsumm.pipeline.summarizer import Summarizer

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def summarizer() -> Iterator[Summarizer]:
    with tiny_networks(), Summarizer(CONFIG) as summarizer:
        yield summarizer


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.what)
def test_an_input_is_summarized_or_refused_with_one_line(case: Case, summarizer: Summarizer, tmp_path: Path) -> None:
    outcome = try_out(case, summarizer, tmp_path)
    assert outcome.code in case.outcomes, outcome
    assert outcome.leftovers == ()
    assert "\n" not in outcome.line.replace(case.name, "")
    if outcome.code != SUMMARY:
        assert case.name in outcome.line
        assert re.search(case.says, outcome.line)


def test_the_table_of_results_lists_these_inputs() -> None:
    rows = re.findall(r"^\| (.+?) \| `", PATH.read_text(encoding="utf-8"), re.MULTILINE)
    assert rows == [case.what for case in CASES]
