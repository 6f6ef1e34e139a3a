from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F
from torchvision.models import GoogLeNet_Weights

from tests.support.pictures import ReadFrame, pictures
from vidsumm.errors import ResourceError
from vidsumm.features.googlenet_bvlc import build_bvlc, bvlc_file, network_from_arrays, scale_for_bvlc

BLOCKS = {  # inputs, 1x1, 3x3_reduce, 3x3, 5x5_reduce, 5x5, pool_proj: table 1 of "Going deeper with convolutions"
    "3a": (192, 64, 96, 128, 16, 32, 32),
    "3b": (256, 128, 128, 192, 32, 96, 64),
    "4a": (480, 192, 96, 208, 16, 48, 64),
    "4b": (512, 160, 112, 224, 24, 64, 64),
    "4c": (512, 128, 128, 256, 24, 64, 64),
    "4d": (512, 112, 144, 288, 32, 64, 64),
    "4e": (528, 256, 160, 320, 32, 128, 128),
    "5a": (832, 256, 160, 320, 32, 128, 128),
    "5b": (832, 384, 192, 384, 48, 128, 128),
}
Arrays = dict[str, NDArray[np.float32]]


def layer_shapes() -> dict[str, tuple[int, int, int]]:
    """Layer -> output channels, input channels, window."""
    shapes = {"conv1.7x7_s2": (64, 3, 7), "conv2.3x3_reduce": (64, 64, 1), "conv2.3x3": (192, 64, 3)}
    for block, (inputs, one, reduce3, three, reduce5, five, pool) in BLOCKS.items():
        shapes |= {
            f"inception_{block}.1x1": (one, inputs, 1),
            f"inception_{block}.3x3_reduce": (reduce3, inputs, 1),
            f"inception_{block}.3x3": (three, reduce3, 3),
            f"inception_{block}.5x5_reduce": (reduce5, inputs, 1),
            f"inception_{block}.5x5": (five, reduce5, 5),
            f"inception_{block}.pool_proj": (pool, inputs, 1),
        }
    return {**shapes, "loss3.classifier": (1000, 1024, 1)}


@pytest.fixture(scope="module")
def arrays() -> Arrays:
    rng = np.random.default_rng(0)
    made = {}
    for name, (outputs, inputs, window) in layer_shapes().items():
        scale = (2 / (inputs * window**2)) ** 0.5
        made[f"{name}.weight"] = rng.standard_normal((outputs, inputs, window, window), dtype=np.float32) * scale
        made[f"{name}.bias"] = rng.standard_normal(outputs, dtype=np.float32) * 0.1
    return made


def normalize_response(x: Tensor) -> Tensor:
    """Caffe's across-channel normalisation, written out: local_size 5, alpha 1e-4, beta 0.75."""
    squares = F.pad(x**2, (0, 0, 0, 0, 2, 2))
    total = torch.stack([squares[:, k : k + x.shape[1]] for k in range(5)]).sum(0)
    return x / (1 + 1e-4 / 5 * total) ** 0.75


