"""Where networks run: the device, and the precision in which it multiplies fastest."""

from typing import Literal

import torch

from vidsumm.config import DeviceName
from vidsumm.errors import ResourceError

__all__ = ["Precision", "fast_precision", "resolve_device"]

Precision = Literal["float32", "bfloat16"]

_AMPERE = (8, 0)
"""Compute capability of the first NVIDIA GPUs that multiply bfloat16 in hardware."""


def resolve_device(name: DeviceName) -> torch.device:
    """Returns the device to run on; ``auto`` is CUDA where it is available, else the CPU.

    Raises:
        ResourceError: CUDA is asked for and not available.
    """
    is_available = name != "cpu" and torch.cuda.is_available()
    if name == "cuda" and not is_available:
        raise ResourceError("no CUDA device is usable here", remedy="use `device=cpu` or `device=auto`")
    return torch.device("cuda" if is_available else "cpu")


def fast_precision(device: torch.device) -> Precision:
    """Returns bfloat16 where the hardware multiplies it natively, else float32."""
    if device.type == "cuda":
        is_native = torch.cuda.get_device_capability(device) >= _AMPERE
    else:
        # older versions of torch do not report what the CPU can do
        flags = torch.cpu.get_capabilities() if hasattr(torch.cpu, "get_capabilities") else {}
        is_native = bool(flags.get("avx512_bf16") or flags.get("amx_bf16"))
    return "bfloat16" if is_native else "float32"
