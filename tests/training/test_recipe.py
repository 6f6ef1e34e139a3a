import dataclasses

import pytest

from vidsumm.errors import ConfigError
from vidsumm.training.recipe import Recipe


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("epochs", 0),
        ("learning_rate", 0.0),
        ("annotators", "some"),
        ("denoiser", "blob"),
        ("ema", 1.0),
        ("clamp", 0.5),
        ("optimizer", "sgd"),
    ],
)
def test_values_that_are_not_allowed_are_refused(field: str, value: object) -> None:
    with pytest.raises(ConfigError, match=f"{field} = {value}"):
        dataclasses.replace(Recipe(), **{field: value})  # type: ignore[arg-type]
