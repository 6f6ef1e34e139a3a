from pathlib import Path
from typing import Any
from urllib.error import URLError

import pytest
import torch
from torch import nn
from torchvision.models import googlenet as torchvision_googlenet
from torchvision.transforms import Normalize

from tests.support.pictures import pictures
from vidsumm.errors import ResourceError
from vidsumm.features.googlenet import (
    GOOGLENET_SHA256,
    build_googlenet,
    cached_googlenet_file,
    googlenet_file,
    scale_for_googlenet,
)


@pytest.fixture
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    return tmp_path / "checkpoints" / "googlenet-1378be20.pth"


def test_it_equals_torchvision_with_transform_input(tmp_path: Path) -> None:
    torch.manual_seed(0)
    reference: Any = torchvision_googlenet(weights=None, transform_input=True, aux_logits=True, init_weights=False)
    for layer in reference.modules():
        if isinstance(layer, nn.BatchNorm2d):
            nn.init.uniform_(layer.weight, 0.5, 1.5)
            nn.init.normal_(layer.bias, 0.0, 0.1)
            assert layer.running_mean is not None
            layer.running_mean.normal_(0.0, 0.1)
    torch.save(reference.state_dict(), tmp_path / "googlenet.pth")
    reference.fc = nn.Identity()
    pixels = torch.from_numpy(pictures(2, 224)).permute(0, 3, 1, 2)
    normalised = Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])(pixels / 255)
    with torch.inference_mode():
        expected = reference.eval()(normalised)
        found = build_googlenet(tmp_path / "googlenet.pth")(scale_for_googlenet(pixels.float()))
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)


def test_the_digest_is_the_one_of_torchvision() -> None:
    assert GOOGLENET_SHA256 == "1378be20"


def test_a_given_file_comes_first(tmp_path: Path) -> None:
    assert googlenet_file(tmp_path / "mine.pth") == tmp_path / "mine.pth"


def test_a_cached_file_is_not_downloaded(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.hub, "download_url_to_file", None)
    cache.parent.mkdir()
    cache.touch()
    assert googlenet_file() == cached_googlenet_file() == cache


def test_it_is_downloaded_into_the_cache_and_its_hash_checked(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def download(url: str, target: str, hash_prefix: str, progress: bool) -> None:
        asked.append((url.rsplit("/", 1)[-1], hash_prefix))
        Path(target).touch()

    monkeypatch.setattr(torch.hub, "download_url_to_file", download)
    assert googlenet_file() == cache
    assert asked == [("googlenet-1378be20.pth", "1378be20")]


@pytest.mark.parametrize("failure", [URLError("no route"), RuntimeError("invalid hash value")])
def test_a_failed_download_says_what_to_do(cache: Path, monkeypatch: pytest.MonkeyPatch, failure: Exception) -> None:
    def download(*_: object, **__: object) -> None:
        raise failure

    monkeypatch.setattr(torch.hub, "download_url_to_file", download)
    with pytest.raises(ResourceError) as caught:
        googlenet_file()
    assert "`backbone_weights`" in caught.value.remedy
    assert str(cache) in caught.value.remedy
