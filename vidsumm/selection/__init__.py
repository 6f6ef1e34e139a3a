"""Which shots a summary shows: the exact 0/1 knapsack, and candidates that differ from each other.

It works on arrays of values and lengths, not on videos or networks.
"""
