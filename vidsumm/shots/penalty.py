"""The penalty of KTS on the number of change points, in units of scatter: N times the term in its objective."""

import numpy as np
from numpy.typing import NDArray

from vidsumm.errors import ConfigError

__all__ = ["charges", "marginal_charge", "require_penalty"]


def require_penalty(penalty: float) -> float:
    """Returns the penalty if it is a positive finite number.

    Raises:
        ConfigError: it is not.
    """
    if not 0 < penalty < np.inf:
        raise ConfigError(f"`penalty`: {penalty!r} is not allowed", remedy="give a positive number")
    return penalty


def charges(n: int, penalty: float) -> NDArray[np.float64]:
    """Returns (n,) penalty * m / 2 * (log(n / m) + 1) for m = 0..n-1 change points in n samples; concave in m."""
    counts = np.arange(n, dtype=np.float64)
    charged = np.zeros(n)
    charged[1:] = penalty * counts[1:] / 2 * (np.log(n / counts[1:]) + 1)
    return charged


def marginal_charge(n: int, count: float, penalty: float) -> float:
    """Returns the derivative of the charge with respect to the number of change points, at `count` > 0."""
    return float(penalty / 2 * np.log(n / count))
