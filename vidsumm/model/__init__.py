"""The SummDiff network: condition encoder, quantised codebook, denoisers, and the checkpoints that hold them."""
