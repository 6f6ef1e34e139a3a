"""Invented records: the shape of real ones, from a seed."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from vidsumm.config import SummarizeConfig
from vidsumm.export.record import (
    SCHEMA,
    BudgetRecord,
    CandidateRecord,
    CurveRecord,
    DistinctRecord,
    ProvenanceRecord,
    ShotRecord,
    SourceRecord,
    SummaryRecord,
    round_all,
)

RATE = 25


def source(name: str, duration_s: float, size: tuple[int, int]) -> SourceRecord:
    return SourceRecord(
        name=name,
        path=f"videos/{name}",
        size_bytes=123_456_789,
        sha256="5e" * 32,
        container="mov,mp4,m4a,3gp,3g2,mj2",
        duration_s=duration_s,
        start_s=1.4,
        width=size[0],
        height=size[1],
        rotation=0,
        sample_aspect_ratio="1:1",
        average_rate=f"{RATE}/1",
        is_vfr=False,
        video_codec="h264",
        audio_codec="aac",
        frames=round(duration_s * RATE),
    )


def shots_between(ends_s: NDArray[np.float64]) -> tuple[ShotRecord, ...]:
    return tuple(
        ShotRecord(round(a, 6), round(b, 6), round(a * RATE), round(b * RATE)) for a, b in pairwise(ends_s.tolist())
    )


def curve(rng: np.random.Generator, common: NDArray[np.float64]) -> NDArray[np.float64]:
    own = gaussian_filter1d(rng.normal(size=len(common)), 6, mode="nearest")
    rough = rng.normal(size=len(common))
    logit = 1.1 * common + 2.2 * own + 0.15 * rough
    return 1 / (1 + np.exp(-logit))


def choose(scores: NDArray[np.float64], shots: tuple[ShotRecord, ...], budget_s: float) -> tuple[int, ...]:
    """Indices of the best shots by mean score that fit the budget."""
    bounds = [(int(2 * s.start_s), max(int(2 * s.end_s), int(2 * s.start_s) + 1)) for s in shots]
    means = [float(scores[a:b].mean()) if scores[a:b].size else 0.0 for a, b in bounds]
    chosen: list[int] = []
    for i in np.argsort(means)[::-1]:
        shot = shots[int(i)]
        if shot.end_s - shot.start_s <= budget_s:
            budget_s -= shot.end_s - shot.start_s
            chosen.append(int(i))
    return tuple(sorted(chosen))


def candidate(rank: int, shots: tuple[ShotRecord, ...], chosen: tuple[int, ...], total: int) -> CandidateRecord:
    spans = tuple((shots[i].start_s, shots[i].end_s) for i in chosen)
    end_s = shots[-1].end_s
    lengths = [b - a for a, b in spans]
    thirds = [min(2, int(3 * (a + b) / 2 / end_s)) for a, b in spans]
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
        clips_s=spans,
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
    size: tuple[int, int] = (1280, 720),
    seed: int = 0,
) -> SummaryRecord:
    """A plausible record; every field is set and every reference holds."""
    rng = np.random.default_rng(seed)
    times = np.arange(0, duration_s, 0.5)
    inner = np.sort(rng.uniform(0, duration_s, max(0, round(duration_s / mean_shot_s) - 1)))
    shots = shots_between(np.concatenate([[0.0], inner, [duration_s]]))
    common = gaussian_filter1d(rng.normal(size=len(times)), 12, mode="nearest") * 4
    curves = [curve(rng, common) for _ in range(candidates)]
    budget_s = 0.15 * duration_s
    chosen = [choose(scores, shots, budget_s) for scores in curves]
    return SummaryRecord(
        schema=SCHEMA,
        created="2025-06-01T12:00:00Z",
        source=source(name, duration_s, size),
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
        times_s=round_all(times),
        shots=shots,
        curves=tuple(CurveRecord(i, 100 + i, 0, round_all(scores)) for i, scores in enumerate(curves)),
        budget=BudgetRecord(round(budget_s, 3), 0.15),
        candidates=tuple(candidate(i + 1, shots, c, candidates) for i, c in enumerate(chosen)),
        distinct=DistinctRecord(wanted=candidates, got=candidates - (candidates > 3), redraws=8 * (candidates > 3)),
        notices=("decord stopped answering, PyAV took over",),
        cached=("decode", "shots"),
        timings_s={"probe": 0.21, "decode": 4.5, "shots": 0.3, "score": 1.25, "select": 0.01, "cut": 6.0},
    )
