"""Notes and noise, and how they are put together; all sounds are (samples,) mono from -1 to 1."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt

Sound = NDArray[np.float32]

SAMPLE_RATE_HZ = 48_000


def ticks(seconds: float) -> Sound:
    """Returns the time of each sample, seconds."""
    return (np.arange(round(seconds * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ).astype(np.float32)


def tone(pitch_hz: float, seconds: float, *, decay: float = 0.0, bright: float = 0.3) -> Sound:
    """Returns a note with three overtones that fades at the rate `decay` per second."""
    t = ticks(seconds)
    wave = np.zeros_like(t)
    for k in range(4):
        wave += bright**k / (k + 1) * np.sin(2 * np.pi * pitch_hz * (k + 1) * t)
    return np.asarray(wave * np.minimum(t / 0.006, 1) * np.exp(-decay * t), dtype=np.float32)


def pad(pitches_hz: Iterable[float], seconds: float) -> Sound:
    """Returns a soft chord whose notes swell and fade."""
    t = ticks(seconds)
    chord = np.zeros_like(t)
    for i, pitch in enumerate(pitches_hz):
        chord += tone(pitch, seconds, bright=0.2) * (0.8 + 0.2 * np.sin(0.9 * t * (1 + i)))
    return np.asarray(chord * np.minimum(t / 0.3, 1), dtype=np.float32)


def hiss(seconds: float, rng: Generator, low_hz: float, high_hz: float) -> Sound:
    """Returns noise between two frequencies, of unit deviation."""
    filtering = butter(2, (low_hz, high_hz), "bandpass", fs=SAMPLE_RATE_HZ, output="sos")
    noise = np.asarray(sosfilt(filtering, rng.normal(size=len(ticks(seconds)))), dtype=np.float32)
    return np.asarray(noise / max(float(noise.std()), 1e-9))


def thump(seconds: float, rng: Generator, *, high_hz: float, decay: float) -> Sound:
    """Returns a burst of noise that fades at the rate `decay` per second."""
    return np.asarray(hiss(seconds, rng, 40, high_hz) * np.exp(-decay * ticks(seconds)), dtype=np.float32)


def add(sound: NDArray[np.floating[Any]], at_s: float, clip: NDArray[np.floating[Any]], gain: float = 1.0) -> None:
    """Adds `clip` to `sound` from `at_s` on; what does not fit is cut off."""
    start = round(at_s * SAMPLE_RATE_HZ)
    room = sound[start : start + len(clip)]
    room += gain * clip[: len(room)]


def finish(sound: NDArray[np.floating[Any]], peak: float) -> Sound:
    """Scales a sound so that its largest value is `peak`."""
    return np.asarray(sound * (peak / max(float(np.abs(sound).max()), 1e-9)), dtype=np.float32)


def excerpt(sound: Sound, start: int, stop: int) -> Sound:
    """Returns the samples from `start` to `stop`, faded in and out over 5 ms so that a cut does not click."""
    part = sound[start:stop].copy()
    edge = min(round(0.005 * SAMPLE_RATE_HZ), len(part) // 2)
    ramp = np.linspace(0, 1, edge, dtype=np.float32)
    part[:edge] *= ramp
    part[len(part) - edge :] *= ramp[::-1]
    return part
