"""What is compared: annotators, baselines and networks, each behind the protocol `Method`.

Methods know neither how videos are split nor how results are shown.
"""
