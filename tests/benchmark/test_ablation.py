import dataclasses

import pytest

from tests.benchmark.conftest import RECIPE
from vidsumm.benchmark.ablation import ABLATIONS, ablation_methods, run_ablation
from vidsumm.benchmark.config import BenchConfig
from vidsumm.benchmark.report.published import PAPER_TABLES
from vidsumm.errors import ConfigError

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("number", ["5", "I", "III"])
def test_the_rows_are_those_of_the_paper(number: str) -> None:
    methods = ablation_methods(number, RECIPE)
    labels = [method.label + extra for method in methods for extra in method.samplings]
    assert labels == [row.method for row in PAPER_TABLES[number].rows]
    recipes = [method.recipe for method in methods]
    assert len(set(recipes)) == len(recipes)


def test_components_come_one_by_one() -> None:
    methods = {method.name: method for method in ablation_methods("5", RECIPE)}
    assert methods["decoder-random"].recipe.score_embedding == "random"
    assert methods["dit-time"].recipe.denoiser_layers == 2
    assert methods["dit"].recipe.denoiser_layers == 1
    assert methods["dit-sinusoidal"].recipe == dataclasses.replace(methods["dit"].recipe, score_embedding="sinusoidal")
    assert all(m.recipe.p_uncond == 0 and m.recipe.guidance == 0 for n, m in methods.items() if n != "dit-guided")
    free, attentive = methods["dit-guided"].samplings.values()
    assert free.guidance > 0 == free.attention_guidance
    assert attentive == dataclasses.replace(free, attention_guidance=attentive.attention_guidance)
    assert attentive.attention_guidance > 0


def test_steps_are_one_training(config: BenchConfig, trainings: list[int]) -> None:
    table = run_ablation(dataclasses.replace(config, protocol="tvt", methods=("random",)), "6")
    assert len(trainings) == 5
    measured = [row.method for row in table.rows if not row.published]
    assert measured == [f"SummDiff, {steps} DDIM steps" for steps in (1, 10, 100)]
    assert [row.method for row in table.rows if row.published] == [row.method for row in PAPER_TABLES["6"].rows]
    assert "Mr. HiSum" in table.meta.source


def test_unknown_tables_are_refused(config: BenchConfig) -> None:
    with pytest.raises(ConfigError, match="`number=7`"):
        run_ablation(config, "7")
    assert set(ABLATIONS) < set(PAPER_TABLES)
