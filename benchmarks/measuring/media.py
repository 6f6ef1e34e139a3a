"""Contests of the stages that move pictures, with the bare tools: decoding, features and cutting."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import ffmpeg
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from benchmarks.measuring.contest import Contest
from benchmarks.measuring.meter import time_in_turns
from benchmarks.measuring.subject import Subject
from vidsumm.config import CutConfig
from vidsumm.devices import Precision
from vidsumm.features.backbone import Backbone
from vidsumm.features.extractor import extract
from vidsumm.timeline import Timeline
from vidsumm.video.cut import frame_clock, plan_timeline
from vidsumm.video.ffmpeg_binary import find_ffmpeg
from vidsumm.video.ffmpeg_commands import FileUrl, source_input
from vidsumm.video.ffmpeg_process import run_ffmpeg
from vidsumm.video.info import VideoInfo
from vidsumm.video.render import render

__all__ = ["NETWORK_FRAMES", "Spans", "cut_contest", "decode_contest", "decode_whole", "feature_contest"]

Spans = Sequence[tuple[float, float]]
"""[start, end) of the clips of one summary, seconds since the first frame."""

NETWORK_FRAMES = 256
"""Number of frames on which the feature network is timed."""


def decode_whole(info: VideoInfo) -> None:
    """Decodes every frame with ffmpeg on all cores and drops it: the floor of decoding.

    Raises:
        EncodeError: ffmpeg failed.
    """
    stream = source_input(info)[str(info.video.index)]
    run_ffmpeg(stream.output("pipe:", format="null"), find_ffmpeg(), "decoding")


def decode_contest(subject: Subject, *, is_fast: bool = False) -> Contest:
    """Returns the contest of the sampled frames, decoded and scaled (near ones if `is_fast`), with decoding alone."""
    decode = subject.config.decode
    config = subject.config.replace(fast=True, decoder="auto") if is_fast else subject.config
    return Contest(
        f"decode{' --fast' if is_fast else ''}, {subject.frames:,} frames at {decode.fps:g} fps",
        "ffmpeg -f null -, all threads",
        partial(subject.decode, config),
        partial(decode_whole, subject.info),
        0.7 if is_fast else 1.15,
    )


def feature_contest(subject: Subject) -> Contest:
    """Returns the contest of features of frames in memory with the network alone, in the faster of two precisions."""
    backbone = subject.backbone
    frames = subject.some_frames(NETWORK_FRAMES)
    size = subject.config.features.batch_size
    tensors = _as_tensors(backbone, frames, size)
    precisions: tuple[Precision, ...] = ("float32", "bfloat16")
    trials = time_in_turns([partial(_network_alone, backbone, tensors[:2], one) for one in precisions], 1)
    fastest = precisions[int(np.argmin([trial.median_s for trial in trials]))]
    return Contest(
        f"features, {NETWORK_FRAMES} frames in memory",
        f"{backbone.spec.name} alone, {fastest}, channels_last",
        partial(_extract, backbone, frames, size),
        partial(_network_alone, backbone, tensors, fastest),
        1 / 0.9,
    )


def _as_tensors(backbone: Backbone, frames: NDArray[np.uint8], size: int) -> list[Tensor]:
    """Returns batches (B, 3, H, W) float32 on the device, scaled for the network."""
    pixels = torch.from_numpy(frames).to(backbone.device).permute(0, 3, 1, 2).float()
    return [backbone.scale(batch).contiguous(memory_format=torch.channels_last) for batch in torch.split(pixels, size)]


def _network_alone(backbone: Backbone, batches: Sequence[Tensor], precision: Precision) -> None:
    kind, lowered = backbone.device.type, precision == "bfloat16"
    with torch.inference_mode(), torch.autocast(kind, torch.bfloat16, enabled=lowered):
        for batch in batches:
            backbone.network(batch)
    if kind == "cuda":
        torch.cuda.synchronize()


def _extract(backbone: Backbone, frames: NDArray[np.uint8], size: int) -> NDArray[np.float32]:
    batches = iter(np.array_split(frames, max(1, len(frames) // 16)))
    return extract(backbone, batches, total=len(frames), batch_size=size, on_progress=lambda _: None)


def cut_contest(info: VideoInfo, spans: Sequence[Spans], config: CutConfig) -> Contest:
    """Returns the contest of cutting all summaries in one pass over the source with an ffmpeg run for each."""
    clocks = [frame_clock(info)]
    timelines = [plan_timeline([info], [(0, *span) for span in one], clocks=clocks) for one in spans]
    return Contest(
        f"cut, {len(spans)} summaries",
        f"{len(spans)} separate ffmpeg runs",
        partial(_cut_together, info, timelines, config),
        partial(_cut_separately, info, spans, config),
        0.5,
    )


def _cut_together(info: VideoInfo, timelines: Sequence[Timeline], config: CutConfig) -> None:
    with TemporaryDirectory(prefix="vidsumm-speed-") as folder:
        render(
            [info],
            timelines,
            [Path(folder) / f"{number}.mp4" for number in range(len(timelines))],
            config=config,
            metadata=[{} for _ in timelines],
            on_progress=lambda _: None,
            on_notice=lambda *_: None,
            work_dir=Path(folder),
        )


def _cut_separately(info: VideoInfo, spans: Sequence[Spans], config: CutConfig) -> None:
    with TemporaryDirectory(prefix="vidsumm-speed-") as folder:
        for number, pieces in enumerate(spans):
            graph = _separate_cut(info, pieces, config, Path(folder) / f"{number}.mp4")
            run_ffmpeg(graph, find_ffmpeg(), "cutting")


def _separate_cut(info: VideoInfo, pieces: Spans, config: CutConfig, target: Path) -> Any:
    """Cuts one summary by the usual recipe: `select` and `aselect` by time, with new time stamps."""
    wanted = "+".join(f"between(t,{info.start_s + a:.6f},{info.start_s + b:.6f})" for a, b in pieces)
    source = source_input(info)
    tracks = [source[str(info.video.index)].filter("select", wanted).filter("setpts", "N/FRAME_RATE/TB")]
    if info.audio is not None:
        tracks.append(source[str(info.audio.index)].filter("aselect", wanted).filter("asetpts", "N/SR/TB"))
    return ffmpeg.output(
        *tracks, FileUrl(f"file:{target}"), vcodec="libx264", preset=config.preset, crf=config.crf, pix_fmt="yuv420p"
    )
