"""Everything that reads or writes media files: probing, decoding, cutting and checking what was written.

Nothing here knows about features, shots or scores: the functions take times and return frames or files.
"""
