"""The SummDiff network: condition encoder, score codebook, denoisers, checkpoints, and the import of official ones.

It knows features as arrays, not where they come from, and nothing of training.
"""
