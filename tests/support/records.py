"""Invented records: the shape of real ones, from a seed."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from vidsumm.config import SummarizeConfig
from vidsumm.export.record import (
    SCHEMA,
    BudgetRecord,
    CandidateRecord,
    ClipRecord,
    CurveRecord,
    DistinctRecord,
    ProvenanceRecord,
    ShotRecord,
    SourceRecord,
    SummaryRecord,
    round_all,
)

RATE = 25
TICKS_PER_S = 12_800


@dataclass(frozen=True)
class Video:
    """What an invented record says of one video."""

    name: str
    duration_s: float
    size: tuple[int, int] = (1280, 720)
    audio_codec: str | None = "aac"


def source(video: Video, offset_s: float) -> SourceRecord:
    frames = max(1, round(video.duration_s * RATE))
    return SourceRecord(
        name=video.name,
        path=f"videos/{video.name}",
        size_bytes=123_456_789,
        sha256="5e" * 32,
        container="mov,mp4,m4a,3gp,3g2,mj2",
        offset_s=offset_s,
        duration_s=video.duration_s,
        start_s=1.4,
        width=video.size[0],
        height=video.size[1],
        rotation=0,
        sample_aspect_ratio="1:1",
        average_rate=f"{RATE}/1",
        is_vfr=False,
        video_codec="h264",
        audio_codec=video.audio_codec,
        frames=frames,
        time_base=f"1/{TICKS_PER_S}",
        end_tick=max(1, round(video.duration_s * TICKS_PER_S)),
        versions={"vidsumm": "0.1.0"},
        times_s=round_all(np.arange(0, video.duration_s, 0.5)),
    )


def shots_of(rng: np.random.Generator, place: int, duration_s: float, mean_shot_s: float) -> list[ShotRecord]:
    inner = np.sort(rng.uniform(0, duration_s, max(0, round(duration_s / mean_shot_s) - 1)))
    edges_s = [0.0, *inner.tolist(), duration_s]
    return [ShotRecord(place, round(a, 5), round(b, 5), round(a * RATE), round(b * RATE)) for a, b in pairwise(edges_s)]


def curve(rng: np.random.Generator, common: NDArray[np.float64]) -> NDArray[np.float64]:
    own = gaussian_filter1d(rng.normal(size=len(common)), 6, mode="nearest")
    rough = rng.normal(size=len(common))
    logit = 1.1 * common + 2.2 * own + 0.15 * rough
    return 1 / (1 + np.exp(-logit))


def choose(scores: NDArray[np.float64], shots: Sequence[ShotRecord], budget_s: float) -> tuple[int, ...]:
    """Indices of the best shots by mean score that fit the budget; `scores` has two values a second."""
    ends = list(accumulate(max(1, round(2 * (s.end_s - s.start_s))) for s in shots))
    means = [float(scores[a:b].mean()) if scores[a:b].size else 0.0 for a, b in pairwise([0, *ends])]
    chosen: list[int] = []
    for i in np.argsort(means)[::-1]:
        shot = shots[int(i)]
        if shot.end_s - shot.start_s <= budget_s:
            budget_s -= shot.end_s - shot.start_s
            chosen.append(int(i))
    return tuple(sorted(chosen))


def clip(shot: ShotRecord, source: SourceRecord) -> ClipRecord:
    ticks = round(shot.start_s * TICKS_PER_S), round(shot.end_s * TICKS_PER_S)
    first = min(shot.first_frame, source.frames - 1)
    return ClipRecord(
        source=shot.source,
        start_s=shot.start_s,
        end_s=shot.end_s,
        start_tick=ticks[0],
        end_tick=max(ticks[1], ticks[0] + 1),
        first_frame=first,
        last_frame_exclusive=max(shot.last_frame_exclusive, first + 1),
        sound_ticks=ticks if source.audio_codec else None,
    )


def candidate(
    rank: int, sources: Sequence[SourceRecord], shots: Sequence[ShotRecord], chosen: tuple[int, ...], total: int
) -> CandidateRecord:
    clips = tuple(clip(shots[i], sources[shots[i].source]) for i in chosen)
    end_s = sum(source.duration_s for source in sources)
    lengths = [c.end_s - c.start_s for c in clips]
    middles = [sources[c.source].offset_s + (c.start_s + c.end_s) / 2 for c in clips]
    thirds = [min(2, int(3 * middle / end_s)) for middle in middles]
    duration_s = sum(lengths)
    shares = round_all(
        [
            sum(n for n, t in zip(lengths, thirds, strict=True) if t == third) / max(duration_s, 1e-9)
            for third in range(3)
        ],
        3,
    )
    names = ("the beginning", "the middle", "the end")
    return CandidateRecord(
        rank=rank,
        file=f"summary-{rank}.mp4",
        curve=rank - 1,
        seed=100 + rank,
        attempt=0,
        shots=chosen,
        clips=clips,
        duration_s=round(duration_s, 3),
        agreement=round(0.97 - 0.3 * rank / (total + 3), 4),
        beginning_share=shares[0],
        middle_share=shares[1],
        end_share=shares[2],
        overlap=round_all([1.0 if other + 1 == rank else 0.4 for other in range(total)]),
        description=f"favours {names[int(np.argmax(shares))]} ({max(shares):.0%}), {len(chosen)} shots, "
        f"shares 40 % with summary-{rank % total + 1}",
    )


def invent(
    *,
    candidates: int = 3,
    duration_s: float = 60.0,
    mean_shot_s: float = 5.0,
    name: str = "harbour walk.mp4",
    seed: int = 0,
) -> SummaryRecord:
    """A plausible record of one video; every field is set and every reference holds."""
    return invent_together([Video(name, duration_s)], candidates=candidates, mean_shot_s=mean_shot_s, seed=seed)


def invent_together(
    videos: Sequence[Video], *, candidates: int = 3, mean_shot_s: float = 5.0, seed: int = 0
) -> SummaryRecord:
    """A plausible record of videos that were summarized together."""
    rng = np.random.default_rng(seed)
    offsets_s = accumulate((video.duration_s for video in videos[:-1]), initial=0.0)
    sources = tuple(source(video, offset_s) for video, offset_s in zip(videos, offsets_s, strict=True))
    shots = tuple(shot for i, video in enumerate(videos) for shot in shots_of(rng, i, video.duration_s, mean_shot_s))
    samples = sum(len(source.times_s) for source in sources)
    common = gaussian_filter1d(rng.normal(size=samples), 12, mode="nearest") * 4
    curves = [curve(rng, common) for _ in range(candidates)]
    budget_s = 0.15 * sum(video.duration_s for video in videos)
    chosen = [choose(scores, shots, budget_s) for scores in curves]
    return SummaryRecord(
        schema=SCHEMA,
        created="2025-06-01T12:00:00Z",
        sources=sources,
        settings=SummarizeConfig().as_dict(),
        versions={"vidsumm": "0.1.0", "python": "3.11.9", "torch": "2.4.0", "ffmpeg": "7.0.2"},
        provenance=ProvenanceRecord(
            feature_id="inception-v3/7ff4a85c/2fps",
            backbone_weights_sha256="7f" * 32,
            checkpoint="tvsum-latent-mlp",
            checkpoint_sha256="a1" * 32,
            decoder="decord",
            device="cpu",
            precision="float32",
            seed=0,
        ),
        shots=shots,
        curves=tuple(CurveRecord(i, 100 + i, 0, round_all(scores)) for i, scores in enumerate(curves)),
        budget=BudgetRecord(round(budget_s, 3), 0.15),
        keep=(),
        skip=(),
        candidates=tuple(candidate(i + 1, sources, shots, c, candidates) for i, c in enumerate(chosen)),
        distinct=DistinctRecord(wanted=candidates, found=candidates - (candidates > 3), redraws=8 * (candidates > 3)),
        notices=("decord stopped answering, PyAV took over",),
        cached=("decode", "shots"),
        timings_s={"probe": 0.21, "decode": 4.5, "shots": 0.3, "score": 1.25, "select": 0.01, "cut": 6.0},
    )
