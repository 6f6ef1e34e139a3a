"""A program that is taken for ffmpeg."""

from pathlib import Path

__all__ = ["fake_ffmpeg"]


def fake_ffmpeg(path: Path, *, version: str = "6.0", encoders: str = "libx264 aac", script: str = "exit 0") -> Path:
    """Writes a shell script to `path`, and returns the path.

    Args:
        path: the file.
        version: what it answers to -version.
        encoders: what it answers to -encoders.
        script: shell commands that it runs in all other cases.
    """
    answers = (
        f'case "$*" in *-version*) echo "ffmpeg version {version}"; exit;; *-encoders*) echo "{encoders}"; exit;; esac'
    )
    path.write_text(f"#!/bin/sh\n{answers}\n{script}\n")
    path.chmod(0o755)
    return path
