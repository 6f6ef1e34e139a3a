"""What is written beside the summaries: the record (``summary.json``) and the picture (``summary.png``).

It knows how results look, not how they come about.
"""
