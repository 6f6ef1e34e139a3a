"""Everything that touches a container or a codec: probing, decoding, sound, cutting, verifying.

It knows nothing of features, shots or scores: it is given times and returns frames or files.
"""
