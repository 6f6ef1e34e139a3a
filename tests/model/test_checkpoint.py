import json
import pickle
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from tests.support.networks import CHANNELS, each_network, small_config, small_model, video
from vidsumm.errors import ConfigError, OutputError, ResourceError, VidsummError
from vidsumm.model import checkpoint as module
from vidsumm.model.checkpoint import (
    load_checkpoint,
    read_checkpoint_info,
    save_checkpoint,
    shipped_checkpoint,
    shipped_checkpoints,
)
from vidsumm.model.config import DenoiserName
from vidsumm.model.sampling import SamplingOptions, sample_curves

FEATURES = "inception-v3:7ff4a85c3a63:squash299-bilinear-l2:2fps"


def save(path: Path, denoiser: DenoiserName = "latent-mlp", *, half: bool = False, features: str = FEATURES) -> Path:
    save_checkpoint(
        path,
        small_model(denoiser),
        feature_id=features,
        guidance=0.3,
        training={"epochs": 2},
        card={"licence": "MIT", "tau": 0.1},
        half=half,
    )
    return path


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    return save(tmp_path / "mine.safetensors")


def header(path: Path) -> dict[str, Any]:
    with safe_open(path, framework="pt") as file:
        about: dict[str, Any] = json.loads(file.metadata()["vidsumm"])
    return about


def rewrite(path: Path, about: object, tensors: dict[str, torch.Tensor] | None = None) -> None:
    save_file(load_file(path) if tensors is None else tensors, path, metadata={"vidsumm": json.dumps(about)})


def refused(path: Path) -> ResourceError:
    with pytest.raises(ResourceError) as caught:
        load_checkpoint(path)
    line = str(caught.value)
    assert str(path) in line
    assert "\n" not in line
    assert caught.value.remedy
    return caught.value


class TestRoundTrip:
    @each_network
    def test_the_network_is_the_same_after_loading(self, tmp_path: Path, denoiser: DenoiserName) -> None:
        model = small_model(denoiser)
        loaded = load_checkpoint(save(tmp_path / "mine.safetensors", denoiser))
        assert loaded.model.config == small_config(denoiser)
        assert not loaded.model.training
        state = loaded.model.state_dict()
        assert all(torch.equal(state[name], tensor) for name, tensor in model.state_dict().items())
        options = SamplingOptions(steps=3, guidance=0.3)
        curves = [sample_curves(m, video(9), [0], options) for m in (model, loaded.model)]
        assert (curves[0] == curves[1]).all()

    def test_the_description_is_the_same_after_loading(self, saved: Path) -> None:
        info = load_checkpoint(saved).info
        assert (info.name, info.path, info.feature_id, info.guidance) == ("mine", saved, FEATURES, 0.3)
        assert (info.training, info.card) == ({"epochs": 2}, {"licence": "MIT", "tau": 0.1})
        assert len(info.sha256) == 64
        assert read_checkpoint_info(saved) == info

    def test_half_precision_is_smaller_and_close(self, tmp_path: Path, saved: Path) -> None:
        small = save(tmp_path / "small.safetensors", half=True)
        assert all(tensor.dtype == torch.float16 for tensor in load_file(small).values())
        assert small.stat().st_size < 0.75 * saved.stat().st_size
        state = load_checkpoint(small).model.state_dict()
        for name, tensor in load_checkpoint(saved).model.state_dict().items():
            assert state[name].dtype == torch.float32
            torch.testing.assert_close(state[name], tensor, rtol=1e-3, atol=1e-4)

    def test_a_loaded_network_can_be_trained_further(self, saved: Path) -> None:
        model = load_checkpoint(saved).model.train()
        out = model.denoise(
            torch.randn(1, 1, 5), torch.zeros(1, 1, dtype=torch.int64), model.encode(torch.randn(1, 5, CHANNELS))
        )
        out.sum().backward()  # type: ignore[no-untyped-call]
        assert model.head[2].weight.grad is not None

    def test_the_network_does_not_need_its_file_any_more(self, saved: Path) -> None:
        model = load_checkpoint(saved).model
        before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
        saved.write_bytes(b"")
        assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())

    def test_loading_draws_no_random_numbers(self, saved: Path) -> None:
        before = torch.get_rng_state()
        load_checkpoint(saved)
        assert torch.equal(torch.get_rng_state(), before)

    def test_the_file_has_the_permissions_of_any_new_file(self, saved: Path, tmp_path: Path) -> None:
        (tmp_path / "plain").touch()
        assert saved.stat().st_mode == (tmp_path / "plain").stat().st_mode

    def test_no_other_file_is_left_beside_it(self, saved: Path) -> None:
        assert list(saved.parent.iterdir()) == [saved]

    def test_a_file_that_cannot_be_written_is_an_output_error(self, tmp_path: Path) -> None:
        with pytest.raises(OutputError, match="cannot write") as caught:
            save(tmp_path / "nowhere" / "mine.safetensors")
        assert "\n" not in str(caught.value)
        (tmp_path / "folder.safetensors").mkdir()
        with pytest.raises(OutputError, match="cannot write"):
            save(tmp_path / "folder.safetensors")
        assert [path.name for path in tmp_path.iterdir()] == ["folder.safetensors"]


