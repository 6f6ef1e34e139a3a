"""Recipes as TOML: those that ship with this package, files of the user, and replaced single fields."""

import dataclasses
import json
import tomllib
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any, get_type_hints

from vidsumm.errors import ConfigError
from vidsumm.settings import NOUNS
from vidsumm.training.recipe import Recipe

__all__ = ["load_recipe", "recipe_names", "recipe_toml"]


def recipe_names() -> list[str]:
    """Returns the names of the recipes that ship with this package."""
    folder = resources.files(__package__) / "recipes"
    return sorted(item.name.removesuffix(".toml") for item in folder.iterdir() if item.name.endswith(".toml"))


def load_recipe(name: str = "tvsum", overrides: Sequence[str] = ()) -> Recipe:
    """Returns a shipped recipe or that of a TOML file, with single fields replaced.

    Args:
        name: name of a shipped recipe, or the path of a file whose name ends in ``.toml``.
        overrides: ``field=value`` pairs.

    Raises:
        ConfigError: there is no such recipe, it is not TOML, or it has an unknown field or a value that is not allowed.
    """
    values = _parse_toml(name, _read_recipe(name))
    for pair in overrides:
        field, equals, text = pair.partition("=")
        if not equals:
            raise ConfigError(f"`overrides={pair}`: not of the form field=value", remedy="write for example epochs=20")
        values[field.strip().replace("-", "_")] = text.strip()
    return Recipe(**{field: _convert(field, value) for field, value in values.items()})


def recipe_toml(recipe: Recipe) -> str:
    """Returns the recipe with every field written out, as `load_recipe` reads it."""
    values = dataclasses.asdict(recipe)
    return "".join(f"{field} = {json.dumps(value)}\n" for field, value in values.items())


def _read_recipe(name: str) -> str:
    if name.endswith(".toml"):
        try:
            return Path(name).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"`recipe={name}`: cannot be read", remedy="check the path") from error
    if name not in recipe_names():
        known = ", ".join(recipe_names())
        raise ConfigError(f"`recipe={name}`: no such recipe", remedy=f"give one of {known}, or a .toml file")
    return (resources.files(__package__) / "recipes" / f"{name}.toml").read_text(encoding="utf-8")


def _parse_toml(name: str, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"`recipe={name}`: not TOML, {error}", remedy="write field = value lines") from error


def _convert(field: str, value: Any) -> Any:
    """Returns a value of the field's type, from TOML or from the text of an override."""
    kinds = get_type_hints(Recipe)
    if field not in kinds:
        raise ConfigError(f"recipe: unknown field {field!r}", remedy="one of " + ", ".join(kinds))
    kind = kinds[field] if kinds[field] in (int, float, bool) else str
    try:
        if kind is bool:
            return {"true": True, "false": False}[str(value).lower()]
        if not isinstance(value, str) and kind is not float and type(value) is not kind:
            raise TypeError
        return kind(value)
    except (ValueError, TypeError, KeyError) as error:
        raise ConfigError(
            f"recipe: {field} = {value} is not of type {kind.__name__}", remedy=f"give {NOUNS[kind]}"
        ) from error
