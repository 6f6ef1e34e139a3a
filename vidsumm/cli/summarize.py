"""``vidsumm summarize``: makes summaries of every input."""

from vidsumm.cli import options

__all__ = ["summarize"]


def summarize(
    inputs: options.Inputs,
    output: options.Output = None,
    samples: options.Samples = None,
    seed: options.Seed = None,
    steps: options.Steps = None,
    guidance: options.Guidance = None,
    redraws: options.Redraws = None,
    weights: options.Weights = None,
    any_rate: options.AnyRate = None,
    ratio: options.Ratio = None,
    duration: options.Duration = None,
    segmenter: options.Segmenter = None,
    min_shot: options.MinShot = None,
    max_shot: options.MaxShot = None,
    penalty: options.Penalty = None,
    backbone: options.Backbone = None,
    backbone_weights: options.BackboneWeights = None,
    device: options.Device = None,
    batch_size: options.BatchSize = None,
    fps: options.Fps = None,
    decoder: options.Decoder = None,
    fast: options.Fast = None,
    stall_timeout: options.StallTimeout = None,
    cut: options.Cut = None,
    crf: options.Crf = None,
    preset: options.Preset = None,
    ffmpeg: options.Ffmpeg = None,
    use_cache: options.UseCache = None,
    cache: options.CacheFolder = None,
    cache_limit: options.CacheLimit = None,
    max_pixels: options.MaxPixels = None,
    max_hours: options.MaxHours = None,
    max_streams: options.MaxStreams = None,
    max_memory: options.MaxMemory = None,
    config: options.ConfigFile = None,
    overwrite: options.Overwrite = False,
    dry_run: options.DryRun = False,
    json: options.Json = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Make several different summaries of each video.

    A diffusion model draws importance curves for the video. Each summary shows the shots that one curve selects, and
    stays within the length allowed.
    """
    from vidsumm.cli.batch import RunFlags, run  # it imports PyTorch, which --help does not need

    settings = options.settings_from(
        config,
        duration=duration,
        samples=samples,
        seed=seed,
        steps=steps,
        guidance=guidance,
        redraws=redraws,
        weights=weights,
        any_rate=any_rate,
        ratio=ratio,
        segmenter=segmenter,
        min_shot_s=min_shot,
        max_shot_s=max_shot,
        penalty=penalty,
        backbone=backbone,
        backbone_weights=backbone_weights,
        device=device,
        batch_size=batch_size,
        fps=fps,
        decoder=decoder,
        fast=fast,
        stall_s=stall_timeout,
        mode=cut,
        crf=crf,
        preset=preset,
        ffmpeg=ffmpeg,
        use_cache=use_cache,
        cache_folder=cache,
        cache_limit_gb=cache_limit,
        max_pixels=max_pixels,
        max_hours=max_hours,
        max_streams=max_streams,
        max_memory_gb=max_memory,
    )
    flags = RunFlags(overwrite=overwrite, dry_run=dry_run, json=json, quiet=quiet, verbose=verbose)
    run(inputs, output, settings, flags)
