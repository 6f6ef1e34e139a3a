"""Several different summaries of one video, drawn from a diffusion model over importance curves (SummDiff)."""
