"""Feature networks (backbones): their weights and preprocessing, the feature id, and running them over frames.

Frames are arrays here; decoding them is in `vidsumm.video`.
"""
