"""A program that passes for ffmpeg."""

from pathlib import Path

__all__ = ["fake_ffmpeg"]


def fake_ffmpeg(path: Path, *, version: str = "6.0", encoders: str = "libx264 aac", job: str = "exit 0") -> Path:
    """Writes a program that answers what is asked of it and does `job` otherwise."""
    answers = (
        f'case "$*" in *-version*) echo "ffmpeg version {version}"; exit;; *-encoders*) echo "{encoders}"; exit;; esac'
    )
    path.write_text(f"#!/bin/sh\n{answers}\n{job}\n")
    path.chmod(0o755)
    return path
