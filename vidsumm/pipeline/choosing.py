"""Chooses summaries of analysed videos: draws curves, bounds shots, solves the knapsack, ranks the candidates."""

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from numpy.typing import NDArray

from vidsumm.cache import Cache
from vidsumm.config import ShotConfig, SummarizeConfig
from vidsumm.errors import ConfigError
from vidsumm.export.page import count_of
from vidsumm.export.record import ProvenanceRecord
from vidsumm.model.sampling import CurveSampler, curves_at_a_time
from vidsumm.pipeline.choice import Choice
from vidsumm.pipeline.draws import draw_different, first_seeds, shot_budget
from vidsumm.pipeline.keys import curve_key
from vidsumm.pipeline.networks import Networks
from vidsumm.pipeline.ranking import rank_candidates
from vidsumm.pipeline.recall import CachedSampler
from vidsumm.pipeline.reel import Reel
from vidsumm.pipeline.shots import Shots, join_shots, place_shots
from vidsumm.pipeline.spans import Span, mark_shots
from vidsumm.progress import Progress, join_logs

__all__ = ["ReelMemory", "choose"]


@dataclass
class ReelMemory:
    """What was worked out for a reel and is used again when something else is chosen from it."""

    key: tuple[object, ...]
    """`Reel.key` of the reel."""
    curves: dict[str, NDArray[np.float32]] = field(default_factory=dict)
    """Curves by their cache key."""
    shots: dict[ShotConfig, Shots] = field(default_factory=dict)
    """Bounded shots by the settings that bound them."""
    sampler: CurveSampler | None = None
    """The model with the encoded reel, once a curve had to be drawn."""

    def draw(
        self, reel: Reel, networks: Networks, check: Callable[[], None], seeds: Sequence[int]
    ) -> NDArray[np.float32]:
        """Draws a curve for each seed with the model, (S, N) float32; `check` is called before each step."""
        if self.sampler is None:
            self.sampler = CurveSampler(networks.model, reel.features, networks.options)
        return self.sampler.sample(seeds, on_step=check)

    def bounded_shots(self, reel: Reel, config: ShotConfig) -> Shots:
        """Returns the shots within the bounds of `config`."""
        if config not in self.shots:
            parts = [place_shots(analysis, config) for analysis in reel.analyses]
            self.shots[config] = join_shots(parts, reel.samples)
        return self.shots[config]


def choose(
    reel: Reel,
    memory: ReelMemory,
    config: SummarizeConfig,
    networks: Networks,
    cache: Cache,
    *,
    progress: Progress,
    keep: Sequence[Span],
    skip: Sequence[Span],
) -> Choice:
    """Chooses several different summaries of a reel.

    Args:
        reel: the videos.
        memory: what was worked out for this reel before.
        config: settings of the run.
        networks: gives the model.
        cache: where curves are found and kept.
        progress: the run.
        keep: spans that every summary shows, in order.
        skip: spans that no summary shows, in order.

    Raises:
        ConfigError: the spans contradict each other or exceed the budget, or the settings do not fit the analysis.
        FeatureMismatchError: the model was trained on other features than those of the reel.
        ResourceError: the checkpoint is missing or damaged.
    """
    _require_fitting_settings(reel, config, has_skips=bool(skip))
    networks.require_match(reel.analyses[0].origin.feature_id)
    sampler = CachedSampler(
        cache,
        partial(curve_key, reel.content, networks),
        partial(memory.draw, reel, networks, progress.check),
        memory.curves,
        progress=progress,
        batch=curves_at_a_time(networks.device),
    )
    curves = _first_curves(sampler, config, networks, progress)
    with progress.stage("select") as done:
        shots = memory.bounded_shots(reel, config.shots)
        marked = mark_shots(shots, reel, keep, skip, shortest_s=config.shots.min_shot_s)
        limit_s = config.select.budget_s(reel.duration_s)
        budget = shot_budget(marked, interval_s=reel.interval_s, limit_s=limit_s)
        drawn = draw_different(
            curves,
            sampler.sample,
            budget,
            redraws=config.draw.redraws,
            seed=config.draw.seed,
            batch=sampler.batch,
        )
        candidates = rank_candidates(drawn, budget, reel)
        different = count_of(len(candidates), "selection", "different selections")
        shown = count_of(len(budget.lengths), "shot")
        done(f"{different} of {shown}, {drawn.redraws} curves drawn again")
    if len(candidates) < config.draw.samples:
        progress.notice(f"only {len(candidates)} of {config.draw.samples} summaries differ; the others are left out")
    return Choice(
        reel=reel,
        config=_settings_used(config, reel),
        provenance=_provenance(reel, networks, config),
        budget=budget,
        drawn=drawn,
        candidates=candidates,
        keep=tuple(keep),
        skip=tuple(skip),
        log=join_logs([join_logs([a.log for a in reel.analyses], together=True), progress.log()]),
    )


def _require_fitting_settings(reel: Reel, config: SummarizeConfig, *, has_skips: bool) -> None:
    used, given = reel.analyses[0].feature_settings.backbone, config.features.backbone
    if used != given and config.draw.weights is None:
        raise ConfigError(
            f"the analysis was made with `backbone={used}`, but the settings say `backbone={given}`",
            remedy="choose with the settings of the analysis",
        )
    if has_skips and config.cut.mode == "copy":
        raise ConfigError(
            "`mode=copy` begins and ends clips at key frames, and may show what `skip` leaves out",
            remedy="use `mode=exact`",
        )


def _first_curves(
    sampler: CachedSampler, config: SummarizeConfig, networks: Networks, progress: Progress
) -> NDArray[np.float32]:
    """Returns the first curve of each slot, (S, N) float32."""
    seeds = first_seeds(config.draw.seed, config.draw.samples)
    with progress.stage("score", len(seeds), "curves") as done:
        curves = sampler.sample(seeds, on_curves=lambda count: progress.advance("score", count))
        if not sampler.has_drawn:
            progress.cached.append("score")
        options, count = networks.options, count_of(len(curves), "curve")
        done(f"{progress.origin('score')}{count} in {options.steps} steps, guidance {options.guidance:g}")
    return curves


def _settings_used(config: SummarizeConfig, reel: Reel) -> SummarizeConfig:
    """Returns the settings with those that the videos were analysed with, which may be an earlier run's."""
    first = reel.analyses[0]
    found_by = first.shot_settings
    shots = dataclasses.replace(config.shots, segmenter=found_by.segmenter, penalty=found_by.penalty)
    return dataclasses.replace(config, decode=first.decode, features=first.feature_settings, shots=shots)


def _provenance(reel: Reel, networks: Networks, config: SummarizeConfig) -> ProvenanceRecord:
    origin = reel.analyses[0].origin
    return ProvenanceRecord(
        feature_id=origin.feature_id,
        backbone_weights_sha256=origin.weights_sha256,
        checkpoint=networks.info.name,
        checkpoint_sha256=networks.info.sha256,
        decoder=", ".join(dict.fromkeys(analysis.decoder for analysis in reel.analyses)),
        device=origin.device,
        precision=origin.precision,
        seed=config.draw.seed,
    )
