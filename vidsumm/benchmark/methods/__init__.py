"""What is compared: people, baselines and networks, each behind the protocol `Method`.

Methods do not know how videos are split, nor how their results are shown.
"""
