"""What is compared: annotators, baselines and networks, each behind the protocol `Method`.

Methods do not depend on how videos are split or how results are shown.
"""