class TestRefusals:
    def test_a_missing_file_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigError, match=r"`weights=.*no such file"):
            load_checkpoint(tmp_path / "absent.safetensors")
        with pytest.raises(ResourceError):
            read_checkpoint_info(tmp_path / "absent.safetensors")

    def test_a_folder_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(VidsummError):
            load_checkpoint(tmp_path)
        with pytest.raises(ResourceError):
            read_checkpoint_info(tmp_path)

    @pytest.mark.parametrize("keep", [0, 7, 100, 2000, -1], ids=lambda n: f"{n} bytes")
    def test_a_truncated_file_is_refused(self, saved: Path, keep: int) -> None:
        saved.write_bytes(saved.read_bytes()[:keep])
        refused(saved)

    def test_noise_is_refused(self, tmp_path: Path) -> None:
        path = tmp_path / "noise.safetensors"
        path.write_bytes(b"\x93NUMPY" * 100)
        refused(path)

    def test_pickle_is_never_opened(self, tmp_path: Path) -> None:
        class Trap:
            def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
                return Path.touch, (tmp_path / "sprung",)

        path = tmp_path / "evil.safetensors"
        path.write_bytes(pickle.dumps(Trap()))
        refused(path)
        torch.save({"weights": Trap()}, path)
        refused(path)
        assert not (tmp_path / "sprung").exists()

    def test_a_header_larger_than_any_file_is_refused(self, tmp_path: Path) -> None:
        path = tmp_path / "large.safetensors"
        path.write_bytes(struct.pack("<Q", 1 << 60) + b"{}")
        refused(path)

    @pytest.mark.parametrize(
        "about",
        [None, [], "vidsumm", {}, {"schema": "vidsumm.checkpoint/2"}, {"schema": "vidsumm.checkpoint/1"}],
        ids=str,
    )
    def test_another_description_is_refused(self, saved: Path, about: object) -> None:
        rewrite(saved, about)
        refused(saved)

    def test_a_file_without_a_description_is_refused(self, saved: Path) -> None:
        save_file(load_file(saved), saved)
        assert "vidsumm.checkpoint/1" in refused(saved).what

    def test_a_description_that_is_not_json_is_refused(self, saved: Path) -> None:
        save_file(load_file(saved), saved, metadata={"vidsumm": "{"})
        refused(saved)

    @pytest.mark.parametrize(
        ("key", "value"),
        [
            ("guidance", "much"),
            ("guidance", None),
            ("guidance", float("nan")),
            ("guidance", float("inf")),
            ("guidance", -1),
            ("training", 3),
            ("card", "none"),
        ],
    )
    def test_wrong_values_are_refused(self, saved: Path, key: str, value: object) -> None:
        rewrite(saved, header(saved) | {key: value})
        refused(saved)

    @pytest.mark.parametrize("change", [{"width": 0}, {"width": 16.0}, {"dropout": 7}, {"heads": 3}, {"x": 1}], ids=str)
    def test_impossible_networks_are_refused(self, saved: Path, change: dict[str, Any]) -> None:
        about = header(saved)
        rewrite(saved, about | {"model": about["model"] | change})
        with pytest.raises(ResourceError, match="model configuration") as caught:
            load_checkpoint(saved)
        assert "\n" not in str(caught.value)

    @pytest.mark.parametrize(
        "change",
        [{"width": 32}, {"denoiser": "dit"}, {"denoiser_layers": 1}, {"bins": 21}, {"encoder_layers": 3}],
        ids=str,
    )
    def test_tensors_that_do_not_fit_are_refused(self, saved: Path, change: dict[str, Any]) -> None:
        about = header(saved)
        rewrite(saved, about | {"model": about["model"] | change})
        refused(saved)

    def test_a_description_of_a_giant_network_takes_no_memory(self, saved: Path) -> None:
        about = header(saved)
        giant = {
            "width": 65536,
            "feedforward": 65536,
            "feature_dim": 65536,
            "encoder_layers": 64,
            "denoiser_layers": 64,
        }
        rewrite(saved, about | {"model": about["model"] | giant})
        refused(saved)

    @pytest.mark.parametrize("value", [float("nan"), float("inf")])
    def test_numbers_that_are_not_finite_are_refused(self, saved: Path, value: float) -> None:
        tensors = load_file(saved)
        tensors["head.2.weight"][0, 3] = value
        rewrite(saved, header(saved), tensors)
        assert "not finite" in refused(saved).what

    def test_missing_and_unknown_tensors_are_refused(self, saved: Path) -> None:
        tensors = load_file(saved)
        weight = tensors.pop("head.2.weight")
        rewrite(saved, header(saved), tensors)
        assert "head.2.weight" in refused(saved).what
        rewrite(saved, header(saved), tensors | {"head.2.weight": weight, "extra": weight.clone()})
        assert "extra" in refused(saved).what


class TestShipped:
    def test_a_checkpoint_is_found_by_its_backbone(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "weights_folder", lambda: tmp_path)
        save(tmp_path / "b.safetensors")
        save(tmp_path / "a.safetensors", features="googlenet:0123456789ab:center224-l2:2fps")
        assert [info.name for info in shipped_checkpoints()] == ["a", "b"]
        assert shipped_checkpoint("googlenet").name == "a"
        assert shipped_checkpoint("inception-v3").name == "b"

    def test_where_none_ships_the_error_says_how_to_train_one(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "weights_folder", lambda: tmp_path / "absent")
        with pytest.raises(ResourceError, match="no checkpoint ships for `backbone=googlenet-bvlc`") as caught:
            shipped_checkpoint("googlenet-bvlc")
        assert "vidsumm features" in caught.value.remedy
        assert "`weights`" in caught.value.remedy
        assert "vidsumm train" in caught.value.remedy
