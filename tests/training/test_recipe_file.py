import dataclasses
from pathlib import Path

import pytest

from vidsumm.errors import ConfigError
from vidsumm.training.recipe import Recipe
from vidsumm.training.recipe_file import load_recipe, recipe_names, recipe_toml


@pytest.mark.parametrize("name", recipe_names())
def test_each_shipped_recipe_is_the_same_after_writing_and_loading(name: str, tmp_path: Path) -> None:
    recipe = load_recipe(name)
    path = tmp_path / "again.toml"
    path.write_text(recipe_toml(recipe))
    assert load_recipe(str(path)) == recipe


def test_paper_and_official_recipes_of_each_data_set_ship() -> None:
    assert set(recipe_names()) >= {f"{d}-{k}" for d in ("tvsum", "summe", "mrhisum") for k in ("paper", "official")}


def test_the_defaults_are_the_tuned_recipe() -> None:
    assert load_recipe("tvsum") == Recipe()


def test_official_recipes_have_the_authors_settings() -> None:
    # from supplement E of the paper and the authors' configuration files
    mrhisum, tvsum, summe = (load_recipe(f"{name}-official") for name in ("mrhisum", "tvsum", "summe"))
    assert (mrhisum.denoiser, mrhisum.bins, mrhisum.ema, mrhisum.schedule) == ("dit", 100, 0.999, "exponential")
    assert (tvsum.learning_rate, tvsum.weight_decay, tvsum.denoiser_layers) == (3e-4, 5e-3, 3)
    assert (summe.learning_rate, summe.guidance, summe.denoiser_layers) == (3e-5, 0.2, 2)


def test_single_fields_are_replaced() -> None:
    recipe = load_recipe("tvsum", ["epochs=3", "learning-rate=0.01", "guide_final=false", "denoiser=dit"])
    assert (recipe.epochs, recipe.learning_rate, recipe.guide_final, recipe.denoiser) == (3, 0.01, False, "dit")
    assert dataclasses.replace(recipe, epochs=Recipe().epochs) != Recipe()


@pytest.mark.parametrize(
    "pair", ["epochs", "epochs=many", "colour=red", "epochs=0", "width=7", "guide_final=maybe", "learning_rate=nan"]
)
def test_bad_fields_are_refused(pair: str) -> None:
    with pytest.raises(ConfigError):
        load_recipe("tvsum", [pair])


def test_bad_recipes_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such recipe"):
        load_recipe("nonsense")
    with pytest.raises(ConfigError, match="cannot be read"):
        load_recipe(str(tmp_path / "missing.toml"))
    for text in ("epochs = ", "epochs = 1.5", "epochs = true"):
        (tmp_path / "bad.toml").write_text(text)
        with pytest.raises(ConfigError, match=r"not TOML|not of type int"):
            load_recipe(str(tmp_path / "bad.toml"))
