import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from tests.support.networks import each_denoiser, small_model
from tests.support.official_state import official_state
from vidsumm.errors import ResourceError
from vidsumm.model.config import DenoiserName
from vidsumm.model.official import config_from_state, from_official, read_official


class Trap:
    """A pickle that touches a file when it is loaded without care."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return Path.touch, (self.path,)


def refused(path: Path) -> str:
    with pytest.raises(ResourceError) as caught:
        read_official(path)
    line = str(caught.value)
    assert str(path) in line
    assert "\n" not in line
    assert caught.value.remedy
    return line


class TestReading:
    @pytest.mark.parametrize("key", [None, "model", "state_dict", "model_state_dict"])
    def test_a_state_dict_may_be_bare_or_nested(self, tmp_path: Path, key: str | None) -> None:
        state = official_state(small_model())
        content = state if key is None else {key: state, "epoch": 3, "optimizer": {"lr": 0.1}}
        torch.save(content, tmp_path / "official.pkl")
        found = read_official(tmp_path / "official.pkl")
        assert list(found) == list(state)
        assert all(torch.equal(found[name], state[name]) for name in state)

    def test_the_prefix_of_a_parallel_run_is_removed(self, tmp_path: Path) -> None:
        torch.save({"module.global_rep_token": torch.ones(3)}, tmp_path / "official.pkl")
        assert list(read_official(tmp_path / "official.pkl")) == ["global_rep_token"]

    def test_the_old_format_of_torch_is_read(self, tmp_path: Path) -> None:
        torch.save({"a": torch.ones(3)}, tmp_path / "old.pkl", _use_new_zipfile_serialization=False)
        assert torch.equal(read_official(tmp_path / "old.pkl")["a"], torch.ones(3))


class TestRefusals:
    def test_code_in_pickles_is_not_run(self, tmp_path: Path) -> None:
        sprung = tmp_path / "sprung"
        path = tmp_path / "evil.pkl"
        for save in (
            lambda: path.write_bytes(pickle.dumps(Trap(sprung))),
            lambda: torch.save(Trap(sprung), path),
            lambda: torch.save({"model": official_state(small_model()), "args": Trap(sprung)}, path),
        ):
            save()
            assert "other than tensors" in refused(path)
        assert not sprung.exists()

    def test_missing_files_and_folders_are_refused(self, tmp_path: Path) -> None:
        assert "no such file" in refused(tmp_path / "absent.pkl")
        refused(tmp_path)

    @pytest.mark.parametrize("content", [b"", b"\x80", b"PK\x03\x04", b"GIF89a" * 50, b"\x80\x02}q\x00."], ids=repr)
    def test_bytes_that_are_no_checkpoint_are_refused(self, tmp_path: Path, content: bytes) -> None:
        path = tmp_path / "noise.pkl"
        path.write_bytes(content)
        refused(path)

    @pytest.mark.parametrize("keep", [10, 1000, -1])
    def test_truncated_files_are_refused(self, tmp_path: Path, keep: int) -> None:
        path = tmp_path / "cut.pkl"
        torch.save(official_state(small_model()), path)
        path.write_bytes(path.read_bytes()[:keep])
        refused(path)

    @pytest.mark.parametrize(
        "content",
        [{}, [], 3, torch.ones(2), {"a": 1}, {1: torch.ones(1)}, {"model": {}}, {"model": {"a": "b"}}],
        ids=repr,
    )
    def test_files_without_a_state_dict_are_refused(self, tmp_path: Path, content: object) -> None:
        path = tmp_path / "other.pkl"
        torch.save(content, path)
        assert "no state dict" in refused(path)


@each_denoiser
@pytest.mark.parametrize("embedding", ["learned", "sinusoidal"])
def test_a_network_is_the_same_after_its_official_names(denoiser: DenoiserName, embedding: str) -> None:
    model = small_model(denoiser, score_embedding=embedding, denoiser_layers=3)
    state = official_state(model)
    config = config_from_state(state, heads=4, bins=20)
    assert config == model.config
    back = from_official(state, config, model.null_features)
    assert not back.training
    mine, theirs = model.state_dict(), back.state_dict()
    assert list(mine) == list(theirs)
    assert all(torch.equal(mine[name], theirs[name]) for name in mine)


def without(prefix: str) -> dict[str, Tensor]:
    state = official_state(small_model("dit"))
    return {name: tensor for name, tensor in state.items() if not name.startswith(prefix)}


class TestOtherNetworks:
    @pytest.mark.parametrize(
        "state",
        [
            {"conv1.weight": torch.ones(3)},
            without("global_rep_token"),
            without("input_vid_proj"),
            without("transformer.diffusion_decoder.layers"),
            without("nothing") | {"global_rep_token": torch.tensor(1.0)},
        ],
        ids=["convolution", "no token", "no projection", "no denoiser", "a number for a token"],
    )
    def test_state_dicts_of_other_networks_are_refused(self, state: dict[str, Tensor]) -> None:
        with pytest.raises(ResourceError) as caught:
            config_from_state(state, heads=4)
        assert "\n" not in str(caught.value)

    def test_a_missing_layer_is_refused(self) -> None:
        state = without("transformer.encoder.layers.0.linear2")
        with pytest.raises(ResourceError, match="does not fit"):
            from_official(state, config_from_state(state, heads=4), torch.zeros(12))

    def test_numbers_that_are_not_finite_are_refused(self) -> None:
        state = without("nothing")
        state["global_rep_token"][0] = float("nan")
        with pytest.raises(ResourceError, match="not finite"):
            from_official(state, config_from_state(state, heads=4), torch.zeros(12))
