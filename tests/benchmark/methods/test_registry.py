import pytest

from tests.benchmark.conftest import RECIPE
from vidsumm.benchmark.methods.network import Network
from vidsumm.benchmark.methods.registry import METHODS, encoder_only, methods_named
from vidsumm.errors import ConfigError


def test_all_methods_are_the_default() -> None:
    assert tuple(method.name for method in methods_named((), RECIPE)) == METHODS


def test_numbers_of_steps_share_one_training() -> None:
    (method,) = methods_named(("summdiff@10", "summdiff@1", "summdiff@100"), RECIPE)
    assert isinstance(method, Network)
    assert {label: options.steps for label, options in method.samplings.items()} == {
        ", 1 step": 1,
        ", 10 steps": 10,
        ", 100 steps": 100,
    }
    assert method.recipe == RECIPE


def test_aggregated_training_is_another_recipe() -> None:
    (method,) = methods_named(("summdiff-aggregated",), RECIPE)
    assert isinstance(method, Network)
    assert method.recipe.annotators == "aggregated"
    assert {options.steps for options in method.samplings.values()} == {1, 2, 10}


def test_the_encoder_alone_has_neither_noise_nor_guidance() -> None:
    recipe = encoder_only(RECIPE).recipe
    assert (recipe.denoiser, recipe.p_uncond, recipe.guidance, recipe.steps) == ("none", 0, 0, 1)


@pytest.mark.parametrize("name", ["sumdiff", "summdiff@", "summdiff@0", "summdiff@ten", "summdiff@1001", "ridge@2"])
def test_unknown_names_are_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="`methods="):
        methods_named((name,), RECIPE)