def reference(arrays: Arrays, x: Tensor) -> Tensor:
    """The network step by step, as Caffe's deploy file lists it, up to pool5."""

    def conv(x: Tensor, name: str, stride: int = 1) -> Tensor:
        weight = torch.from_numpy(arrays[f"{name}.weight"])
        bias = torch.from_numpy(arrays[f"{name}.bias"])
        return F.conv2d(x, weight, bias, stride=stride, padding=weight.shape[-1] // 2).relu()

    def shrink(x: Tensor) -> Tensor:
        return F.max_pool2d(x, 3, 2, ceil_mode=True)

    x = normalize_response(shrink(conv(x, "conv1.7x7_s2", stride=2)))
    x = shrink(normalize_response(conv(conv(x, "conv2.3x3_reduce"), "conv2.3x3")))
    for block in BLOCKS:
        name = f"inception_{block}"
        threes = conv(conv(x, f"{name}.3x3_reduce"), f"{name}.3x3")
        fives = conv(conv(x, f"{name}.5x5_reduce"), f"{name}.5x5")
        pooled = conv(F.max_pool2d(x, 3, 1, 1), f"{name}.pool_proj")
        x = torch.cat([conv(x, f"{name}.1x1"), threes, fives, pooled], dim=1)
        x = shrink(x) if block in ("3b", "4e") else x
    return F.avg_pool2d(x, 7).flatten(1)


@torch.inference_mode()
def test_it_equals_the_network_written_out(arrays: Arrays) -> None:
    x = scale_for_bvlc(torch.from_numpy(pictures(1, 224)).permute(0, 3, 1, 2).float())
    found = network_from_arrays(arrays)(x)
    torch.testing.assert_close(found, reference(arrays, x), rtol=1e-3, atol=1e-3)


@torch.inference_mode()
@pytest.mark.parametrize(
    ("video", "frame_idx", "label"), [("tvsum/video_47.mp4", 120, "borzoi"), ("tvsum/video_36.mp4", 240, "apiary")]
)
def test_its_features_classify_a_real_photo(
    data: Path, real_frame: ReadFrame, video: str, frame_idx: int, label: str
) -> None:
    path = data / "backbones" / "bvlc_googlenet.npz"
    frame = torch.from_numpy(real_frame(video, frame_idx, 224)).permute(0, 3, 1, 2).float()
    features = build_bvlc(path)(scale_for_bvlc(frame))
    with np.load(path) as arrays:
        weight, bias = (torch.from_numpy(arrays[f"loss3.classifier.{kind}"]) for kind in ("weight", "bias"))
    probability = F.linear(features, weight.flatten(1), bias).softmax(dim=1)[0]
    assert GoogLeNet_Weights.IMAGENET1K_V1.meta["categories"][int(probability.argmax())] == label
    assert probability.max() > 0.9


def test_scale_is_bgr_minus_the_mean() -> None:
    red = torch.tensor([255.0, 0.0, 0.0]).view(1, 3, 1, 1)
    assert scale_for_bvlc(red).flatten().tolist() == [-104.0, -117.0, 132.0]


def test_without_a_file_the_error_names_the_option() -> None:
    with pytest.raises(ResourceError, match="`backbone_weights`"):
        bvlc_file()


def test_missing_unknown_and_misshapen_arrays_are_named(arrays: Arrays) -> None:
    without = {name: value for name, value in arrays.items() if name != "conv1.7x7_s2.bias"}
    with pytest.raises(ResourceError, match=r"conv1\.7x7_s2\.bias"):
        network_from_arrays(without)
    with pytest.raises(ResourceError, match="another"):
        network_from_arrays({**arrays, "another": np.zeros(1, dtype=np.float32)})
    with pytest.raises(ResourceError, match=r"inception_4a\.5x5\.weight.*\(48, 16, 3, 3\)"):
        network_from_arrays({**arrays, "inception_4a.5x5.weight": np.zeros((48, 16, 3, 3), dtype=np.float32)})


def write_unreadable(path: Path, kind: str) -> None:
    if kind == "text":
        path.write_text("no weights")
    elif kind == "npy":
        with path.open("wb") as file:
            np.save(file, np.zeros(3))
    elif kind == "objects":
        np.savez(path, a=np.array([{}], dtype=object))
    elif kind == "truncated":
        np.savez(path, a=np.zeros(1000))
        path.write_bytes(path.read_bytes()[:2000])
    elif kind == "flipped":
        np.savez_compressed(path, a=np.arange(1000))
        damaged = bytearray(path.read_bytes())
        damaged[200:240] = bytes(40)
        path.write_bytes(damaged)


@pytest.mark.parametrize("kind", ["absent", "text", "npy", "objects", "truncated", "flipped"])
def test_unreadable_files_are_named(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "weights.npz"
    write_unreadable(path, kind)
    with pytest.raises(ResourceError, match=r"weights\.npz cannot be read"):
        build_bvlc(path)


def test_arrays_of_another_network_are_refused_with_the_path(tmp_path: Path) -> None:
    np.savez(tmp_path / "weights.npz", a=np.zeros(3))
    with pytest.raises(ResourceError, match=r"weights\.npz: array 'a' is missing or does not belong here"):
        build_bvlc(tmp_path / "weights.npz")
