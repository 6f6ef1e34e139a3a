"""torchvision's ImageNet GoogLeNet (1024-d), whose weights torchvision downloads."""

from pathlib import Path

import torch
from torch import Tensor, nn
from torchvision.models import GoogLeNet_Weights, googlenet

from vidsumm.errors import ResourceError
from vidsumm.features.folding import fold_batch_norm

__all__ = [
    "GOOGLENET_SHA256",
    "build_googlenet",
    "cached_googlenet_file",
    "googlenet_file",
    "scale_for_googlenet",
]

_WEIGHTS = GoogLeNet_Weights.IMAGENET1K_V1
_FILE: str = _WEIGHTS.url.rsplit("/", 1)[-1]
# torchvision names weight files NAME-<first digits of the SHA-256>.pth
GOOGLENET_SHA256: str = _FILE.removesuffix(".pth").rsplit("-", 1)[-1]


def cached_googlenet_file() -> Path:
    """Returns the path of torchvision's GoogLeNet weights in the cache of torch hub, which may not exist."""
    return Path(torch.hub.get_dir()) / "checkpoints" / _FILE


def googlenet_file(weights: Path | None = None) -> Path:
    """Returns `weights`, or the file in the cache of torch hub, which is downloaded if it is not there yet.

    Raises:
        ResourceError: the download failed.
    """
    if weights is not None:
        return weights
    cached = cached_googlenet_file()
    if not cached.is_file():
        _download(cached)
    return cached


def _download(target: Path) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        torch.hub.download_url_to_file(_WEIGHTS.url, str(target), hash_prefix=GOOGLENET_SHA256, progress=False)
    except (OSError, RuntimeError) as error:  # no network, no space; RuntimeError: the hash differs
        raise ResourceError(
            f"the GoogLeNet weights are missing and could not be downloaded: {error}",
            remedy=f"download {_FILE} elsewhere and put it at {target}, or give it as `backbone_weights`",
        ) from error


def scale_for_googlenet(frames: Tensor) -> Tensor:
    """Maps (B, 3, H, W) RGB values in [0, 255] to torchvision's normalised ImageNet values."""
    transforms = _WEIGHTS.transforms()
    mean, std = (torch.tensor(v, device=frames.device).view(3, 1, 1) for v in (transforms.mean, transforms.std))
    return frames.div(255).sub_(mean).div_(std)


def build_googlenet(path: Path) -> nn.Module:
    """Builds the network, (B, 3, 224, 224) float32 from `scale_for_googlenet` -> (B, 1024), in eval mode.

    `transform_input` is on, as in torchvision, because these weights were trained on values in [-1, 1].

    Args:
        path: torchvision's state dictionary; its digest must have been checked against `GOOGLENET_SHA256`.
    """
    state = torch.load(path, map_location="cpu", weights_only=True)
    network: nn.Module = googlenet(weights=None, transform_input=True, aux_logits=False, init_weights=False).eval()
    # the two auxiliary classifiers are needed only for training
    network.load_state_dict({name: value for name, value in state.items() if not name.startswith("aux")})
    network.fc = nn.Identity()
    fold_batch_norm(network)
    return network.to(memory_format=torch.channels_last)
