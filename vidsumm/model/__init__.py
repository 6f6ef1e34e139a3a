"""The SummDiff network: condition encoder, codebook, denoisers, drawing curves, and checkpoints (also the authors').

Features are arrays here, wherever they come from. Training is in `vidsumm.training`.
"""
