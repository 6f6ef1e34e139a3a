"""``vidsumm summarize``: makes summaries of every input."""

from vidsumm.cli import options
from vidsumm.config import SummarizeConfig

__all__ = ["summarize"]


@options.with_settings(from_file=True)
def summarize(
    inputs: options.Inputs,
    output: options.Output = None,
    *,
    settings: SummarizeConfig,
    together: options.Together = False,
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

    flags = RunFlags(overwrite=overwrite, dry_run=dry_run, json=json, quiet=quiet, verbose=verbose, together=together)
    run(inputs, output, settings, flags)
