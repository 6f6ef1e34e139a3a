"""What is written beside the summaries: the record (``summary.json``) and the picture (``summary.png``).

It defines how results look; how they are computed is in `vidsumm.pipeline`.
"""
