"""Feature networks (backbones): their weights and preprocessing, the ``feature_id``, and running them over frames.

It takes frames as arrays and knows no container or codec.
"""
