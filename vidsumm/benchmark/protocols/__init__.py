"""How methods are compared: which videos train and which test, the tasks that follow, and the store of their results.

It uses methods only through the protocol `Method`.
"""
