"""Where shots begin and end: kernel temporal segmentation (KTS), `ruptures`, equal parts, and bounds on their length.

It works on arrays of features, not on video files.
"""
