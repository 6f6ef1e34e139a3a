import dataclasses
import json
from typing import Any

import pytest

from tests.support.networks import small_config
from vidsumm.errors import ResourceError
from vidsumm.model.config import ModelConfig


def test_a_configuration_survives_json() -> None:
    config = small_config("dit", temperature=1.0)
    assert ModelConfig.from_dict(json.loads(json.dumps(dataclasses.asdict(config)))) == config


@pytest.mark.parametrize(
    "change",
    [
        {"feature_dim": 0},
        {"width": 0},
        {"width": 17},
        {"width": 1 << 20},
        {"width": 16.0},
        {"width": "16"},
        {"heads": 0},
        {"heads": 3},
        {"bins": 0},
        {"bins": True},
        {"encoder_layers": -1},
        {"denoiser_layers": 0},
        {"denoiser_layers": 65},
        {"denoiser": "plain"},
        {"score_embedding": "sine"},
        {"score_embedding": None},
        {"modulation": "position"},
        {"masked_convolutions": 1},
        {"denoiser": ["dit"]},
        {"temperature": 0.0},
        {"temperature": float("nan")},
        {"temperature": float("inf")},
        {"temperature": None},
        {"dropout": 1.5},
        {"dropout": -0.1},
        {"input_dropout": float("nan")},
    ],
    ids=str,
)
def test_impossible_values_are_refused(change: dict[str, Any]) -> None:
    values = dataclasses.asdict(small_config()) | change
    with pytest.raises(ResourceError, match="model configuration"):
        ModelConfig.from_dict(values)


@pytest.mark.parametrize("values", [{}, {"feature_dim": 8, "colour": "red"}, [], None, "feature_dim"], ids=str)
def test_unknown_and_missing_fields_are_refused(values: Any) -> None:
    with pytest.raises(ResourceError, match="model configuration"):
        ModelConfig.from_dict(values)


def test_a_configuration_without_the_newest_fields_is_read() -> None:
    old = dataclasses.asdict(small_config())
    for name in ("score_embedding", "modulation", "masked_convolutions"):
        del old[name]
    assert ModelConfig.from_dict(old) == small_config()


def test_the_summary_names_the_parts_and_sizes() -> None:
    text = small_config("decoder", score_embedding="random").summary
    assert text == "decoder, 2 encoder and 2 denoiser layers, 12 channels, width 16, random embedding of 21 levels"
